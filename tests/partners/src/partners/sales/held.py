"""What each system holds of orders, brought into one form: quantities by order and line under the names of KEPT."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from crossdock.fulfillment.v1 import posting_pb2, sales_order_pb2

from partners.erp import Erp
from partners.sales.books import ZERO, SalesBook
from partners.sales.cast import SalesCast
from partners.sales.desk import Found
from partners.sales.edi_customer import PARTNER as EDI
from partners.sales.shop import PARTNER as SHOP

STATES = sales_order_pb2.ScheduleState
RETURNED = {STATES.Value(f"SCHEDULE_STATE_{name}") for name in ("RETURNED", "INSPECTED", "CREDITED")}
ARRIVED = RETURNED | {STATES.Value(f"SCHEDULE_STATE_{name}") for name in ("DELIVERED", "CLOSED", "RETURN_REQUESTED")}
LEFT = ARRIVED | {
    STATES.Value(f"SCHEDULE_STATE_{name}") for name in ("SHIPPED", "OUT_FOR_DELIVERY", "DELIVERY_EXCEPTION")
}
ISSUED = LEFT | {STATES.Value("SCHEDULE_STATE_HANDED_OVER")}
HELD = ISSUED | {
    STATES.Value(f"SCHEDULE_STATE_{name}")
    for name in ("ALLOCATED", "RELEASED", "PICKING", "PICKED", "PACKED", "LABEL_READY")
}
# Which quantities of a line each system keeps.
KEPT = {
    SHOP: ("ordered", "shipped", "delivered"),
    EDI: ("ordered", "issued", "invoiced", "credited"),
    "typed": ("ordered",),
    "erp": ("ordered", "issued", "invoiced", "credited"),
    "wms": ("issued", "returned"),
    "carrier": ("shipped", "delivered"),
    "crossdock": ("ordered", "issued", "shipped", "delivered", "invoiced", "returned", "credited"),
}
Books = dict[str, dict[str, Mapping[tuple[str, str], Decimal]]]
"""By system and the name of the quantity."""


def books_of(cast: SalesCast, erp: Erp) -> Books:
    """Of all systems but Crossdock."""
    found = {name: named(cast.book_of(name)) for name in (SHOP, EDI, "typed")}
    # A customer's notice tells what the warehouse issued, before anybody says that the truck has left.
    found[EDI]["issued"] = cast.customer.book.shipped
    wms, carrier = SalesBook(), SalesBook()
    for sums, by_place in ((wms.shipped, cast.issued), (wms.returned, cast.restocked)):
        for of_place in by_place.values():
            for key, quantity in of_place.items():
                sums[key] += quantity
    for each in cast.carriers.values():
        for parcel in each.parcels:
            said = each.said.get(parcel.shipment, [])
            for line, quantity in parcel.contents.items():
                carrier.shipped[parcel.order, line] += quantity if "in_transit" in said else ZERO
                carrier.delivered[parcel.order, line] += quantity if "delivered" in said else ZERO
    ledger = _ledger(erp)
    found["wms"] = {**named(wms), "issued": wms.shipped}
    found["carrier"] = named(carrier)
    found["erp"] = {**named(ledger), "issued": ledger.shipped}
    return found


def named(book: SalesBook) -> dict[str, Mapping[tuple[str, str], Decimal]]:
    return {
        "ordered": book.ordered,
        "shipped": book.shipped,
        "delivered": book.delivered,
        "invoiced": book.invoiced,
        "returned": book.returned,
        "credited": book.credited,
    }


def _ledger(erp: Erp) -> SalesBook:
    """What the ERP has posted, in the sequence in which it did."""
    book = SalesBook()
    sums = {"shipment": book.shipped, "invoice": book.invoiced, "credit": book.credited}
    for document in erp.sales.booked.values():
        for line in document["lines"]:
            key, quantity = (document["order"], line["line"]), Decimal(line["quantity"])
            if document["posting"] in sums:
                sums[document["posting"]][key] += quantity
            else:
                book.ordered[key] = quantity
    return book


def crossdock_book(found: Found) -> dict[str, dict[str, Decimal]]:
    """By line and the name of the quantity."""
    held: dict[str, dict[str, Decimal]] = {}
    for line in found.lines:
        sums = dict.fromkeys(KEPT["crossdock"], ZERO)
        sums["ordered"] = Decimal(line.ordered.value or "0")
        for each in line.schedules:
            quantity = Decimal(each.quantity.value)
            for name, states in (("issued", ISSUED), ("shipped", LEFT), ("delivered", ARRIVED), ("returned", RETURNED)):
                sums[name] += quantity if each.state in states else ZERO
            sums["credited"] += quantity if each.state == sales_order_pb2.SCHEDULE_STATE_CREDITED else ZERO
        held[line.line_number] = sums
    for posted in found.postings:
        if posted.kind == posting_pb2.POSTING_KIND_INVOICE and posted.state == posting_pb2.POSTING_STATE_POSTED:
            for billed in posted.lines:
                held[billed.line_number]["invoiced"] += Decimal(billed.quantity.value)
    return held
