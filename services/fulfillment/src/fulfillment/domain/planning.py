"""How a part of an order comes to its stock where the ERP or a warehouse allocates it (trade: C12).

The allocator is asked for all that the part wants; inventory binds what it answers, place by place, so that nothing is
promised twice whoever decides. What the answer leaves out, and what inventory does not have where it says, waits. It
must not know how the allocator is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.allocation import Allocation, allocation_id
from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.lifecycle import ORDER_DESK, State
from fulfillment.domain.order_line import NOT_ALLOCATED, NOT_BOUND
from fulfillment.domain.promising import Incoming
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.questions import SHORT_ANSWERS, Held, LotWanted, Part, Plan, Portion, Question, Shortage
from fulfillment.domain.refusals import (
    AllocatedAboveOrder,
    AllocationAnswered,
    AllocationUnknown,
    LineUnknown,
    NotTheAllocator,
    PlaceMayNotServe,
)
from fulfillment.domain.sales_order import SalesOrder, steps_of
from fulfillment.domain.stock_steps import Pair, acknowledge, bind, part_subject, without_stock

ALLOCATION_NOT_BOUND = "ALLOCATION_NOT_BOUND"


# --- the allocator


def request(order: SalesOrder, part: int, wanted: Sequence[Pair]) -> None:
    """Asks the order's allocator for these. What it was asked before is an old question by that; where nothing is
    wanted any more it is told so."""
    asked = order.parts[part]
    if not wanted:
        _withdraw(order, part)
        return
    asked.plan = Plan(asked.attempt)
    order.events.append(events.AllocationRequested(order, part, steps_of(wanted), asked.attempt))


def _withdraw(order: SalesOrder, part: int) -> None:
    plan, order.parts[part].plan = order.parts[part].plan, None
    if plan is not None and plan.unfinished:
        order.events.append(events.AllocationWithdrawn(order, part, (), plan.attempt))


def give_back(order: SalesOrder, part: int, reservations: Collection[str]) -> None:
    """What is bound by these is wanted no more, or not like this: whoever allocated it is told what it has again."""
    if order.allocator.is_ours:
        return
    lost = [pair for pair in order.in_state(part, State.ALLOCATED) if pair[1].reservation_id in reservations]
    if lost:
        order.events.append(events.AllocationWithdrawn(order, part, steps_of(lost)))


def refuse_others(order: SalesOrder, role: str) -> None:
    """Raises NotTheAllocator where it is not this role that allocates the order; of Crossdock's nobody is asked."""
    if order.allocator.is_ours or order.allocator.role != role:
        raise NotTheAllocator(order.terms.number, role, order.allocator.role)


def take(order: SalesOrder, said: Allocation) -> bool:
    """Whether the answer is new; one to an old question changes nothing. What it leaves out of what was asked for waits
    until its allocator is asked again. Raises NotTheAllocator, AllocationUnknown, AllocationAnswered, LineUnknown,
    AllocatedAboveOrder, PlaceMayNotServe."""
    asked, name = order.parts[said.part], allocation_id(order.order_id, said.part, said.attempt)
    refuse_others(order, said.role)
    if not 0 < said.attempt <= asked.attempt:
        raise AllocationUnknown(name)
    plan = asked.plan
    if plan is None or plan.attempt != said.attempt or plan.content == said.content:
        return False
    if plan.content:
        raise AllocationAnswered(name)
    portions = _portions(order, said)
    asked.plan, asked.shorts = replace(plan, content=said.content, portions=portions), 0
    _give_up_checkout(order, said)
    without_stock(order, said.part, _left_out(order, said.part, portions), {})
    settle_not_bound(order, said.part)
    ask_next(order, said.part)
    acknowledge(order, said.part)
    return True


def _portions(order: SalesOrder, said: Allocation) -> tuple[Portion, ...]:
    """Of a line, place and lot that are named twice the sum."""
    lines = {line.line_number: line for line in order.of_part(said.part)}
    wanted: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for line, schedule in order.in_state(said.part, State.ACCEPTED):
        wanted[line.position] += schedule.quantity
    sums: dict[tuple[int, str, str], Decimal] = defaultdict(lambda: ZERO)
    given: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for each in said.lines:
        found = lines.get(each.line_number)
        if found is None or found.sku != each.sku:
            raise LineUnknown(order.terms.number, each.line_number)
        if order.terms.locations and each.location_id not in order.terms.locations:
            raise PlaceMayNotServe(order.terms.number, each.location_id)
        given[found.position] += each.quantity
        if given[found.position] > wanted[found.position]:
            told = f"{wanted[found.position]:f}", f"{given[found.position]:f}"
            raise AllocatedAboveOrder(each.line_number, *told)
        sums[found.position, each.location_id, each.lot] += each.quantity
    return tuple(Portion(position, place, amount, lot) for (position, place, lot), amount in sums.items())


def _left_out(order: SalesOrder, part: int, portions: Sequence[Portion]) -> list[Pair]:
    given: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for each in portions:
        given[each.position] += each.quantity
    waiting: list[Pair] = []
    for line, schedule in order.in_state(part, State.ACCEPTED):
        taken = min(schedule.quantity, given[line.position])
        given[line.position] -= taken
        if taken < schedule.quantity:
            rest = order.split(line, schedule, schedule.quantity - taken)
            rest.reason = NOT_ALLOCATED
            waiting.append((line, rest))
    return waiting


def _give_up_checkout(order: SalesOrder, said: Allocation) -> None:
    """What the channel's checkout holds would be held twice beside what is allocated now. Given back twice it is given
    back."""
    if order.terms.checkout and said.part == 1 and not order.parts[1].acknowledged:
        order.given_back.setdefault(said.part, []).append(order.terms.checkout)


