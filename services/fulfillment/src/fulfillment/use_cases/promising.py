"""What comes of an item changed, or somebody begins to wait for it: who is promised what is counted anew.

One statement reads all that wait for an item, and one all that comes of it; only the orders whose promise is another
are loaded. Whoever promises holds the item, so that no two promise the same supply.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fulfillment.domain.order_line import STOCK, part_of
from fulfillment.domain.promising import Incoming, Lot, by_order, counted, renew
from fulfillment.domain.quantities import ZERO
from fulfillment.ports import SupplyStatement, Work

MOST_WAITING = 5_000
"""Schedules that are counted at once; who is younger has no promise until they have gone."""
AT_ONCE = 200
"""Schedules that one change of supply promises anew; the others' turn comes with the next, or when their order asks for
stock again."""


async def supply_changed(statement: SupplyStatement, work: Work) -> None:
    """Needs the claim on its item."""
    if not await work.supplies.keep(statement):
        return
    sku, unit = statement.sku, statement.business_unit
    waiting = (await work.supplies.waiting(unit, [sku], MOST_WAITING)).get(sku, ())
    if not waiting:
        return
    lots = [*(await work.supplies.lots(unit, [sku])).get(sku, ()), *_there(statement, work)]
    changed = by_order(counted(waiting, lots), AT_ONCE)
    for order in await work.sales_orders.lock(list(changed)):
        for part in sorted({part_of(each.waiting.position) for each in changed[order.order_id]}):
            await work.sales_orders.load_parts(order, [part])
            renew(order, part, [each for each in changed[order.order_id] if part_of(each.waiting.position) == part])
        await work.put(order)


def _there(statement: SupplyStatement, work: Work) -> list[Lot]:
    """What has arrived is not lost to who counted on it: it is asked for as soon as inventory says so."""
    if statement.available <= ZERO:
        return []
    return [Lot(STOCK, statement.location_id, work.now.date(), statement.available)]


async def incoming(business_unit: str, skus: Iterable[str], work: Work) -> Mapping[str, Incoming]:
    """What comes of these items and who waits for it already. Needs the claim on them."""
    lots = await work.supplies.lots(business_unit, skus)
    others = await work.supplies.waiting(business_unit, lots, MOST_WAITING) if lots else {}
    return {sku: Incoming(found, others.get(sku, ())) for sku, found in lots.items()}
