"""What is promised of goods that are bound: on which day they can be with the customer.

The day that its customer wants is promised where the goods can be there by then, else the first day on which they can.
It must not know how long a place takes; whoever asks brings the first day of each place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from fulfillment.domain import events
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.sales_order import SalesOrder, steps_of

Pair = tuple[OrderLine, Schedule]


def promise_bound(order: SalesOrder, pairs: Iterable[Pair], ready_on: Mapping[str, date]) -> list[Pair]:
    """Of goods that have just been bound; returns those whose customer was told, or wants, another day. Where they have
    to wait for the rest of the order no day can be named yet, but for the one that was told before."""
    return [] if order.ships_incomplete else _promised(order, pairs, ready_on)


def promise_released(order: SalesOrder, part: int, ready_on: Mapping[str, date]) -> None:
    """Of what is bound and has waited for the rest of its order, or was bound when nobody counted days."""
    if not order.barred and not order.ships_incomplete:
        unnamed = [pair for pair in order.in_state(part, State.ALLOCATED) if pair[1].promised_on is None]
        tell_bound(order, part, _promised(order, unnamed, ready_on))


def _promised(order: SalesOrder, pairs: Iterable[Pair], ready_on: Mapping[str, date]) -> list[Pair]:
    told: list[Pair] = []
    for line, schedule in pairs:
        expected = schedule.promised_on or order.terms.requested_on
        schedule.promised_on = _day(order, schedule, ready_on.get(schedule.location_id))
        schedule.owed_on = schedule.owed_on or schedule.promised_on
        if expected is not None and schedule.promised_on != expected:
            told.append((line, schedule))
    return told


def tell_bound(order: SalesOrder, part: int, pairs: Sequence[Pair]) -> None:
    if pairs:
        order.events.append(events.OrderLinesPromised(order, part, steps_of(pairs), State.ALLOCATED))


def _day(order: SalesOrder, schedule: Schedule, ready_on: date | None) -> date | None:
    """What was told while it waited stands as long as it can be kept: goods that come earlier are no news."""
    told = schedule.promised_on if schedule.has_waited else None
    return max((each for each in (told, order.terms.requested_on, ready_on) if each is not None), default=None)
