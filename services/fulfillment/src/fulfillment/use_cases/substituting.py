"""What may go out in place of what is not to be had, and what an order comes to when something does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from fulfillment.domain.checking import grown, require_declared
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import Offer, OrderLine
from fulfillment.domain.quantities import ZERO, Item, worth
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.substituting import Replaced, offers
from fulfillment.domain.terms import Price
from fulfillment.ports import Work


async def offered(order: SalesOrder, part: int, short: Sequence[str], work: Work) -> Mapping[int, Sequence[Offer]]:
    """By position, what catalog says may stand for the lines that these do not reach for; nothing where the customer
    takes only what it ordered. Of a part that is loaded."""
    lines = {line.position: line for line, _ in order.in_state(part, State.ACCEPTED) if line.asked_sku in set(short)}
    if not lines or not await work.master_data.accepts_substitutes(order.terms.customer_id):
        return {}
    items = await work.master_data.items({each.sku for each in lines.values()})
    named = {sku for each in items.values() for sku in each.substitutes}
    others = await work.master_data.items(named) if named else {}
    prices = await work.master_data.prices(order, others) if others else {}
    return {position: _for(line, items, others, prices) for position, line in lines.items()}


def _for(
    line: OrderLine, items: Mapping[str, Item], others: Mapping[str, Item], prices: Mapping[str, Price]
) -> Sequence[Offer]:
    """In the order in which the catalog names them."""
    if line.sku not in items:
        return ()
    named = [others[sku] for sku in items[line.sku].substitutes if sku in others]
    return offers(line, named, prices)


async def revalue(order: SalesOrder, replaced: Sequence[Replaced], work: Work) -> None:
    """The order is worth what goes out. What was let through for less is asked anew."""
    if not replaced:
        return
    items = await work.master_data.items({sku for each in replaced for sku in (each.sku, each.line.sku)})
    difference = sum((_difference(each, items) for each in replaced), ZERO)
    order.net += difference
    if difference > ZERO and (kinds := grown(order)):
        require_declared(order, kinds, await work.check_rules(order))


def _difference(replaced: Replaced, items: Mapping[str, Item]) -> Decimal:
    line, unit = replaced.line, replaced.line.quantity.unit
    before, now = items.get(replaced.sku), items.get(line.sku)
    if before is None or now is None:
        return ZERO
    return worth(line.price, line.wanted, unit, now) - worth(replaced.price, line.wanted, unit, before)
