"""How a receipt is booked against orders and ship notices.

What a named notice announced is taken from what is on its way; the rest from what is on order; what exceeds both comes
from the supplier beyond the order. A line that names no notice takes from what is on order first, then from the oldest
notices of its order line. So what is on its way falls by at most what was announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from procurement.domain import changes, events
from procurement.domain.announcing import OrderBook, elsewhere
from procurement.domain.closing import close
from procurement.domain.discrepancies import (
    after_end,
    fraction_of_a_piece,
    no_notice,
    over_receipt,
    short_delivery,
    without_order,
    wrong_item,
)
from procurement.domain.matching import NoticeBook, ordered_line
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO, Item, Quantity, ordered_quantity, percent_of
from procurement.domain.receipt import (
    Condition,
    Discrepancy,
    DiscrepancyCode,
    Receipt,
    ReceiptLine,
    ReceiptLineTerms,
)
from procurement.domain.refusals import ItemUnknown
from procurement.domain.roles import WMS
from procurement.domain.ship_notice import NoticeLine, ShipNotice
from procurement.domain.tolerances import Tolerances

_BY_CONDITION = {Condition.DAMAGED: DiscrepancyCode.DAMAGED, Condition.HOLD: DiscrepancyCode.QUALITY_HOLD}


@dataclass(slots=True)
class Booking:
    """One receipt against the orders and the open notices that it concerns, as `by` reports it."""

    receipt: Receipt
    book: OrderBook
    notices: NoticeBook
    items: Mapping[str, Item]
    tolerances: Tolerances
    by: str = WMS
    back_on_order: list[PurchaseOrder] = field(default_factory=list)
    _touched: dict[str, PurchaseOrder] = field(default_factory=dict)
    _ended_before: dict[str, bool] = field(default_factory=dict)
    _received_before: dict[str, Decimal] = field(default_factory=dict)

    @property
    def touched(self) -> list[PurchaseOrder]:
        return list(self._touched.values())

    def run(self) -> None:
        """Books every line, closes what the warehouse has finished, and announces it. Raises ItemUnknown and
        UnitNotConvertible only: what cannot be counted in base units waits for master data. Of who is no warehouse
        TransitionNotOwned."""
        self._ended_before = {key: order.has_ended for key, order in self.book.by_id.items()}
        self._received_before = {line.line_id: line.received for order in self.book.orders for line in order.lines}
        split = [each for each in map(self._counted, self.receipt.terms.lines) if each.splits_a_piece]
        for reported in self.receipt.terms.lines:
            for terms in self._by_order_line(reported):
                self._book_line(terms)
        if split:
            self.receipt.concerns.append(fraction_of_a_piece(self.receipt, split))
        self.receipt.content = self.receipt.terms.fingerprint
        self.receipt.events.append(events.GoodsReceived(self.receipt))
        named = {notice.ship_notice_id for each in self.receipt.terms.lines for notice in self.notices.named(each)}
        for notice in self.notices.notices:
            if self.receipt.terms.final and notice.open and notice.ship_notice_id in named:
                self._close(notice)
            else:
                notice.note_arrival(self.by)
        self.receipt.events += [events.DiscrepancyReported(self.receipt, d) for d in self.receipt.discrepancies]
        for key, order in self._touched.items():
            order.note_receipt(self.receipt.receipt_id, had_ended=self._ended_before[key])

    def _book_line(self, terms: ReceiptLineTerms) -> None:
        booked = self._counted(terms)
        announced = self.notices.announced(terms)
        order, line = ordered_line(self.book, terms, announced)
        self._name(booked, order, line, announced)
        fits = line is not None and line.sku == terms.sku
        if line is not None and order is not None and fits:
            self._take(booked, line, announced)
            self._touched[order.purchase_order_id] = order
        else:
            others = (each for each in announced if not each.counts_on_order)
            booked.from_in_transit = _arrive(others, booked.base)
            if booked.from_in_transit > ZERO:
                booked.expected_at = elsewhere(self._headed_for(booked), self.receipt.terms.location_id)
        self.receipt.lines.append(booked)
        self._judge(booked, order, line, named_notice=any(self.notices.named(terms)))
        if line is not None and fits:
            self._set_apart(booked, changes.stocked_at(line))

    def _counted(self, terms: ReceiptLineTerms) -> ReceiptLine:
        item = self.items.get(terms.sku)
        if item is None:
            raise ItemUnknown(terms.sku)
        base = item.to_base(ordered_quantity(terms.quantity.value, terms.quantity.unit))
        line_id = str(len(self.receipt.lines) + 1)
        return ReceiptLine(line_id=line_id, terms=terms, base=base, base_unit=item.base_unit)

    def _by_order_line(self, terms: ReceiptLineTerms) -> list[ReceiptLineTerms]:
        """One report may hold what was announced for several order lines: each gets its share, the last the rest."""
        announced = [each for each in self.notices.announced(terms) if each.remaining > ZERO and each.counts_on_order]
        shares: dict[tuple[str, str], Decimal] = {}
        for each in announced:
            key = (each.purchase_order_id, each.line_number)
            shares[key] = shares.get(key, ZERO) + each.remaining
        if terms.line_number or len(shares) < 2:
            return [terms]
        counted, split = self._counted(terms), list[ReceiptLineTerms]()
        left, serials = counted.base, terms.serials
        for n, ((order_id, line_number), announced_base) in enumerate(shares.items()):
            part = left if n == len(shares) - 1 else min(left, announced_base)
            left -= part
            if part > ZERO:
                # Which piece was for which order nobody says; the last share has the rest.
                taken = len(serials) if left == ZERO else int(part)
                named, serials = serials[:taken], serials[taken:]
                quantity = Quantity(part, counted.base_unit)
                its = replace(terms, quantity=quantity, purchase_order_id=order_id, line_number=line_number)
                split.append(replace(its, serials=named))
        return split

    def _name(
        self, booked: ReceiptLine, order: PurchaseOrder | None, line: OrderLine | None, announced: list[NoticeLine]
    ) -> None:
        terms = booked.terms
        booked.purchase_order_number = order.number if order else terms.purchase_order_number
        booked.purchase_order_id = order.purchase_order_id if order else ""
        booked.business_unit = order.business_unit if order else self.receipt.business_unit
        booked.order_line_id = line.line_id if line else ""
        booked.line_number = line.line_number if line else terms.line_number
        named = next(self.notices.named(terms), None)
        booked.ship_notice_id = named.ship_notice_id if named else ""
        booked.ship_notice_number = named.number if named else terms.ship_notice_number

    # --- what it is taken from

    def _take(self, booked: ReceiptLine, line: OrderLine, announced: list[NoticeLine]) -> None:
        if booked.ship_notice_id:
            taken = _arrive((each for each in announced if each.order_line_id == line.line_id), booked.base)
        else:
            taken = self._take_from_oldest(booked, line)
        damaged = booked.terms.condition is Condition.DAMAGED
        booked.from_in_transit = taken
        with line.led(self.by):
            booked.from_on_order = line.receive(booked.base, announced=taken, damaged=damaged)
        # Goods for somebody else's place were never on order at one of ours.
        expected_at = self._headed_for(booked) if taken > ZERO else changes.stocked_at(line)
        booked.expected_at = elsewhere(expected_at, self.receipt.terms.location_id) if expected_at else ""

    def _set_apart(self, booked: ReceiptLine, home: str) -> None:
        """A line names one place: what was on order elsewhere than the shipment was headed for is a line of its own."""
        if not (booked.from_in_transit and booked.from_on_order) or self._headed_for(booked) == home:
            return
        rest = booked.base - booked.from_in_transit
        # As in `_by_order_line`: which piece came with the shipment nobody says.
        serials, came = booked.terms.serials, int(booked.from_in_transit)
        ordered = replace(
            booked,
            line_id=str(len(self.receipt.lines) + 1),
            terms=replace(booked.terms, quantity=Quantity(rest, booked.base_unit), serials=serials[came:]),
            base=rest,
            from_in_transit=ZERO,
            expected_at=elsewhere(home, self.receipt.terms.location_id) if home else "",
        )
        announced = Quantity(booked.from_in_transit, booked.base_unit)
        booked.terms = replace(booked.terms, quantity=announced, serials=serials[:came])
        booked.base, booked.from_on_order = booked.from_in_transit, ZERO
        self.receipt.lines.append(ordered)

    def _headed_for(self, booked: ReceiptLine) -> str:
        return self.notices.by_id[booked.ship_notice_id].ship_to_id

    def _take_from_oldest(self, booked: ReceiptLine, line: OrderLine) -> Decimal:
        beyond = booked.base - min(booked.base, line.on_order)
        for notice, announced in self.notices.open_for(line):
            before = beyond
            beyond -= _arrive([announced], beyond)
            if beyond < before and not booked.ship_notice_id:
                booked.ship_notice_id, booked.ship_notice_number = notice.ship_notice_id, notice.number
        return booked.base - min(booked.base, line.on_order) - beyond

    # --- what it breaks

    def _judge(
        self, booked: ReceiptLine, order: PurchaseOrder | None, line: OrderLine | None, *, named_notice: bool
    ) -> None:
        whole = Quantity(booked.base, booked.base_unit)
        code = _BY_CONDITION.get(booked.terms.condition)
        if code is not None:
            self._report(code, booked, whole)
        if order is None:
            self._report(DiscrepancyCode.UNKNOWN_ORDER, booked, whole, beyond=True)
            self.receipt.concerns.append(without_order(self.receipt, booked))
        elif line is None or line.sku != booked.terms.sku:
            announced = booked.from_in_transit > ZERO
            self._report(
                DiscrepancyCode.SUBSTITUTED if announced else DiscrepancyCode.WRONG_ITEM, booked, whole, beyond=True
            )
            self.receipt.concerns.append(wrong_item(self.receipt, booked, order))
        else:
            self._judge_quantity(booked, order, line, named_notice=named_notice)

    def _judge_quantity(
        self, booked: ReceiptLine, order: PurchaseOrder, line: OrderLine, *, named_notice: bool
    ) -> None:
        if not named_notice and line.received > line.shipped:
            unannounced = min(booked.base, line.received - line.shipped)
            self._report(DiscrepancyCode.NO_SHIP_NOTICE, booked, Quantity(unannounced, booked.base_unit))
            self.receipt.concerns.append(no_notice(self.receipt, booked, order))
        over = booked.beyond_order + (booked.from_on_order if named_notice else ZERO)
        above = line.received - line.committed
        beyond = booked.beyond_order > ZERO and percent_of(above, line.committed) > self.tolerances.over_percent
        if over > ZERO:
            self._report(DiscrepancyCode.OVER, booked, Quantity(over, booked.base_unit), beyond=beyond)
        if beyond:
            self.receipt.concerns.append(over_receipt(self.receipt, booked, order, self.tolerances))
        elif self._comes_after_end(booked, order, line):
            self.receipt.concerns.append(after_end(self.receipt, booked, order))

    def _comes_after_end(self, booked: ReceiptLine, order: PurchaseOrder, line: OrderLine) -> bool:
        """The order had ended, or all of the line had come when its notice announced more."""
        if self._ended_before[order.purchase_order_id]:
            return True
        if not booked.ship_notice_id or self._received_before[line.line_id] < line.committed:
            return False
        announced = self.notices.by_id[booked.ship_notice_id].lines
        return all(each.from_on_order == ZERO for each in announced if each.order_line_id == line.line_id)

    def _close(self, notice: ShipNotice) -> None:
        for short in close(notice, self.book, self.tolerances, self.by):
            self._touched[short.order.purchase_order_id] = short.order
            if short.back_on_order > ZERO and short.order not in self.back_on_order:
                self.back_on_order.append(short.order)
            self.receipt.discrepancies.append(short.discrepancy)
            if short.beyond_tolerance:
                self.receipt.concerns.append(short_delivery(self.receipt, notice, short, self.tolerances))

    def _report(self, code: DiscrepancyCode, booked: ReceiptLine, quantity: Quantity, *, beyond: bool = False) -> None:
        self.receipt.discrepancies.append(
            Discrepancy(code, booked.terms.sku, quantity, booked.purchase_order_id, booked.order_line_id, beyond)
        )


def _arrive(lines: Iterable[NoticeLine], base: Decimal) -> Decimal:
    """Takes up to `base` from what the notice lines still announce; returns how much."""
    taken = ZERO
    for each in lines:
        part = min(each.remaining, base - taken)
        each.received += part
        taken += part
    return taken
