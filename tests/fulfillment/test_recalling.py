"""What was released and is asked back: told by release, stopped or too late, and settled once nothing is open."""

from __future__ import annotations

import pytest
from fulfillment.domain import events
from fulfillment.domain.cancelling import cancel_part, change_quantity
from fulfillment.domain.concerns import identity
from fulfillment.domain.handling import Outcome, Place, Reported, issue, pack, pick
from fulfillment.domain.posting_lines import changed
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.recalling import RECALL_UNANSWERED, recall, settle_recalls
from fulfillment.domain.sales_order import SalesOrder
from fulfillment_cases.trade import D, hear_held, line, names, placed, shown, standing, told

OPEN = identity(RECALL_UNANSWERED, "sales_order/0191-1/1")


def released(quantity: float = 10) -> SalesOrder:
    order = placed(line("1", quantity))
    hear_held(order)
    told(order)
    return order


def less(order: SalesOrder, wish: float) -> list[events.OrderReleaseRecalled]:
    """What the warehouse is told when so much is wanted only."""
    change_quantity(order, order.lines[1], Quantity(D(str(wish)), "EA"), "less", "CHANNEL")
    return [each for each in told(order) if isinstance(each, events.OrderReleaseRecalled)]


def says(order: SalesOrder, stopped: float = 0, too_late: float = 0) -> Outcome:
    said = Reported("", "S-1", "1", "BOLT", "EA", D(str(stopped)), too_late=D(str(too_late)))
    outcome = recall(Place(order, order.lines[1], "WH-EAST"), said)
    settle_recalls(order, 1)
    return outcome


def reports(order: SalesOrder, quantity: float, short: float = 0) -> Reported:
    return Reported("", "S-1", "1", "BOLT", "EA", D(str(quantity)), D(str(short)))


def total(steps: object) -> list[str]:
    return [str(each.quantity.value) for each in steps]  # type: ignore[attr-defined]


@pytest.mark.feature("F132")
def test_a_release_is_asked_back_by_its_number_whole_or_in_part() -> None:
    order = released()
    [part] = less(order, 6)
    assert (part.location_id, part.number) == ("WH-EAST", "S-1/1.1")
    assert (total(part.steps), total(part.remaining)) == (["4"], ["6"])
    [rest] = less(order, 0)
    assert (rest.number, total(rest.steps), total(rest.remaining)) == ("S-1/1.1", ["6"], [])


def test_each_release_is_asked_back_from_its_place() -> None:
    order = released()
    change_quantity(order, order.lines[1], Quantity(D(14), "EA"), "more", "CHANNEL")
    hear_held(order, reservation="R-2")
    told(order)
    cancel_part(order, 1, "changed my mind", "CHANNEL")
    recalled = [each for each in told(order) if isinstance(each, events.OrderReleaseRecalled)]
    assert [(each.number, total(each.steps), list(each.remaining)) for each in recalled] == [
        ("S-1/1.1", ["10"], []),
        ("S-1/1.2", ["4"], []),
    ]


@pytest.mark.feature("F132")
def test_what_is_stopped_is_cancelled_and_nobody_waits_for_the_answer_any_more() -> None:
    order = released()
    less(order, 6)
    outcome = says(order, stopped=4)
    assert standing(order.lines[1]) == {"released": D(6), "cancelled": D(4)}
    assert [(each.quantity, each.reservation_id) for each in outcome.handled] == [(D(4), "R-1")]
    assert OPEN in order.settled
    assert changed(order) == {}, "the ERP was told when it was asked back"
    assert names(order) == ["OrderLinesCancelled"]


@pytest.mark.feature("F132")
def test_what_is_stopped_after_it_was_packed_says_in_which_shipment_it_lay() -> None:
    order = released()
    pack(Place(order, order.lines[1], "WH-EAST", "SH-1"), reports(order, 6))
    told(order)
    less(order, 0)
    says(order, stopped=10)
    [cancelled] = told(order)
    found = {step.shipment_id: str(step.quantity.value) for step in cancelled.steps}  # type: ignore[union-attr]
    assert found == {"SH-1": "6", "": "4"}


def test_an_answer_in_part_leaves_the_rest_open() -> None:
    order = released()
    less(order, 0)
    says(order, stopped=4)
    assert OPEN not in order.settled
    says(order, stopped=6)
    assert OPEN in order.settled
    assert shown(order) == "cancelled"


@pytest.mark.feature("F132")
def test_what_comes_too_late_goes_out_and_is_wanted_and_owed_again() -> None:
    order = released()
    less(order, 0)
    outcome = says(order, stopped=4, too_late=6)
    assert [each.quantity for each in outcome.late] == [D(6)]
    [posting] = changed(order)[1].postings()
    assert (posting.quantity, order.lines[1].wanted) == (Quantity(D(6), "EA"), D(6))
    assert names(order) == ["OrderLinesCancelled", "OrderCancellationRefused"]
    assert [(each.code, each.owner) for each in order.concerns][-1] == ("RECALL_REFUSED", "order-desk")
    assert OPEN in order.settled


def test_what_leaves_without_an_answer_was_too_late() -> None:
    order = released()
    less(order, 0)
    issue(Place(order, order.lines[1], "WH-EAST", "SH-1"), reports(order, 10))
    for _ in range(2):
        settle_recalls(order, 1)
    # Its customer does not want it; it can only come back.
    assert (standing(order.lines[1]), order.lines[1].wanted) == ({"handed_over": D(10)}, D(0))
    assert OPEN in order.settled
    assert [each.code for each in order.concerns].count("RECALL_REFUSED") == 1


def test_what_is_picked_is_put_back_and_said_so() -> None:
    order = released()
    pick(Place(order, order.lines[1], "WH-EAST"), reports(order, 10))
    less(order, 7)
    [stopped] = says(order, stopped=3).handled
    assert (stopped.quantity, stopped.picked_before) == (D(3), True)
    assert standing(order.lines[1]) == {"picked": D(7), "cancelled": D(3)}


def test_what_was_asked_back_and_is_not_found_is_settled_too() -> None:
    order = released()
    less(order, 0)
    pick(Place(order, order.lines[1], "WH-EAST"), reports(order, 0, short=10))
    settle_recalls(order, 1)
    assert (shown(order), OPEN in order.settled) == ("cancelled", True)
    assert names(order) == ["OrderLinesCancelled"]


def test_an_answer_takes_nothing_that_is_wanted_and_its_repetition_nothing_more() -> None:
    order = released()
    less(order, 6)
    says(order, stopped=4)
    outcome = says(order, stopped=4)
    assert standing(order.lines[1]) == {"released": D(6), "cancelled": D(4)}
    assert [(each.quantity, each.schedule_id) for each in outcome.unreleased] == [(D(4), "")]
    assert order.lines[1].conserved
