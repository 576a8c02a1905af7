"""json.posting_request, out: what the ERP is to put into its books of an order, once, after what comes before it."""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import posting_pb2

from connector.mappings import canonical, charges
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.PostingRequested, writing: Writing) -> dict[str, Any]:
    posting = event.posting
    return {
        "documentType": "postingRequest",
        "postingId": event.posting_id,
        "posting": _kind(posting.kind),
        "reference": posting.reference,
        "companyCode": posting.business_unit,
        "order": event.order_number,
        "channel": event.channel,
        "customer": writing.codes.party_code(event.customer_id),
        "currency": event.currency,
        "orderDate": canonical.iso_day(event.ordered_on),
        "after": [{"posting": _kind(each.kind), "number": each.number} for each in event.before],
        "amount": posting.wanted.amount if posting.HasField("wanted") else None,
        "reason": posting.cause or None,
        "supplier": writing.codes.party_code(posting.supplier_id) if posting.supplier_id else None,
        "orderRef": event.order_id,
        "evidence": _evidence(posting.evidence) if posting.HasField("evidence") else None,
        "lines": [_line(each, writing) for each in posting.lines],
        **charges.told(posting.charges),
    }


def _evidence(evidence: posting_pb2.BillingEvidence) -> dict[str, str]:
    """What the customer's terms waited for, for who has to show why revenue was recognised."""
    at = {"at": canonical.iso_instant(evidence.at)} if evidence.HasField("at") else {}
    return {"basis": evidence.basis.lower(), "reference": evidence.reference, **at}


def _kind(kind: posting_pb2.PostingKind.ValueType) -> str:
    return canonical.lower_name(posting_pb2.PostingKind.Name(kind), "POSTING_KIND_")


def _line(line: posting_pb2.PostingLine, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    return {
        "line": line.line_number,
        "material": codes.item_code(line.sku),
        "quantity": line.quantity.value,
        "unit": codes.unit_code(line.quantity.unit),
        "price": _price(line, writing) if line.HasField("price") else None,
    }


def _price(line: posting_pb2.PostingLine, writing: Writing) -> dict[str, str]:
    price = line.price
    unit = writing.codes.unit_code(price.unit or line.quantity.unit)
    return {"amount": price.money.amount, "per": price.per or "1", "unit": unit}


MAPPING = Outbound("json.posting_request", write)
