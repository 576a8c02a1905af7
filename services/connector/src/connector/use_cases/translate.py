"""A stored document is read: repetitions recognised, messages translated to commands, acknowledgments written.

One transaction per document, documents of a partner in the order in which they came. What waits for master data is
read again later, and only those messages of it that wait.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from crossdock.connector.v1 import partner_pb2
from crossdock_kit.errors import CrossdockError, FailureClass, Invalid, Verdict, kind_of
from crossdock_kit.exceptions import NewException
from crossdock_kit.unit_of_work import Work

from connector.code_book import CodeBook, with_codes
from connector.domain.documents import Finding, MessageEnd, Outcome, State, repetition
from connector.mappings.model import Command, Inbound, Reading
from connector.ports import Surroundings
from connector.store import documents, orders, partners, reading_queue
from connector.store.codes import CodesOn
from connector.store.documents import Document, ended
from connector.store.partners import StoredPartner
from connector.use_cases.acknowledge import apply_acknowledgment, send_acknowledgments
from connector.use_cases.commanding import command, decide_revision
from connector.use_cases.settling import conclude
from connector.use_cases.taking_apart import Part, TakenApart, take_apart
from connector.use_cases.vocabulary import book_of, partner_of

REUSED = "control-number-reused"
_LONGEST_WAIT_SECONDS = 60.0


async def translate(document: Document, work: Work, around: Surroundings) -> None:
    """Reads one document that is due. Its end, as far as it is known by now, is saved with everything it set off."""
    stored = await partners.get(work.driver, document.tenant, document.partner)
    sealed = await documents.content(work.driver, document.tenant, document.document_id)
    taken = take_apart(await around.vault.open(work.driver, document.kept, sealed), document.path, stored.profile)
    document.next_attempt_at = None
    if document.state is State.WAITING:
        document.generation += 1
        if _changed_meanwhile(document, taken):
            await conclude(document, work)
            return
    else:
        document.findings = taken.findings
        document.control_numbers = taken.control_numbers
        if await _refused_or_repeated(document, taken, stored, work, around):
            await conclude(document, work)
            return
        document.messages = [_begun(part) for part in taken.parts]
    await _translate_parts(document, taken, stored, work, around)
    if document.generation == 1:
        await send_acknowledgments(taken, document, stored, work, around)
    await conclude(document, work)


def _changed_meanwhile(document: Document, taken: TakenApart) -> bool:
    """Whether a document that is read again cannot be read as before: its profile changed, or our reading of it."""
    if not taken.refusal and len(taken.parts) == len(document.messages):
        return False
    reason = taken.refusal or "it is read as other messages than before"
    document.messages = [
        ended(each, Outcome.REFUSED, reason) if each.outcome is Outcome.WAITING else each for each in document.messages
    ]
    return True


def _begun(part: Part) -> MessageEnd:
    return MessageEnd(part.kind, part.control_number, part.lines)


async def _refused_or_repeated(
    document: Document, taken: TakenApart, stored: StoredPartner, work: Work, around: Surroundings
) -> bool:
    if taken.refusal:
        document.state, document.reason = State.REFUSED, taken.refusal
        document.messages = [
            replace(_begun(each), outcome=Outcome.REFUSED, reason=each.refusal or taken.refusal) for each in taken.parts
        ]
        return True
    known = await documents.earlier(work.driver, document, taken.control_numbers)
    repeated = repetition(document.sha256, taken.control_numbers, known)
    if repeated is None:
        return False
    document.related = UUID(repeated.related)
    if repeated.reused:
        why = f"control number {repeated.control_number} was used before with other content"
        severity = stored.profile.severities.get(REUSED, "error")
        document.findings = (*document.findings, Finding(REUSED, severity, why))
        if severity != "error":
            return False
        document.state, document.reason = State.REFUSED, why
        document.messages = [replace(_begun(each), outcome=Outcome.REFUSED, reason=why) for each in taken.parts]
        return True
    document.state = State.DUPLICATE
    document.messages = [replace(_begun(each), outcome=Outcome.DUPLICATE) for each in taken.parts]
    # The partner may be sending it again because our answer was lost.
    await send_acknowledgments(taken, document, stored, work, around)
    return True


async def _translate_parts(
    document: Document, taken: TakenApart, stored: StoredPartner, work: Work, around: Surroundings
) -> None:
    for number, part in enumerate(taken.parts, start=1):
        message = document.messages[number - 1]
        if message.outcome not in {Outcome.PENDING, Outcome.WAITING}:
            continue
        if document.generation > 1 and message.outcome is not Outcome.WAITING:
            continue
        document.messages[number - 1] = await _end_of(document, number, part, stored, work)
    if any(each.outcome is Outcome.WAITING for each in document.messages):
        await _wait(document, stored, work, around)


async def _end_of(document: Document, number: int, part: Part, stored: StoredPartner, work: Work) -> MessageEnd:
    message = document.messages[number - 1]
    if part.refusal:
        return ended(message, Outcome.REFUSED, part.refusal)
    if part.is_acknowledgment:
        return await apply_acknowledgment(part, document, message, work)
    if part.mapping is None:
        raise AssertionError("a part is refused, an acknowledgment, or has a mapping")
    try:
        translated, book = await _mapped(document, part, part.mapping, stored.profile, work)
        return await _commanded(document, number, translated, book, work)
    except CrossdockError as error:
        if kind_of(error).verdict is not Verdict.ACK_REFUSED:
            raise
        return ended(message, Outcome.REFUSED, str(error))


async def _mapped(
    document: Document, part: Part, mapping: Inbound, profile: partner_pb2.PartnerProfile, work: Work
) -> tuple[Command, CodeBook]:
    route = partners.route_of(profile, (part.kind,), partner_pb2.DIRECTION_IN)
    partner = partner_of(profile, route)
    book = book_of(partner, part.kind)
    names = tuple(each for each in (profile.partner, profile.system) if each)
    codes = CodesOn(work.driver, document.tenant, names, document.received_at.date())
    origin = part.control_number or document.name
    if part.parsed is None:
        raise Invalid("it cannot be read")
    translated = await with_codes(
        book,
        codes.load,
        lambda each: mapping.read(part.parsed, Reading(partner, each, origin, document.received_at, part.written)),
    )
    return translated, book


async def _commanded(document: Document, number: int, translated: Command, book: CodeBook, work: Work) -> MessageEnd:
    message = replace(document.messages[number - 1], lines=translated.lines, keys=translated.keys)
    known = await orders.transactions_of(work.driver, document.tenant, translated.orders)
    transactions = tuple(known[each] for each in translated.orders if each in known)
    document.belongs_to(translated.keys, transactions)
    if book.unknown:
        return ended(message, Outcome.WAITING, f"waits for master data: {', '.join(list(book.unknown)[:20])}")
    if before := await reading_queue.waiting_before(
        work.driver, document, [k for k in translated.keys if k[:3] == "po:"]
    ):
        return ended(message, Outcome.WAITING, f"waits for document {before}, which concerns the same order")
    if translated.answer is not None:
        await decide_revision(work.driver, document, translated.request, translated.answer)
    if translated.findings:
        _tell_wrong_numbers(document, translated, transactions, work)
    await command(work, document, number, translated, transactions)
    return ended(message, Outcome.PENDING, transaction_ids=transactions)


def _tell_wrong_numbers(document: Document, translated: Command, transactions: tuple[str, ...], work: Work) -> None:
    """A mis-keyed check digit does not stop the goods: the supplier has to hear of it, the rest goes on."""
    document.findings = (
        *document.findings,
        *(Finding(code, "warning", text) for code, text in translated.findings),
    )
    work.raise_exception(
        NewException(
            tenant=document.tenant,
            failure_class=FailureClass.PARTNER,
            code="CHECK_DIGIT_WRONG",
            summary=f"{document.partner}, {document.name}: {translated.findings[0][1]}",
            owner="supplier-desk",
            subject=document.subject,
            transaction_ids=transactions,
            keys=(*translated.keys, f"document:{document.document_id}"),
            details={f"finding_{number}": text for number, (_, text) in enumerate(translated.findings[:20], 1)},
        )
    )


async def _wait(document: Document, stored: StoredPartner, work: Work, around: Surroundings) -> None:
    """Tried again by itself, with growing pauses and whenever master data change; after a while somebody is told."""
    pause = min(_LONGEST_WAIT_SECONDS, 2.0 ** min(document.generation, 6))
    document.next_attempt_at = work.now + timedelta(seconds=pause)
    testing = stored.profile.stage == "testing"
    if not testing and work.now - document.received_at < around.patience:
        return
    reason = next(each.reason for each in document.messages if each.outcome is Outcome.WAITING)
    work.raise_exception(missing_master_data(document, reason))
    if testing:
        document.messages = [
            ended(each, Outcome.EXCEPTION, each.reason) if each.outcome is Outcome.WAITING else each
            for each in document.messages
        ]
        document.next_attempt_at = None


def missing_master_data(document: Document, reason: str) -> NewException:
    return NewException(
        tenant=document.tenant,
        failure_class=FailureClass.BUSINESS,
        code="MASTER_DATA_MISSING",
        summary=f"{document.partner}, {document.name}: {reason}",
        owner="master-data",
        subject=document.subject,
        transaction_ids=document.transaction_ids,
        keys=(*document.keys, f"document:{document.document_id}"),
        dedupe_key=f"MASTER_DATA_MISSING:{document.subject}",
    )
