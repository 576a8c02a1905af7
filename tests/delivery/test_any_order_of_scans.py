"""Any set of scans, in any order, told any number of times: the same milestones, and none lost silently."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from delivery.domain import calling_off, events
from delivery.domain.calling_off import answer, call_off, wanted_again
from delivery.domain.carriage import Carriage
from delivery.domain.events import Proof
from delivery.domain.lifecycle import SHIPMENT
from delivery.domain.milestones import PLACES, Milestone
from delivery.domain.progress import progress
from delivery.domain.scan import Scan
from delivery.domain.shipment import Shipment
from delivery_cases.road import NOON, at, scan, shipment
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

X12_CODES = ("X3", "AF", "P1", "X4", "X6", "X1", "D1", "CD", "AP", "AH", "A7", "A3", "A9", "SD", "AG", "CA", "QQ")
PIECES = st.sampled_from([(), ("BOX-1",), ("BOX-1", "BOX-2")])
NUMBERS = ("PRO1", "BOX-1", "BOX-2")


@st.composite
def scans(draw: st.DrawFn) -> Scan:
    hours = draw(st.integers(0, 12))
    code = draw(st.sampled_from(X12_CODES))
    foretold = at(hours + 6) if code == "AG" else None
    return scan(code, hours, draw(st.sampled_from(NUMBERS)), estimated_at=foretold)


def state(found: Shipment) -> object:
    told = found.told
    reached = {milestone: each.at for milestone, each in told.reached.items()}
    return reached, told.delayed_since, told.eta, set(told.exceptions), found.stage, found.stage_at


def hear(found: Shipment, kept: dict[str, Scan], batch: Sequence[Scan]) -> None:
    """As the service does: what is new is kept, then all that is kept is judged."""
    kept.update({each.scan_id: each for each in batch})
    found.settle(list(kept.values()), NOON)


@pytest.mark.feature("F141", "F135")
@settings(max_examples=150, deadline=None)
@given(said=st.lists(scans(), max_size=14), pieces=PIECES, data=st.data())
def test_any_permutation_and_duplication_comes_to_the_same(
    said: list[Scan], pieces: tuple[str, ...], data: st.DataObject
) -> None:
    straight, kept = shipment(*pieces, promised=8), dict[str, Scan]()
    hear(straight, kept, said)
    shuffled, again = shipment(*pieces, promised=8), dict[str, Scan]()
    for each in data.draw(st.permutations(said + said[: len(said) // 2])):
        hear(shuffled, again, [each])
    assert state(shuffled) == state(straight)


class AnyRoad(RuleBasedStateMachine):
    """`told` is what somebody who only hears events believes."""

    @initialize(pieces=PIECES)
    def plan(self, pieces: tuple[str, ...]) -> None:
        self.shipment = shipment(*pieces, promised=8)
        self.kept: dict[str, Scan] = {}
        self.told: dict[Milestone, datetime] = {}
        self.state = self.shipment.state
        self.dispatched: list[str] = []
        self.billed = 0
        self.open: set[str] = set()
        self.eta: datetime | None = None

    @rule(batch=st.lists(scans(), min_size=1, max_size=4))
    def hear(self, batch: list[Scan]) -> None:
        hear(self.shipment, self.kept, batch)
        self.listen()

    @rule(number=st.sampled_from(["I-1", "I-2"]))
    def issue(self, number: str) -> None:
        self.shipment.issue(number, NOON)
        self.listen()

    @rule(carrier=st.sampled_from(["SCAC", "UPSN"]))
    def assign(self, carrier: str) -> None:
        if not self.shipment.told.reached:
            self.shipment.assign(Carriage(carrier=carrier), NOON)
            self.listen()

    @rule(packed_again=st.booleans())
    def call_off(self, packed_again: bool) -> None:
        call_off(self.shipment, "not wanted", NOON)
        if packed_again and not self.shipment.issues:
            self.listen()
            wanted_again(self.shipment)
        self.listen()

    @rule(stopped=st.booleans())
    def answer(self, stopped: bool) -> None:
        answer(self.shipment, stopped, "", NOON)
        self.listen()

    @rule(reference=st.sampled_from(["photo", "paper"]))
    def prove(self, reference: str) -> None:
        if Milestone.DELIVERED in self.told:
            self.shipment.prove(Proof("photo", reference, "", ""), NOON)
            self.listen()

    @rule(milestone=st.sampled_from(PLACES))
    def correct(self, milestone: Milestone) -> None:
        if milestone not in self.shipment.told.reached:
            return
        gone = self.shipment.withdrawn(milestone, list(self.kept.values()))
        for each in gone:
            del self.kept[each]
        self.shipment.settle(list(self.kept.values()), NOON, "a desk says so")
        self.listen()
        assert milestone not in self.told

    def listen(self) -> None:
        for event in self.shipment.events:
            self.hear_of_goods(event)
            self.hear_of_milestones(event)
        self.shipment.events.clear()
        self.step()

    def hear_of_goods(self, event: events.Event) -> None:
        match event:
            case events.ShipmentDispatched(issue_number=number):
                assert self.shipment.told.reached, "a carrier said that it has it, has driven it out or delivered it"
                assert number not in self.dispatched
                self.dispatched.append(number)
            case events.BillingTriggered():
                self.billed += 1

    def hear_of_milestones(self, event: events.Event) -> None:
        """Reached once, and from then on only a correction takes it away or moves it."""
        match event:
            case events.MilestoneReached(milestone=milestone, at=when):
                assert milestone not in self.told
                self.told[milestone] = when
            case events.MilestoneCorrected(milestone=milestone, old_at=old, new_at=None):
                assert self.told.pop(milestone) == old
            case events.MilestoneCorrected(milestone=milestone, old_at=old, new_at=datetime() as new):
                assert self.told[milestone] == old != new
                self.told[milestone] = new
            case events.DelayEnded():
                del self.told[Milestone.DELAYED]
            case events.EtaChanged(old=before, new=after):
                assert self.eta == before
                self.eta = after
            case events.DeliveryExceptionRaised(scan=each):
                assert each.scan_id not in self.open
                self.open.add(each.scan_id)
            case events.DeliveryExceptionResolved(exception_id=exception_id):
                self.open.remove(exception_id)

    def step(self) -> None:
        """Whatever it heard, it went a way that the table has."""
        before, self.state = self.state, self.shipment.state
        ways = {(each.from_, each.to) for each in SHIPMENT.transitions}
        assert before is self.state or (before.value, self.state.value) in ways

    @invariant()
    def what_is_billed_has_left_the_warehouse_and_is_billed_once(self) -> None:
        assert self.billed == (1 if self.dispatched else 0)
        if Milestone.DISPATCHED in self.told:
            assert len(self.dispatched) == len(self.shipment.issues)

    @invariant()
    def who_only_hears_events_knows_what_all_scans_come_to(self) -> None:
        found = progress(self.kept.values(), self.shipment.pieces, self.shipment.terms.promised_by)
        places = {milestone: each.at for milestone, each in found.reached.items()}
        assert {milestone: when for milestone, when in self.told.items() if milestone in PLACES} == places
        assert (Milestone.DELAYED in self.told) == (found.delayed is not None)
        assert self.open == set(found.troubles) == set(self.shipment.told.exceptions)
        assert self.eta == found.eta

    @invariant()
    def what_has_left_is_never_cancelled_by_us(self) -> None:
        left = self.shipment.issues or self.shipment.told.reached
        assert not (left and calling_off.is_cancelled(self.shipment))

    @invariant()
    def nothing_is_delivered_without_a_carriers_word_for_it(self) -> None:
        said = {each.code for each in self.kept.values()}
        assert Milestone.DELIVERED not in self.told or said & {"D1", "CD"}
        assert Milestone.DISPATCHED not in self.told or said & {"AF", "P1"}


AnyRoad.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestAnyRoad = pytest.mark.feature("F141", "F135")(AnyRoad.TestCase)
