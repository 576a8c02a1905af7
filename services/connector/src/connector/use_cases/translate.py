"""Stored documents are read: repetitions recognised, messages translated to commands, acknowledgments written.

One transaction for a batch of a partner's documents, each read in the order in which it came and as if it were alone.
What waits for master data is read again later, and only those messages of it that wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from crossdock_kit.errors import CrossdockError, FailureClass, Verdict, kind_of
from crossdock_kit.exceptions import NewException
from crossdock_kit.unit_of_work import Work

from connector.codecs.json_document import WrongLines
from connector.domain.documents import Finding, MessageEnd, Outcome, State, repetition
from connector.mappings.model import Command
from connector.ports import Surroundings
from connector.store.commands import Unfinished
from connector.store.document import Document, ended
from connector.use_cases.acknowledge import apply_acknowledgment
from connector.use_cases.commanding import commands, decide_revision, order_keys
from connector.use_cases.document_step import DocumentStep
from connector.use_cases.intake import Incoming, Intake, Translated, open_intake
from connector.use_cases.owed_acknowledgments import send_acknowledgments
from connector.use_cases.refusing import Denied, answer_denied
from connector.use_cases.sealing import sealed
from connector.use_cases.settling import WRONG_RECORD, add_findings, conclude, still_waiting
from connector.use_cases.taking_apart import Part, TakenApart

REUSED = "control-number-reused"
_ENDS = {
    State.DUPLICATE: ("duplicate", "SENT_BEFORE"),
    State.REFUSED: ("refused", "DOCUMENT_REFUSED"),
    State.WAITING: ("held", "WAITING"),
}
_LONGEST_WAIT_SECONDS = 60.0


async def translate(steps: Sequence[DocumentStep], work: Work, around: Surroundings) -> None:
    """Reads documents of one partner that are due. Their ends, as far as they are known by now, are saved with
    everything that they set off."""
    intake = await open_intake(steps, work, around)
    for each in intake.incoming:
        with each.step.within():
            await _read(each, intake)
            conclude(each.document, work)
            _note_end(each.document, work)
            intake.done(each.document)
    await send_acknowledgments(intake)
    await answer_denied(list(_denied(intake)), intake.stored, work, around)
    await intake.save()


def _denied(intake: Intake) -> Iterator[tuple[Denied, Any]]:
    """What was read just now and is no request that anybody could grant. What cannot be read at all is not answered,
    nor is what was sent before."""
    for each in intake.incoming:
        if each.fresh and not each.answered:
            continue
        for number in each.mapped:
            message = each.document.messages[number - 1]
            if message.outcome is Outcome.REFUSED:
                denied = Denied(each.document, number, message.reason, each.step.because)
                yield denied, each.taken.parts[number - 1].parsed


def _note_end(document: Document, work: Work) -> None:
    """How the reading ended, if it did not simply go on: outcome and reason code of its step."""
    outcome, reason = _ENDS.get(document.state, ("", ""))
    work.note(outcome=outcome, reason=reason)


async def _read(incoming: Incoming, intake: Intake) -> None:
    document, taken = incoming.document, incoming.taken
    document.next_attempt_at = None
    if incoming.fresh:
        document.findings = taken.findings
        document.control_numbers = taken.control_numbers
        if _refused_or_repeated(incoming, intake):
            return
        document.messages = [_begun(part) for part in taken.parts]
        incoming.answered = True
    else:
        document.generation += 1
        if _changed_meanwhile(document, taken):
            return
    waited_for = next((each.reason for each in document.messages if each.outcome is Outcome.WAITING), "")
    for number, part in list(incoming.parts_to_read()):
        document.messages[number - 1] = await _end_of(incoming, number, part, intake)
    if any(each.outcome is Outcome.WAITING for each in document.messages):
        _wait(incoming, intake)
    elif waited_for and intake.work.now - document.received_at >= intake.around.patience:
        # It is said again, to a service that may have it wait again: settled where it was taken.
        intake.work.raise_exception(missing_master_data(document, waited_for))


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


def _refused_or_repeated(incoming: Incoming, intake: Intake) -> bool:
    document, taken = incoming.document, incoming.taken
    if taken.refusal:
        document.state, document.reason = State.REFUSED, taken.refusal
        document.messages = [
            replace(_begun(each), outcome=Outcome.REFUSED, reason=each.refusal or taken.refusal) for each in taken.parts
        ]
        return True
    repeated = repetition(document.sha256, taken.control_numbers, intake.earlier(document))
    if repeated is None:
        return False
    document.related = UUID(repeated.related)
    if repeated.reused:
        why = f"control number {repeated.control_number} was used before with other content"
        severity = intake.profile.severities.get(REUSED, "error")
        document.findings = (*document.findings, Finding(REUSED, severity, why))
        if severity != "error":
            return False
        document.state, document.reason = State.REFUSED, why
        document.messages = [replace(_begun(each), outcome=Outcome.REFUSED, reason=why) for each in taken.parts]
        return True
    document.state = State.DUPLICATE
    document.messages = [replace(_begun(each), outcome=Outcome.DUPLICATE) for each in taken.parts]
    # The partner may be sending it again because our answer was lost.
    incoming.answered = True
    return True


async def _end_of(incoming: Incoming, number: int, part: Part, intake: Intake) -> MessageEnd:
    message = incoming.document.messages[number - 1]
    if part.refusal:
        return ended(message, Outcome.REFUSED, part.refusal)
    if part.is_acknowledgment:
        return apply_acknowledgment(part, incoming.document, message, intake)
    mapped = incoming.mapped[number]
    try:
        if isinstance(mapped, Exception):
            raise mapped
        return await _commanded(incoming.document, number, mapped, intake)
    except CrossdockError as error:
        if kind_of(error).verdict is not Verdict.ACK_REFUSED:
            raise
        if isinstance(error, WrongLines):
            wrong = (Finding("wrong-line", "error", text, segment=line) for line, text in error.lines)
            incoming.document.findings = (*incoming.document.findings, *wrong)
        return ended(message, Outcome.REFUSED, str(error))


async def _commanded(document: Document, number: int, mapped: Translated, intake: Intake) -> MessageEnd:
    translated = mapped.command
    message = replace(document.messages[number - 1], lines=translated.lines, keys=translated.keys)
    known = intake.transactions
    transactions = tuple(known[each] for each in translated.orders if each in known)
    document.belongs_to(translated.keys, transactions)
    if mapped.unknown:
        return ended(message, Outcome.WAITING, f"waits for master data: {', '.join(mapped.unknown[:20])}")
    about = order_keys(translated)
    if before := intake.waiting_before(document, about):
        return ended(message, Outcome.WAITING, f"waits for document {before}, which concerns the same order")
    if translated.answer is not None:
        sent = intake.revisions[translated.answer.order].values()
        decide_revision(document, translated.request, translated.answer, sent)
    if translated.findings:
        _tell_wrong_numbers(document, translated, transactions, intake.work)
    add_findings(document, (Finding(WRONG_RECORD, "error", text, segment=at) for at, text in translated.left_out))
    vault = intake.around.vault.within(intake.work.driver)
    for delivery in commands(document, number, translated, transactions, intake.unfinished_of(about)):
        intake.work.deliver(await sealed(delivery, document.kept, vault))
        intake.unfinished.append(Unfinished(delivery.delivery_id, frozenset(delivery.keys)))
    return ended(message, Outcome.PENDING, still_waiting(translated.waiting), transaction_ids=transactions)


def _tell_wrong_numbers(document: Document, translated: Command, transactions: tuple[str, ...], work: Work) -> None:
    """A mis-keyed check digit does not stop the goods: the supplier has to hear of it, the rest goes on."""
    found = translated.findings
    document.findings = (*document.findings, *(Finding(code, "warning", text) for code, text in found))
    work.raise_exception(
        NewException(
            tenant=document.tenant,
            failure_class=FailureClass.PARTNER,
            code="CHECK_DIGIT_WRONG",
            summary=f"{document.partner}, {document.name}: {found[0][1]}",
            owner="supplier-desk",
            subject=document.subject,
            transaction_ids=transactions,
            keys=(*translated.keys, f"document:{document.document_id}"),
            details={f"finding_{number}": text for number, (_, text) in enumerate(found[:20], 1)},
        )
    )


def _wait(incoming: Incoming, intake: Intake) -> None:
    """Tried again by itself, with growing pauses and whenever master data change; after a while somebody is told, and
    at once of a word of the partner's: nobody sends what it means."""
    document, now = incoming.document, intake.work.now
    pause = min(_LONGEST_WAIT_SECONDS, 2.0 ** min(document.generation, 6))
    document.next_attempt_at = now + timedelta(seconds=pause)
    testing = intake.profile.stage == "testing"
    word = _waits_for_a_word(incoming)
    if not (testing or word) and now - document.received_at < intake.around.patience:
        return
    reason = word or next(each.reason for each in document.messages if each.outcome is Outcome.WAITING)
    intake.work.raise_exception(missing_master_data(document, reason))
    if testing:
        document.messages = [
            ended(each, Outcome.EXCEPTION, each.reason) if each.outcome is Outcome.WAITING else each
            for each in document.messages
        ]
        document.next_attempt_at = None


def _waits_for_a_word(incoming: Incoming) -> str:
    """Why a message waits that has to wait for a person; empty where none does."""
    for number, mapped in incoming.mapped.items():
        message = incoming.document.messages[number - 1]
        if isinstance(mapped, Translated) and mapped.words and message.outcome is Outcome.WAITING:
            return message.reason
    return ""


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
