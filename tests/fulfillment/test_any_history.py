"""Any history of an order: whatever is asked, answered late, changed, cancelled, reported: nothing is lost or made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest
from crossdock_kit.processes import TransitionNotOwned, TransitionUnknown
from fulfillment.domain import events
from fulfillment.domain.allocating import allocate, ask, fall_short, refuse, release, retry
from fulfillment.domain.allocation import AllocatedLine, Allocation
from fulfillment.domain.cancelling import cancel_part, change_quantity
from fulfillment.domain.handling import Outcome, Place, Reported, issue, pack, pick
from fulfillment.domain.lifecycle import DROPPED, OUT, RETREATS, TRANSITIONS, State, place_of
from fulfillment.domain.order_state import order_state
from fulfillment.domain.planning import take
from fulfillment.domain.quantities import ZERO, Quantity
from fulfillment.domain.questions import Held, Question, Shortage
from fulfillment.domain.refusals import AllocationAnswered, OrderAlreadyShipped
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Allocator, ShortageRule
from fulfillment_cases.trade import D, line, placed
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

SKUS = ("BOLT", "NUT")
PHYSICAL = ("start_picking", "label", "void_label", "ship", "go_out", "deliver", "fail_delivery", "take_back", "go_on")
"""Beside what a warehouse reports by quantities."""
ROLES = ("CROSSDOCK", "ERP", "WMS", "TMS", "CARRIER", "POD", "CHANNEL", "CRM")


class AnyHistory(RuleBasedStateMachine):
    """`held` is what inventory would have in its books: what it answered less what was given back."""

    order: SalesOrder

    @initialize(
        lines=st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 20)), min_size=1, max_size=4),
        shortage=st.sampled_from(ShortageRule),
        confirmed=st.booleans(),
        allocator=st.sampled_from(("CROSSDOCK", "ERP", "WMS")),
    )
    def place(
        self, lines: list[tuple[str, int]], shortage: ShortageRule, confirmed: bool, allocator: str = "CROSSDOCK"
    ) -> None:
        asked = [line(str(number), quantity, sku) for number, (sku, quantity) in enumerate(lines, 1)]
        self.order = placed(*asked, shortage=shortage, channel_confirmed=confirmed, allocator=Allocator(allocator))
        self.requested: events.AllocationRequested | None = None
        if not self.order.allocator.is_ours:
            # The first question went with the other facts of its placing.
            ask(self.order, 1)
        self.unanswered: list[Question] = []
        self.held: dict[str, Counter[str]] = {}
        self.seen: dict[tuple[int, int], State] = {}
        self.left: Counter[int] = Counter()
        self.take()

    def take(self) -> None:
        """What leaves the order: questions to inventory and to its allocator, and what is given back."""
        self.requested = newest_request(self.order, self.requested)
        self.unanswered += self.order.questions
        self.order.questions.clear()
        for reservations in self.order.given_back.values():
            for each in reservations:
                self.held.pop(each)
        self.order.given_back.clear()

    @rule(place=st.integers(0, 5), east=st.integers(0, 100), again=st.booleans())
    def hold(self, place: int, east: int, again: bool) -> None:
        """An answer to any question that is under way, old or new; one may arrive twice."""
        if not self.unanswered:
            return
        asked = self.unanswered[place % len(self.unanswered)]
        found = [
            Held(sku, location, quantity)
            for sku, wanted in asked.wanted.items()
            for location, quantity in places(asked, wanted, D(east))
            if quantity
        ]
        reservation = f"R-{asked.attempt}"
        self.unanswered.remove(asked)
        self.held[reservation] = Counter({sku: int(quantity) for sku, quantity in asked.wanted.items()})
        allocate(self.order, asked.part, asked.attempt, reservation, found)
        if reservation in self.held:
            release(self.order, asked.part)
        self.take()

    @rule(place=st.integers(0, 5), there=st.integers(0, 15))
    def fall_short(self, place: int, there: int) -> None:
        if self.unanswered:
            asked = self.unanswered.pop(place % len(self.unanswered))
            short = [Shortage(sku, min(D(there), wanted - 1), "STOCK_SHORT") for sku, wanted in asked.wanted.items()]
            fall_short(self.order, asked.part, asked.attempt, short)
            self.take()

    @rule(place=st.integers(0, 5), code=st.sampled_from(["RESERVATION_LAPSED", "UNIT_NOT_CONVERTIBLE"]))
    def refuse(self, place: int, code: str) -> None:
        if self.unanswered:
            asked = self.unanswered.pop(place % len(self.unanswered))
            refuse(self.order, asked.part, asked.attempt, code, "no")
            self.take()

    @rule(
        shares=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans()), min_size=4, max_size=4),
        late=st.booleans(),
    )
    def allocator_answers(self, shares: list[tuple[int, int, bool]], late: bool) -> None:
        """To the newest question or, where it comes late, to the one before; so much of each line from each place."""
        allocator, attempt = self.order.allocator.role, self.order.parts[1].attempt
        plan = self.order.parts[1].plan
        if self.order.allocator.is_ours or not attempt:
            return
        asked = max(1, (plan.attempt if plan else attempt) - int(late))
        wanted: Counter[int] = Counter()
        for found, each in self.order.in_state(1, State.ACCEPTED):
            wanted[found.position] += int(each.quantity)
        lines: list[AllocatedLine] = []
        for (position, found), (east, west, lot) in zip(self.order.lines.items(), shares, strict=False):
            first = min(wanted[position], east)
            for place, quantity in (("WH-EAST", first), ("WH-WEST", min(wanted[position] - first, west))):
                if quantity:
                    name = "L-1" if lot else ""
                    lines.append(AllocatedLine(found.line_number, found.sku, place, D(quantity), name))
        said = Allocation(allocator, 1, asked, repr(lines), tuple(lines))
        if plan and plan.attempt == asked and plan.content not in {"", said.content}:
            with pytest.raises(AllocationAnswered):
                take(self.order, said)
        else:
            take(self.order, said)
        self.take()

    @rule()
    def retry(self) -> None:
        retry(self.order, 1)
        self.take()

    @rule()
    def ask_anew(self) -> None:
        if any(self.order.in_state(1, State.ACCEPTED)):
            ask(self.order, 1)
            self.take()

    @rule(position=st.integers(0, 3), wish=st.integers(0, 30))
    def change(self, position: int, wish: int) -> None:
        found = self.order.lines[position % len(self.order.lines) + 1]
        try:
            change_quantity(self.order, found, Quantity(D(wish), "EA"), "changed", "CHANNEL")
        except OrderAlreadyShipped:
            # A refused call is rolled back as a whole; in memory the history ends there.
            self.place([(SKUS[0], 3)], ShortageRule.BACKORDER, True)
        self.take()

    @rule()
    def cancel(self) -> None:
        try:
            self.order.refuse_if_gone()
        except OrderAlreadyShipped:
            return
        cancel_part(self.order, 1, "cancelled", "CHANNEL")
        self.take()

    @rule(trigger=st.sampled_from(PHYSICAL), role=st.sampled_from(ROLES), position=st.integers(0, 3))
    def report(self, trigger: str, role: str, position: int) -> None:
        """Anybody may say anything; only what its owner says in its turn moves something."""
        found = self.order.lines[position % len(self.order.lines) + 1]
        for schedule in found.schedules:
            before = schedule.state
            ways = [each for each in TRANSITIONS if (each.from_, each.trigger) == (before.value, trigger)]
            if ways and role in ways[0].who:
                self.order.move(schedule, trigger, role)
                assert schedule.state.value == ways[0].to
            else:
                with pytest.raises((TransitionUnknown, TransitionNotOwned)):
                    self.order.move(schedule, trigger, role)
                assert schedule.state is before

    @rule(
        kind=st.sampled_from((pick, pack, issue)),
        position=st.integers(0, 3),
        location=st.sampled_from(("WH-EAST", "WH-WEST")),
        found=st.integers(0, 25),
        short=st.integers(0, 5),
    )
    def warehouse_says(
        self, kind: Callable[[Place, Reported], Outcome], position: int, location: str, found: int, short: int
    ) -> None:
        """A report of anything at any time: each schedule leaves the shelf once, by its pick or by its goods issue."""
        line_of = self.order.lines[position % len(self.order.lines) + 1]
        missing = D(short) if kind is pick else ZERO
        said = Reported("", "S-1", line_of.line_number, line_of.sku, "EA", D(found), missing)
        outcome = kind(Place(self.order, line_of, location, "SH-1"), said)
        assert sum((each.quantity for each in (*outcome.handled, *outcome.late)), ZERO) == said.quantity
        off_the_shelf = [each for each in outcome.handled if each.schedule_id and kind is pick]
        off_the_shelf += [
            each for each in outcome.handled if each.schedule_id and kind is issue and not each.picked_before
        ]
        for each in off_the_shelf:
            self.left[line_of.position] += int(each.quantity)
        for each in outcome.shorts:
            self.held[each.reservation_id][line_of.sku] -= int(each.quantity)
            self.held = {name: +held for name, held in self.held.items() if +held}

    @invariant()
    def what_was_shipped_left_the_shelf_once(self) -> None:
        for found in self.order.lines.values():
            said = [each for each in found.schedules if each.pick_reported or (each.shipment_id and each.state in OUT)]
            assert self.left[found.position] == sum(int(each.quantity) for each in said)

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        for each in self.order.lines.values():
            assert each.conserved
            assert each.wanted <= each.quantity.value

    @invariant()
    def the_head_counts_what_the_lines_say(self) -> None:
        told = Counter(each.state for found in self.order.lines.values() for each in found.schedules)
        assert +self.order.counts == told
        assert self.order.state is order_state(told)

    @invariant()
    def every_schedule_beyond_allocation_is_held_by_inventory_and_nothing_else_is(self) -> None:
        ours: dict[str, Counter[str]] = {}
        for found in self.order.lines.values():
            for each in found.schedules:
                if each.state not in DROPPED and place_of(each.state) >= place_of(State.ALLOCATED):
                    ours.setdefault(each.reservation_id, Counter())[found.sku] += int(each.quantity)
        assert ours == self.held

    @invariant()
    def what_is_asked_for_is_what_is_missing(self) -> None:
        missing: Counter[str] = Counter()
        for found, each in self.order.in_state(1, State.ACCEPTED):
            missing[found.sku] += int(each.quantity)
        newest = [each for each in self.unanswered if each.attempt == self.order.parts[1].attempt]
        asked: dict[str, Decimal] = dict(newest[0].wanted) if newest and self.order.parts[1].open else {}
        plan = self.order.parts[1].plan
        if plan and plan.content:
            assert asked == sums((self.order.lines[each.position].sku, each.quantity) for each in plan.basket)
            asked = sums((self.order.lines[each.position].sku, each.quantity) for each in plan.portions)
        elif plan and self.order.parts[1].open:
            assert self.requested is not None
            assert self.requested.attempt == plan.attempt
            asked = sums((each.line.sku, each.quantity.value) for each in self.requested.steps)
        assert missing == Counter({sku: int(quantity) for sku, quantity in asked.items() if quantity > ZERO})

    @invariant()
    def nothing_regresses_but_by_a_retreat(self) -> None:
        allowed = {State(each.to) for each in TRANSITIONS if each.trigger in RETREATS}
        for found in self.order.lines.values():
            for each in found.schedules:
                key = (found.position, each.number)
                before = self.seen.get(key, each.state)
                assert before not in DROPPED or each.state is before
                assert place_of(each.state) >= place_of(before) or each.state in allowed
                self.seen[key] = each.state


def places(asked: Question, wanted: Decimal, east: Decimal) -> list[tuple[str, Decimal]]:
    if asked.location_id:
        return [(asked.location_id, wanted)]
    return [("WH-EAST", min(wanted, east)), ("WH-WEST", wanted - min(wanted, east))]


def sums(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for sku, quantity in pairs:
        found[sku] = found.get(sku, ZERO) + quantity
    return found


def newest_request(
    order: SalesOrder, before: events.AllocationRequested | None = None
) -> events.AllocationRequested | None:
    return next((each for each in reversed(order.events) if isinstance(each, events.AllocationRequested)), before)


AnyHistory.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnyHistory = pytest.mark.feature("F109")(AnyHistory.TestCase)
