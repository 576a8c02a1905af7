"""How an order comes in: whole, or opened, appended in parts and submitted. The same order twice is one order."""

from __future__ import annotations

from enum import Enum

from fulfillment.domain.allocating import ask
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.refusals import CustomerClosed, LineNumberTwice, OrderNumberReused, PartyUnknown
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Trading, content_of
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.changing import decided_order
from fulfillment.use_cases.checking import begin, conclude, look_at_customer, look_at_prices
from fulfillment.use_cases.commands import AppendLines, PlaceOrder, SubmitOrder
from fulfillment.use_cases.drop_shipping import find_suppliers
from fulfillment.use_cases.owing import owe_order


class Placement(Enum):
    CREATED = "created"
    REPEATED = "repeated"


async def place_order(command: PlaceOrder, uow: UnitOfWork) -> tuple[SalesOrder, list[OrderLine], Placement]:
    """A whole order, accepted and asked for. Raises OrderNumberReused, PartyUnknown, ItemUnknown and what the order
    itself refuses."""
    async with uow(command.origin) as work:
        found = await work.sales_orders.claim(command.terms.channel, command.terms.number)
        said = content_of(command.terms.fingerprint, *(each.fingerprint for each in command.lines))
        if found is not None:
            await _same(found, said, work)
            lines = await work.sales_orders.lines(found.order_id, 1, len(command.lines))
            return found, lines, Placement.REPEATED
        order, trading = await _opened(command, work)
        items = await work.master_data.items({each.sku for each in command.lines})
        lines = order.append(command.lines, items)
        await find_suppliers(order, lines, items, work)
        order.submit(len(lines), whole=True)
        await look_at_customer(order, trading, work)
        await look_at_prices(order, lines, items, work)
        await begin(order, work, lines)
        if not order.awaited:
            order.accept()
            for part in order.parts:
                ask(order, part)
            await owe_order(order, work)
        await work.put(order)
        return order, lines, Placement.CREATED


async def open_order(command: PlaceOrder, uow: UnitOfWork) -> tuple[SalesOrder, Placement]:
    """An order whose lines follow. Opened twice it is the same order, as long as nothing else was said of it."""
    async with uow(command.origin) as work:
        found = await work.sales_orders.claim(command.terms.channel, command.terms.number)
        if found is not None:
            if found.terms.fingerprint != command.terms.fingerprint:
                raise OrderNumberReused(found.terms.channel, found.terms.number)
            _repeated(found, work)
            return found, Placement.REPEATED
        order, trading = await _opened(command, work)
        order.open()
        await look_at_customer(order, trading, work)
        await work.put(order)
        return order, Placement.CREATED


async def append_lines(command: AppendLines, uow: UnitOfWork) -> tuple[int, int]:
    """How many lines the order has now, and how many of these were there already. Raises OrderUnknown,
    LineNumberTwice and what the order itself refuses."""
    async with uow() as work:
        order = await decided_order(command.order, "", work)
        known = await work.sales_orders.fingerprints(order, {each.line_number for each in command.lines})
        for each in command.lines:
            if known.get(each.line_number, f"{each.fingerprint:064x}") != f"{each.fingerprint:064x}":
                raise LineNumberTwice(each.line_number)
        new = [each for each in command.lines if each.line_number not in known]
        items = await work.master_data.items({each.sku for each in new})
        added = order.append(new, items)
        await find_suppliers(order, added, items, work)
        order.tell_appended()
        await look_at_prices(order, added, items, work)
        await work.put(order)
        return order.line_count, len(command.lines) - len(new)


async def submit_order(command: SubmitOrder, uow: UnitOfWork) -> SalesOrder:
    """All of it moves on by one statement; then each part asks for its stock, unless a check is to be answered."""
    async with uow() as work:
        order = await decided_order(command.order, "", work)
        order.submit(command.line_count, whole=False)
        await begin(order, work)
        await conclude(order, work, State.RECEIVED)
        await work.put(order)
        return order


async def _opened(command: PlaceOrder, work: Work) -> tuple[SalesOrder, Trading]:
    """With whether its customer is sold to. Raises PartyUnknown, CustomerClosed and what `charge` does."""
    terms = command.terms
    known = await work.master_data.customers([terms.customer_id])
    if terms.customer_id not in known:
        raise PartyUnknown(terms.customer_id)
    if known[terms.customer_id] is Trading.CLOSED and not terms.channel_confirmed:
        raise CustomerClosed(terms.customer_id)
    order_id = work.new_id()
    consignee_id = f"consignee/{order_id}" if command.consignee else ""
    if consignee_id:
        await work.personal_data.keep({consignee_id: command.consignee})
    order = SalesOrder(
        order_id=order_id,
        system=command.origin.system,
        terms=terms,
        content=content_of(terms.fingerprint),
        created_at=work.now,
        turn_at=await work.turn_of(terms),
        consignee_id=consignee_id,
        allocator=await work.allocator_of(terms),
    )
    order.charge()
    work.sales_orders.add(order)
    return order, known[terms.customer_id]


async def _same(found: SalesOrder, said: str, work: Work) -> None:
    if found.content != said:
        raise OrderNumberReused(found.terms.channel, found.terms.number)
    _repeated(found, work)


def _repeated(found: SalesOrder, work: Work) -> None:
    work.note(keys=found.keys, transaction_ids=(found.order_id,))
    work.note(outcome="duplicate", reason=Placement.REPEATED.value)
