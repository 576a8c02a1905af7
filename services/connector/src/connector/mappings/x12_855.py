"""x12.855, in: the supplier answers an order. It carries no revision unless the profile names a reference that does."""

from __future__ import annotations

from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi.x12.order_acknowledgment import PurchaseOrderAcknowledgment

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings.model import Answer, Command, Inbound, Reading
from connector.mappings.x12_answers import answered_lines, sequence, whole_order


def read(document: PurchaseOrderAcknowledgment, reading: Reading) -> Command:
    number = document.order_number
    if not number:
        raise DocumentFault("BAK03", "the number of the order is missing")
    whole = whole_order(document.purpose, document.type, document.lines, "BAK01")
    lines = list(answered_lines(document, reading))
    if not lines and not whole:
        raise DocumentFault("BAK02", f"{document.type!r} answers nothing without lines")
    request = procurement.AcknowledgePurchaseOrderRequest(
        origin=reading.origin(),
        ref=inbound_pb2.PurchaseOrderRef(number=number[:64]),
        supplier_id=reading.partner.party_id,
        whole_order=whole,
        lines=lines,
        supplier_number=document.seller_order[:64],
        acknowledged_on=canonical.to_day(document.acknowledged_on),
    )
    answer = Answer(number, _carried(document, reading), reading.written)
    return Command(request, (number,), (f"po:{number}",), len(document.lines), answer=answer)


def _carried(document: PurchaseOrderAcknowledgment, reading: Reading) -> int | None:
    qualifier = reading.partner.revision_reference
    found = next((each.value for each in document.references if qualifier and each.qualifier == qualifier), "")
    return sequence(found, reading)


MAPPING = Inbound("x12.855", read)
