"""The lifecycle is data: who may do what, what never happens, and how each stage is undone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from crossdock_kit.processes import Raise, TransitionNotOwned, TransitionUnknown
from fulfillment.domain.lifecycle import (
    DROPPED,
    GONE,
    IN_HANDS,
    RETREATS,
    SCHEDULE,
    TRANSITIONS,
    State,
    moved,
    place_of,
    undoing,
)

ROLES = ("CROSSDOCK", "ERP", "WMS", "TMS", "CARRIER", "POD", "CHANNEL", "CRM", "SUPPLIER")
MAIN = (
    ("validate", "CROSSDOCK"),
    ("accept", "CROSSDOCK"),
    ("allocate", "CROSSDOCK"),
    ("release", "CROSSDOCK"),
    ("start_picking", "WMS"),
    ("pick", "WMS"),
    ("pack", "WMS"),
    ("label", "TMS"),
    ("issue", "WMS"),
    ("ship", "CARRIER"),
    ("go_out", "CARRIER"),
    ("deliver", "POD"),
    ("close", "CROSSDOCK"),
)


def only(trigger: str) -> set[str]:
    """The roles that may fire a trigger, wherever it can be fired."""
    return {role for each in TRANSITIONS if each.trigger == trigger for role in each.who}


@pytest.mark.feature("F109")
def test_the_main_way_leads_through_every_stage_to_its_end() -> None:
    states = [State.RECEIVED]
    for trigger, role in MAIN:
        states.append(moved(states[-1], trigger, role))
    assert states[-1] is State.CLOSED
    assert all(place_of(before) < place_of(after) for before, after in pairwise(states))
    assert len(set(states)) == len(MAIN) + 1


@pytest.mark.feature("F111")
@pytest.mark.parametrize(
    ("trigger", "owners"),
    [
        ("allocate", {"ERP", "WMS", "CROSSDOCK"}),
        ("pick", {"WMS"}),
        ("pack", {"WMS"}),
        ("issue", {"WMS"}),
        ("ship", {"TMS", "CARRIER"}),
        ("ship_direct", {"SUPPLIER"}),
        ("deliver", {"CARRIER", "TMS", "POD"}),
        ("fail_delivery", {"CARRIER", "TMS", "POD"}),
        ("credit", {"ERP"}),
    ],
)
def test_a_milestone_belongs_to_its_sources_alone(trigger: str, owners: set[str]) -> None:
    assert only(trigger) == owners
    for way in (each for each in TRANSITIONS if each.trigger == trigger):
        for role in ROLES:
            if role in owners:
                assert moved(State(way.from_), trigger, role).value == way.to
            else:
                with pytest.raises(TransitionNotOwned):
                    moved(State(way.from_), trigger, role)


def test_nothing_leads_back_but_the_named_retreats_and_what_ends_a_schedule() -> None:
    back = {each.trigger for each in TRANSITIONS if place_of(State(each.to)) < place_of(State(each.from_))}
    assert back - {"withdraw_return", "settle"} <= RETREATS | {"reject"}


@pytest.mark.feature("F123")
def test_a_printed_label_is_not_a_shipment() -> None:
    labelled = moved(State.PACKED, "label", "TMS")
    assert labelled is not State.SHIPPED
    assert labelled not in GONE
    for said in ("ship", "deliver"):
        with pytest.raises(TransitionUnknown):
            moved(labelled, said, "CARRIER")
    assert moved(labelled, "issue", "WMS") is State.HANDED_OVER


@pytest.mark.feature("F132")
@pytest.mark.parametrize(
    ("state", "commands"),
    [
        (State.ACCEPTED, []),
        (State.BACKORDERED, []),
        (State.ALLOCATED, ["deallocate"]),
        (State.SOURCED, []),
        (State.AT_SUPPLIER, ["cancel_purchase"]),
        (State.RELEASED, ["recall", "deallocate"]),
        (State.PICKED, ["put_back", "recall", "deallocate"]),
        (State.LABEL_READY, ["void_label", "put_back", "recall", "deallocate"]),
        (State.HANDED_OVER, ["intercept_or_return"]),
        (State.SHIPPED, ["intercept_or_return"]),
        (State.DELIVERED, ["intercept_or_return"]),
    ],
)
def test_each_stage_names_what_undoes_it_the_last_effect_first(state: State, commands: list[str]) -> None:
    assert undoing(state) == commands


def test_what_can_be_cancelled_what_must_be_asked_back_and_what_has_left_are_all_there_is() -> None:
    cancels = {State(each.from_) for each in TRANSITIONS if each.trigger == "cancel"}
    assert cancels | IN_HANDS | GONE | DROPPED == set(State)
    assert not cancels & IN_HANDS
    assert not (cancels | IN_HANDS) & GONE


@pytest.mark.feature("F131")
def test_no_state_lasts_unseen() -> None:
    for state in State:
        deadline = SCHEDULE.deadlines.get(state.value)
        if state.value in SCHEDULE.ends:
            assert deadline is None
        else:
            assert deadline is not None
            assert not isinstance(deadline.on_expiry, Raise) or deadline.on_expiry.owner
