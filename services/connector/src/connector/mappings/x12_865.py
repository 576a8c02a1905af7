"""x12.865, in: the supplier answers a change. BCA05 carries the change sequence, which is our revision."""

from __future__ import annotations

from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi.x12.order_change import PurchaseOrderChangeAcknowledgment

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings.model import Answer, Command, Inbound, Reading
from connector.mappings.x12_answers import answered_lines, sequence, whole_order


def read(document: PurchaseOrderChangeAcknowledgment, reading: Reading) -> Command:
    number = document.order_number
    if not number:
        raise DocumentFault("BCA03", "the number of the order is missing")
    whole = whole_order(document.purpose, document.type, document.lines, "BCA01")
    lines = list(answered_lines(document, reading))
    if not lines and not whole:
        raise DocumentFault("BCA02", f"{document.type!r} answers nothing without answered lines")
    carried = sequence(document.change_sequence, reading)
    request = procurement.AcknowledgePurchaseOrderRequest(
        origin=reading.origin(revision=document.change_sequence),
        ref=inbound_pb2.PurchaseOrderRef(number=number[:64]),
        supplier_id=reading.partner.party_id,
        whole_order=whole,
        lines=lines,
        supplier_number=document.seller_order[:64],
        acknowledged_on=canonical.to_day(document.acknowledged_on),
    )
    answer = Answer(number, carried, reading.written)
    return Command(request, (number,), (f"po:{number}",), len(document.lines), answer=answer)


MAPPING = Inbound("x12.865", read)
