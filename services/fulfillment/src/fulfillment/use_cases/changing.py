"""Less, more, or nothing of an order is wanted any more."""

from __future__ import annotations

from dataclasses import dataclass

from fulfillment.domain.cancelling import cancel_part, change_quantity
from fulfillment.domain.checking import withdraw
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import OrderLine, Schedule, parts_in
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.refusals import LineUnknown, OrderAmbiguous, OrderOutdated, OrderUnknown
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import OrderName, UnitOfWork, Work
from fulfillment.use_cases.checking import PARTS_AT_ONCE, weigh
from fulfillment.use_cases.commands import CancelOrder, ChangeLine
from fulfillment.use_cases.owing import owe_changes

MOST_LEFT = 500
"""So much of what has left is named in one answer."""


@dataclass(frozen=True, slots=True)
class Left:
    """So much of a line that was not cancelled because it has left."""

    line: OrderLine
    quantity: Quantity
    state: State
    shipment_id: str

    @classmethod
    def of(cls, line: OrderLine, schedule: Schedule) -> Left:
        return cls(line, Quantity(schedule.quantity, line.base_unit), schedule.state, schedule.shipment_id)


async def change_line(command: ChangeLine, uow: UnitOfWork) -> tuple[SalesOrder, OrderLine]:
    """Raises OrderUnknown, LineUnknown, OrderOutdated and what the order itself refuses."""
    async with uow(command.origin) as work:
        order = await _as_decided(command.order_id, command.etag, work)
        line = await work.sales_orders.part_with(order, command.line_number)
        if line is None:
            raise LineUnknown(order.terms.number, command.line_number)
        before = line.wanted
        change_quantity(order, line, command.wish, command.reason, command.origin.role)
        await weigh(order, line, before, work)
        await owe_changes(order, work)
        await work.put(order)
        return order, line


async def cancel_order(command: CancelOrder, uow: UnitOfWork) -> tuple[SalesOrder, list[Left]]:
    """Part by part; and what of it has left, the first of it. Cancelled twice it is cancelled. Raises OrderUnknown,
    OrderAmbiguous and OrderOutdated, and OrderAlreadyShipped where all of it has left, before anything is changed."""
    async with uow(command.origin) as work:
        order = await _as_decided(await _id_of(command.order, work), command.etag, work)
        order.refuse_if_gone(intercept=command.intercept)
        order.end()
        left: list[Left] = []
        parts = parts_in(order.line_count)
        for first in range(1, parts + 1, PARTS_AT_ONCE):
            some = range(first, min(first + PARTS_AT_ONCE, parts + 1))
            await work.sales_orders.load_parts(order, some)
            for part in some:
                gone = cancel_part(order, part, command.reason, command.origin.role, intercept=command.intercept)
                left += [Left.of(line, schedule) for line, schedule in gone[: MOST_LEFT - len(left)]]
            await owe_changes(order, work)
            await work.put(order)
        withdraw(order)
        await work.put(order)
        return order, left


async def decided_order(name: OrderName, etag: str, work: Work) -> SalesOrder:
    """Locked, as it was when it was decided to change it. Raises OrderUnknown, OrderAmbiguous and OrderOutdated."""
    return await _as_decided(await _id_of(name, work), etag, work)


async def _id_of(name: OrderName, work: Work) -> str:
    """A name that its channel never used again stays the same order's, so it may be looked up before it is locked."""
    if name.order_id:
        return name.order_id
    found = await work.sales_orders.find(name)
    if not found:
        raise OrderUnknown(name.number)
    if len(found) > 1:
        raise OrderAmbiguous(name.number)
    return found[0].order_id


async def _as_decided(order_id: str, etag: str, work: Work) -> SalesOrder:
    found = await work.sales_orders.lock([order_id])
    if not found:
        raise OrderUnknown(order_id)
    if etag not in {"", found[0].etag}:
        raise OrderOutdated(etag, found[0].etag)
    work.note(keys=found[0].keys, transaction_ids=(order_id,))
    return found[0]
