"""json.credit_check, json.tax_check and json.export_check, out: whether an order may go ahead, asked of whoever knows.

The answer is json.check_result, which names the question. No person is named here: a screening that needs the name asks
for the consignee by the order's id.
"""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import sales_order_pb2

from connector.mappings import canonical, charges
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.OrderCheckRequested, writing: Writing) -> dict[str, Any]:
    order = event.order
    return {
        "documentType": "orderCheck",
        "checkId": event.check_id,
        "check": canonical.lower_name(sales_order_pb2.CheckKind.Name(event.kind), "CHECK_KIND_"),
        "companyCode": order.business_unit,
        "order": event.number,
        "orderRef": event.order_id,
        "channel": event.channel,
        "customer": writing.codes.party_code(order.customer_id),
        "orderDate": canonical.iso_day(order.ordered_on),
        "shipToCountry": order.ship_to_country or None,
        "net": {"amount": order.net.amount, "currency": order.net.currency},
        "lineCount": order.line_count,
        "lines": [_line(each, writing) for each in event.lines],
        **charges.told(order.charges),
    }


def _line(line: sales_order_pb2.OrderLine, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    return {
        "line": line.line_number,
        "material": codes.item_code(line.sku),
        "quantity": line.ordered.value,
        "unit": codes.unit_code(line.ordered.unit),
    }


CREDIT = Outbound("json.credit_check", write)
TAX = Outbound("json.tax_check", write)
EXPORT = Outbound("json.export_check", write)
