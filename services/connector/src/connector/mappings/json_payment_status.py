"""json.payment_status, in: the ERP says what was paid of one of its invoices, or taken back."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import posting_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings.model import Command, Inbound, Reading


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("paymentStatus",))
    invoice, number = document.text("invoice", longest=64), document.text("payment", longest=64)
    paid_at = document.instant("paidAt")
    amount = values_pb2.Money(
        amount=format(document.decimal("amount"), "f"), currency=document.text("currency", longest=3)
    )
    request = posting_service_pb2.RecordPaymentRequest(
        origin=reading.origin(occurred_at=paid_at), invoice_number=invoice, number=number, amount=amount
    )
    request.paid_at.FromDatetime(paid_at)
    # A payment and what is taken back of it come in the order in which the ERP told them.
    key = f"invoice:{invoice}"
    return Command(request, (), (key, f"payment:{number}"), 1, sequence=(key,))


MAPPING = Inbound("json.payment_status", read)
