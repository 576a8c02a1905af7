"""json.purchase_order, in: the ERP hands over an order, a change of it or its cancellation, always as a whole."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading

ACTIONS = ("release", "change", "cancel")


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("purchaseOrder",))
    action = document.one_of("action", ACTIONS)
    order = document.object("purchaseOrder")
    number = order.text("number", longest=64)
    version = order.optional_text("version", longest=32)
    currency = order.text("currency", longest=3)
    lines = [_line(each, reading, currency) for each in order.objects("lines")]
    if not lines:
        raise order.fault("lines", "an order has at least one line")
    request = procurement.SubmitPurchaseOrderRequest(
        origin=reading.origin(revision=version, occurred_at=order.instant("changedAt")),
        purpose=procurement.ORDER_PURPOSE_CANCEL if action == "cancel" else procurement.ORDER_PURPOSE_UPSERT,
        business_unit=document.optional_text("companyCode", longest=64) or reading.partner.business_unit,
        number=number,
        system_revision=version,
        supplier_id=reading.codes.party(order.text("supplier", longest=80)),
        currency=currency,
        incoterms=read_incoterms(order),
        ordered_on=canonical.to_day(order.day("orderDate")),
        ship_to_id=reading.codes.location(order.text("shipTo", longest=80)),
        lines=lines,
        express=order.one_of("priority", ("standard", "express"), "standard") == "express",
        blanket_order=_blanket(order),
    )
    return Command(request, orders=(number,), keys=(f"po:{number}",), lines=len(lines))


def _blanket(order: JsonObject) -> purchase_order_pb2.BlanketOrderRef | None:
    named = order.optional_object("blanketOrder")
    if named is None:
        return None
    return purchase_order_pb2.BlanketOrderRef(
        number=named.text("number", longest=64), release_number=named.optional_text("release", longest=30)
    )


def read_incoterms(order: JsonObject) -> str:
    """Rule and place, as orders and agreements say them; empty where there is none."""
    terms = order.optional_object("incoterms")
    if terms is None:
        return ""
    return canonical.joined_incoterms(terms.optional_text("rule", longest=3), terms.optional_text("place", longest=90))


def _line(line: JsonObject, reading: Reading, currency: str) -> procurement.OrderedLine:
    codes = reading.codes
    unit = codes.unit(line.text("unit", longest=80))
    return procurement.OrderedLine(
        line_number=line.text("line", longest=32),
        sku=codes.item(line.text("material", longest=80)),
        supplier_item=line.optional_text("supplierMaterial", longest=80),
        description=line.optional_text("description", longest=200),
        ordered=canonical.quantity(line.decimal("quantity"), unit, path=f"{line.path}.quantity"),
        price=read_price(line, reading, currency),
        ship_to_id=codes.location(line.text("shipTo", longest=80)) if line.has("shipTo") else "",
        drop_ship_party_id=codes.party(line.text("dropShipTo", longest=80)) if line.has("dropShipTo") else "",
        requested_window=_window(line),
        requested=[_schedule(each, unit) for each in line.objects("schedules")],
        deleted=line.boolean("deleted"),
        sales_line=_sales_line(line),
    )


def _sales_line(line: JsonObject) -> purchase_order_pb2.SalesLineRef | None:
    """The customer's line that a drop shipment is for, as the posting request named it."""
    named = line.optional_object("salesOrder")
    if named is None:
        return None
    return purchase_order_pb2.SalesLineRef(
        order_id=named.optional_text("orderRef", longest=64),
        number=named.optional_text("number", longest=64),
        line_number=named.text("line", longest=32),
    )


def read_price(line: JsonObject, reading: Reading, currency: str) -> values_pb2.UnitPrice | None:
    """As orders of both sides say it; None where a line names none."""
    price = line.optional_object("price")
    if price is None:
        return None
    unit = reading.codes.unit(price.text("unit", longest=80)) if price.has("unit") else ""
    per = canonical.plain(price.decimal("per")) if price.has("per") else ""
    return canonical.price(price.decimal("amount"), currency, unit=unit, per=per, path=f"{price.path}.amount")


def _window(line: JsonObject) -> values_pb2.DeliveryWindow | None:
    window = line.optional_object("window")
    if window is None:
        return None
    return values_pb2.DeliveryWindow(
        from_date=canonical.to_day(window.optional_day("from")),
        to_date=canonical.to_day(window.optional_day("to")),
        from_time=window.optional_text("fromTime", longest=5),
        to_time=window.optional_text("toTime", longest=5),
        zone=window.optional_text("zone", longest=64),
    )


def _schedule(schedule: JsonObject, unit: str) -> purchase_order_pb2.ScheduleLine:
    return purchase_order_pb2.ScheduleLine(
        quantity=canonical.quantity(schedule.decimal("quantity"), unit, path=f"{schedule.path}.quantity"),
        date=canonical.to_day(schedule.optional_day("date")),
    )


MAPPING = Inbound("json.purchase_order", read)
