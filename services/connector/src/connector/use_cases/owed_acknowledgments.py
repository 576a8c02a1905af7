"""The 997s that we owe: one for each group of a received file, if the partner wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossdock.connector.v1 import partner_pb2
from crossdock_edi.errors import Unrepresentable
from crossdock_kit.ids import derived

from connector.codecs import x12_document
from connector.codecs.x12_document import Numbers, ReadInterchange
from connector.domain.documents import Finding
from connector.mappings.registry import FUNCTIONAL_ACKNOWLEDGMENT
from connector.store import control_numbers, partners
from connector.use_cases.intake import Incoming, Intake
from connector.use_cases.send import Dispatch, Outbound, Rendered, file_name, send_all
from connector.use_cases.taking_apart import acknowledgments_owed


@dataclass(frozen=True, slots=True)
class _Owed:
    """`number` is its place among those of its document."""

    incoming: Incoming
    number: int
    interchange: ReadInterchange
    answer: Any


async def send_acknowledgments(intake: Intake) -> None:
    """For all documents of the batch at once. 997s are never acknowledged."""
    route = partners.route_of(intake.profile, (FUNCTIONAL_ACKNOWLEDGMENT,), partner_pb2.DIRECTION_OUT)
    if route is None:
        return
    owed = [
        _Owed(each, number, interchange, answer)
        for each in intake.incoming
        if each.answered
        for number, (interchange, answer) in enumerate(acknowledgments_owed(each.taken))
    ]
    partner = (intake.tenant, intake.profile.partner)
    taken = await control_numbers.take_all(intake.work.driver, [partner] * len(owed))
    replies = [_reply(each, route.path, taken.next(*partner), intake) for each in owed]
    await send_all([each for each in replies if each is not None], intake.work, intake.around)


def _reply(owed: _Owed, path: str, numbers: Numbers, intake: Intake) -> Outbound | None:
    """In the delimiters and version of what it answers, under our own numbers; None where these cannot be written
    back: what the partner sent as its own identity or delimiters."""
    document = owed.incoming.document
    try:
        content = x12_document.write_reply(owed.answer, owed.interchange.source, numbers, intake.work.now)
    except Unrepresentable as error:
        document.findings = (*document.findings, Finding("acknowledgment-impossible", "warning", str(error)))
        return None
    document_id = derived("acknowledgment", document.document_id, owed.number)
    dispatch = Dispatch(
        kind=FUNCTIONAL_ACKNOWLEDGMENT,
        path=path,
        ordering_key=f"acknowledgment/{document_id}",
        idempotency_key=str(document_id),
        keys=document.keys,
        transaction_ids=document.transaction_ids,
        related=document.document_id,
    )
    rendered = Rendered(content, x12_document.CONTENT_TYPE, file_name(owed.answer.TYPE, numbers), numbers)
    return Outbound(document_id, rendered, dispatch, intake.stored, owed.incoming.step.because)
