"""What inventory answers, and what is done about it: many answers in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from crossdock_kit.courtesy import others_first

from fulfillment.domain.allocating import allocate, fall_short, refuse, release, retry
from fulfillment.domain.bound_promise import promise_released
from fulfillment.domain.drop_shipping import buy
from fulfillment.domain.lifecycle import CROSSDOCK, State
from fulfillment.domain.order_line import NOT_FROM_STOCK, parts_in
from fulfillment.domain.questions import Held, Shortage
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Supply, Work
from fulfillment.use_cases.holding import before_release
from fulfillment.use_cases.owing import owe_changes, owe_purchases
from fulfillment.use_cases.promising import incoming
from fulfillment.use_cases.substituting import offered, revalue

RETRY = "retry"
AT_ONCE = 200
"""Lines that one change of availability looks at; what is left waits for the next, or for its deadline."""
NOT_FOUND = tuple(sorted(NOT_FROM_STOCK))
"""Who waits for one of these reasons is left out: stock that a warehouse did not find would be promised again until
somebody has counted it, and an allocator would be asked as often as an item is sold. Its own deadline asks again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question. Either `held` under a reservation, or `short`, or refused with a code and a sentence."""

    order_id: str
    part: int
    attempt: int
    reservation_id: str = ""
    held: Sequence[Held] = field(default=())
    short: Sequence[Shortage] = field(default=())
    code: str = ""
    why: str = ""


async def lock_orders(order_ids: Sequence[str], work: Work) -> dict[str, SalesOrder]:
    """All that a batch is about, before the first of them is touched, so that two batches never wait in a circle."""
    return {each.order_id: each for each in await work.sales_orders.lock(order_ids)}


async def take_answer(answer: Answer, order: SalesOrder, work: Work) -> None:
    await work.sales_orders.load_parts(order, [answer.part])
    if answer.code:
        refuse(order, answer.part, answer.attempt, answer.code, answer.why)
    elif answer.short:
        short = [each.sku for each in answer.short]
        comes = await incoming(order.terms.business_unit, short, work)
        offers = await offered(order, answer.part, short, work)
        fall_short(order, answer.part, answer.attempt, answer.short, comes, offers)
    else:
        days = await work.ready_on(order, {each.location_id for each in answer.held})
        held = [replace(each, ready_on=days[each.location_id]) for each in answer.held]
        await others_first(len(answer.held))
        replaced = allocate(order, answer.part, answer.attempt, answer.reservation_id, held)
        await revalue(order, replaced, work)
        await before_release(order, work)
        await others_first(len(answer.held))
        await _release(order, answer.part, work)
    await owe_changes(order, work)
    await work.put(order)
    if order.waits_for_the_rest and not order.ships_incomplete:
        await release_all(order, work)


async def release_all(order: SalesOrder, work: Work) -> None:
    """The last part of an order that ships complete has come to its stock, or nothing holds it any more."""
    await before_release(order, work)
    for part in range(1, parts_in(order.line_count) + 1):
        await work.sales_orders.load_parts(order, [part])
        await _release(order, part, work)
        buy(order, part)
        await owe_purchases(order, work)
        await work.put(order)


async def _release(order: SalesOrder, part: int, work: Work) -> None:
    places = {each.location_id for _, each in order.in_state(part, State.ALLOCATED)}
    promise_released(order, part, await work.ready_on(order, places))
    release(order, part)


async def deadline_passed(order_id: str, part: int, state: State, trigger: str, work: Work) -> None:
    """A state of a part has lasted too long for everybody but us: what waits for supply is asked for again, what was
    delivered long ago is closed. Nothing if the part has left that state."""
    for order in await work.sales_orders.lock([order_id]):
        await work.sales_orders.load_parts(order, [part])
        if trigger == RETRY:
            retry(order, part)
        else:
            for _, schedule in order.in_state(part, state):
                order.move(schedule, trigger, CROSSDOCK)
        await work.put(order)


async def waited_for(supplies: Sequence[Supply], work: Work) -> frozenset[Supply]:
    """Those for which `supplied` has something to do."""
    return await work.sales_orders.waited_for(supplies, NOT_FOUND) if supplies else frozenset()


async def supplied(supply: Supply, work: Work) -> None:
    """Something can be promised again: it is asked for by those whose turn it is and no others, so that nobody comes
    before them by asking faster."""
    parts = await work.sales_orders.waiting_for(supply, NOT_FOUND, AT_ONCE)
    orders = await lock_orders(list(parts), work)
    for order_id in parts:
        order = orders[order_id]
        await work.sales_orders.load_parts(order, parts[order_id])
        for part in parts[order_id]:
            retry(order, part)
        await work.put(order)
