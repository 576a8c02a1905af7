"""json.order_confirmation, out: after each answer of the supplier and each decision of the buyer the ERP gets the
whole order with its promises; it keeps the one with the highest version."""

from __future__ import annotations

from typing import Any

from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

_ORDER_STATE = purchase_order_pb2.PurchaseOrderState
_LINE_STATE = purchase_order_pb2.LineState
Confirmed = events_pb2.PurchaseOrderAcknowledged | events_pb2.PurchaseOrderChangeDecided


def write(event: Confirmed, writing: Writing) -> dict[str, Any]:
    order = event.purchase_order
    answers = list(event.answers) if isinstance(event, events_pb2.PurchaseOrderAcknowledged) else []
    return {
        "documentType": "orderConfirmation",
        "messageId": writing.event_id,
        "companyCode": order.business_unit,
        "number": order.number,
        "version": order.system_revision,
        "revision": order.revision,
        "orderState": canonical.lower_name(_ORDER_STATE.Name(order.state), "PURCHASE_ORDER_STATE_"),
        "aggregateVersion": writing.event_version,
        "lines": [_line(line, answers, writing) for line in order.lines],
    }


def _line(
    line: purchase_order_pb2.PurchaseOrderLine, answers: list[events_pb2.LineAnswer], writing: Writing
) -> dict[str, Any]:
    return {
        "line": line.line_number,
        "material": writing.codes.item_code(line.sku),
        "state": canonical.lower_name(_LINE_STATE.Name(line.state), "LINE_STATE_"),
        "orderedQuantity": line.ordered.value,
        "confirmedQuantity": line.confirmed_quantity or "0",
        "openQuantity": line.open_quantity or "0",
        "unit": writing.codes.unit_code(line.ordered.unit),
        "schedules": [
            {"quantity": each.quantity.value, "date": canonical.iso_day(each.date)} for each in line.confirmed
        ],
        "outcomes": [_outcome(each) for each in answers if each.line_id == line.line_id],
    }


def _outcome(answer: events_pb2.LineAnswer) -> dict[str, str]:
    name = procurement.AcknowledgmentOutcome.Name(answer.outcome)
    return {"outcome": canonical.lower_name(name, "ACKNOWLEDGMENT_OUTCOME_"), "code": answer.code}


MAPPING = Outbound("json.order_confirmation", write)
