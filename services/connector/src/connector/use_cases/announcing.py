"""How a document's facts become events: one place that knows what identity and keys they carry."""

from __future__ import annotations

from crossdock_kit.events import NewEvent, Origin
from crossdock_kit.unit_of_work import Work
from google.protobuf.message import Message

from connector.store.document import Document


def announce(work: Work, document: Document, message: Message) -> None:
    """Records a fact under the document's next version. One whose order is not known yet is a thread of its own."""
    work.record(
        NewEvent(
            message=message,
            tenant=document.tenant,
            business_unit=document.business_unit,
            aggregate_type="document",
            aggregate_id=str(document.document_id),
            version=document.next_version(),
            subject=document.name,
            keys=(f"document:{document.document_id}", *document.keys),
            transaction_ids=document.transaction_ids or (str(document.document_id),),
            occurred_at=work.now,
            origin=None if document.outbound else Origin(system=document.partner, document=document.name[:128]),
        )
    )
