"""How a ship notice counts on the orders that it names, how it is flagged, and how it is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from procurement.domain import events
from procurement.domain.concerns import PROCUREMENT, SUPPLIER_DESK, Concern
from procurement.domain.order_line import LineState, OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO, Item, ordered_quantity
from procurement.domain.refusals import (
    ItemUnknown,
    LineAmbiguous,
    LineUnknown,
    PurchaseOrderAmbiguous,
    PurchaseOrderUnknown,
    ShipNoticeAlreadyReceived,
    ShipNoticeNamesNothing,
)
from procurement.domain.roles import SUPPLIER
from procurement.domain.ship_notice import Flag, NoticeLine, NoticeLineTerms, NoticeState, RefusedLine, ShipNotice
from procurement.domain.tolerances import Tolerances

UNPLACED = (LineUnknown, LineAmbiguous, PurchaseOrderUnknown, PurchaseOrderAmbiguous)
# What one exception says is not said again by the next: goods packed on an old revision exceed the new one of course.
_EXPLAINED_BY = {
    Flag.ABOVE_OPEN_QUANTITY: (Flag.OBSOLETE_REVISION, Flag.CANCELLED_ORDER),
    Flag.OBSOLETE_REVISION: (Flag.CANCELLED_ORDER,),
}
_EXCEPTIONS = {
    Flag.OBSOLETE_REVISION: ("SHIPPED_ON_OBSOLETE_REVISION", "was packed on a revision that is no longer in force"),
    Flag.ABOVE_OPEN_QUANTITY: ("SHIPPED_ABOVE_OPEN_QUANTITY", "announces more than is open"),
    Flag.CANCELLED_ORDER: ("SHIPPED_ON_CANCELLED_ORDER", "was shipped though the order or line is cancelled"),
    Flag.ITEM_DIFFERS: ("SHIPPED_ITEM_DIFFERS", "holds another item than was ordered"),
    Flag.SERIALS_DO_NOT_COUNT: ("SERIALS_DO_NOT_COUNT", "names another number of pieces than it ships"),
    Flag.OTHER_LOCATION: ("SHIPPED_TO_OTHER_LOCATION", "goes to another place than was ordered"),
}


@dataclass(slots=True)
class OrderBook:
    """The orders that a document names, found as a partner names them."""

    orders: Iterable[PurchaseOrder]
    by_id: dict[str, PurchaseOrder] = field(init=False)
    by_number: dict[str, list[PurchaseOrder]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {each.purchase_order_id: each for each in self.orders}
        self.by_number = {}
        for each in self.orders:
            self.by_number.setdefault(each.number, []).append(each)

    def find(self, purchase_order_id: str, number: str, supplier_id: str = "") -> PurchaseOrder:
        """Another supplier's order is as unknown as none. Raises PurchaseOrderUnknown, PurchaseOrderAmbiguous."""
        named = [self.by_id[purchase_order_id]] if purchase_order_id in self.by_id else []
        found = named or self.by_number.get(number, [])
        found = [each for each in found if not supplier_id or each.supplier_id == supplier_id]
        if not found:
            raise PurchaseOrderUnknown(number or purchase_order_id)
        if len(found) > 1:
            raise PurchaseOrderAmbiguous(number)
        return found[0]


def announce(
    notice: ShipNotice, book: OrderBook, items: Mapping[str, Item], tolerances: Tolerances, by: str = SUPPLIER
) -> list[RefusedLine]:
    """Places the notice's lines and counts them on their orders. A line that cannot be placed is returned with the
    reason; the rest goes on. Raises ShipNoticeNamesNothing where nothing could be placed, TransitionNotOwned."""
    refused = []
    for terms in notice.terms.lines:
        try:
            order = book.find(terms.purchase_order_id, terms.purchase_order_number, notice.supplier_id)
            line = order.line(terms.line_number, terms.sku, terms.supplier_item)
        except UNPLACED as reason:
            refused.append(RefusedLine(terms, str(reason)))
            continue
        with line.led(by):
            _announce_line(notice, order, line, _contents(terms, line, items), tolerances)
    if not notice.lines:
        reasons = "; ".join(dict.fromkeys(each.reason for each in refused))
        raise ShipNoticeNamesNothing(notice.number, reasons)
    notice.content = notice.terms.fingerprint
    notice.events.append(events.ShipNoticeReceived(notice))
    notice.concerns += [_unplaced(notice, each) for each in refused]
    notice.concerns += _concerns(notice, tolerances.over_rule)
    return refused


@dataclass(frozen=True, slots=True)
class _Contents:
    terms: NoticeLineTerms
    item: Item
    base: Decimal


def _contents(terms: NoticeLineTerms, line: OrderLine, items: Mapping[str, Item]) -> _Contents:
    sku = terms.sku or line.sku
    if sku not in items:
        raise ItemUnknown(sku)
    shipped = ordered_quantity(terms.shipped.value, terms.shipped.unit)
    return _Contents(terms, items[sku], items[sku].to_base(shipped))


