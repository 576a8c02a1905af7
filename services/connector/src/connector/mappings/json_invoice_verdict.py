"""json.invoice_verdict, in: what accounts payable decided in the ERP on a supplier's invoice that it was told of."""

from __future__ import annotations

from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings.model import Command, Inbound, Reading

VERDICTS = {
    "released": invoice_pb2.VERDICT_RELEASED,
    "blocked": invoice_pb2.VERDICT_BLOCKED,
    "refused": invoice_pb2.VERDICT_REFUSED,
    "paid": invoice_pb2.VERDICT_PAID,
}


def read(document: JsonObject, reading: Reading) -> Command:
    """The invoice by the id that it was told under, or by the supplier and its number."""
    document.one_of("documentType", ("invoiceVerdict",))
    given_at = document.instant("decidedAt")
    request = procurement.RecordInvoiceVerdictRequest(origin=reading.origin(occurred_at=given_at))
    if document.has("invoiceId"):
        request.invoice_id = document.text("invoiceId", longest=64)
        named = f"invoice_id:{request.invoice_id}"
    else:
        request.supplier_id = reading.codes.party(document.text("supplier", longest=80))
        request.number = document.text("invoice", longest=64)
        named = f"invoice:{request.number}"
    said = request.verdict
    said.business_unit = reading.partner.business_unit
    said.verdict = VERDICTS[document.one_of("verdict", tuple(VERDICTS))]
    said.reason = document.optional_text("reason", longest=500)
    said.number = document.optional_text("documentNumber", longest=64)
    said.given_at.FromDatetime(given_at)
    return Command(request, (), (named,), 1, sequence=(named,))


MAPPING = Inbound("json.invoice_verdict", read)
