"""json.return_status, out: a channel hears that goods of its order are back at a warehouse, and that they are credited.

A return is none of the steps of its order and has a document of its own; each tells of one report or one credit note.
"""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2

from connector.mappings.model import Outbound, Writing

Told = events_pb2.ReturnReceived | events_pb2.CreditIssued


def write(event: Told, writing: Writing) -> dict[str, Any]:
    head = {
        "documentType": "returnStatus",
        "messageId": writing.event_id,
        "order": event.order_number,
        "orderRef": event.order_id,
    }
    if isinstance(event, events_pb2.ReturnReceived):
        return head | _received(event, writing)
    return head | _credited(event, writing)


def _received(event: events_pb2.ReturnReceived, writing: Writing) -> dict[str, Any]:
    return {
        "status": "received",
        "return": event.number,
        "credit": None,
        "amount": None,
        "currency": None,
        "lines": [_line(each, writing) for each in event.lines],
    }


def _credited(event: events_pb2.CreditIssued, writing: Writing) -> dict[str, Any]:
    """As the ERP has posted it, tax included; `return` is empty where it was granted without one."""
    posting = event.posting
    gross = posting.totals.gross
    return {
        "status": "credited",
        "return": posting.reference if posting.return_id else None,
        "credit": event.credit_number,
        "amount": gross.amount or None,
        "currency": gross.currency or None,
        "lines": [_line(each, writing) for each in posting.lines],
    }


def _line(line: Any, writing: Writing) -> dict[str, Any]:
    """Of a report or of a posting, in the base unit."""
    return {
        "line": line.line_number or None,
        "item": writing.codes.item_code(line.sku),
        "quantity": line.quantity.value,
        "unit": writing.codes.unit_code(line.quantity.unit),
    }


MAPPING = Outbound("json.return_status", write)
