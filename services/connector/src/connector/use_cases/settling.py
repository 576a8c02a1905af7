"""How a document ends: what its messages came to makes its state, its events and the exceptions that somebody owns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from crossdock.connector.events.v1 import events_pb2
from crossdock_kit.context import cause
from crossdock_kit.deliveries import Dead, Declined, Delivered
from crossdock_kit.deliveries.settling import Ended
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.unit_of_work import Work

from connector import wire
from connector.domain.documents import (
    LONGEST_REASON,
    MASTER_DATA,
    SETTLED,
    WAITS_FOR_MASTER_DATA,
    Finding,
    MessageEnd,
    Outcome,
    State,
    owner_of,
    state_of,
)
from connector.ports import Surroundings
from connector.store import documents, saving
from connector.store.document import Document, ended
from connector.use_cases.announcing import announce
from connector.use_cases.asking_back import is_own_answer, settle_own_answers
from connector.use_cases.commanding import Sender
from connector.use_cases.refusing import Denied, answer_declined

# What the carrier tells of an answer besides that there is one: the transactions that it is about, with commas.
TRANSACTION, PARTLY = "transaction_id", "refused_lines"
# Records that were not taken, line by line: what is wrong with them, that they are another's, or what they wait for.
LEFT_OUT, NOT_OWNED, WAITS = "left_out", "not_owned", "waits_for"
# How many records say something new that is not shown, because a higher owner has spoken.
BEHIND = "behind"
WRONG_RECORD, FOREIGN_RECORD, RECORD_BEHIND = "wrong-record", "foreign-record", "record-behind"
MOST_FINDINGS = 200


def conclude(document: Document, work: Work) -> None:
    """Puts a document into the state that its messages give it, and announces an end that was reached."""
    before = document.state
    if before not in {State.REFUSED, State.DUPLICATE}:
        document.state = state_of([each.outcome for each in document.messages])
    refused = [each for each in document.messages if each.outcome is Outcome.REFUSED]
    if document.state is State.REFUSED and not document.reason and refused:
        document.reason = refused[0].reason
    if document.state in SETTLED:
        _announce_end(document, work)
        _raise_refusal(document, work)
    if document.state is State.UNDERSTOOD and document.generation > 1:
        work.resolve_exception(
            f"MASTER_DATA_MISSING:{document.subject}", "the master data came", tenant=document.tenant
        )
    work.note(
        keys=(f"document:{document.document_id}", *document.keys),
        transaction_ids=document.transaction_ids,
    )


def _announce_end(document: Document, work: Work) -> None:
    messages = [wire.message(each) for each in document.messages]
    if document.state in {State.UNDERSTOOD, State.DUPLICATE}:
        if document.state is State.UNDERSTOOD:
            announce(
                work,
                document,
                events_pb2.DocumentUnderstood(
                    document_id=str(document.document_id), partner=document.partner, messages=messages
                ),
            )
        return
    reason = document.reason or next((each.reason for each in document.messages if each.reason), "")
    announce(
        work,
        document,
        events_pb2.DocumentRefused(
            document_id=str(document.document_id), partner=document.partner, messages=messages, reason=reason
        ),
    )


def _raise_refusal(document: Document, work: Work) -> None:
    """What of a document could not be read at all is the partner's to correct; refused commands raise their own."""
    unread = [each for each in document.messages if each.outcome is Outcome.REFUSED]
    if document.state is not State.REFUSED and not unread:
        return
    reason = unread[0].reason if unread and not document.reason else document.reason
    work.raise_exception(
        NewException(
            tenant=document.tenant,
            failure_class=FailureClass.PARTNER,
            code="DOCUMENT_REFUSED",
            summary=f"{document.partner}, {document.name}: {reason}"[:500],
            owner="integration",
            subject=document.subject,
            transaction_ids=document.transaction_ids,
            keys=(*document.keys, f"document:{document.document_id}"),
        )
    )


async def settle_commands(ended_calls: Sequence[Ended], work: Work, around: Surroundings) -> None:
    """Books what commands came to in the messages that they came from, and answers those that were declined. Part of
    the deliveries' own transaction."""
    settle_own_answers([each for each in ended_calls if is_own_answer(each)], work)
    if said := [each for each in ended_calls if not is_own_answer(each)]:
        await _settle_messages(said, work, around)


async def _settle_messages(ended_calls: Sequence[Ended], work: Work, around: Surroundings) -> None:
    senders = [Sender.parse(each.leased.idempotency_key) for each in ended_calls]
    tenant = ended_calls[0].leased.tenant
    found = await documents.get_all(work.driver, tenant, {each.document_id for each in senders}, lock=True)
    declined: list[Denied] = []
    for each, sender in zip(ended_calls, senders, strict=True):
        document = found[sender.document_id]
        with each.step():
            if _settle(each, document, sender, work) and isinstance(each.outcome, Declined):
                declined.append(Denied(document, sender.number, each.outcome.code, cause()))
    await answer_declined(declined, work, around)
    await saving.save_all(work.driver, found.values())


