"""Orders, answers, notices and receipts in the domain's own words, with the usual values filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from procurement.domain import events
from procurement.domain.acknowledgment import AnsweredLine
from procurement.domain.announcing import OrderBook, announce
from procurement.domain.answer import Answer, RevisionBasis
from procurement.domain.booking import Booking
from procurement.domain.invoice_matching import Records, match
from procurement.domain.matching import NoticeBook
from procurement.domain.outcomes import LineAcknowledgment, Outcome
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import Item, Quantity
from procurement.domain.receipt import Receipt, ReceiptLineTerms, ReceiptTerms
from procurement.domain.ship_notice import NoticeLineTerms, NoticeTerms, RefusedLine, ShipNotice
from procurement.domain.supplier_invoice import InvoiceLineTerms, InvoiceTerms, SupplierInvoice
from procurement.domain.terms import LineTerms, OrderDocument, OrderTerms, Price, ScheduleTerms
from procurement.domain.tolerances import InvoiceTolerances, Tolerances

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DECIDE_BY = NOW + timedelta(days=2)
FIVE_PERCENT = Decimal(5)
PRICE = Price(Decimal("2.50"), "EUR")
INVOICE_TOLERANCES = InvoiceTolerances(Decimal(2), Decimal(10), Decimal(1), rule="the tests' rule")
ITEMS = {
    "BOLT": Item("BOLT", "EA", {"XCS": Decimal(12)}),
    "NUT": Item("NUT", "EA", {"XCS": Decimal(7)}),
    "SAND": Item("SAND", "KGM"),
}
_ids = count(1)


def day(number: int) -> date:
    return NOW.date() + timedelta(days=number)


def each(value: float | str | Decimal, unit: str = "EA") -> Quantity:
    return Quantity(Decimal(str(value)), unit)


def facts(subject: Any, *names: str) -> Any:
    """Attributes by name, to compare decimals with plain numbers."""
    return tuple(getattr(subject, name) for name in names)


def line(number: str = "10", ordered: float | str = 100, sku: str = "BOLT", **more: Any) -> LineTerms:
    quantity = each(ordered, more.pop("unit", "EA"))
    return LineTerms(number, sku, quantity, **{"price": PRICE, **more})


def on_days(*schedules: tuple[float | str, int]) -> tuple[ScheduleTerms, ...]:
    return tuple(ScheduleTerms(each(quantity), day(number)) for quantity, number in schedules)


def document(*lines: LineTerms, hours: float = 0, revision: str = "", **more: Any) -> OrderDocument:
    cancels = more.pop("cancels", False)
    terms = OrderTerms(
        business_unit="EU01",
        number=more.pop("number", "4711"),
        supplier_id=more.pop("supplier_id", "SUP-NORDIC"),
        currency="EUR",
        incoterms="FCA Rotterdam",
        ordered_on=day(0),
        ship_to_id=more.pop("ship_to_id", "WH-EAST"),
        lines=lines or (line(),),
    )
    return OrderDocument("ERP-EU", f"doc-{hours}-{revision}", revision, NOW + timedelta(hours=hours), terms, cancels)


def blank(number: str = "4711", order_id: str = "") -> PurchaseOrder:
    return PurchaseOrder(
        purchase_order_id=order_id or f"order-{next(_ids)}",
        system="ERP-EU",
        number=number,
        business_unit="EU01",
        supplier_id="SUP-NORDIC",
        created_at=NOW,
    )


def released(*lines: LineTerms, **more: Any) -> PurchaseOrder:
    """A released order whose release has been told."""
    order = blank(more.get("number", "4711"))
    order.place(document(*lines, **more), ITEMS)
    told(order)
    return order


def told(aggregate: Any) -> list[events.Event]:
    """What an aggregate recorded, as if it had been saved."""
    recorded = list(aggregate.events)
    aggregate.event_version += len(recorded)
    aggregate.events.clear()
    return recorded


def says(outcome: Outcome, quantity: float | str | None = None, **more: Any) -> LineAcknowledgment:
    said = None if quantity is None else each(quantity, more.pop("unit", "EA"))
    return LineAcknowledgment(outcome, quantity=said, **more)


def of_line(number: str, *said: LineAcknowledgment, **more: Any) -> AnsweredLine:
    return AnsweredLine(said, number, **more)


def answer(*lines: AnsweredLine, hours: float = 1, **more: Any) -> Answer:
    usual: dict[str, Any] = {"basis": RevisionBasis.CARRIED, "revision": 1, "supplier_id": "SUP-NORDIC"}
    return Answer(system="SUP-NORDIC", occurred_at=NOW + timedelta(hours=hours), lines=lines, **usual | more)


def acknowledge(order: PurchaseOrder, *said: LineAcknowledgment, number: str = "10", **more: Any) -> None:
    order.acknowledge(answer(of_line(number, *said), **more), ITEMS, DECIDE_BY)


def promised(order: PurchaseOrder, number: str = "10") -> Any:
    """Quantity and day (counted from the day of the order) of each promise."""
    start = day(0)
    return [(s.quantity, (s.on - start).days if s.on else None) for s in order.line(number).confirmed]


def packed(order: PurchaseOrder | str, quantity: float | str, number: str = "10", **more: Any) -> NoticeLineTerms:
    named = order if isinstance(order, str) else order.number
    shipped = each(quantity, more.pop("unit", "EA"))
    return NoticeLineTerms(shipped, purchase_order_number=named, line_number=number, **more)


def ship(*lines: NoticeLineTerms, orders: list[PurchaseOrder], **more: Any) -> ShipNotice:
    return ship_some(*lines, orders=orders, **more)[0]


def ship_some(
    *lines: NoticeLineTerms, orders: list[PurchaseOrder], **more: Any
) -> tuple[ShipNotice, list[RefusedLine]]:
    """The notice, and its lines that could not be placed."""
    terms = NoticeTerms(
        more.pop("number", f"SH-{next(_ids)}"), "SUP-NORDIC", expected_on=more.pop("expected_on", day(5)), lines=lines
    )
    notice = ShipNotice(
        ship_notice_id=f"notice-{next(_ids)}",
        business_unit="EU01",
        terms=replace(terms, **more),
        ship_to_id="WH-EAST",
        recorded_at=NOW,
    )
    return notice, announce(notice, OrderBook(orders), ITEMS, Tolerances(FIVE_PERCENT, FIVE_PERCENT))


def counted(quantity: float | str, sku: str = "BOLT", **more: Any) -> ReceiptLineTerms:
    return ReceiptLineTerms(sku, each(quantity, more.pop("unit", "EA")), **more)


def receive(
    *lines: ReceiptLineTerms, orders: list[PurchaseOrder], notices: list[ShipNotice] | None = None, **more: Any
) -> Receipt:
    final, stays = more.pop("final", False), more.pop("short_stays", True)
    terms = ReceiptTerms("WMS-EAST", f"RC-{next(_ids)}", "WH-EAST", NOW, lines, final)
    receipt = Receipt(receipt_id=f"receipt-{next(_ids)}", business_unit="EU01", terms=terms, recorded_at=NOW)
    tolerances = Tolerances(FIVE_PERCENT, FIVE_PERCENT, stays)
    Booking(receipt, OrderBook(orders), NoticeBook(notices or []), ITEMS, tolerances).run()
    return receipt


def billed(quantity: float | str, amount: str = "2.50", number: str = "10", **more: Any) -> InvoiceLineTerms:
    """A line of an invoice for order 4711."""
    price = Price(Decimal(amount), more.pop("currency", "EUR"), more.pop("price_unit", ""), more.pop("per", 1))
    billed_quantity = each(quantity, more.pop("unit", "EA"))
    return InvoiceLineTerms(billed_quantity, price, **{"purchase_order_number": "4711", "line_number": number} | more)


def invoice(*lines: InvoiceLineTerms, number: str = "", **more: Any) -> SupplierInvoice:
    terms = InvoiceTerms("SUP-NORDIC", number or f"INV-{next(_ids)}", day(3), Decimal(250), "EUR", lines)
    return SupplierInvoice(
        invoice_id=f"invoice-{next(_ids)}",
        business_unit="EU01",
        terms=replace(terms, **more),
        recorded_at=NOW,
    )


def matched(
    found: SupplierInvoice,
    *orders: PurchaseOrder,
    tolerances: InvoiceTolerances = INVOICE_TOLERANCES,
    items: Mapping[str, Item] = ITEMS,
) -> Any:
    """The invoice after a match with these orders: its state, and the outcome of each line."""
    match(found, Records(OrderBook(orders), items, tolerances, day(3)))
    return (found.state.value, *[each.outcome.value for each in found.lines])
