"""json.sales_order, in: an order that people typed in an ERP, a CRM or a portal, a change of it, or its cancellation.

A change says of each line that it names how much is wanted in all (`deleted`: nothing); others stay as they are.

The sales channel is the partner that hands it in. Only what says `confirmed` was promised to the customer and may not
be refused any more. Who receives it is personal data: it goes into the command, and into no key, fault or finding.
"""

from __future__ import annotations

from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2, sales_order_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical, charges
from connector.mappings.cancellations import cancelled
from connector.mappings.json_purchase_order import read_price
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.sales_orders import LINES_AT_ONCE, placed

ACTIONS = ("release", "change", "cancel")
PRIORITIES = ("standard", "sameDay")
SHORTAGES = {
    "backorder": sales_order_pb2.SHORTAGE_RULE_BACKORDER,
    "cancel": sales_order_pb2.SHORTAGE_RULE_CANCEL,
    "complete": sales_order_pb2.SHORTAGE_RULE_SHIP_COMPLETE,
}


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("salesOrder",))
    action = document.one_of("action", ACTIONS)
    order = document.object("salesOrder")
    number = order.text("number", longest=64)
    origin = reading.origin(revision=order.optional_text("version", longest=32), occurred_at=order.instant("changedAt"))
    if action == "cancel":
        return cancelled(number, order.optional_text("reason"), origin, reading)
    if action == "change":
        return _changed(number, order, origin, reading)
    currency = order.text("currency", longest=3)
    lines = [_line(each, reading, currency) for each in order.objects("lines")]
    return placed(origin, _terms(document, order, currency, reading), lines, f"{order.path}.lines")


def _changed(number: str, order: JsonObject, origin: values_pb2.Origin, reading: Reading) -> Command:
    lines = [_change(each, order, reading) for each in order.objects("lines")]
    if len(lines) > LINES_AT_ONCE:
        raise order.fault("lines", f"{len(lines)} lines are more than the {LINES_AT_ONCE} of one change")
    request = fulfillment_service_pb2.ChangeOrderRequest(
        origin=origin,
        ref=fulfillment_service_pb2.OrderRef(channel=reading.partner.name, number=number),
        lines=lines,
        requested_on=canonical.to_day(order.optional_day("requestedOn")),
        reason=order.optional_text("reason"),
        reference=order.optional_text("version", longest=32),
    )
    key = f"order:{number}"
    return Command(request, (), (key,), len(lines), sequence=(key,))


def _change(line: JsonObject, order: JsonObject, reading: Reading) -> fulfillment_service_pb2.LineChange:
    unit = reading.codes.unit(line.text("unit", longest=80))
    amount = Decimal() if line.boolean("deleted") else line.decimal("quantity")
    priced = line.has("price")
    return fulfillment_service_pb2.LineChange(
        line_number=line.text("line", longest=32),
        ordered=canonical.quantity(amount, unit, path=f"{line.path}.quantity"),
        sku=reading.codes.item(line.text("material", longest=80)) if line.has("material") else "",
        description=line.optional_text("description", longest=200),
        price=read_price(line, reading, order.text("currency", longest=3)) if priced else None,
        supplier_id=reading.codes.party(line.text("suppliedBy", longest=80)) if line.has("suppliedBy") else "",
    )


def _terms(
    document: JsonObject, order: JsonObject, currency: str, reading: Reading
) -> fulfillment_service_pb2.OrderTerms:
    codes, partner = reading.codes, reading.partner
    return fulfillment_service_pb2.OrderTerms(
        business_unit=document.optional_text("companyCode", longest=64) or partner.business_unit,
        channel=partner.name,
        number=order.text("number", longest=64),
        customer_id=_customer(order, reading),
        currency=currency,
        ordered_on=canonical.to_day(order.day("orderDate")),
        requested_on=canonical.to_day(order.optional_day("requestedOn")),
        same_day=order.one_of("priority", PRIORITIES, "standard") == "sameDay",
        channel_confirmed=order.boolean("confirmed"),
        shortage=SHORTAGES[order.one_of("shortage", tuple(SHORTAGES), "backorder")],
        consignee=_consignee(order),
        locations=[codes.location(order.text("plant", longest=80))] if order.has("plant") else [],
        customer_order_number=order.optional_text("customerOrder", longest=64),
        reservation_id=order.optional_text("reservation", longest=36),
        charges=charges.read(order, currency),
    )


def _customer(order: JsonObject, reading: Reading) -> str:
    """By its sender's code; a portal of one customer may leave it out."""
    if order.has("customer") or not reading.partner.party_id:
        return reading.codes.party(order.text("customer", longest=80))
    return reading.partner.party_id


def _line(line: JsonObject, reading: Reading, currency: str) -> fulfillment_service_pb2.OrderedLine:
    unit = reading.codes.unit(line.text("unit", longest=80))
    return fulfillment_service_pb2.OrderedLine(
        line_number=line.text("line", longest=32),
        sku=reading.codes.item(line.text("material", longest=80)),
        description=line.optional_text("description", longest=200),
        ordered=canonical.quantity(line.decimal("quantity"), unit, path=f"{line.path}.quantity"),
        price=read_price(line, reading, currency),
        supplier_id=reading.codes.party(line.text("suppliedBy", longest=80)) if line.has("suppliedBy") else "",
    )


def _consignee(order: JsonObject) -> sales_order_pb2.Consignee | None:
    found = order.optional_object("shipTo")
    if found is None:
        return None
    return sales_order_pb2.Consignee(
        name=found.optional_text("name", longest=100),
        company=found.optional_text("company", longest=100),
        address_lines=[each for name in ("street", "street2") if (each := found.optional_text(name, longest=100))],
        postal_code=found.optional_text("postalCode", longest=20),
        city=found.optional_text("city", longest=100),
        region=found.optional_text("region", longest=100),
        country=found.optional_text("country", longest=2).upper(),
        phone=found.optional_text("phone", longest=40),
        email=found.optional_text("email", longest=254),
    )


MAPPING = Inbound("json.sales_order", read)
