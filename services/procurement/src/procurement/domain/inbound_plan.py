"""What of an order is still to come, on which day and on whose word: each quantity once, by the best word there is.

What is on its way goes by its ship notice, the rest by what is booked to fetch it, else by the supplier's promise, and
what nobody has promised by the day that the buyer asked for. Goods for somebody else's place never come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from procurement.domain.carriage import Load, booked_load
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO
from procurement.domain.schedules import without_first
from procurement.domain.ship_notice import ShipNotice


class Basis(Enum):
    REQUESTED = "requested"
    PROMISED = "promised"
    ANNOUNCED = "announced"
    APPOINTED = "appointed"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class ToCome:
    """In base units; `on` is None where nobody has named a day."""

    line_id: str
    line_number: str
    sku: str
    location_id: str
    base: Decimal
    base_unit: str
    on: date | None
    basis: Basis
    ship_notice_id: str = ""
    ship_notice_number: str = ""


def to_come(order: PurchaseOrder, notices: Iterable[ShipNotice]) -> list[ToCome]:
    """`notices` are those that name the order, open or not."""
    load = booked_load(order)
    return [*_on_the_way(order, notices), *(each for line in order.lines for each in _on_order(line, load))]


def _on_the_way(order: PurchaseOrder, notices: Iterable[ShipNotice]) -> Iterator[ToCome]:
    for notice in notices:
        basis = Basis.ESTIMATED if notice.carrier_eta else Basis.ANNOUNCED
        basis = Basis.APPOINTED if notice.appointed else basis
        for line in notice.lines if notice.open else ():
            if line.purchase_order_id == order.purchase_order_id and line.remaining > ZERO:
                yield ToCome(
                    line_id=line.order_line_id,
                    line_number=line.line_number,
                    sku=line.sku,
                    location_id=notice.ship_to_id,
                    base=line.remaining,
                    base_unit=line.base_unit,
                    on=notice.expected_on,
                    basis=basis,
                    ship_notice_id=notice.ship_notice_id,
                    ship_notice_number=notice.number,
                )


def _on_order(line: OrderLine, load: Load | None) -> Iterator[ToCome]:
    promised = line.open_promises
    for each in promised:
        fetched = load is not None and each.on is not None and each.on <= load.until
        on = load.expected_on if load is not None and fetched else each.on
        yield _of(line, each.quantity, on, Basis.ESTIMATED if fetched else Basis.PROMISED)
    left = line.on_order - sum((each.quantity for each in promised), ZERO)
    asked = sum((each.quantity for each in line.requested), ZERO)
    # What has come or is promised was asked for first.
    for each in without_first(line.requested, asked - left) if left > ZERO else ():
        yield _of(line, each.quantity, each.on, Basis.REQUESTED)


def _of(line: OrderLine, base: Decimal, on: date | None, basis: Basis) -> ToCome:
    return ToCome(line.line_id, line.line_number, line.sku, line.ship_to_id, base, line.base_unit, on, basis)
