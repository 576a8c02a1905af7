"""A return is the sum of what was said of it: the same in whatever order authorisation, receipt and inspection come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from crossdock_kit.processes import TransitionNotOwned, TransitionUnknown
from fulfillment.domain.coming_back import ask_back, credited, follow_return, let_be
from fulfillment.domain.customer_return import CustomerReturn, Fact
from fulfillment.domain.lifecycle import CHANNEL
from fulfillment.domain.lifecycle import State as Standing
from fulfillment.domain.refusals import NotDelivered
from fulfillment.domain.sales_order import SalesOrder
from fulfillment_cases.trade import NOW, D, placed, standing
from hypothesis import given
from hypothesis import strategies as st

KEY = ("1", "BOLT")


def blank() -> CustomerReturn:
    return CustomerReturn("0191-r", "R-1", "EU01", NOW, order_id="0191-1", order_number="S-1")


def authorized(quantity: int = 5) -> CustomerReturn:
    found = blank()
    found.authorize({KEY: (D(quantity), "EA")}, CHANNEL)
    return found


def stands(found: CustomerReturn) -> str:
    return found.state.value


def came_back(found: CustomerReturn, quantity: int, line_number: str = "1") -> None:
    found.came_back([(found.line(line_number, "BOLT", "EA"), D(quantity))])


def inspect(found: CustomerReturn, quantity: int, line_number: str = "1") -> None:
    found.inspect([(found.line(line_number, "BOLT", "EA"), D(quantity))])


STEPS: dict[str, Callable[[CustomerReturn], None]] = {
    "authorize": lambda found: found.authorize({KEY: (D(5), "EA")}, CHANNEL),
    "receive 2": lambda found: came_back(found, 2),
    "receive 3": lambda found: came_back(found, 3, ""),
    "inspect 1": lambda found: inspect(found, 1),
    "inspect 4": lambda found: inspect(found, 4, ""),
}


@pytest.mark.feature("F133", "F156")
@given(st.permutations(sorted(STEPS)))
def test_a_return_comes_to_the_same_whatever_order_it_is_told_in(steps: list[str]) -> None:
    found = blank()
    for each in steps:
        STEPS[each](found)
    [line] = found.lines.values()
    assert (line.line_number, line.authorized, line.received, line.inspected) == ("1", D(5), D(5), D(5))
    assert stands(found) == "inspected"
    assert found.facts == [Fact.AUTHORIZED]
    assert all(each.identity in found.settled for each in found.concerns)


@pytest.mark.feature("F133")
def test_a_return_passes_through_its_states_as_the_goods_do() -> None:
    found = authorized()
    assert stands(found) == "authorized"
    came_back(found, 2)
    assert stands(found) == "partly_received"
    came_back(found, 3)
    assert stands(found) == "received"
    inspect(found, 5)
    found.credit(asked=2)
    found.credit(posted=1)
    assert stands(found) == "inspected"
    found.credit(posted=1)
    assert stands(found) == "credited"
    assert found.facts == [Fact.AUTHORIZED, Fact.CREDITED]


@pytest.mark.feature("F133")
def test_what_nobody_authorised_is_booked_and_somebodys_until_it_is_authorised() -> None:
    found = blank()
    came_back(found, 5)
    assert stands(found) == "unauthorized"
    assert [(each.code, each.owner) for each in found.concerns] == [("RETURN_NOT_AUTHORIZED", "returns-desk")]
    found.authorize({KEY: (D(5), "EA")}, CHANNEL)
    assert stands(found) == "received"
    assert found.settled == [found.concerns[0].identity]


def test_more_than_was_authorised_is_somebodys_and_no_more_of_it_is_decided() -> None:
    found = authorized(2)
    came_back(found, 3)
    inspect(found, 3)
    [line] = found.lines.values()
    assert (stands(found), line.decided, line.surplus) == ("inspected", D(2), D(1))
    assert "1 EA of BOLT" in found.concerns[-1].summary


def test_who_keeps_the_rest_is_credited_for_what_came_back() -> None:
    found = authorized()
    came_back(found, 2)
    inspect(found, 2)
    found.credit(asked=1)
    found.credit(posted=1)
    assert stands(found) == "partly_received"
    found.withdraw(CHANNEL)
    found.credit()
    assert stands(found) == "credited"
    assert found.facts == [Fact.AUTHORIZED, Fact.WITHDRAWN, Fact.CREDITED]


def test_a_return_is_withdrawn_while_it_is_under_way_and_by_the_customers_side_only() -> None:
    found = authorized()
    with pytest.raises(TransitionNotOwned):
        found.withdraw("WMS")
    found.withdraw(CHANNEL)
    assert stands(found) == "withdrawn"
    whole = authorized()
    came_back(whole, 5)
    with pytest.raises(TransitionUnknown):
        whole.withdraw(CHANNEL)


# --- the order's lines


def delivered() -> SalesOrder:
    order = placed()
    [schedule] = order.lines[1].schedules
    order.counts[schedule.state] -= 1
    order.counts[Standing.DELIVERED] += 1
    schedule.state, schedule.shipment_id = Standing.DELIVERED, "sh-1"
    return order


@pytest.mark.feature("F128", "F133")
def test_lines_stand_where_their_return_stands_and_the_rest_stays_delivered() -> None:
    order, found = delivered(), authorized()
    line = order.lines[1]
    ask_back(order, line, D(5), found.return_id, CHANNEL)
    assert standing(line) == {"delivered": D(5), "return_requested": D(5)}
    came_back(found, 3)
    inspect(found, 1)
    [back] = found.lines.values()
    [(_, decided)] = follow_return(order, line, back, found.return_id)
    assert (decided.quantity, decided.shipment_id) == (D(1), "sh-1")
    assert standing(line) == {"delivered": D(5), "return_requested": D(2), "returned": D(2), "inspected": D(1)}
    assert follow_return(order, line, back, found.return_id) == []
    let_be(order, line, found.return_id, CHANNEL)
    credited(order, line, found.return_id)
    assert standing(line) == {"delivered": D(5), "closed": D(2), "returned": D(2), "credited": D(1)}
    assert line.conserved
    assert sum(order.counts.values()) == len(line.schedules)


def test_no_more_comes_back_than_was_delivered() -> None:
    order = delivered()
    ask_back(order, order.lines[1], D(6), "r-1", CHANNEL)
    with pytest.raises(NotDelivered):
        ask_back(order, order.lines[1], D(5), "r-2", CHANNEL)
    with pytest.raises(NotDelivered):
        ask_back(placed(), placed().lines[1], D(1), "r-1", CHANNEL)
