"""What a line of a receipt is about: the notice, the order and its line, as the warehouse names them. Never guessed."""

from __future__ import annotations

from collections.abc import Sequence

from procurement.domain.announcing import UNPLACED, OrderBook
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO
from procurement.domain.receipt import ReceiptLineTerms
from procurement.domain.ship_notice import NoticeLine, ShipNotice


def is_named(notice: ShipNotice, terms: ReceiptLineTerms) -> bool:
    """By id, or by number; two suppliers may use one number, so the notice must serve the order that is named."""
    if terms.ship_notice_id:
        return notice.ship_notice_id == terms.ship_notice_id
    named = bool(terms.ship_notice_number) and notice.number == terms.ship_notice_number
    return named and any(_same_order(line, terms) for line in notice.lines)


def announced_lines(notices: Sequence[ShipNotice], terms: ReceiptLineTerms) -> list[NoticeLine]:
    """The lines of the named notice that the goods may belong to, those in the same carton or pallet first."""
    lines = [
        line
        for notice in notices
        if is_named(notice, terms)
        for line in notice.lines
        if line.sku == terms.sku and _same_order(line, terms) and terms.line_number in {"", line.line_number}
    ]
    return sorted(lines, key=lambda each: not _packed_in(each, terms.sscc))


def ordered_line(
    book: OrderBook, terms: ReceiptLineTerms, announced: Sequence[NoticeLine]
) -> tuple[PurchaseOrder | None, OrderLine | None]:
    """The order and its line: as the warehouse names them, else as the notice does."""
    if not (terms.purchase_order_id or terms.purchase_order_number):
        if not announced:
            return None, None
        order = book.by_id[announced[0].purchase_order_id]
        return order, order.line_by_id(announced[0].order_line_id)
    try:
        order = book.find(terms.purchase_order_id, terms.purchase_order_number)
    except UNPLACED:
        return None, None
    return order, _line_of(order, terms, announced)


def _line_of(order: PurchaseOrder, terms: ReceiptLineTerms, announced: Sequence[NoticeLine]) -> OrderLine | None:
    if terms.line_number:
        return next((each for each in order.lines if each.line_number == terms.line_number), None)
    for each in announced:
        if each.purchase_order_id == order.purchase_order_id:
            return order.line_by_id(each.order_line_id)
    same_item = [each for each in order.lines if each.sku == terms.sku]
    still_open = [each for each in same_item if each.open > ZERO]
    return next(iter(still_open or same_item), None)


def _same_order(line: NoticeLine, terms: ReceiptLineTerms) -> bool:
    if terms.purchase_order_id:
        return line.purchase_order_id == terms.purchase_order_id
    return terms.purchase_order_number in {"", line.purchase_order_number}


def _packed_in(line: NoticeLine, sscc: str) -> bool:
    return bool(sscc) and sscc in {line.terms.carton_sscc, line.terms.pallet_sscc}
