"""The command line's way to the stack: where it is, whether it is up, and a channel to a service as its operator."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from crossdock_local.control import NotUp, running_state
from crossdock_local.identity import EVERYTHING, Caller, Issuer
from crossdock_local.place import Place, find_checkout, place_of
from crossdock_local.state import StackState, is_running

from crossdock_cli.console import NOT_UP, fail

OPERATOR = "operator"


def this_place() -> Place:
    return place_of(find_checkout())


def demo_place() -> Place:
    """The demo has a data folder of its own, beside that of the stack, and begins each time without data."""
    root = place_of(find_checkout()).root
    return Place(root.with_name(f"{root.name}-demo"))


def stack_place() -> Place:
    """The stack that commands speak to: the one of `up`, or the demo's where only that was kept running."""
    place = this_place()
    return demo_place() if not is_running(place) and is_running(demo_place()) else place


def stack_or_exit() -> StackState:
    """The running stack; says so and ends with code 3 when it is not up."""
    try:
        return running_state(stack_place())
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
    place = stack_place()
    place.prepare()
    return Issuer(place.folder("identity")).mint(caller)


def metadata(state: StackState, tenant: str | None = None) -> tuple[tuple[str, str], ...]:
    """What a call of the operator carries; with several tenants the call must name one."""
    chosen = tenant or (state.tenants[0] if len(state.tenants) == 1 else None)
    bearer = ("authorization", f"Bearer {operator_token(state.tenants)}")
    return (bearer, ("x-crossdock-tenant", chosen)) if chosen else (bearer,)


def channel(state: StackState, service: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(state.address(service))
