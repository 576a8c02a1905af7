"""`crossdock ownership [FIELD]`: who may write what, by the contracts' own options, and which updates were refused.

The rules need no stack. Where one is up, all services are asked what was refused, and the connector which partners
speak in another role than their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, cast

import typer
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.connector.v1 import partner_pb2
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock_kit.ownership import ROLES, OwnedField, owned_fields, refusal, role_name
from crossdock_local.control import NotUp, running_state
from crossdock_local.state import StackState
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import LONGEST_PAGE, SECONDS, answered, asker
from crossdock_cli.connection import channel, metadata, stack_place
from crossdock_cli.console import FAILED, NOT_FOUND, fail, out, print_json

NOT_OWNED = "FIELD_NOT_OWNED"


def named(field: str, fields: Iterable[OwnedField]) -> list[OwnedField]:
    """`field` is an attribute, a message, or both with a dot between: ShipNotice.expected_on."""
    return [each for each in fields if not field or field in _names(each)]


def _names(owned: OwnedField) -> frozenset[str]:
    short = owned.message.rpartition(".")[2]
    return frozenset(
        {owned.name, short, owned.message, f"{short}.{owned.name}", f"{owned.message}.{owned.name}"},
    )


def owners(owned: OwnedField) -> list[str]:
    return [role_name(each) for each in owned.writers]


def rules_table(fields: Iterable[OwnedField]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("MESSAGE", "ATTRIBUTE", "WRITTEN BY, THE FIRST THAT HAS SPOKEN IS SHOWN"):
        table.add_column(heading, overflow="fold")
    for each in fields:
        table.add_row(each.message.removeprefix("crossdock."), each.name, ", ".join(owners(each)))
    return table


def about(refused: ops.Exception, field: str) -> bool:
    """Whether the refusal of an update names this attribute, message or both."""
    if refused.code != NOT_OWNED:
        return False
    said = " ".join((refused.summary, refused.subject, *refused.details))
    return not field or re.search(rf"\b{re.escape(field)}\b", said) is not None


def refusals_table(refused: Iterable[ops.Exception]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("RAISED (UTC)", "SERVICE", "OWNER", "WHAT", "WHY"):
        table.add_column(heading, overflow="fold")
    for each in refused:
        raised = each.raised_at.ToDatetime().isoformat(sep=" ", timespec="seconds")
        why = "; ".join(f"{name}: {reason}" for name, reason in sorted(each.details.items()))
        table.add_row(raised, each.service, each.owner, each.summary, why)
    return table


@dataclass(frozen=True, slots=True)
class Spoken:
    """A partner's documents of a kind that speak in another role than the partner's own."""

    partner: str
    kind: str
    role: str
    speaks_as: str


def spoken_for(profiles: Iterable[partner_pb2.PartnerProfile], role: int | None) -> list[Spoken]:
    """Those that speak in this role; in any other than their own if none is asked for."""
    return [
        Spoken(profile.partner, route.kind, role_name(profile.role), role_name(route.speaks_as))
        for profile in profiles
        for route in profile.documents
        if route.speaks_as not in {0, profile.role} and role in {None, route.speaks_as}
    ]


def spoken_table(spoken: Iterable[Spoken]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("PARTNER", "ROLE", "DOCUMENTS", "SPEAK AS"):
        table.add_column(heading, overflow="fold")
    for each in spoken:
        table.add_row(each.partner, each.role, each.kind, each.speaks_as)
    return table


async def _heard(field: str, role: int | None, tenant: str | None) -> tuple[list[ops.Exception], list[Spoken]]:
    """What was refused and who speaks for others; nothing where no stack is up to be asked."""
    try:
        state = running_state(stack_place())
    except NotUp:
        return [], []
    async with channel(state, "connector") as open_channel:
        stub = cast(Any, pb_grpc.ConnectorServiceStub)(open_channel)
        request = pb.ListPartnersRequest(page_size=LONGEST_PAGE)
        listed = await stub.ListPartners(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return await _refused(state, field, tenant), spoken_for(listed.profiles, role)


async def _refused(state: StackState, field: str, tenant: str | None) -> list[ops.Exception]:
    """Open and resolved ones."""
    async with asker(state, tenant) as ask:
        found = [
            each
            for which in (ops.EXCEPTION_STATE_OPEN, ops.EXCEPTION_STATE_RESOLVED)
            for each in await ask.exceptions(which)
        ]
    return [each for each in found if about(each, field)]


def ownership(
    field: Annotated[str, typer.Argument(help="an attribute, a message, or Message.attribute; all if not given")] = "",
    by: Annotated[str, typer.Option(help="whether this role may write it, and why not: ERP, WMS, SUPPLIER ..")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show who may write what, and which updates were refused because of it."""
    found = named(field, owned_fields())
    if not found:
        fail(f"no contract gives {field!r} an owner: nobody outside may write it", NOT_FOUND)
    role = ROLES.get(by.upper()) if by else None
    if by and role is None:
        fail(f"{by!r} is none of {', '.join(name for name in ROLES if name != 'UNSPECIFIED')}", FAILED)
    refused, spoken = answered(_heard(field, role, tenant))
    if json:
        rules = [_as_json(each, role) for each in found]
        others = [asdict(each) for each in spoken]
        print_json({"rules": rules, "refused": list(map(MessageToDict, refused)), "speakAsOthers": others})
        return
    out.print(rules_table(found))
    if role is not None:
        for each in found:
            verdict = refusal(role, each.writers) or f"{role_name(role)} may write it"
            out.print(f"{each.message.rpartition('.')[2]}.{each.name}: {verdict}", highlight=False, soft_wrap=True)
    for table in ([spoken_table(spoken)] if spoken else []) + ([refusals_table(refused)] if refused else []):
        out.print(table)


def _as_json(owned: OwnedField, role: int | None) -> dict[str, Any]:
    said: dict[str, Any] = {"message": owned.message, "attribute": owned.name, "writers": owners(owned)}
    return said if role is None else said | {"role": role_name(role), "refusal": refusal(role, owned.writers)}
