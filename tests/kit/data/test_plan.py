"""What becomes of each message of a batch: pure decisions, for any order and any repetition."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5

from crossdock_kit.subscriptions.inbox import Admission, Mark
from crossdock_kit.subscriptions.model import Arrival, HeldFacts, delivered_count
from crossdock_kit.subscriptions.plan import CONTRADICTION, plan_of, waves
from hypothesis import given
from hypothesis import strategies as st

SPACE = UUID(int=0)


def arrival(aggregate: str, version: int, kind: str = "X") -> Arrival:
    event_id = uuid5(SPACE, f"{aggregate}{version}")
    return Arrival(event_id, "acme", aggregate, version, kind, 0, {}, "", b"")


def fresh(*arrivals: Arrival, **marks: Mark) -> Admission:
    return Admission(
        frozenset(a.event_id for a in arrivals), {("acme", aggregate): mark for aggregate, mark in marks.items()}
    )


def test_another_event_of_a_version_that_was_passed_contradicts_and_is_neither_applied_nor_dropped() -> None:
    other = arrival("a", 2)
    plan = plan_of([other], fresh(other, a=Mark(2)))
    assert (plan.apply, plan.duplicates, plan.hold, plan.versions) == ([], [], [(other, CONTRADICTION)], {})


def test_what_follows_a_contradiction_in_the_same_batch_is_held_too() -> None:
    other, following = arrival("a", 2), arrival("a", 3)
    plan = plan_of([following, other], fresh(other, following, a=Mark(2)))
    assert plan.apply == []
    assert plan.hold == [(other, CONTRADICTION), (following, "parked")]


def test_what_contradicted_once_goes_on_contradicting_until_the_consumer_has_gone_back() -> None:
    other = arrival("a", 2)
    other.held = HeldFacts(CONTRADICTION, 1, datetime.now(UTC), raised=True)
    assert plan_of([other], fresh(a=Mark(2))).hold == [(other, CONTRADICTION)]
    assert plan_of([other], fresh(a=Mark(1))).apply == [other]


def test_a_held_message_that_another_owner_applied_is_dropped() -> None:
    late = arrival("a", 2)
    late.held = HeldFacts("gap", 0, datetime.now(UTC), raised=False)
    assert plan_of([late], fresh(a=Mark(2))).duplicates == [late]


def test_a_message_that_was_admitted_before_is_dropped_whatever_its_version() -> None:
    known = arrival("a", 9)
    assert plan_of([known], fresh(a=Mark(2))).duplicates == [known]


def test_what_follows_a_gap_is_held() -> None:
    first, third = arrival("a", 1), arrival("a", 3)
    plan = plan_of([third, first], fresh(first, third))
    assert plan.apply == [first]
    assert plan.hold == [(third, "gap")]
    assert plan.loosened == [("acme", "a")]


def test_nothing_of_a_parked_aggregate_is_applied() -> None:
    following, other = arrival("a", 3), arrival("b", 1)
    plan = plan_of([following, other], fresh(following, other, a=Mark(2, parked=True)))
    assert plan.apply == [other]
    assert plan.hold == [(following, "parked")]


def test_an_aggregate_with_held_messages_is_looked_at_again_when_it_moves() -> None:
    missing = arrival("a", 2)
    assert plan_of([missing], fresh(missing, a=Mark(1, holding=True))).loosened == [("acme", "a")]


@given(st.data())
def test_any_order_and_any_repetition_applies_each_version_once_and_in_order(data: st.DataObject) -> None:
    events = [arrival(aggregate, version) for aggregate in "abc" for version in range(1, 6)]
    sent = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=10))))
    plan = plan_of(sent, fresh(*events))
    assert not plan.hold
    assert len(plan.duplicates) == len(sent) - len(events)
    for aggregate in "abc":
        assert [a.version for a in plan.apply if a.aggregate == aggregate] == [1, 2, 3, 4, 5]
    assert set(plan.versions.values()) == {5}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("XYZ")), max_size=40))
def test_waves_hold_one_type_each_and_keep_every_aggregates_order(drawn: list[tuple[str, str]]) -> None:
    counts: dict[str, int] = {}
    arrivals = []
    for aggregate, kind in drawn:
        counts[aggregate] = counts.get(aggregate, 0) + 1
        arrivals.append(arrival(aggregate, counts[aggregate], kind))
    flat = []
    for kind, wave in waves(arrivals, ["X", "Y"]):
        assert {each.type for each in wave} == {kind}
        flat += wave
    for aggregate in "abcd":
        expected = [each for each in arrivals if each.aggregate == aggregate and each.type != "Z"]
        assert [each for each in flat if each.aggregate == aggregate] == expected


def test_the_brokers_count_is_read_from_both_forms_of_its_reply() -> None:
    assert delivered_count(b"$JS.ACK.PROCUREMENT.inventory_07.3.120.119.1700000000.0") == 3
    assert delivered_count(b"$JS.ACK.hub.ACC.PROCUREMENT.inventory_07.2.120.119.1700000000.0.r") == 2
    assert delivered_count(b"") == 1
