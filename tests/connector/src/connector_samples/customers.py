"""A customer on EDI, as its profile says it and as it writes its orders. Nobody in here exists."""

from __future__ import annotations

from typing import Any

from connector.mappings.model import Partner, Writing
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import posting_pb2, sales_order_pb2, warehouse_pb2
from crossdock.options.v1 import options_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from connector_samples import files, orders

NAME = "edi-mercato"
SOMEBODY = "Quentina Ausgedacht"
ROUTES = [
    {"kind": "x12.850", "direction": "IN"},
    {"kind": "x12.860", "direction": "IN"},
    {"kind": "x12.997", "direction": "IN"},
    {"kind": "x12.997", "direction": "OUT"},
    {"kind": "x12.865", "direction": "OUT"},
    {"kind": "x12.855", "direction": "OUT"},
    {"kind": "x12.856", "direction": "OUT"},
    {"kind": "x12.810", "direction": "OUT"},
]


def profile(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "role": "CHANNEL",
        "system": "MERCATO",
        "partyId": "CUS-MERCATO",
        "transport": {"fileDrop": {"inbox": "edi-mercato/in", "outbox": "edi-mercato/out"}},
        "edi": {"partnerId": "08:MERCATO", "ownId": "ZZ:ACME"},
        "documents": ROUTES,
        "timers": {"functionalAck": "60s"},
    }
    return spec | changes


def partner(**changes: Any) -> Partner:
    facts: dict[str, Any] = {"name": NAME, "system": "MERCATO", "party_id": "CUS-MERCATO"}
    return orders.partner(options_pb2.ROLE_CHANNEL, **(facts | changes))


SHIP_TO = (
    "N1*ST*MERCATO STORE 42*92*0042",
    f"N2*{SOMEBODY}",
    "N3*1 QUAY*DOCK 3",
    "N4*HAMBURG**20457*DE",
    "PER*DC**TE*+49 40 0000*EM*STORE42@EXAMPLE.COM",
)
LINES = ("PO1*1*24*EA*2.5*PE*UK*04061230010012*BP*M-77", "PO1*2*2*CA*40**VP*A1004")
SEGMENTS = (
    "BEG*00*SA*PO-7001**20261102",
    "CUR*BY*EUR",
    "CSH*SC",
    "DTM*002*20261120",
    *SHIP_TO,
    *LINES,
    "CTT*2",
)


def purchase_order(*segments: str, control: int = 1) -> bytes:
    written = files.interchange("850", segments or SEGMENTS, control=control, sender="MERCATO")
    return written.replace(b"*ZZ*MERCATO", b"*08*MERCATO")


def order_change(*segments: str, control: int = 1) -> bytes:
    written = files.interchange("860", segments, control=control, sender="MERCATO", group="PC")
    return written.replace(b"*ZZ*MERCATO", b"*08*MERCATO")


# --- what fulfillment says of the order

ORDER_ID, STORE = "so-7001", "92:0042"
BUYERS = {("item", "A1001"): "M-77"}
SSCC, OTHER_SSCC = "106141411234567897", "106141411234567903"


def writing(**options: Any) -> Writing:
    return orders.writing(partner(options=options), x12=True, own=BUYERS)


def price(amount: str, **more: str) -> values_pb2.UnitPrice:
    return values_pb2.UnitPrice(money=values_pb2.Money(amount=amount, currency="EUR"), **more)


def schedule(state: str, amount: str, **more: Any) -> sales_order_pb2.LineSchedule:
    found = sales_order_pb2.ScheduleState.Value(f"SCHEDULE_STATE_{state}")
    return sales_order_pb2.LineSchedule(state=found, quantity=orders.quantity(amount), **more)


def bolts(*schedules: sales_order_pb2.LineSchedule, ordered: str = "24") -> sales_order_pb2.OrderLine:
    return sales_order_pb2.OrderLine(
        line_number="1",
        sku="A1001",
        ordered=orders.quantity(ordered),
        price=price("2.50"),
        schedules=schedules or [schedule("RELEASED", "24", promised_on=orders.day(11, 20))],
    )


def gloves(*schedules: sales_order_pb2.LineSchedule) -> sales_order_pb2.OrderLine:
    """Two cases of twelve."""
    return sales_order_pb2.OrderLine(
        line_number="2",
        sku="A1004",
        ordered=orders.quantity("2", "XCS"),
        price=price("40"),
        schedules=schedules or [schedule("RELEASED", "12"), schedule("BACKORDERED", "12", reason="STOCK_SHORT")],
    )


