"""A customer changes its order: all that it says in one transaction, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fulfillment.domain.allocating import ask
from fulfillment.domain.checking import grown, require_declared
from fulfillment.domain.order_line import OrderLine, part_of
from fulfillment.domain.posting import Kind, posting
from fulfillment.domain.posting_lines import ordered
from fulfillment.domain.refusals import NothingChanges
from fulfillment.domain.revising import Revision, change_lines, check_open, new_lines, say_added, tell, want_on
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import LineTerms
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.changing import decided_order
from fulfillment.use_cases.checking import look_at_prices, weigh
from fulfillment.use_cases.commands import ChangeOrder
from fulfillment.use_cases.drop_shipping import find_suppliers
from fulfillment.use_cases.owing import owe, owe_changes


async def change_order(command: ChangeOrder, uow: UnitOfWork) -> tuple[SalesOrder, list[OrderLine]]:
    """Raises OrderUnknown, OrderAmbiguous, OrderOutdated, NothingChanges and what the order itself refuses."""
    async with uow(command.origin) as work:
        order = await decided_order(command.order, command.etag, work)
        revision = command.revision
        if not revision.lines and revision.requested_on is None:
            raise NothingChanges(order.terms.number)
        check_open(order, revision)
        known = await _known(order, revision, work)
        come = new_lines(order, revision, known)
        last_part = part_of(order.line_count)
        moved = want_on(order, revision.requested_on)
        await _changed(order, revision, known, command.origin.role, work)
        added = await _extended(order, come, work)
        if moved or added or order.events:
            await _owe(order, added, last_part, work)
            tell(order, revision, known.values(), added)
        await work.put(order)
        return order, [*known.values(), *added]


async def _known(order: SalesOrder, revision: Revision, work: Work) -> dict[str, OrderLine]:
    """The lines that it names, by number, as far as the order has them."""
    numbers = {each.line_number for each in revision.lines}
    found = await work.sales_orders.load_lines(order, numbers)
    return {number: line for number, line in found.items() if number in numbers}


async def _changed(
    order: SalesOrder, revision: Revision, known: Mapping[str, OrderLine], role: str, work: Work
) -> None:
    before = {number: line.wanted for number, line in known.items()}
    change_lines(order, revision, known, role)
    for number, line in known.items():
        if line.wanted != before[number]:
            await weigh(order, line, before[number], work)


async def _extended(order: SalesOrder, come: Sequence[LineTerms], work: Work) -> list[OrderLine]:
    """What comes besides; what was let through for less is asked anew."""
    if not come:
        return []
    first, last = part_of(order.line_count + 1), part_of(order.line_count + len(come))
    await work.sales_orders.load_parts(order, range(first, last + 1))
    items = await work.master_data.items({each.sku for each in come})
    added = order.extend(come, items)
    await find_suppliers(order, added, items, work)
    if kinds := grown(order):
        require_declared(order, kinds, await work.check_rules(order))
    await look_at_prices(order, added, items, work)
    return added


async def _owe(order: SalesOrder, added: Sequence[OrderLine], last_part: int, work: Work) -> None:
    """The ERP is told of changes and of new lines in parts that it knows; parts that are new are created there."""
    for part in sorted({line.part for line in added}):
        ask(order, part)
    fresh = [line for line in added if line.part > last_part]
    say_added(order, [line for line in added if line.part <= last_part])
    for part in sorted({line.part for line in fresh}):
        lines = [ordered(line) for line in fresh if line.part == part]
        await owe(posting(order.order_id, Kind.ORDER, str(part), lines), order, work)
    await owe_changes(order, work)
    say_added(order, fresh)
