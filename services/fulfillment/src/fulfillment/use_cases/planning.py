"""What the allocator of an order answers, where that is not Crossdock, and asking it again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fulfillment.domain.allocating import ask
from fulfillment.domain.allocation import AllocatedLine, Allocation, named
from fulfillment.domain.lifecycle import WMS, State
from fulfillment.domain.order_line import parts_in
from fulfillment.domain.planning import refuse_others, take
from fulfillment.domain.quantities import in_base, plain
from fulfillment.domain.refusals import AllocationUnknown, ItemUnknown, LocationUnknown
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.commands import LineAllocated, RecordAllocation
from fulfillment.use_cases.owing import owe_changes
from fulfillment.use_cases.places import speaks_for


async def record_allocation(command: RecordAllocation, uow: UnitOfWork) -> tuple[SalesOrder, bool]:
    """The order, and whether the answer changed nothing. Raises NotTheAllocator, LocationUnknown,
    LocationOfAnotherSystem, ItemUnknown, UnitNotConvertible and what `take` refuses."""
    order_id, part, attempt = named(command.allocation_id)
    async with uow(command.origin) as work:
        found = await work.sales_orders.lock([order_id])
        if not found or not 0 < part <= parts_in(found[0].line_count):
            raise AllocationUnknown(command.allocation_id)
        order = found[0]
        work.note(keys=order.keys, transaction_ids=(order_id,))
        refuse_others(order, command.origin.role)
        await _may_speak(command, order, work)
        await work.sales_orders.load_parts(order, [part])
        lines = await _in_base_units(command.lines, work)
        if not take(order, Allocation(command.origin.role, part, attempt, _content(lines), lines)):
            work.note(outcome="duplicate", reason="repeated")
            return order, True
        await owe_changes(order, work)
        await work.put(order)
        return order, False


async def ask_allocator_again(order_id: str, part: int, work: Work) -> SalesOrder | None:
    """Somebody settles that it never answered. None where it owes no answer."""
    for order in await work.sales_orders.lock([order_id]):
        await work.sales_orders.load_parts(order, [part])
        if not order.allocator.is_ours and order.in_state(part, State.ACCEPTED):
            ask(order, part)
            await work.put(order)
            return order
    return None


async def _may_speak(command: RecordAllocation, order: SalesOrder, work: Work) -> None:
    """The warehouse that was asked, of what it holds itself; an ERP of any place."""
    places = sorted({each.location_id for each in command.lines})
    if command.origin.role == WMS:
        for each in filter(None, (order.allocator.location_id, *places)):
            await speaks_for(command.origin.system, each, work)
        return
    known = await work.master_data.systems(places) if places else {}
    for each in places:
        if each not in known:
            raise LocationUnknown(each)


async def _in_base_units(said: Sequence[LineAllocated], work: Work) -> tuple[AllocatedLine, ...]:
    items = await work.master_data.items({each.sku for each in said})
    found = []
    for each in said:
        if each.sku not in items:
            raise ItemUnknown(each.sku)
        quantity = in_base(each.quantity.value, items[each.sku].factor(each.quantity.unit))
        found.append(AllocatedLine(each.line_number, each.sku, each.location_id, quantity, each.lot))
    return tuple(found)


def _content(lines: Sequence[AllocatedLine]) -> str:
    """Alike for the same answer, in whatever order and unit it names its lines."""
    words = sorted(
        "\x1f".join((each.line_number, each.sku, each.location_id, f"{plain(each.quantity):f}", each.lot))
        for each in lines
    )
    return hashlib.sha256("\x1e".join(words).encode()).hexdigest()
