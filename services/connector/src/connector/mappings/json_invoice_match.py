"""json.invoice_match, out: how far a supplier's invoice agrees with order and receipt. The ERP's own verdict counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

Judged = events_pb2.SupplierInvoiceMatched | events_pb2.SupplierInvoiceDecided


def write(event: Judged, writing: Writing) -> dict[str, Any]:
    invoice = event.supplier_invoice
    return {
        "documentType": "invoiceMatch",
        "invoiceId": event.invoice_id,
        "aggregateVersion": writing.event_version,
        "companyCode": invoice.business_unit,
        "supplier": writing.codes.party_code(invoice.supplier_id),
        "invoice": event.number,
        "kind": "credit" if invoice.kind == invoice_pb2.INVOICE_KIND_CREDIT else "invoice",
        "credits": invoice.credits or None,
        "invoiceDate": canonical.iso_day(invoice.invoiced_on),
        "total": {"amount": invoice.total.amount, "currency": invoice.total.currency},
        "readiness": canonical.lower_name(
            invoice_pb2.SupplierInvoiceState.Name(invoice.state), "SUPPLIER_INVOICE_STATE_"
        ),
        "lines": [_line(position, line, writing) for position, line in enumerate(invoice.lines, start=1)],
        "charges": _charges(invoice),
        "rejection": _decision(invoice.rejection) if invoice.HasField("rejection") else None,
    }


def _charges(invoice: invoice_pb2.SupplierInvoice) -> dict[str, Any] | None:
    found = invoice.charges
    if not found.charges:
        return None
    return {
        "charged": [
            {"code": each.code, "description": each.description, "amount": each.amount.amount} for each in found.charges
        ],
        "outcome": _outcome(found.outcome) if found.outcome else None,
        "findings": _findings(found.variances),
        "decision": _decision(found.decision) if found.HasField("decision") else None,
    }


def _findings(variances: Iterable[invoice_pb2.MatchVariance]) -> list[dict[str, str]]:
    return [{"outcome": _outcome(each.outcome), "text": each.text} for each in variances]


def _decision(found: invoice_pb2.MatchDecision) -> dict[str, str]:
    return {"by": found.by, "reason": found.reason, "at": found.decided_at.ToJsonString()}


def _line(position: int, line: invoice_pb2.SupplierInvoiceLine, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    return {
        "item": position,
        "order": line.purchase_order_number,
        "line": line.line_number or None,
        "material": codes.item_code(line.sku) if line.sku else None,
        "quantity": line.quantity.value,
        "unit": codes.unit_code(line.quantity.unit),
        "creditedBaseQuantity": line.credited_quantity or None,
        "outcome": _outcome(line.outcome),
        "findings": _findings(line.variances),
        "decision": _decision(line.decision) if line.HasField("decision") else None,
    }


def _outcome(outcome: invoice_pb2.MatchOutcome.ValueType) -> str:
    return canonical.lower_name(invoice_pb2.MatchOutcome.Name(outcome), "MATCH_OUTCOME_")


MAPPING = Outbound("json.invoice_match", write)
