"""A process that could wait for ever cannot be built; one that runs moves only by its owners' triggers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crossdock_kit.errors import Refused
from crossdock_kit.processes import (
    CLOCK,
    Deadline,
    Fire,
    Flawed,
    Process,
    Raise,
    Transition,
    TransitionNotOwned,
    TransitionUnknown,
    advance,
    compensation,
)
from hypothesis import given
from hypothesis import strategies as st

DAY = timedelta(days=1)
LATE = Deadline(DAY, Raise("LATE", "operations"))


def way(from_: str, trigger: str, to: str, *who: str, undo: str = "") -> Transition:
    return Transition(from_, trigger, to, frozenset(who), undo)


ORDER = Process(
    "order",
    ("placed", "allocated", "released", "shipped", "cancelled"),
    (
        way("placed", "allocate", "allocated", "CROSSDOCK", undo="release_reservation"),
        way("allocated", "release", "released", "CROSSDOCK", undo="cancel_pick"),
        way("released", "ship", "shipped", "WMS"),
        way("placed", "cancel", "cancelled", "CHANNEL", "CROSSDOCK"),
        way("allocated", "cancel", "cancelled", "CHANNEL"),
    ),
    {
        "placed": Deadline(DAY, Fire("cancel")),
        "allocated": Deadline(DAY, Raise("RELEASE_OVERDUE", "planning"), "order.release", "site"),
        "released": Deadline(DAY, Raise("SHIPMENT_OVERDUE", "warehouse")),
    },
)


@pytest.mark.feature("F041")
def test_only_the_owner_of_a_transition_may_fire_it_and_the_refusal_names_the_owner() -> None:
    assert advance(ORDER, "released", "ship", "WMS") == "shipped"
    with pytest.raises(TransitionNotOwned) as refused:
        advance(ORDER, "released", "ship", "CHANNEL")
    assert refused.value.owners == ("WMS",)
    assert "WMS" in str(refused.value)


def test_a_trigger_that_the_state_does_not_know_is_refused_with_those_it_knows() -> None:
    with pytest.raises(TransitionUnknown) as refused:
        advance(ORDER, "allocated", "ship", "WMS")
    assert refused.value.possible == ("release", "cancel")


@pytest.mark.feature("F227")
def test_compensation_undoes_the_last_effect_first() -> None:
    passed = [("placed", "allocate"), ("allocated", "release")]
    assert compensation(ORDER, passed) == ["cancel_pick", "release_reservation"]
    assert compensation(ORDER, [("placed", "cancel")]) == []


def _without(name: str, **changes: Any) -> tuple[str, dict[str, Any]]:
    return name, changes


@pytest.mark.parametrize(
    ("flaw", "changes"),
    [
        _without("could wait for ever", deadlines={k: v for k, v in ORDER.deadlines.items() if k != "placed"}),
        _without("is an end and has a deadline", deadlines={**ORDER.deadlines, "shipped": LATE}),
        _without("may not fire", deadlines={**ORDER.deadlines, "allocated": Deadline(DAY, Fire("cancel"))}),
        _without("never reached", states=(*ORDER.states, "lost")),
        _without("unknown states", states=ORDER.states[:-1]),
        _without("unknown states", rests=frozenset({"lost"})),
        _without("is an end and has a deadline", rests=frozenset({"released"})),
        _without("same trigger twice", transitions=(*ORDER.transitions, ORDER.transitions[0])),
        _without("nobody may fire", transitions=(*ORDER.transitions, way("released", "recall", "cancelled"))),
        _without(
            "no way to an end",
            states=(*ORDER.states, "limbo"),
            transitions=(*ORDER.transitions, way("placed", "x", "limbo", "A"), way("limbo", "x", "limbo", "A")),
            deadlines={**ORDER.deadlines, "limbo": LATE},
        ),
    ],
)
def test_a_process_with_a_flaw_cannot_be_built(flaw: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Flawed, match=flaw):
        replace(ORDER, **changes)


def test_a_rest_is_an_end_that_its_owner_may_leave_again() -> None:
    reopened = replace(
        ORDER,
        transitions=(*ORDER.transitions, way("cancelled", "reopen", "placed", "CHANNEL")),
        rests=frozenset({"cancelled"}),
    )
    assert reopened.ends == {"shipped", "cancelled"}
    assert advance(reopened, "cancelled", "reopen", "CHANNEL") == "placed"
    with pytest.raises(Flawed, match="could wait for ever"):
        replace(reopened, rests=frozenset())


@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["allocate", "release", "ship", "cancel"]),
            st.sampled_from(["CROSSDOCK", "WMS", "CHANNEL", "ERP"]),
        ),
        max_size=12,
    )
)
def test_a_refused_move_changes_nothing_and_an_end_is_an_end(moves: list[tuple[str, str]]) -> None:
    state = ORDER.initial
    for trigger, role in moves:
        before = state
        try:
            state = advance(ORDER, state, trigger, role)
        except Refused:
            assert state == before
        else:
            assert before not in ORDER.ends
            assert any(
                t.from_ == before and t.trigger == trigger and t.to == state and role in t.who
                for t in ORDER.transitions
            )
    assert state in ORDER.ends or state in ORDER.deadlines


@st.composite
def processes(draw: st.DrawFn) -> Process:
    """Any machine over up to five states; most are flawed."""
    states = tuple(f"s{n}" for n in range(draw(st.integers(2, 5))))
    names = st.sampled_from(states)
    ways = draw(st.lists(st.tuples(names, st.sampled_from("xyz"), names), max_size=10, unique_by=lambda w: w[:2]))
    transitions = tuple(way(from_, trigger, to, CLOCK) for from_, trigger, to in ways)
    guarded = draw(st.sets(names)) | {from_ for from_, _, _ in ways}
    return Process("any", states, transitions, {name: Deadline(DAY, Raise("LATE", "ops")) for name in guarded})


@given(data=st.data())
def test_whatever_can_be_built_can_end_from_everywhere(data: st.DataObject) -> None:
    try:
        process = data.draw(processes())
    except Flawed:
        return
    for start in process.states:
        seen, edge = {start}, {start}
        while edge:
            edge = {t.to for t in process.transitions if t.from_ in edge} - seen
            seen |= edge
        assert seen & process.ends, f"{start} cannot end"
        assert start in process.ends or start in process.deadlines