def _settle(call: Ended, document: Document, sender: Sender, work: Work) -> bool:
    """Whether its message is refused for good."""
    index = sender.number - 1
    message = document.messages[index]
    if message.outcome is Outcome.ACCEPTED or _is_over(document, message, sender):
        return False
    match call.outcome:
        case Delivered(_, results) if not sender.is_last:
            document.belongs_to((), _transactions(dict(results)))
            document.messages[index] = _partly(document, message, dict(results))
            return False
        case Delivered(_, results):
            message = _partly(document, message, dict(results))
            document.messages[index] = _accepted(document, message, dict(results), work)
        case Declined() as answer:
            document.messages[index] = _refused(document, message, call.leased.kind, answer, work)
        case Dead(reason):
            # The kit raised the exception on the delivery itself.
            document.messages[index] = ended(message, Outcome.EXCEPTION, reason)
        case _:
            return False
    if any(each.outcome is Outcome.WAITING for each in document.messages):
        document.next_attempt_at = work.now + timedelta(seconds=2.0 ** min(document.generation, 6))
    conclude(document, work)
    return document.messages[index].outcome is Outcome.EXCEPTION


def _is_over(document: Document, message: MessageEnd, sender: Sender) -> bool:
    """A part of a message of several commands whose end another part of it has settled already."""
    return sender.parts > 1 and (message.outcome is not Outcome.PENDING or sender.generation != document.generation)


def _transactions(results: dict[str, str]) -> tuple[str, ...]:
    return tuple(each for each in results.get(TRANSACTION, "").split(",") if each)


def _partly(document: Document, message: MessageEnd, results: dict[str, str]) -> MessageEnd:
    """What of a message was not taken stands in the document's findings, what waits in the message until its end."""
    wrong = [(code, text) for code, key in _CODES for text in results.get(key, "").splitlines()]
    add_findings(document, (Finding(code, "error", text) for code, text in wrong))
    if behind := results.get(BEHIND, ""):
        told = f"{behind} records say something new that is not shown: a higher owner has spoken of them"
        add_findings(document, (Finding(RECORD_BEHIND, "warning", told),))
    return replace(message, reason=still_waiting([message.reason, *results.get(WAITS, "").splitlines()]))


def still_waiting(parts: Sequence[str]) -> str:
    """What of a message waits while the rest of it is carried out: its reason until then."""
    return ", ".join(dict.fromkeys(each for each in parts if each))[:LONGEST_REASON]


_CODES = ((WRONG_RECORD, LEFT_OUT), (FOREIGN_RECORD, NOT_OWNED))


def add_findings(document: Document, found: Iterable[Finding]) -> None:
    """Each once, however often the document is read; of very many the first."""
    known = dict.fromkeys((*document.findings, *found))
    document.findings = tuple(known)[: max(MOST_FINDINGS, len(document.findings))]


def _accepted(document: Document, message: MessageEnd, results: dict[str, str], work: Work) -> MessageEnd:
    transactions = _transactions(results)
    document.belongs_to((), transactions)
    work.note(transaction_ids=transactions)
    left_out = _raise_left_out(document, message, work)
    if message.reason:
        return ended(message, Outcome.WAITING, f"waits for master data: {message.reason}", transaction_ids=transactions)
    if left_out:
        return ended(message, Outcome.EXCEPTION, left_out, transaction_ids=transactions)
    if PARTLY in results:
        return ended(message, Outcome.EXCEPTION, results[PARTLY], transaction_ids=transactions)
    return ended(message, Outcome.ACCEPTED, transaction_ids=transactions)


def _raise_left_out(document: Document, message: MessageEnd, work: Work) -> str:
    """Somebody gets to see the records that were not taken; what is told of them, or empty text if all were."""
    told = ""
    for code, finding, what in (
        ("RECORDS_REFUSED", WRONG_RECORD, "records"),
        ("FIELD_NOT_OWNED", FOREIGN_RECORD, "records or attributes of them"),
    ):
        texts = [each.text for each in document.findings if each.code == finding]
        if not texts:
            continue
        told = told or f"{len(texts)} {what} were left out: {texts[0]}"
        work.raise_exception(
            NewException(
                tenant=document.tenant,
                failure_class=FailureClass.BUSINESS,
                code=code,
                summary=f"{document.partner}, {document.name}: {len(texts)} {what} left out, {texts[0]}"[:500],
                owner=MASTER_DATA,
                subject=document.subject,
                transaction_ids=document.transaction_ids,
                keys=(*message.keys, f"document:{document.document_id}"),
                details={f"record_{number}": text[:500] for number, text in enumerate(texts[:20], 1)},
                dedupe_key=f"{code}:{document.subject}",
            )
        )
    return told


def _refused(document: Document, message: MessageEnd, kind: str, answer: Declined, work: Work) -> MessageEnd:
    reason, text = answer.code, answer.reason
    work.note(outcome="refused", reason=reason)
    if reason in WAITS_FOR_MASTER_DATA:
        return ended(message, Outcome.WAITING, f"{reason}: {text}")
    work.raise_exception(
        NewException(
            tenant=document.tenant,
            failure_class=FailureClass.BUSINESS,
            code=reason or "COMMAND_REFUSED",
            summary=f"{document.partner}, {document.name}: {text}"[:500],
            owner=owner_of(reason, kind.rpartition(".")[2]),
            subject=document.subject,
            transaction_ids=tuple(dict.fromkeys((*document.transaction_ids, *message.transaction_ids))),
            keys=(*message.keys, f"document:{document.document_id}"),
            dedupe_key=f"{document.subject}/{message.control_number or message.kind}/{reason}",
        )
    )
    return ended(message, Outcome.EXCEPTION, f"{reason}: {text}" if reason else text)
