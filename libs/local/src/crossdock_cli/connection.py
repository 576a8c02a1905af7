"""The command line's way to the stack: where it is, whether it is up, and a channel to a service as its operator."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from crossdock_local.control import NotUp, running_state
from crossdock_local.identity import EVERYTHING, Caller, Issuer
from crossdock_local.place import Place, find_checkout, place_of
from crossdock_local.state import StackState
from crossdock_local.surroundings import partner_tokens

from crossdock_cli.console import NOT_UP, fail

OPERATOR = "operator"


def this_place() -> Place:
    return place_of(find_checkout())


def stack_or_exit() -> StackState:
    """The running stack; says so and ends with code 3 when it is not up."""
    try:
        return running_state(this_place())
    except NotUp as reason:
        fail(str(reason), NOT_UP)


def operator_token(
    tenants: Sequence[str],
    *,
    subject: str = OPERATOR,
    permissions: Sequence[str] = EVERYTHING,
    partner: str | None = None,
) -> str:
    caller = Caller(subject, tuple(tenants), tuple(permissions), partner)
    place = this_place()
    place.prepare()
    return Issuer(place.folder("identity")).mint(caller)


def metadata(state: StackState, tenant: str | None = None) -> tuple[tuple[str, str], ...]:
    """What a call of the operator carries; with several tenants the call must name one."""
    chosen = tenant or (state.tenants[0] if len(state.tenants) == 1 else None)
    bearer = ("authorization", f"Bearer {operator_token(state.tenants)}")
    return (bearer, ("x-crossdock-tenant", chosen)) if chosen else (bearer,)


def channel(state: StackState, service: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(state.address(service))


def admit_partner(partner: str, tenants: Sequence[str], permissions: Sequence[str]) -> None:
    """Gives the workers a token that speaks as the partner; the supervisor renews it from then on."""
    place = this_place()
    caller = Caller(partner, tuple(tenants), tuple(permissions), partner)
    Issuer(place.folder("identity")).write_token(partner_tokens(place.secrets) / f"{partner}.jwt", caller)
