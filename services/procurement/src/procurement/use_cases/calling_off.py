"""An order that changed is counted again on the blanket order that it names, under the lock of that one."""

from __future__ import annotations

from procurement.domain.calling_off import call_off
from procurement.domain.purchase_order import PurchaseOrder
from procurement.ports import Work


async def count_on_blanket(work: Work, order: PurchaseOrder) -> None:
    """The order is locked. Several are claimed in the order of their numbers, so that nobody waits in a circle."""
    named = order.blanket.number if order.blanket else ""
    numbers = sorted({named, order.called_off_from} - {""})
    if not numbers:
        return
    found = [await work.blanket_orders.claim(order.system, order.business_unit, each) for each in numbers]
    items = await work.master_data.items({line.sku for line in order.lines})
    call_off(order, {each.number: each for each in found if each is not None}, items)
