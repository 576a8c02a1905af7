"""How a part of an order comes to its stock: ask, hear, release. Inventory decides, or whoever allocates the order;
nothing counts stock here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.bound_promise import promise_bound, tell_bound
from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.drop_shipping import buy, source
from fulfillment.domain.lifecycle import CROSSDOCK, ORDER_DESK, State
from fulfillment.domain.order_line import PICK_SHORT, Offer, OrderLine, Schedule
from fulfillment.domain.planning import (
    ask_next,
    bind_planned,
    fall_short_of_plan,
    refuse_plan,
    request,
    settle_not_bound,
)
from fulfillment.domain.promising import Incoming
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.questions import SHORT_ANSWERS, Held, Part, Question, Shortage
from fulfillment.domain.sales_order import SalesOrder, steps_of
from fulfillment.domain.stock_steps import acknowledge, backorder, bind, part_subject, without_stock
from fulfillment.domain.substituting import Replaced, decline, offer_next, stand_in

ALLOCATION_REFUSED = "ALLOCATION_REFUSED"
GIVEN_BACK = frozenset({"RESERVATION_LAPSED", "RESERVATION_NOT_OPEN"})
"""What inventory held for a question and holds no more: while one of us was away nobody asked to bind it."""
Pair = tuple[OrderLine, Schedule]


def ask(order: SalesOrder, part: int) -> None:
    """Asks anew for all that the part wants and has not: inventory, or the order's allocator. An open question becomes
    an old one. What a supplier ships to the customer is bought and never asked of stock."""
    source(order, part)
    bought = buy(order, part)
    asked = order.parts[part]
    asked.attempt += 1
    wanted = order.in_state(part, State.ACCEPTED)
    asked.open = bool(wanted)
    if not order.allocator.is_ours:
        request(order, part, wanted)
    elif wanted:
        order.questions.append(_question(order, part, wanted))
    if bought:
        acknowledge(order, part)


def _question(order: SalesOrder, part: int, pairs: Sequence[Pair]) -> Question:
    wanted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    units: dict[str, str] = {}
    for line, schedule in pairs:
        wanted[line.asked_sku] += schedule.quantity
        units[line.asked_sku] = line.base_unit
    return Question(part, order.parts[part].attempt, dict(wanted), units, _checkout(order, part))


def allocate(order: SalesOrder, part: int, attempt: int, reservation_id: str, held: Sequence[Held]) -> list[Replaced]:
    """Inventory holds what was asked for; returns the lines that this replaces the item of. What it holds for an old
    question is given back."""
    asked = order.parts[part]
    if not _answers(asked, attempt):
        order.given_back.setdefault(part, []).append(reservation_id)
        return []
    if _checkout(order, part) and not _is_wanted(order, part, held):
        order.given_back.setdefault(part, []).append(reservation_id)
        ask(order, part)
        return []
    asked.open, asked.shorts = False, 0
    bound = (bind_planned if asked.plan else _bind)(order, part, reservation_id, held)
    another_day = promise_bound(order, bound, {each.location_id: each.ready_on for each in held if each.ready_on})
    replaced = _replace(order, part, bound)
    order.settled += [identity(code, part_subject(order, part)) for code in (ALLOCATION_REFUSED, PICK_SHORT)]
    order.events.append(events.OrderLinesAllocated(order, part, steps_of(bound)))
    tell_bound(order, part, another_day)
    if asked.plan:
        settle_not_bound(order, part)
        ask_next(order, part)
    acknowledge(order, part)
    return replaced


def _replace(order: SalesOrder, part: int, bound: Sequence[Pair]) -> list[Replaced]:
    """The lines that something else is held for than was ordered."""
    lines = {line.position: line for line, _ in bound if line.offer}
    replaced = [stand_in(line, line.offer) for line in lines.values() if line.offer]
    if replaced:
        told = steps_of(pair for pair in bound if pair[0].position in lines)
        order.events.append(events.OrderLinesSubstituted(order, part, told))
    return replaced


def _bind(order: SalesOrder, part: int, reservation_id: str, held: Sequence[Held]) -> list[Pair]:
    """Gives each schedule what it wants, place by place; one that two places serve becomes two."""
    free: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for each in held:
        free[each.sku][each.location_id] = free[each.sku].get(each.location_id, ZERO) + each.quantity
    bound: list[Pair] = []
    for line, schedule in order.in_state(part, State.ACCEPTED):
        for place, there in free[line.asked_sku].items():
            if there > ZERO and schedule.state is State.ACCEPTED:
                taken = order.split(line, schedule, there)
                free[line.asked_sku][place] = there - taken.quantity
                bind(order, taken, place, reservation_id)
                bound.append((line, taken))
    return bound


def fall_short(
    order: SalesOrder,
    part: int,
    attempt: int,
    shortages: Sequence[Shortage],
    incoming: Mapping[str, Incoming] | None = None,
    offers: Mapping[int, Sequence[Offer]] | None = None,
) -> None:
    """Stock does not reach. What there is is asked for again; in place of what there is nothing of, what `offers` names
    for its position; the rest waits for what is `incoming` of its item, or goes as the order says."""
    asked = order.parts[part]
    if not _answers(asked, attempt):
        return
    if asked.plan:
        fall_short_of_plan(order, part, shortages, incoming or {})
        return
    asked.shorts += 1
    short = {each.sku: each for each in shortages}
    there = {sku: each.available if asked.shorts < SHORT_ANSWERS else ZERO for sku, each in short.items()}
    waiting: list[Pair] = []
    lines = {line.position: line for line, _ in order.in_state(part, State.ACCEPTED) if line.asked_sku in short}
    # Whoever ordered an item comes before whom it only stands in for.
    for line in sorted(lines.values(), key=lambda each: each.offer is not None):
        known = (offers or {}).get(line.position, ())
        if line.offer is not None:
            _keep_or_change(line, there, known)
        elif there[line.sku] > ZERO or not offer_next(line, known):
            waiting += _cut(order, line, there, short[line.sku].reason)
    without_stock(order, part, waiting, incoming or {})
    ask(order, part)
    acknowledge(order, part)


def _cut(order: SalesOrder, line: OrderLine, there: dict[str, Decimal], reason: str) -> list[Pair]:
    """What of a line stock does not reach for; takes what there is."""
    waiting: list[Pair] = []
    for schedule in [each for each in line.schedules if each.state is State.ACCEPTED]:
        taken = min(schedule.quantity, max(there[line.sku], ZERO))
        there[line.sku] -= taken
        if taken < schedule.quantity:
            rest = order.split(line, schedule, schedule.quantity - taken)
            rest.reason = reason
            waiting.append((line, rest))
    return waiting


def _keep_or_change(line: OrderLine, there: dict[str, Decimal], known: Sequence[Offer]) -> None:
    """What stands for an item reaches for all of its line, or for nothing of it."""
    wanted = sum((each.quantity for each in line.schedules if each.state is State.ACCEPTED), ZERO)
    if there[line.asked_sku] >= wanted:
        there[line.asked_sku] -= wanted
    else:
        offer_next(line, known)


def refuse(order: SalesOrder, part: int, attempt: int, code: str, why: str) -> None:
    """Inventory said no to the question itself, or never answered. The part waits, and somebody is told; but first it
    is asked for what no checkout holds any more, for what was held too long, and for what was ordered alone."""
    asked = order.parts[part]
    if not _answers(asked, attempt):
        return
    if asked.plan:
        refuse_plan(order, part, code)
        return
    if code in GIVEN_BACK and asked.shorts < SHORT_ANSWERS:
        asked.shorts += 1
        ask(order, part)
        return
    if _checkout(order, part) or [line for line in order.of_part(part) if decline(line)]:
        ask(order, part)
        return
    waiting = order.in_state(part, State.ACCEPTED)
    for _, schedule in waiting:
        schedule.reason = code
    asked.open = False
    backorder(order, part, waiting, {})
    acknowledge(order, part)
    order.concerns.append(
        Concern(
            code=ALLOCATION_REFUSED,
            owner=ORDER_DESK,
            subject=part_subject(order, part),
            summary=f"inventory refused stock for part {part} of order {order.terms.number}: {why}",
            transaction_ids=(order.order_id,),
            keys=order.keys,
            details={"reason": code},
        )
    )


def retry(order: SalesOrder, part: int) -> None:
    """What waits for supply is asked for again."""
    waiting = order.in_state(part, State.BACKORDERED)
    for line, schedule in waiting:
        line.tried = ()
        order.move(schedule, "retry", CROSSDOCK)
    if waiting:
        order.parts[part].shorts = 0
        ask(order, part)


def release(order: SalesOrder, part: int) -> None:
    """What is allocated goes to the warehouses that hold it, unless a check bars it or it has to wait for the rest."""
    ready = order.in_state(part, State.ALLOCATED)
    if not ready or order.barred or order.ships_incomplete:
        return
    places: dict[str, list[Pair]] = defaultdict(list)
    for line, schedule in ready:
        order.move(schedule, "release", CROSSDOCK)
        schedule.released_as = release_number(order, part)
        places[schedule.location_id].append((line, schedule))
    for place, pairs in places.items():
        order.events.append(events.OrderReleased(order, part, place, steps_of(pairs), release_number(order, part)))


def release_number(order: SalesOrder, part: int) -> str:
    """What is released of a part at one place at a time has been asked for by one question."""
    return f"{order.terms.number}/{part}.{order.parts[part].attempt}"


def _checkout(order: SalesOrder, part: int) -> str:
    """The reservation that the open question takes over: the first question of the first part does, and no other. Where
    somebody else allocates none is taken over."""
    if not order.allocator.is_ours:
        return ""
    return order.terms.checkout if (part, order.parts[part].attempt) == (1, 1) else ""


def _is_wanted(order: SalesOrder, part: int, held: Sequence[Held]) -> bool:
    """Whether it is what the part wants, no more and no less, at places that may serve the order."""
    wanted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line, schedule in order.in_state(part, State.ACCEPTED):
        wanted[line.asked_sku] += schedule.quantity
    for each in held:
        wanted[each.sku] -= each.quantity
    places = order.terms.locations
    return not any(wanted.values()) and all(not places or each.location_id in places for each in held)


def _answers(asked: Part, attempt: int) -> bool:
    """Whether an answer is to the question that is open now."""
    return asked.open and asked.attempt == attempt