# --- inventory


def ask_next(order: SalesOrder, part: int) -> None:
    """Inventory is asked to bind the next basket of the plan, if there is one."""
    asked = order.parts[part]
    basket = asked.plan.basket if asked.plan else ()
    asked.open = bool(basket)
    if not basket:
        return
    asked.attempt += 1
    wanted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    units: dict[str, str] = {}
    lots: list[LotWanted] = []
    for each in basket:
        line = order.lines[each.position]
        wanted[line.sku] += each.quantity
        units[line.sku] = line.base_unit
        lots += [LotWanted(line.sku, each.lot, each.quantity)] if each.lot else []
    place = basket[0].location_id
    asked_for = Question(part, asked.attempt, dict(wanted), units, location_id=place, lots=tuple(lots))
    order.questions.append(asked_for)


def bind_planned(order: SalesOrder, part: int, reservation_id: str, held: Sequence[Held]) -> list[Pair]:
    """Gives each line what its allocator took for it, of what inventory holds now."""
    there = {each.sku for each in held}
    bound: list[Pair] = []
    for each in _answered(order.parts[part]):
        line = order.lines[each.position]
        left = each.quantity if line.sku in there else ZERO
        for schedule in [one for one in line.schedules if one.state is State.ACCEPTED]:
            if left > ZERO:
                taken = order.split(line, schedule, left)
                left -= taken.quantity
                bind(order, taken, each.location_id, reservation_id)
                bound.append((line, taken))
    return bound


def _answered(asked: Part) -> tuple[Portion, ...]:
    """What inventory was asked for last; it goes from the plan."""
    if asked.plan is None:
        return ()
    basket, asked.plan = asked.plan.basket, asked.plan.going_on()
    return basket


def fall_short_of_plan(
    order: SalesOrder, part: int, shortages: Sequence[Shortage], incoming: Mapping[str, Incoming]
) -> None:
    """The place has not what was taken from it. What it has is asked for again; the rest waits, and somebody has to
    say whose books are wrong."""
    asked = order.parts[part]
    asked.shorts += 1
    there = {each.sku: each.available if asked.shorts < SHORT_ANSWERS else ZERO for each in shortages}
    kept: list[Portion] = []
    lost: list[tuple[Portion, Decimal]] = []
    for each in asked.plan.basket if asked.plan else ():
        sku = order.lines[each.position].sku
        taken = min(each.quantity, max(there.get(sku, each.quantity), ZERO))
        if sku in there:
            there[sku] -= taken
        kept += [replace(each, quantity=taken)] if taken > ZERO else []
        lost += [(each, each.quantity - taken)] if taken < each.quantity else []
    asked.plan = asked.plan and asked.plan.going_on(*kept)
    _not_bound(order, part, lost, {each.sku: each.reason for each in shortages}, incoming)
    ask_next(order, part)
    acknowledge(order, part)


def refuse_plan(order: SalesOrder, part: int, code: str) -> None:
    """Inventory refuses what was taken from a place as a whole: a lot is not there, or nobody answers."""
    lost = [(each, each.quantity) for each in _answered(order.parts[part])]
    reasons = {order.lines[each.position].sku: code for each, _ in lost}
    _not_bound(order, part, lost, reasons, {})
    ask_next(order, part)
    acknowledge(order, part)


def _not_bound(
    order: SalesOrder,
    part: int,
    lost: Sequence[tuple[Portion, Decimal]],
    reasons: Mapping[str, str],
    incoming: Mapping[str, Incoming],
) -> None:
    gone: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for portion, quantity in lost:
        gone[portion.position] += quantity
    waiting = [pair for position, quantity in gone.items() for pair in _taken_off(order, position, quantity)]
    without_stock(order, part, waiting, incoming)
    if lost:
        order.concerns.append(_differs(order, part, lost, reasons))


def _taken_off(order: SalesOrder, position: int, quantity: Decimal) -> list[Pair]:
    line = order.lines[position]
    found: list[Pair] = []
    for schedule in [each for each in line.schedules if each.state is State.ACCEPTED]:
        if quantity > ZERO:
            rest = order.split(line, schedule, quantity)
            quantity -= rest.quantity
            rest.reason = NOT_BOUND
            found.append((line, rest))
    return found


def settle_not_bound(order: SalesOrder, part: int) -> None:
    """Once nothing waits any more for what inventory did not have where it was allocated; what was given up for that is
    somebody's to look at."""
    if order.allocator.is_ours:
        return
    if not any(each.reason == NOT_BOUND for line in order.of_part(part) for each in line.schedules):
        order.settled.append(identity(ALLOCATION_NOT_BOUND, part_subject(order, part)))


def _differs(
    order: SalesOrder, part: int, lost: Sequence[tuple[Portion, Decimal]], reasons: Mapping[str, str]
) -> Concern:
    place = lost[0][0].location_id
    details: dict[str, str] = {}
    for each, quantity in lost[:20]:
        line, lot = order.lines[each.position], f" lot {each.lot}" if each.lot else ""
        details[f"line {line.line_number}{lot}"] = f"{quantity:f} of {line.sku}: {reasons.get(line.sku, '')}"
    return Concern(
        code=ALLOCATION_NOT_BOUND,
        owner=ORDER_DESK,
        subject=part_subject(order, part),
        summary=f"the {order.allocator.role} allocated stock of {place} to order {order.terms.number} that inventory"
        " cannot bind",
        transaction_ids=(order.order_id,),
        keys=(*order.keys, f"location:{place}"),
        details=details,
    )
