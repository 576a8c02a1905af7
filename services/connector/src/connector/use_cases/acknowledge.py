"""The partner's word on what we sent: its 997s, correlated by group and set control number, and their lack."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from crossdock.connector.events.v1 import events_pb2
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.timers import DueTimer
from crossdock_kit.unit_of_work import Work

from connector import wire
from connector.domain.documents import MessageEnd, Outcome, State, desk_of
from connector.mappings.registry import FUNCTIONAL_ACKNOWLEDGMENT
from connector.store import documents, saving
from connector.store.document import Document, ended
from connector.use_cases.announcing import announce
from connector.use_cases.intake import Intake, group_of
from connector.use_cases.taking_apart import Part

TIMER = "functional_ack"
ACCEPTED = frozenset({"A", "E"})


def apply_acknowledgment(part: Part, document: Document, message: MessageEnd, intake: Intake) -> MessageEnd:
    """Correlates a 997 by group and set control number (AK102, AK202) with what was sent."""
    answer = part.parsed
    if not isinstance(answer, FunctionalAcknowledgment):
        raise TypeError("a 997 was announced")
    sent = [each for each in intake.groups.get(group_of(answer), ()) if each.kind != FUNCTIONAL_ACKNOWLEDGMENT]
    if not sent:
        return ended(message, Outcome.REFUSED, _unknown_group(answer))
    of_group = answer.group.status if answer.group else ""
    verdicts = {each.control_number.strip(): each.status.strip() or of_group for each in answer.messages}
    for each in sent:
        verdict = verdicts.get(each.set_control, verdicts.get(each.set_control.lstrip("0"), of_group))
        _apply(each, verdict in ACCEPTED, part, document, intake)
    transactions = tuple(dict.fromkeys(one for each in sent for one in each.transaction_ids))
    document.belongs_to([key for each in sent for key in each.keys], transactions)
    return ended(message, Outcome.ACCEPTED, transaction_ids=transactions)


def _unknown_group(answer: FunctionalAcknowledgment) -> str:
    group = answer.group_control_number.strip()
    if not group:
        return "AK102: it does not say which group it acknowledges"
    return f"it acknowledges group {group} of {answer.functional_id or '?'}, which this partner was never sent"


def _apply(sent: Document, accepted: bool, part: Part, by: Document, intake: Intake) -> None:
    """The first verdict counts; the same said again changes nothing."""
    if sent.state in {State.ACKNOWLEDGED, State.REJECTED}:
        return
    work = intake.work
    sent.state = State.ACKNOWLEDGED if accepted else State.REJECTED
    work.cancel_timer(TIMER, str(sent.document_id), tenant=sent.tenant)
    work.resolve_exception(_overdue_key(sent.document_id), "it was acknowledged", tenant=sent.tenant)
    if accepted and part.written is not None:
        intake.accept(sent, part.written)
    if not accepted:
        work.raise_exception(_rejected(sent, by))
    announce(
        work,
        sent,
        events_pb2.DocumentAcknowledged(
            document_id=str(sent.document_id),
            partner=sent.partner,
            kind=sent.kind,
            accepted=accepted,
            acknowledged_by_document_id=str(by.document_id),
            acknowledged_at=wire.stamp(part.written.at if part.written else by.received_at),
        ),
    )
    intake.acknowledged[sent.document_id] = sent


def _rejected(sent: Document, by: Document) -> NewException:
    return NewException(
        tenant=sent.tenant,
        failure_class=FailureClass.PARTNER,
        code="FUNCTIONAL_ACK_REJECTED",
        summary=f"{sent.partner} rejects {sent.kind} {sent.name} in its acknowledgment {by.name}",
        owner=desk_of(sent.kind),
        subject=sent.subject,
        transaction_ids=sent.transaction_ids,
        keys=(*sent.keys, f"document:{sent.document_id}"),
    )


def _overdue_key(document_id: UUID) -> str:
    return f"FUNCTIONAL_ACK_OVERDUE:document/{document_id}"


async def acknowledgment_overdue(due: Sequence[DueTimer], work: Work) -> None:
    """The time that the profile gives has passed without a 997."""
    waited_for = await documents.get_all(work.driver, work.tenant, [UUID(each.subject) for each in due], lock=True)
    overdue = [each for each in waited_for.values() if each.state is State.SENT]
    for sent in overdue:
        work.raise_exception(
            NewException(
                tenant=sent.tenant,
                failure_class=FailureClass.PARTNER,
                code="FUNCTIONAL_ACK_OVERDUE",
                summary=f"{sent.partner} has not acknowledged {sent.kind} {sent.name}",
                owner=desk_of(sent.kind),
                subject=sent.subject,
                transaction_ids=sent.transaction_ids,
                keys=(*sent.keys, f"document:{sent.document_id}"),
                dedupe_key=_overdue_key(sent.document_id),
            )
        )
        announce(
            work,
            sent,
            events_pb2.DocumentAcknowledgmentOverdue(
                document_id=str(sent.document_id), partner=sent.partner, kind=sent.kind
            ),
        )
    await saving.save_all(work.driver, overdue)
