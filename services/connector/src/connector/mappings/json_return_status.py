"""json.return_status, out: a channel hears what becomes of goods of its order that come back, until they are credited.

A return is none of the steps of its order and has a document of its own: that it may come (or may not, where the
channel asked by document), what a warehouse has received and what it found, that nothing more of it is expected, and
each credit note.
"""

from __future__ import annotations

from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import return_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Outbound, Refusal, Writing

Reported = events_pb2.ReturnReceived | events_pb2.ReturnInspected
Told = Reported | events_pb2.ReturnAuthorized | events_pb2.ReturnWithdrawn | events_pb2.CreditIssued


def write(event: Told, writing: Writing) -> dict[str, Any]:
    head = {
        "documentType": "returnStatus",
        "messageId": writing.event_id,
        "order": event.order_number,
        "orderRef": event.order_id,
    }
    match event:
        case events_pb2.CreditIssued():
            return head | _credited(event, writing)
        case events_pb2.ReturnAuthorized():
            said = _without_credit("authorized", event.number, event.customer_return.reason)
            return head | said | {"lines": _wanted(event, writing)}
        case events_pb2.ReturnWithdrawn():
            said = _without_credit("withdrawn", event.number, event.reason)
            return head | said | {"lines": _outstanding(event, writing)}
        case events_pb2.ReturnReceived():
            lines = [_line(each, writing) for each in event.lines]
            return head | _without_credit("received", event.number) | {"lines": lines}
        case _:
            found = [_line(each, writing) | {"disposition": _disposition(each)} for each in event.lines]
            return head | _without_credit("inspected", event.number) | {"lines": found}


def refused(request: JsonObject, refusal: Refusal) -> dict[str, Any]:
    """The answer to a json.return_request that is not granted, with what it named."""

    def named(name: str) -> str | None:
        value = request.values.get(name)
        return value[:64] if isinstance(value, str) else None

    return {
        "documentType": "returnStatus",
        "messageId": refusal.answer_id,
        "order": named("order"),
        "orderRef": named("orderRef"),
        **_without_credit("refused", named("return"), refusal.reason),
        "lines": [],
    }


def _without_credit(status: str, number: str | None, reason: str = "") -> dict[str, Any]:
    return {
        "status": status,
        "return": number,
        "reason": reason or None,
        "credit": None,
        "amount": None,
        "currency": None,
    }


def _wanted(event: events_pb2.ReturnAuthorized, writing: Writing) -> list[dict[str, Any]]:
    return [_amount(each, each.authorized, writing) for each in event.customer_return.lines]


def _outstanding(event: events_pb2.ReturnWithdrawn, writing: Writing) -> list[dict[str, Any]]:
    """What does not come back any more."""
    left: list[dict[str, Any]] = []
    for each in event.customer_return.lines:
        missing = canonical.exact(each.authorized) - canonical.exact(each.received)
        if missing > 0:
            amount = values_pb2.Quantity(value=canonical.plain(missing), unit=each.authorized.unit)
            left.append(_amount(each, amount, writing))
    return left


def _disposition(line: return_pb2.ReturnedLine) -> str | None:
    """restock, quarantine, damaged or scrap."""
    if not line.disposition:
        return None
    return canonical.lower_name(return_pb2.Disposition.Name(line.disposition), "DISPOSITION_")


def _credited(event: events_pb2.CreditIssued, writing: Writing) -> dict[str, Any]:
    """As the ERP has posted it, tax included; `return` is empty where it was granted without one."""
    posting = event.posting
    gross = posting.totals.gross
    return {
        "status": "credited",
        "return": posting.reference if posting.return_id else None,
        "reason": None,
        "credit": event.credit_number,
        "amount": gross.amount or None,
        "currency": gross.currency or None,
        "lines": [_line(each, writing) for each in posting.lines],
    }


def _line(line: Any, writing: Writing) -> dict[str, Any]:
    """Of a report or of a posting, in the base unit."""
    return _amount(line, line.quantity, writing)


def _amount(line: Any, quantity: values_pb2.Quantity, writing: Writing) -> dict[str, Any]:
    return {
        "line": line.line_number or None,
        "item": writing.codes.item_code(line.sku),
        "quantity": quantity.value,
        "unit": writing.codes.unit_code(quantity.unit),
    }


MAPPING = Outbound("json.return_status", write)
