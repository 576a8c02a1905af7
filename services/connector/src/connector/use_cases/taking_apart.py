"""A stored document taken apart into its business messages, each with its mapping or the reason why it has none.

Pure: bytes and profile in, parts out. Never raises for what a partner sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from crossdock.connector.v1 import partner_pb2
from crossdock_edi import Document
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment
from crossdock_edi.x12.ship_notice import ShipNotice
from google.protobuf import json_format

from connector.codecs import csv_document, json_document, x12_document, x12_sets
from connector.codecs.json_document import DocumentFault
from connector.codecs.x12_document import ReadInterchange, ReadMessage
from connector.domain.documents import Finding
from connector.domain.revision import Stamp
from connector.mappings import registry
from connector.mappings.model import Inbound

ANY_SENDER = "*"
CSV, EDIFACT = "csv.", "edifact."
EDI = ("x12.", EDIFACT)
MUTUALLY_AGREED = {"": "ZZ", "ZZZ": "ZZ", "1": "01"}
"""Qualifiers of EDIFACT that X12 spells otherwise, as profiles do."""
EDI_HEADERS = (b"ISA", b"UNA", b"UNB")


@dataclass(frozen=True, slots=True)
class Part:
    """One business message. `refusal` says why it will not be translated; `mapping` is None for acknowledgments too.
    `served` is false for a set that nobody here reads."""

    kind: str
    control_number: str = ""
    parsed: Any = None
    mapping: Inbound | None = None
    refusal: str = ""
    written: Stamp | None = None
    lines: int = 0
    group: str = ""
    set_control: str = ""
    served: bool = True

    @property
    def is_acknowledgment(self) -> bool:
        return self.kind == registry.FUNCTIONAL_ACKNOWLEDGMENT and not self.refusal


@dataclass(frozen=True, slots=True)
class TakenApart:
    """`refusal` refuses the document as a whole. `interchanges` are what acknowledgments are owed for."""

    parts: tuple[Part, ...]
    findings: tuple[Finding, ...] = ()
    control_numbers: tuple[str, ...] = ()
    interchanges: tuple[ReadInterchange, ...] = ()
    refusal: str = ""


def take_apart(content: bytes, path: str, profile: partner_pb2.PartnerProfile, name: str = "") -> TakenApart:
    """By the route that it came by for JSON and CSV, or by what it is and by the name of its file where it came by
    none; what is neither is EDI."""
    route = _route(content, path, profile, name)
    if isinstance(route, str):
        return TakenApart((), refusal=route)
    if route is None:
        return _take_x12(content, profile)
    return _take_csv(content, route) if route.kind.startswith(CSV) else _take_json(content, route)


def _route(
    content: bytes, path: str, profile: partner_pb2.PartnerProfile, name: str
) -> partner_pb2.DocumentRoute | str | None:
    """The route of a document in JSON or CSV, None for EDI, or why there is none."""
    routes = [each for each in profile.documents if each.direction == partner_pb2.DIRECTION_IN]
    others = [each for each in routes if not each.kind.startswith(EDI)]
    if path:
        found = next((each for each in others if each.path.strip("/") == path.strip("/")), None)
        return found or f"nothing is received under {path[:200]!r}"
    begin = content.lstrip()[:4].removeprefix(b"\xef\xbb\xbf")
    if begin.startswith(EDI_HEADERS):
        return None
    fitting = [each for each in others if each.kind.startswith(CSV) != begin.startswith(b"{")]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    named = [each for each in fitting if each.path and name.startswith(each.path.strip("/"))]
    if len(named) == 1:
        return named[0]
    kinds = ", ".join(f"{each.path.strip('/')} ({each.kind})" for each in fitting)
    return f"the path, or how its name begins, must say which of these it is: {kinds}"


def _take_csv(content: bytes, route: partner_pb2.DocumentRoute) -> TakenApart:
    try:
        sheet = csv_document.decode(content, csv_document.layout_of(json_format.MessageToDict(route.mapping)))
    except DocumentFault as fault:
        finding = Finding("not-csv", "error", str(fault))
        return TakenApart((Part(route.kind, refusal=str(fault)),), (finding,))
    return TakenApart((Part(route.kind, parsed=sheet, mapping=registry.INBOUND[route.kind], lines=len(sheet.rows)),))


def _take_json(content: bytes, route: partner_pb2.DocumentRoute) -> TakenApart:
    try:
        parsed = json_document.decode(content)
    except DocumentFault as fault:
        finding = Finding("not-json", "error", str(fault))
        return TakenApart((Part(route.kind, refusal=str(fault)),), (finding,))
    return TakenApart((Part(route.kind, parsed=parsed, mapping=registry.INBOUND[route.kind]),))


def _take_x12(content: bytes, profile: partner_pb2.PartnerProfile) -> TakenApart:
    interchanges = x12_document.read_file(content, dict(profile.severities))
    findings = tuple(each for one in interchanges for each in _findings(one))
    numbers = tuple(one.control_number for one in interchanges if one.control_number)
    kinds = frozenset(each.kind for each in profile.documents if each.direction == partner_pb2.DIRECTION_IN)
    parts = tuple(part for one in interchanges for part in _parts(one, kinds))
    refusal = next((why for one in interchanges if (why := _wrong_interchange(one, profile))), "")
    if parts and not refusal and b"\0" in content:
        refusal = f"byte {content.index(0)} is NUL, which no text may hold"
    if not parts and not refusal:
        refusal = _not_edi(content) or _empty(interchanges, findings)
    return TakenApart(parts, findings, numbers, interchanges, refusal)


def _findings(interchange: ReadInterchange) -> Iterable[Finding]:
    yield from interchange.findings
    for message in interchange.messages:
        yield from message.findings


def _wrong_interchange(interchange: ReadInterchange, profile: partner_pb2.PartnerProfile) -> str:
    as_edifact = interchange.standard == "EDIFACT"
    if as_edifact and not any(each.kind.startswith(EDIFACT) for each in profile.documents):
        return "EDIFACT is not processed here: this partner's profile takes none"
    qualifier, _, identity = profile.edi.partner_id.partition(":")
    sender = _spelled(interchange.sender)
    if identity == ANY_SENDER or not any(sender):
        return ""
    if sender != (qualifier, identity):
        return f"its sender is {sender[0]}:{sender[1]}, which is not this partner"
    own_qualifier, _, own = profile.edi.own_id.partition(":")
    receiver = _spelled(interchange.receiver)
    if any(receiver) and receiver != (own_qualifier, own):
        return f"it is addressed to {receiver[0]}:{receiver[1]}, which is not us"
    return ""


def _spelled(address: tuple[str, str]) -> tuple[str, str]:
    qualifier, identity = address
    return (MUTUALLY_AGREED.get(qualifier, qualifier), identity) if identity else ("", "")


def _not_edi(content: bytes) -> str:
    return "it looks like JSON, and this partner's profile takes none" if content.lstrip()[:1] in (b"{", b"[") else ""


def _empty(interchanges: Sequence[ReadInterchange], findings: Sequence[Finding]) -> str:
    """Why a file without any transaction set is nothing for us."""
    error = next((each.text for each in findings if each.severity == "error"), "")
    if error:
        return error
    if any(each.notes for each in interchanges):
        return "it holds only interchange acknowledgments (TA1), which are not processed here"
    return "it holds no transaction set"


def _parts(interchange: ReadInterchange, kinds: frozenset[str]) -> Iterable[Part]:
    for message in interchange.messages:
        yield _part(message, interchange, kinds)


def _part(message: ReadMessage, interchange: ReadInterchange, kinds: frozenset[str]) -> Part:
    as_edifact = interchange.standard == "EDIFACT"
    kind = (f"{EDIFACT}{message.set_id.lower() or '?'}" if as_edifact else f"x12.{message.set_id or '?'}")[:32]
    number = f"{interchange.control_number}/{message.group_control}/{message.control_number}"[:80]
    part = Part(
        kind,
        control_number=number,
        parsed=message.document,
        written=message.written,
        lines=_line_count(message),
        group=message.group_control,
        set_control=message.control_number,
    )
    if kind not in registry.INBOUND and kind != registry.FUNCTIONAL_ACKNOWLEDGMENT:
        return replace(part, served=False, refusal=f"set {x12_sets.named(message.set_id)} is not processed here")
    if kind not in kinds:
        refusal = f"this partner's profile takes no {x12_sets.named(message.set_id)} from it"
        return replace(part, served=False, refusal=refusal)
    if message.wrong or message.document is None:
        return replace(part, refusal=message.wrong or "it cannot be read")
    return replace(part, mapping=registry.INBOUND.get(kind))


def _line_count(message: ReadMessage) -> int:
    document = message.document
    if isinstance(document, ShipNotice):
        return sum(1 for level in document.levels if level.code == "I")
    lines = getattr(document, "lines", None) or getattr(document, "messages", None)
    return len(lines) if isinstance(lines, tuple) else 0


def acknowledgments_owed(taken: TakenApart) -> list[tuple[ReadInterchange, Document]]:
    """A 997 for every group that holds no acknowledgments; sets without a flow are refused in it (AK502 code 1)."""
    parts, owed = iter(taken.parts), []
    for interchange in taken.interchanges:
        unserved = [each for each in islice(parts, len(interchange.messages)) if not each.served and each.set_control]
        if interchange.standard == "EDIFACT":
            # Answered by CONTRL, where that is agreed, and it is not agreed here.
            continue
        for document in interchange.acknowledgments:
            group = _answered_group(document)
            refused = frozenset(each.set_control for each in unserved if each.group.strip() == group)
            owed.append((interchange, x12_document.refusing(document, refused)))
    return owed


def _answered_group(document: Document) -> str:
    return document.group_control_number.strip() if isinstance(document, FunctionalAcknowledgment) else ""
