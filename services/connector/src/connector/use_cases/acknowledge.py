"""The chain of syntax acknowledgments: a 997 for each group received, the partner's for what we sent, and its lack."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from crossdock.connector.events.v1 import events_pb2
from crossdock.connector.v1 import partner_pb2
from crossdock_edi.errors import Unrepresentable
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.ids import derived
from crossdock_kit.timers import DueTimer
from crossdock_kit.unit_of_work import Work

from connector import wire
from connector.domain.documents import Finding, MessageEnd, Outcome, State
from connector.mappings.registry import FUNCTIONAL_ACKNOWLEDGMENT
from connector.ports import Surroundings
from connector.store import documents, orders, partners
from connector.store.documents import Document, ended
from connector.store.partners import StoredPartner
from connector.use_cases.announcing import announce
from connector.use_cases.send import Dispatch, reply_997, send
from connector.use_cases.taking_apart import Part, TakenApart, acknowledgments_owed

log = logging.getLogger(__name__)

TIMER = "functional_ack"
ACCEPTED = frozenset({"A", "E"})


async def send_acknowledgments(
    taken: TakenApart, document: Document, stored: StoredPartner, work: Work, around: Surroundings
) -> None:
    """A 997 for each group of a received file, if the partner wants them. 997s are never acknowledged."""
    route = partners.route_of(stored.profile, (FUNCTIONAL_ACKNOWLEDGMENT,), partner_pb2.DIRECTION_OUT)
    if route is None:
        return
    for number, (interchange, answer) in enumerate(acknowledgments_owed(taken)):
        try:
            rendered = await reply_997(answer, interchange.source, stored, work)
        except Unrepresentable as error:
            # What the partner sent as its own identity or delimiters cannot be written back to it.
            found = Finding("acknowledgment-impossible", "warning", str(error))
            document.findings = (*document.findings, found)
            continue
        document_id = derived("acknowledgment", document.document_id, number)
        dispatch = Dispatch(
            kind=FUNCTIONAL_ACKNOWLEDGMENT,
            path=route.path,
            ordering_key=f"acknowledgment/{document_id}",
            idempotency_key=str(document_id),
            keys=document.keys,
            transaction_ids=document.transaction_ids,
            related=document.document_id,
        )
        await send(document_id, rendered, dispatch, stored, work, around)


async def apply_acknowledgment(part: Part, document: Document, message: MessageEnd, work: Work) -> MessageEnd:
    """Correlates a 997 by group and set control number (AK102, AK202) with what was sent."""
    answer = part.parsed
    if not isinstance(answer, FunctionalAcknowledgment):
        raise TypeError("a 997 was announced")
    group = answer.group_control_number.strip()
    sent = [each for each in await _sent_in(work, document, group) if each.kind != FUNCTIONAL_ACKNOWLEDGMENT]
    if not sent:
        reason = f"it acknowledges group {group or '(none)'} of {answer.functional_id or '?'}, which was not sent"
        return ended(message, Outcome.REFUSED, reason)
    of_group = answer.group.status if answer.group else ""
    verdicts = {each.control_number.strip(): each.status.strip() or of_group for each in answer.messages}
    for each in sent:
        verdict = verdicts.get(each.set_control, verdicts.get(each.set_control.lstrip("0"), of_group))
        await _apply(each, verdict in ACCEPTED, part, document, work)
    transactions = tuple(dict.fromkeys(one for each in sent for one in each.transaction_ids))
    document.belongs_to([key for each in sent for key in each.keys], transactions)
    return ended(message, Outcome.ACCEPTED, transaction_ids=transactions)


async def _sent_in(work: Work, document: Document, group: str) -> list[Document]:
    wanted = group.lstrip("0") or group
    return await documents.in_group(work.driver, document.tenant, document.partner, wanted) if wanted else []


async def _apply(sent: Document, accepted: bool, part: Part, by: Document, work: Work) -> None:
    """The first verdict counts; the same said again changes nothing."""
    if sent.state in {State.ACKNOWLEDGED, State.REJECTED}:
        return
    sent.state = State.ACKNOWLEDGED if accepted else State.REJECTED
    sent.messages = await documents.messages_of(work.driver, sent.tenant, sent.document_id)
    work.cancel_timer(TIMER, str(sent.document_id), tenant=sent.tenant)
    work.resolve_exception(_overdue_key(sent.document_id), "it was acknowledged", tenant=sent.tenant)
    if accepted and part.written is not None:
        stamp = part.written
        await orders.accept(work.driver, sent.tenant, sent.document_id, stamp.at, stamp.interchange)
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
    await documents.save(work.driver, sent)


def _rejected(sent: Document, by: Document) -> NewException:
    return NewException(
        tenant=sent.tenant,
        failure_class=FailureClass.PARTNER,
        code="FUNCTIONAL_ACK_REJECTED",
        summary=f"{sent.partner} rejects {sent.kind} {sent.name} in its acknowledgment {by.name}",
        owner="supplier-desk",
        subject=sent.subject,
        transaction_ids=sent.transaction_ids,
        keys=(*sent.keys, f"document:{sent.document_id}"),
    )


def _overdue_key(document_id: UUID) -> str:
    return f"FUNCTIONAL_ACK_OVERDUE:document/{document_id}"


async def acknowledgment_overdue(due: Sequence[DueTimer], work: Work) -> None:
    """The time that the profile gives has passed without a 997."""
    for each in due:
        sent = await documents.get(work.driver, each.tenant, UUID(each.subject), lock=True)
        if sent.state is not State.SENT:
            continue
        work.raise_exception(
            NewException(
                tenant=sent.tenant,
                failure_class=FailureClass.PARTNER,
                code="FUNCTIONAL_ACK_OVERDUE",
                summary=f"{sent.partner} has not acknowledged {sent.kind} {sent.name}",
                owner="supplier-desk",
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
        await documents.save(work.driver, sent)