def acknowledged(*lines: sales_order_pb2.OrderLine, **more: Any) -> events_pb2.OrderAcknowledged:
    order = sales_order_pb2.SalesOrder(
        order_id=ORDER_ID,
        channel=NAME,
        number="PO-7001",
        currency="EUR",
        ordered_on=orders.day(11, 2),
        requested_on=orders.day(11, 20),
        ship_to_code=STORE,
    )
    said: dict[str, Any] = {"order_id": ORDER_ID, "channel": NAME, "number": "PO-7001", "part": 1, "order": order}
    return events_pb2.OrderAcknowledged(**said | more, lines=lines or [bolts(), gloves()])


def left(line: str, sku: str, amount: str, order_id: str = ORDER_ID, unit: str = "EA") -> events_pb2.IssuedLine:
    handled = warehouse_pb2.HandledLine(
        order_id=order_id, order_number="PO-7001", line_number=line, sku=sku, quantity=orders.quantity(amount)
    )
    return events_pb2.IssuedLine(line=handled, ordered_unit=unit)


def package(sscc: str, *contents: tuple[str, str, str]) -> warehouse_pb2.Package:
    return warehouse_pb2.Package(
        sscc=sscc,
        contents=[
            warehouse_pb2.PackedLine(
                order_number="PO-7001", line_number=line, sku=sku, quantity=orders.quantity(amount), order_id=ORDER_ID
            )
            for line, sku, amount in contents
        ],
    )


def issued(**more: Any) -> events_pb2.GoodsIssued:
    """Two cartons of this customer, and a line of somebody else's on the same truck."""
    at = Timestamp()
    at.FromDatetime(orders.AT)
    head: dict[str, Any] = {"number": "PO-7001", "ordered_on": orders.day(11, 2)}
    said: dict[str, Any] = {
        "shipment_id": "sh-1",
        "number": "SH-1",
        "issue_number": "GI-1",
        "location_id": "WH-EAST",
        "carrier": "DHLF",
        "tracking_number": "PRO-9",
        "issued_at": at,
        "orders": [
            events_pb2.IssuedOrder(order_id=ORDER_ID, channel=NAME, ship_to_code=STORE, **head),
            events_pb2.IssuedOrder(order_id="so-other", channel="shop-eu", **head),
        ],
        "lines": [
            left("1", "A1001", "24"),
            left("2", "A1004", "12", unit="XCS"),
            left("1", "A1001", "3", order_id="so-other"),
        ],
        "packages": [
            package(SSCC, ("1", "A1001", "20"), ("2", "A1004", "12")),
            package(OTHER_SSCC, ("1", "A1001", "4")),
        ],
    }
    return events_pb2.GoodsIssued(**said | more)


def supplier_shipped() -> events_pb2.SupplierShipped:
    """What a supplier sent straight to this customer."""
    from_stock = issued()
    return events_pb2.SupplierShipped(
        shipment_id="sh-2",
        number="ASN-9",
        ship_notice_id="01930000-0000-7000-8000-0000000000ab",
        supplier_id="SUP-NORDIC",
        orders=from_stock.orders,
        lines=from_stock.lines,
        carrier="DHLF",
        tracking_number="PRO-9",
        shipped_at=from_stock.issued_at,
    )


def invoiced(**more: Any) -> events_pb2.InvoicePosted:
    at = Timestamp()
    at.FromDatetime(orders.AT)
    totals = {"net": "100.00", "tax": "19.00", "gross": "119.00"}
    lines = (("1", "A1001", "24", price("2.50", unit="EA")), ("2", "A1004", "12", price("40", unit="XCS")))
    posting = posting_pb2.Posting(
        posting_id="p-1",
        kind=posting_pb2.POSTING_KIND_INVOICE,
        number="9001",
        posted_at=at,
        lines=[
            posting_pb2.PostingLine(line_number=line, sku=sku, quantity=orders.quantity(amount), price=of)
            for line, sku, amount, of in lines
        ],
        totals=posting_pb2.Totals(
            **{name: values_pb2.Money(amount=amount, currency="EUR") for name, amount in totals.items()}
        ),
    )
    said: dict[str, Any] = {
        "posting_id": "p-1",
        "order_id": ORDER_ID,
        "order_number": "PO-7001",
        "invoice_number": "9001",
        "channel": NAME,
        "ordered_on": orders.day(11, 2),
        "ship_to_code": STORE,
        "posting": posting,
    }
    return events_pb2.InvoicePosted(**said | more)
