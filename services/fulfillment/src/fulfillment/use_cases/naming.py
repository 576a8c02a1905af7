"""Orders as others name them: by our id and their number, one of which may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Work

Name = tuple[str, str]
"""An order's id and number, one of them empty where it was not said."""


async def orders_named(names: Iterable[Name], work: Work) -> dict[Name, SalesOrder]:
    """Locked, by the names that were said. A number of several channels names none without our id."""
    wanted = set(names)
    by_number = await work.warehouse_reports.order_ids(number for order_id, number in wanted if not order_id)
    ids = {name: name[0] or _only(by_number.get(name[1], ())) for name in wanted}
    locked = {each.order_id: each for each in await work.sales_orders.lock({each for each in ids.values() if each})}
    return {name: locked[order_id] for name, order_id in sorted(ids.items()) if order_id in locked}


def _only(order_ids: Sequence[str]) -> str:
    return order_ids[0] if len(order_ids) == 1 else ""
