"""A partner's request that is not granted is answered, where its profile takes an answer: once, and with the reason.

The exception stays with whoever owns it: an answer is no way back for the partner alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crossdock.connector.v1 import partner_pb2
from crossdock_edi import Document as EdiDocument
from crossdock_kit.context import Cause
from crossdock_kit.ids import derived
from crossdock_kit.unit_of_work import Work

from connector.codecs import json_document, x12_document
from connector.domain.documents import Finding
from connector.mappings import registry
from connector.mappings.model import Refusal
from connector.ports import Surroundings
from connector.store import control_numbers, documents, partners
from connector.store.control_numbers import Taken
from connector.store.document import Document
from connector.store.partners import StoredPartner
from connector.use_cases.send import (
    Dispatch,
    NotRepresentable,
    Outbound,
    Rendered,
    address_of,
    render_x12,
    send_all,
)
from connector.use_cases.taking_apart import take_apart

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Denied:
    """A message of a document, by its number, that is not granted for `reason`. `because` is what decided it."""

    document: Document
    number: int
    reason: str
    because: Cause


@dataclass(frozen=True, slots=True)
class _Answer:
    denied: Denied
    answer_id: UUID
    route: partner_pb2.DocumentRoute
    written: Any


async def answer_denied(
    denied: Sequence[tuple[Denied, Any]], stored: StoredPartner, work: Work, around: Surroundings
) -> None:
    """Of one partner, each with its message as it was parsed; what its profile takes no answer to is left out."""
    found = (_answer(each, parsed, stored, work) for each, parsed in denied)
    answers = [each for each in found if each is not None]
    partner = (stored.tenant, stored.profile.partner)
    numbered = [partner for each in answers if isinstance(each.written, EdiDocument)]
    taken = await control_numbers.take_all(work.driver, numbered)
    outbound = []
    for each in answers:
        rendered = _rendered(each, stored, taken, work)
        if rendered is not None:
            dispatch = _dispatch(each)
            outbound.append(Outbound(each.answer_id, rendered, dispatch, stored, each.denied.because))
    await send_all(outbound, work, around)


def _rendered(answer: _Answer, stored: StoredPartner, taken: Taken, work: Work) -> Rendered | None:
    """None where what the partner named cannot be said back in its own dialect."""
    if not isinstance(answer.written, EdiDocument):
        name = f"{answer.route.kind}_{answer.answer_id}.json"
        return Rendered(json_document.encode(answer.written), json_document.CONTENT_TYPE, name)
    numbers = taken.next(stored.tenant, stored.profile.partner)
    try:
        return render_x12(answer.written, stored, numbers, work.now)
    except NotRepresentable as error:
        document = answer.denied.document
        document.findings = (*document.findings, Finding("answer-impossible", "warning", str(error)))
        return None


async def answer_declined(declined: Sequence[Denied], work: Work, around: Surroundings) -> None:
    """Those that a service has declined: what was asked is read once more from the document as it was received."""
    asking = [each for each in declined if _kind(each) in registry.REFUSALS]
    by_partner: dict[tuple[str, str], list[Denied]] = {}
    for each in asking:
        by_partner.setdefault((each.document.tenant, each.document.partner), []).append(each)
    vault = around.vault.within(work.driver)
    for (tenant, name), some in sorted(by_partner.items()):
        stored = await partners.get(work.driver, tenant, name)
        if not any(_route(_kind(each), stored.profile) for each in some):
            continue
        sealed = await documents.contents(work.driver, tenant, {each.document.document_id for each in some})
        parsed = []
        for each in some:
            document = each.document
            content = await vault.open(document.kept, sealed[document.document_id])
            parts = take_apart(content, document.path, stored.profile, document.name).parts
            if each.number <= len(parts):
                parsed.append((each, parts[each.number - 1].parsed))
        await answer_denied(parsed, stored, work, around)


def _kind(denied: Denied) -> str:
    return denied.document.messages[denied.number - 1].kind


def _route(kind: str, profile: partner_pb2.PartnerProfile) -> partner_pb2.DocumentRoute | None:
    refusing = registry.REFUSALS.get(kind)
    return partners.route_of(profile, (refusing.kind,), partner_pb2.DIRECTION_OUT) if refusing else None


def _answer(denied: Denied, parsed: Any, stored: StoredPartner, work: Work) -> _Answer | None:
    route = _route(_kind(denied), stored.profile)
    if route is None or parsed is None:
        return None
    document = denied.document
    answer_id = derived("refusal", document.document_id, denied.number, document.generation)
    reason = denied.reason[:LONGEST_REASON]
    if route.kind.startswith("x12."):
        reason = x12_document.spaced(reason, address_of(stored.profile.edi).dialect)
    written = registry.REFUSALS[_kind(denied)].write(parsed, Refusal(str(answer_id), work.now, reason))
    return None if written is None else _Answer(denied, answer_id, route, written)


def _dispatch(answer: _Answer) -> Dispatch:
    document = answer.denied.document
    return Dispatch(
        kind=answer.route.kind,
        path=answer.route.path,
        ordering_key=f"refusal:{answer.answer_id}",
        idempotency_key=str(answer.answer_id),
        keys=document.keys,
        transaction_ids=document.transaction_ids,
        related=document.document_id,
    )
