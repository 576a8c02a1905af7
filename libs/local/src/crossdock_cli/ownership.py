"""`crossdock ownership [FIELD]`: who may write what, by the contracts' own options, and which updates were refused.

The rules need no stack. Where one is up, all services are asked what was refused and what the deployment's
configuration says over the contracts, and the connector which partners speak in another role than their own, or have
rules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeAlias, cast

import typer
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.connector.v1 import partner_pb2
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock_kit.document_attributes import enforced
from crossdock_kit.ownership import ROLES, OwnedField, Writers, owned_fields, refusal, role_name
from crossdock_kit.ownership_overrides import deciding
from crossdock_local.control import NotUp, running_state
from crossdock_local.state import StackState
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import LONGEST_PAGE, SECONDS, answered, asker
from crossdock_cli.connection import channel, metadata, stack_place
from crossdock_cli.console import FAILED, NOT_FOUND, fail, out, print_json

NOT_OWNED = "FIELD_NOT_OWNED"
CONTRACT, CONFIGURATION = "contract", "deployment's configuration"
Configured: TypeAlias = Mapping[str, ops.OwnershipOverride]
"""What one service was told, by attribute or message."""


def named(field: str, fields: Iterable[OwnedField]) -> list[OwnedField]:
    """`field` is an attribute, a message, or both with a dot between: ShipNotice.expected_on."""
    return [each for each in fields if not field or field in _names(each)]


def _names(owned: OwnedField) -> frozenset[str]:
    short = owned.message.rpartition(".")[2]
    return frozenset(
        {owned.name, short, owned.message, owned.short, f"{owned.message}.{owned.name}"},
    )


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule as this deployment has it. `said_by` is the contract, or the configuration that stands in its place."""

    owned: OwnedField
    writers: Writers
    said_by: str = CONTRACT
    steward: str = ""

    @property
    def owners(self) -> list[str]:
        return [role_name(each) for each in self.writers]


def in_force(fields: Iterable[OwnedField], configured: Mapping[str, Configured]) -> list[InForce]:
    """`configured` is what each service was told, by name: an attribute is judged by the service of its contract."""
    found = []
    for each in fields:
        told = configured.get(each.message.split(".")[1], {})
        own, whole = told.get(each.short), told.get(each.message.rpartition(".")[2])
        replaced = own is not None and own.replaces_writers
        let_in = () if replaced else _let_in(each, told)
        found.append(
            InForce(
                owned=each,
                writers=tuple(own.writers) if own is not None and replaced else (*each.writers, *let_in),
                said_by=CONFIGURATION if replaced or let_in else CONTRACT,
                steward=(own.steward if own is not None else "") or (whole.steward if whole is not None else ""),
            )
        )
    return found


def _let_in(owned: OwnedField, told: Configured) -> Writers:
    """Who may send the document by the configuration, and so may write the rest of it too."""
    key = enforced().get(owned.short, "")
    said = told.get(key)
    if said is None or not said.replaces_writers:
        return ()
    return tuple(each for each in said.writers if each not in (*deciding()[key].writers, *owned.writers))


def rules_table(rules: Sequence[InForce]) -> Table:
    """Who says so and who looks after it stand there where anybody but the contract says something."""
    more = any(each.said_by != CONTRACT or each.steward for each in rules)
    headings = ("MESSAGE", "ATTRIBUTE", "WRITTEN BY, THE FIRST THAT HAS SPOKEN IS SHOWN", "SAYS WHO", "STEWARD")
    table = Table(box=None, pad_edge=False)
    for heading in headings if more else headings[:3]:
        table.add_column(heading, overflow="fold")
    for each in rules:
        row = (each.owned.message.removeprefix("crossdock."), each.owned.name, ", ".join(each.owners) or "nobody")
        table.add_row(*row, *((each.said_by, each.steward) if more else ()))
    return table


@dataclass(frozen=True, slots=True)
class OfPartner:
    """What a partner's profile says of who may write an attribute, for its own documents."""

    partner: str
    attribute: str
    writers: tuple[str, ...]


def of_partners(profiles: Iterable[partner_pb2.PartnerProfile], fields: Iterable[OwnedField]) -> list[OfPartner]:
    asked = {each.short for each in fields}
    return [
        OfPartner(profile.partner, each.attribute, tuple(role_name(role) for role in each.writers))
        for profile in profiles
        for each in profile.ownership
        if each.attribute in asked
    ]


def partners_table(said: Iterable[OfPartner]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("PARTNER", "ATTRIBUTE", "ITS PROFILE SAYS: WRITTEN BY"):
        table.add_column(heading, overflow="fold")
    for each in said:
        table.add_row(each.partner, each.attribute, ", ".join(each.writers) or "nobody")
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


@dataclass(frozen=True, slots=True)
class Heard:
    """What a stack that is up says; nothing where none is."""

    refused: list[ops.Exception]
    profiles: list[partner_pb2.PartnerProfile]
    configured: Mapping[str, Configured]


async def _heard(field: str, tenant: str | None) -> Heard:
    try:
        state = running_state(stack_place())
    except NotUp:
        return Heard([], [], {})
    async with channel(state, "connector") as open_channel:
        stub = cast(Any, pb_grpc.ConnectorServiceStub)(open_channel)
        request = pb.ListPartnersRequest(page_size=LONGEST_PAGE)
        listed = await stub.ListPartners(request, metadata=metadata(state, tenant), timeout=SECONDS)
    async with asker(state, tenant) as ask:
        configured = await ask.ownership_overrides()
    return Heard(await _refused(state, field, tenant), list(listed.profiles), configured)


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
    heard = answered(_heard(field, tenant))
    rules = in_force(found, heard.configured)
    spoken, said = spoken_for(heard.profiles, role), of_partners(heard.profiles, found)
    if json:
        others = [asdict(each) for each in spoken]
        told = {"refused": list(map(MessageToDict, heard.refused)), "partnersSay": [asdict(each) for each in said]}
        print_json({"rules": [_as_json(each, role) for each in rules], "speakAsOthers": others} | told)
        return
    out.print(rules_table(rules))
    if role is not None:
        for each in rules:
            verdict = refusal(role, each.writers) or f"{role_name(role)} may write it"
            why = "" if each.said_by == CONTRACT else f", says the {each.said_by}"
            out.print(f"{each.owned.short}: {verdict}{why}", highlight=False, soft_wrap=True)
    tables = ((spoken, spoken_table), (said, partners_table), (heard.refused, refusals_table))
    for rows, table in tables:
        if rows:
            out.print(cast(Any, table)(rows))


def _as_json(rule: InForce, role: int | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "message": rule.owned.message,
        "attribute": rule.owned.name,
        "writers": rule.owners,
        "saidBy": rule.said_by,
        "steward": rule.steward,
        "decides": rule.owned.decides,
    }
    return said if role is None else said | {"role": role_name(role), "refusal": refusal(role, rule.writers)}
