"""What a line of a receipt is about: the notice, the order and its line, as the warehouse names them. Never guessed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from procurement.domain.announcing import UNPLACED, OrderBook
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO
from procurement.domain.receipt import ReceiptLineTerms
from procurement.domain.ship_notice import NoticeLine, ShipNotice


@dataclass(slots=True)
class NoticeBook:
    """The notices that a receipt may concern, oldest first, found as a warehouse names them."""

    notices: Sequence[ShipNotice]
    by_id: dict[str, ShipNotice] = field(init=False)
    _orders: dict[str, set[str]] = field(default_factory=dict)
    _by_item: dict[tuple[str, str, str], list[NoticeLine]] = field(default_factory=lambda: defaultdict(list))
    _by_order_line: dict[str, list[tuple[ShipNotice, NoticeLine]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.by_id = {each.ship_notice_id: each for each in self.notices}
        for notice in self.notices:
            names = self._orders.setdefault(notice.ship_notice_id, {""})
            for line in notice.lines:
                names.update((line.purchase_order_id, line.purchase_order_number))
                # Thousands of lines may be of one item: found by their number where the warehouse names it.
                for line_number in ("", line.line_number):
                    self._by_item[notice.ship_notice_id, line.sku, line_number].append(line)
                self._by_order_line[line.order_line_id].append((notice, line))

    def named(self, terms: ReceiptLineTerms) -> Iterator[ShipNotice]:
        """By id, or by number; two suppliers may use one number, so the notice must serve the order that is named."""
        for notice in self.notices:
            if terms.ship_notice_id:
                if notice.ship_notice_id == terms.ship_notice_id:
                    yield notice
            elif terms.ship_notice_number == notice.number:
                order = terms.purchase_order_id or terms.purchase_order_number
                if order in self._orders[notice.ship_notice_id]:
                    yield notice

    def announced(self, terms: ReceiptLineTerms) -> list[NoticeLine]:
        """The lines of the named notice that the goods may belong to, those in the same carton or pallet first."""
        lines = [
            line
            for notice in self.named(terms)
            for line in self._by_item.get((notice.ship_notice_id, terms.sku, terms.line_number), ())
            if _same_order(line, terms)
        ]
        return sorted(lines, key=lambda each: not _packed_in(each, terms.sscc))

    def open_for(self, line: OrderLine) -> Iterator[tuple[ShipNotice, NoticeLine]]:
        """What the open notices announced for an order line, oldest first."""
        for notice, announced in self._by_order_line[line.line_id]:
            if notice.open and announced.counts_on_order:
                yield notice, announced


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
        return order.line_by_number(terms.line_number)
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
