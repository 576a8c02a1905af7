"""What was released and is asked back from its warehouse: told by release, answered, and settled once nothing is open.

A warehouse may have stopped it, which cancels it, or was too late: then it goes out and is wanted again. What left
without an answer was too late as well; its customer does not want it, and somebody is told. It must not know how a
warehouse is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fulfillment.domain import events
from fulfillment.domain.allocating import Pair
from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.handling import Handled, Outcome, Place, Reported
from fulfillment.domain.lifecycle import GONE, ORDER_DESK, WAREHOUSE, State
from fulfillment.domain.order_line import RECALLED, Schedule
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.sales_order import SalesOrder, promised, steps_of

RECALL_UNANSWERED, RECALL_REFUSED = "RECALL_UNANSWERED", "RECALL_REFUSED"
_AT_WAREHOUSE = (State.RELEASED, State.PICKING, State.PICKED, State.PACKED)


def ask_back(order: SalesOrder, part: int, pairs: Sequence[Pair], reason: str) -> None:
    """One fact for each release that something of these is in, and an exception until its warehouse has answered."""
    places: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for line, schedule in pairs:
        places[schedule.location_id, schedule.released_as].append((line, schedule))
    for (place, number), some in places.items():
        remaining = _remaining(order, part, place, number)
        told = (steps_of(some), steps_of(remaining))
        order.events.append(events.OrderReleaseRecalled(order, part, place, number, *told, reason))
    if places:
        order.concerns.append(_unanswered(order, part, [schedule for _, schedule in pairs]))


def recall(place: Place, said: Reported) -> Outcome:
    """What a warehouse answers: so much is stopped, and for so much it was too late."""
    asked = [each for each in place.standing(*_AT_WAREHOUSE) if each.cancel_requested]
    stopped = _stop(place, said, asked)
    left = [each for each in asked if each.cancel_requested and each.state in _AT_WAREHOUSE]
    late = [place.handled(said, each) for each in _let_go(place, said, left)]
    return Outcome(handled=stopped, late=late)


def _stop(place: Place, said: Reported, asked: Sequence[Schedule]) -> list[Handled]:
    """What exceeds all that was asked back is handed back as such."""
    found: list[Handled] = []
    stopped: list[Pair] = []
    left = said.quantity
    for schedule in place.apart(asked, said.quantity):
        found.append(place.handled(said, schedule))
        left -= schedule.quantity
        place.on(schedule, "confirm_recall")
        schedule.reservation_id, schedule.location_id, schedule.reason = "", "", RECALLED
        promised(schedule, "", None)
        stopped.append((place.line, schedule))
    if stopped:
        part = place.line.part
        place.order.tell_cancelled(part, stopped, RECALLED)
    return [*found, Handled(said, left, place.order, place.line)] if left > ZERO else found


def _let_go(place: Place, said: Reported, asked: Sequence[Schedule]) -> list[Schedule]:
    late = list(place.apart(asked, said.too_late))
    _refused(place.order, place.line.part, [(place.line, each) for each in late])
    return late


def settle_recalls(order: SalesOrder, part: int) -> None:
    """After a warehouse has reported on a part."""
    pairs = [(line, each) for line in order.of_part(part) for each in line.schedules if each.cancel_requested]
    left = [pair for pair in pairs if pair[1].state in GONE and pair[1].reason != RECALL_REFUSED]
    for _, schedule in left:
        schedule.reason = RECALL_REFUSED
    if left:
        order.concerns.append(_too_late(order, part, left))
    if not any(each.cancel_requested and each.state in _AT_WAREHOUSE for _, each in pairs):
        order.settled.append(identity(RECALL_UNANSWERED, _subject(order, part)))


def _refused(order: SalesOrder, part: int, pairs: Sequence[Pair]) -> None:
    """It goes out: from here on it can only come back."""
    if not pairs:
        return
    for _, schedule in pairs:
        schedule.cancel_requested = False
    order.events.append(events.OrderCancellationRefused(order, part, steps_of(pairs)))
    order.concerns.append(_too_late(order, part, pairs))


def _too_late(order: SalesOrder, part: int, pairs: Sequence[Pair]) -> Concern:
    return Concern(
        code=RECALL_REFUSED,
        owner=ORDER_DESK,
        subject=_subject(order, part),
        summary=f"order {order.terms.number} was to be cancelled, and some of it goes out: it was too late",
        transaction_ids=(order.order_id,),
        keys=order.keys,
        details={f"line {line.line_number}": f"{each.quantity:f} of {line.sku}" for line, each in pairs[:20]},
    )


def _remaining(order: SalesOrder, part: int, place: str, number: str) -> list[Pair]:
    return [
        (line, each)
        for line in order.of_part(part)
        for each in line.schedules
        if (each.location_id, each.released_as) == (place, number)
        and each.state in _AT_WAREHOUSE
        and not each.cancel_requested
    ]


def _unanswered(order: SalesOrder, part: int, schedules: Sequence[Schedule]) -> Concern:
    counts: dict[str, int] = defaultdict(int)
    for each in schedules:
        counts[each.state.value] += 1
    return Concern(
        code=RECALL_UNANSWERED,
        owner=WAREHOUSE,
        subject=_subject(order, part),
        summary=f"order {order.terms.number} is to be cancelled and a warehouse has some of it in hands",
        transaction_ids=(order.order_id,),
        keys=order.keys,
        details={state: str(count) for state, count in counts.items()},
    )


def _subject(order: SalesOrder, part: int) -> str:
    return f"sales_order/{order.order_id}/{part}"
