"""What a warehouse should expect: first from the supplier's promises, then from its ship notices.

One reference per order and place, one per notice and place. What a notice announces leaves the order's reference, so
that nothing is expected twice. What is set says what is still to come, and replaces what was said before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from procurement.domain import events
from procurement.domain.carriage import Load, booked_load
from procurement.domain.fingerprints import ADDED, fingerprint
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import Quantity, in_unit
from procurement.domain.ship_notice import Lot, NoticeLine, ShipNotice


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    purchase_order_id: str
    purchase_order_number: str
    order_line_id: str
    line_number: str
    sku: str
    quantity: Quantity
    expected_on: date | None
    revision: int
    lot: Lot | None = None
    pallet_sscc: str = ""
    carton_sscc: str = ""
    flags: tuple[str, ...] = ()
    business_unit: str = ""
    serials: tuple[str, ...] = field(default=(), metadata={ADDED: True})


@dataclass(slots=True, kw_only=True, eq=False)
class ExpectedReceipt:
    """`sequence` counts what was said under the reference at the place, and is the version of its events too."""

    reference: str
    location_id: str
    business_unit: str
    supplier_id: str
    transaction_ids: tuple[str, ...]
    keys: tuple[str, ...]
    ship_notice_number: str = ""
    express: bool = False
    sequence: int = 0
    content: str = ""
    withdrawn: bool = False
    lines: tuple[ExpectedLine, ...] = ()
    events: list[events.Event] = field(default_factory=list)

    def expect(self, lines: tuple[ExpectedLine, ...]) -> None:
        """Says what is to come; nothing is said twice, and nothing left of nothing is not said at all."""
        content = fingerprint(lines)
        if content == self.content or (not lines and (self.withdrawn or not self.sequence)):
            return
        self.lines, self.content, self.withdrawn = lines, content, not lines
        if not self.events:
            self.sequence += 1
            self.events.append(events.InboundExpected(self))


def expect_order(order: PurchaseOrder, known: Mapping[str, ExpectedReceipt]) -> list[ExpectedReceipt]:
    """The order's references by place after a change; those that have nothing new to say record nothing."""
    wanted = _promised(order)
    expected = []
    for location_id in sorted({*wanted, *known}):
        receipt = known.get(location_id) or ExpectedReceipt(
            reference=order.purchase_order_id,
            location_id=location_id,
            business_unit=order.business_unit,
            supplier_id=order.supplier_id,
            transaction_ids=(order.purchase_order_id,),
            keys=order.keys,
            express=order.express,
        )
        receipt.expect(tuple(wanted.get(location_id, ())))
        expected.append(receipt)
    return expected


def _promised(order: PurchaseOrder) -> dict[str, list[ExpectedLine]]:
    wanted: dict[str, list[ExpectedLine]] = {}
    load = booked_load(order)
    for line in order.lines:
        wanted.setdefault(line.ship_to_id, []).extend(_still_promised(order, line, load))
    return {location: lines for location, lines in wanted.items() if lines}


def _still_promised(order: PurchaseOrder, line: OrderLine, load: Load | None) -> Iterable[ExpectedLine]:
    for each in line.open_promises:
        yield ExpectedLine(
            purchase_order_id=order.purchase_order_id,
            purchase_order_number=order.number,
            order_line_id=line.line_id,
            line_number=line.line_number,
            sku=line.sku,
            quantity=in_unit(each.quantity, line.quantity.unit, line.factor, line.base_unit),
            expected_on=load.arrives(each.on) if load else each.on,
            revision=order.revision,
            business_unit=order.business_unit,
        )


def expect_notice(
    notice: ShipNotice, revisions: Mapping[str, int], known: Mapping[str, ExpectedReceipt]
) -> ExpectedReceipt:
    """The notice's reference: all of it while it is open, nothing once it is withdrawn. `revisions` by order id."""
    receipt = known.get(notice.ship_to_id) or ExpectedReceipt(
        reference=notice.ship_notice_id,
        location_id=notice.ship_to_id,
        business_unit=notice.business_unit,
        supplier_id=notice.supplier_id,
        transaction_ids=notice.purchase_order_ids,
        keys=notice.keys,
        ship_notice_number=notice.number,
        express=notice.express,
    )
    lines = (_announced(notice, each, revisions) for each in notice.lines if each.base)
    receipt.expect(tuple(lines) if notice.open else ())
    return receipt


def _announced(notice: ShipNotice, line: NoticeLine, revisions: Mapping[str, int]) -> ExpectedLine:
    return ExpectedLine(
        purchase_order_id=line.purchase_order_id,
        purchase_order_number=line.purchase_order_number,
        order_line_id=line.order_line_id,
        line_number=line.line_number,
        sku=line.sku,
        quantity=line.terms.shipped,
        expected_on=notice.expected_on,
        revision=line.terms.packed_on_revision or revisions.get(line.purchase_order_id, 0),
        lot=line.terms.lot,
        pallet_sscc=line.terms.pallet_sscc,
        carton_sscc=line.terms.carton_sscc,
        flags=tuple(flag.value for flag in line.flags),
        business_unit=line.business_unit or notice.business_unit,
        serials=line.terms.serials,
    )
