"""Another item in place of the one that was ordered and is not to be had.

A line is replaced whole, while nothing of it is bound, so that it is one item to warehouse, customer and books. What
goes out instead is packed as the ordered item is in the line's unit, so that no quantity has to be translated. It must
not know who says what may stand for what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import Offer, OrderLine
from fulfillment.domain.quantities import Item
from fulfillment.domain.terms import Price


@dataclass(frozen=True, slots=True)
class Replaced:
    """A line as it stands now, and the item and price that it was ordered at."""

    line: OrderLine
    sku: str
    price: Price | None


def offers(line: OrderLine, candidates: Iterable[Item], prices: Mapping[str, Price]) -> list[Offer]:
    """Those that can go out in place of a line's item, in their order, each at the authority's price. One that the
    authority knows no price of is none, unless the line shows no price either."""
    found = []
    for item in candidates:
        levels, price = {**item.factors, item.base_unit: Decimal(1)}, prices.get(item.sku)
        alike = item.base_unit == line.base_unit and levels.get(line.quantity.unit) == line.factor
        priced = line.price is None if price is None else not price.unit or price.unit in levels
        if alike and priced and item.sku != line.sku:
            found.append(Offer(item.sku, price and replace(price, unit=price.unit or item.base_unit)))
    return found


def offer_next(line: OrderLine, known: Sequence[Offer]) -> bool:
    """Whether something else can be asked for in place of the line's item. What was asked for before and did not
    reach is not asked for again until the line has waited."""
    decline(line)
    if _whole(line):
        line.offer = next((each for each in known if each.sku not in line.tried), None)
    return line.offer is not None


def decline(line: OrderLine) -> bool:
    """What was to stand for it does not reach. Whether there was anything."""
    if line.offer is None:
        return False
    line.tried, line.offer = (*line.tried, line.offer.sku), None
    return True


def stand_in(line: OrderLine, offer: Offer) -> Replaced:
    """It is held: from here on the line is this item, at its price."""
    before = Replaced(line, line.sku, line.price)
    line.ordered_sku, line.sku, line.price, line.description = line.sku, offer.sku, offer.price, ""
    line.offer, line.tried = None, ()
    return before


def _whole(line: OrderLine) -> bool:
    bound = [each for each in line.live if each.state is not State.ACCEPTED or each.cancel_requested]
    return not (bound or line.ordered_sku or line.supplier_id)
