"""What has to be known of an order before anything of it leaves: asked when it comes in, answered, lapsed, or let
through by a person; and what the order comes to then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from fulfillment.domain.allocating import ask
from fulfillment.domain.check_lifecycle import ASKED_OF_PARTNERS, Kind
from fulfillment.domain.checking import (
    answer,
    clear,
    grown,
    hold,
    lapse,
    let_through,
    refused_by,
    require_declared,
    take_back,
    withdraw,
)
from fulfillment.domain.checks import Basis, Earlier, Fallback, Verdict, named
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import OrderLine, parts_in
from fulfillment.domain.pricing import agrees, told
from fulfillment.domain.quantities import Item, worth
from fulfillment.domain.refusals import CheckUnknown, OrderUnknown, PriceDiffers
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Trading
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.commands import RecordCheck, ReleaseHold
from fulfillment.use_cases.holding import not_sold_to, stop_selling
from fulfillment.use_cases.owing import owe_order
from fulfillment.use_cases.stocking import release_all

PARTS_AT_ONCE = 1
"""Few, so that calls of others are answered between them: what is done to a part is not interrupted."""
AT_ONCE = 1_000
"""Orders of a customer that one word of it holds or lets go."""


async def begin(order: SalesOrder, work: Work, lines: Sequence[OrderLine] = ()) -> None:
    """Asks what the order's business unit and customer have declared. `lines` where the order was placed whole."""
    require_declared(order, ASKED_OF_PARTNERS, await work.check_rules(order), lines)


async def look_at_customer(order: SalesOrder, trading: Trading, work: Work) -> None:
    """Of a customer that is not simply sold to, what is ordered is held."""
    if trading is not Trading.OPEN:
        hold(order, *await not_sold_to(order, trading, work))


async def look_at_prices(order: SalesOrder, lines: Sequence[OrderLine], items: Mapping[str, Item], work: Work) -> None:
    """Where it is declared: a line at another price than the authority's holds the order, or is refused. Raises
    PriceDiffers."""
    rule = (await work.check_rules(order)).get(Kind.PRICE)
    if rule is None:
        return
    known = await work.master_data.prices(order, {each.sku for each in lines})
    for line in lines:
        if line.price is None or agrees(line, known.get(line.sku), items[line.sku], rule.tolerance):
            continue
        shown, authority = told(line.price), told(known.get(line.sku))
        if rule.fallback is Fallback.REFUSE and not order.owed:
            raise PriceDiffers(line.line_number, shown, authority)
        why = f"line {line.line_number}: {shown}, the authority says {authority}"
        hold(order, rule, Verdict(False, Basis.MASTER_DATA, work.now, reason=why[:200]))


async def customer_changed(customer_id: str, work: Work) -> None:
    """What was held because of its customer goes on once that one is sold to. Where it is not sold to any more, what
    was accepted and has not left is held. What is left of many waits for the next word or for a person, and none of it
    is released meanwhile."""
    trading = (await work.master_data.customers([customer_id])).get(customer_id)
    if trading is None:
        return
    if trading is not Trading.OPEN:
        for order in await work.sales_orders.lock(await work.sales_orders.owed_to(customer_id, AT_ONCE)):
            await stop_selling(order, trading, work)
            await work.put(order)
        return
    for order in await work.sales_orders.lock(await work.sales_orders.held_for(customer_id, Kind.CUSTOMER, AT_ONCE)):
        if clear(order, Kind.CUSTOMER, Verdict(True, Basis.MASTER_DATA, work.now)):
            await conclude(order, work)


async def weigh(order: SalesOrder, line: OrderLine, before: Decimal, work: Work) -> None:
    """More or less of a line is wanted than `before`, in base units. What was let through for less is asked anew."""
    items = await work.master_data.items([line.sku])
    difference = line.wanted - before
    if item := items.get(line.sku):
        order.net += worth(line.price, difference, line.quantity.unit, item)
    if difference > 0 and (kinds := grown(order)):
        require_declared(order, kinds, await work.check_rules(order))


