"""json.order_reminder, out: an order that was not answered in time. It asks the supplier for its answer, and where that
does not come it tells the buyer in the ERP."""

from __future__ import annotations

from typing import Any

from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.PurchaseOrderAnswerOverdue, writing: Writing) -> dict[str, Any]:
    order = event.purchase_order
    return {
        "documentType": "orderReminder",
        "event": f"order.{canonical.lower_name(purchase_order_pb2.ChaseStep.Name(event.step), 'CHASE_STEP_')}",
        "companyCode": order.business_unit,
        "buyer": str(writing.partner.options.get("buyer", "ACME")),
        "supplier": writing.codes.party_code(order.supplier_id),
        "order": order.number,
        "revision": order.revision,
        "orderedOn": canonical.iso_day(order.ordered_on),
        "unansweredLines": list(event.line_numbers),
    }


MAPPING = Outbound("json.order_reminder", write)