def _announce_line(
    notice: ShipNotice, order: PurchaseOrder, line: OrderLine, contents: _Contents, tolerances: Tolerances
) -> None:
    terms, item = contents.terms, contents.item
    placed = NoticeLine(
        line_id=str(len(notice.lines) + 1),
        terms=terms,
        purchase_order_id=order.purchase_order_id,
        purchase_order_number=order.number,
        order_line_id=line.line_id,
        business_unit=order.business_unit,
        line_number=line.line_number,
        sku=item.sku,
        base=ZERO if line.drop_ship_party_id else contents.base,
        base_unit=item.base_unit,
        factor=item.factor(terms.shipped.unit),
        sales_line=line.sales_line if line.drop_ship_party_id else None,
        flags=tuple(_flags(notice, order, line, contents, tolerances)),
    )
    if placed.counts_on_order:
        placed.from_on_order = line.ship(contents.base, notice.expected_on)
        placed.ordered_at = elsewhere(line.ship_to_id, notice.ship_to_id)
    elif placed.goes_direct and Flag.ITEM_DIFFERS not in placed.flags:
        _send_direct(order, line, contents.base)
    notice.lines.append(placed)


def _send_direct(order: PurchaseOrder, line: OrderLine, base: Decimal) -> None:
    """A drop shipment ends with what the supplier sends: nobody here receives it."""
    had_ended = order.has_ended
    line.ship_direct(base)
    order.conclude(had_ended=had_ended)


def _flags(
    notice: ShipNotice, order: PurchaseOrder, line: OrderLine, contents: _Contents, tolerances: Tolerances
) -> Iterable[Flag]:
    if 0 < contents.terms.packed_on_revision < order.revision:
        yield Flag.OBSOLETE_REVISION
    if order.cancelled or line.state is LineState.CANCELLED:
        yield Flag.CANCELLED_ORDER
    if contents.item.sku != line.sku:
        yield Flag.ITEM_DIFFERS
    elif (line.in_transit + line.delivered + contents.base) * 100 > line.committed * (100 + tolerances.over_percent):
        yield Flag.ABOVE_OPEN_QUANTITY
    if contents.terms.serials and len(contents.terms.serials) != contents.base:
        yield Flag.SERIALS_DO_NOT_COUNT
    if line.drop_ship_party_id:
        yield Flag.DROP_SHIP
    elif notice.ship_to_id != line.ship_to_id:
        yield Flag.OTHER_LOCATION


def withdraw(notice: ShipNotice, book: OrderBook, *, replaced: bool, by: str = SUPPLIER) -> None:
    """Nothing of it will arrive under this notice. Raises ShipNoticeAlreadyReceived once goods have arrived, or the
    warehouse has said that none did; TransitionNotOwned."""
    if notice.arrived or not notice.open:
        raise ShipNoticeAlreadyReceived(notice.number)
    ended_before = {order_id: book.by_id[order_id].has_ended for order_id in notice.purchase_order_ids}
    for each in notice.lines:
        line = book.by_id[each.purchase_order_id].line_by_id(each.order_line_id)
        if line is not None:
            with line.led(by):
                _take_back(notice, each, line)
        each.short = each.base
    notice.move(NoticeState.REPLACED if replaced else NoticeState.CANCELLED, by)
    notice.settled += [each.identity for each in _concerns(notice)]
    notice.events.append(events.ShipNoticeWithdrawn(notice, replaced))
    for order_id, had_ended in ended_before.items():
        book.by_id[order_id].conclude(had_ended=had_ended)


def _take_back(notice: ShipNotice, announced: NoticeLine, line: OrderLine) -> None:
    if announced.counts_on_order:
        announced.from_on_order = line.unship(announced.base)
        announced.ordered_at = elsewhere(line.ship_to_id, notice.ship_to_id)
    elif announced.goes_direct and Flag.ITEM_DIFFERS not in announced.flags:
        line.ship_direct(-announced.direct)


def elsewhere(place: str, usual: str) -> str:
    """A place only where it is not the usual one."""
    return "" if place == usual else place


def _unplaced(notice: ShipNotice, refused: RefusedLine) -> Concern:
    terms = refused.terms
    named = f"{terms.purchase_order_number} line {terms.line_number or terms.sku or terms.supplier_item}"
    return Concern(
        code="SHIP_NOTICE_LINE_UNKNOWN",
        owner=SUPPLIER_DESK,
        subject=f"ship_notice/{notice.ship_notice_id}/{named}",
        summary=f"ship notice {notice.number} names {named}: {refused.reason}",
        transaction_ids=notice.purchase_order_ids,
        keys=notice.keys,
    )


def _concerns(notice: ShipNotice, over_rule: str = "") -> list[Concern]:
    """One for each order and flag, whatever number of lines carry it."""
    found: dict[tuple[str, Flag], NoticeLine] = {}
    for line in notice.lines:
        for flag in line.flags:
            explained = any(other in line.flags for other in _EXPLAINED_BY.get(flag, ()))
            if flag in _EXCEPTIONS and not explained:
                found.setdefault((line.purchase_order_id, flag), line)
    return [_flagged(notice, line, flag, over_rule) for (_, flag), line in found.items()]


def _flagged(notice: ShipNotice, line: NoticeLine, flag: Flag, over_rule: str) -> Concern:
    code, words = _EXCEPTIONS[flag]
    return Concern(
        code=code,
        owner=PROCUREMENT,
        subject=f"ship_notice/{notice.ship_notice_id}/{line.purchase_order_id}",
        summary=f"ship notice {notice.number} for order {line.purchase_order_number} {words}",
        transaction_ids=(line.purchase_order_id,),
        keys=(f"asn:{notice.number}", f"po:{line.purchase_order_number}"),
        details={"policy": over_rule} if flag is Flag.ABOVE_OPEN_QUANTITY else {},
    )