async def record_check(command: RecordCheck, uow: UnitOfWork) -> tuple[SalesOrder, bool]:
    """The order, and whether the answer changed nothing. Raises CheckUnknown and what the check itself refuses."""
    order_id, kind, attempt = _named(command.check_id)
    async with uow(command.origin) as work:
        order = await _locked(order_id, command.check_id, work)
        verdict = Verdict(
            command.passed,
            Basis.ANSWER,
            command.answered_at,
            command.origin.system,
            command.reference,
            command.reason,
        )
        said = take_back if command.withdrawn else answer
        if not said(order, kind, attempt, verdict, command.origin.role):
            work.note(outcome="duplicate", reason="repeated")
            return order, True
        if command.passed:
            await work.check_answers.keep(order, kind, Earlier(order.net, command.answered_at, command.reference))
        await conclude(order, work)
        return order, False


async def release_hold(command: ReleaseHold, uow: UnitOfWork) -> tuple[SalesOrder, bool]:
    """The order, and whether it had been released before. Raises OrderUnknown, CheckDecided."""
    async with uow() as work:
        found = await work.sales_orders.lock([command.order_id])
        if not found:
            raise OrderUnknown(command.order_id)
        order = found[0]
        work.note(keys=order.keys, transaction_ids=(order.order_id,))
        verdict = Verdict(True, Basis.PERSON, work.now, system=command.by, reason=command.reason)
        if not let_through(order, command.kind, verdict):
            return order, True
        await conclude(order, work)
        return order, False


async def check_lapsed(order_id: str, kind: Kind, work: Work) -> None:
    """Nobody answered in time. Nothing if somebody has."""
    for order in await work.sales_orders.lock([order_id]):
        earlier = await work.check_answers.last(order, kind)
        if lapse(order, kind, earlier, Verdict(False, Basis.SILENCE, work.now, reason="no answer in time")):
            await conclude(order, work)


async def conclude(order: SalesOrder, work: Work, standing: State = State.VALIDATING) -> None:
    """What the order comes to: it waits, is accepted or refused, or nothing holds it any more, nor what was packed of
    it meanwhile. `standing` is where its stored schedules stand."""
    await _conclude(order, work, standing)
    if order.accepted and not order.barred:
        for shipment in await work.warehouse_reports.barred_by(order.order_id):
            if shipment.clear(order.order_id):
                await work.clear_shipment(shipment, order)
            else:
                await work.put_shipment(shipment)


async def _conclude(order: SalesOrder, work: Work, standing: State) -> None:
    if order.accepted:
        await work.put(order)
        if not order.barred:
            await release_all(order, work)
    elif refusing := refused_by(order):
        withdraw(order)
        await work.sales_orders.move_all(order, standing, order.reject(refusing))
        await _each_part(order, work)
    elif not order.submitted:
        await work.put(order)
    elif order.awaited:
        if standing is not State.VALIDATING:
            await work.sales_orders.move_all(order, standing, State.VALIDATING)
        await work.put(order)
    else:
        await work.sales_orders.move_all(order, standing, order.accept())
        await _each_part(order, work)


async def _each_part(order: SalesOrder, work: Work) -> None:
    """An accepted one asks for its stock and is owed to the ERP; the deadlines of one that is refused end."""
    await work.put(order)
    parts = parts_in(order.line_count)
    for first in range(1, parts + 1, PARTS_AT_ONCE):
        some = range(first, min(first + PARTS_AT_ONCE, parts + 1))
        await work.sales_orders.load_parts(order, some)
        if order.accepted:
            for part in some:
                ask(order, part)
            await owe_order(order, work)
        await work.put(order)


async def _locked(order_id: str, wanted: str, work: Work) -> SalesOrder:
    found = await work.sales_orders.lock([order_id])
    if not found:
        raise CheckUnknown(wanted)
    work.note(keys=found[0].keys, transaction_ids=(order_id,))
    return found[0]


def _named(wanted: str) -> tuple[str, Kind, int]:
    try:
        order_id, kind, attempt = named(wanted)
        return order_id, Kind(kind), attempt
    except ValueError:
        raise CheckUnknown(wanted) from None
