"""An order's rules, without doubles: accepted once, promised what there is, undone as far as it has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fulfillment.domain import events
from fulfillment.domain.allocating import allocate, ask, refuse, retry
from fulfillment.domain.cancelling import cancel_part, change_quantity
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import PART_LINES, OrderLine
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.questions import SHORT_ANSWERS, Held
from fulfillment.domain.refusals import (
    CurrencyMixed,
    ItemUnknown,
    LineNumberTwice,
    LinesMissing,
    OrderAlreadyShipped,
    OrderNotOpen,
    OrderWithoutLines,
    QuantityInvalid,
    TooManyLines,
    UnitNotConvertible,
)
from fulfillment.domain.sales_order import MOST_LINES, SalesOrder
from fulfillment.domain.terms import LineTerms, Price, ShortageRule, content_of, grown
from fulfillment.wire.events import to_message
from fulfillment_cases.trade import (
    ITEMS,
    D,
    blank,
    hear_held,
    hear_short,
    line,
    names,
    placed,
    shown,
    standing,
    terms,
    told,
    wanted,
)


@pytest.mark.feature("F021")
def test_an_order_is_submitted_before_it_is_accepted() -> None:
    order = blank()
    order.append([line()], ITEMS)
    assert shown(order) == "open"
    order.submit(1, whole=True)
    assert shown(order) == "validating"
    order.accept()
    assert names(order) == ["OrderSubmitted", "OrderAccepted"]
    assert shown(order) == "accepted"


@pytest.mark.parametrize(
    ("bad", "refusal"),
    [
        ([line(sku="STRANGE")], ItemUnknown),
        ([line(unit="KGM")], UnitNotConvertible),
        ([line("1"), line("1")], LineNumberTwice),
        ([LineTerms("1", "BOLT", Quantity(D(1), "EA"), price=Price(D(2), "USD"))], CurrencyMixed),
        ([line(quantity=0)], QuantityInvalid),
        ([line(quantity=-1)], QuantityInvalid),
    ],
)
def test_a_line_that_cannot_be_read_is_refused(bad: list[LineTerms], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        blank().append(bad, ITEMS)


class Looked(dict[int, OrderLine]):
    """Counts how many lines are looked at."""

    looks = 0

    def __iter__(self) -> Iterator[int]:
        for each in super().__iter__():
            self.looks += 1
            yield each

    def get(self, position: int, default: Any = None) -> Any:
        self.looks += 1
        return super().get(position, default)


def test_a_part_is_found_without_a_look_at_the_lines_of_others() -> None:
    order = blank()
    order.append([line(str(n)) for n in range(10 * PART_LINES)], ITEMS)
    order.lines = Looked(order.lines)
    assert [each.position for each in order.of_part(7)] == list(range(6 * PART_LINES + 1, 7 * PART_LINES + 1))
    assert order.lines.looks <= PART_LINES


def test_an_order_without_lines_and_one_of_too_many_are_refused() -> None:
    with pytest.raises(OrderWithoutLines):
        blank().submit(0, whole=True)
    order = blank()
    order.line_count = MOST_LINES
    with pytest.raises(TooManyLines):
        order.append([line()], ITEMS)


def test_an_order_is_submitted_once_and_as_its_channel_counted_it() -> None:
    order = blank()
    order.append([line("1"), line("2")], ITEMS)
    with pytest.raises(LinesMissing):
        order.submit(3, whole=True)
    order.submit(2, whole=True)
    with pytest.raises(OrderNotOpen):
        order.submit(2, whole=True)
    with pytest.raises(OrderNotOpen):
        order.append([line("3")], ITEMS)


def test_the_content_of_an_order_does_not_depend_on_the_order_of_its_lines() -> None:
    head, one, two = terms().fingerprint, line("1").fingerprint, line("2", 5).fingerprint
    assert content_of(head, one, two) == content_of(head, two, one) == grown(content_of(head, one), two)
    assert content_of(head, one, two) != content_of(head, one, line("2", 6).fingerprint)
    assert terms().fingerprint != terms(channel_confirmed=True).fingerprint


def test_quantities_are_kept_in_the_base_unit_and_summed_by_item() -> None:
    order = placed(line("1", 2, unit="XCS"), line("2", 3), line("3", "1.5", "SAND", "KGM"))
    assert wanted(order) == {"BOLT": D(27), "SAND": D("1.5")}


@pytest.mark.feature("F019", "F022")
def test_what_inventory_holds_is_allocated_and_released_to_its_place() -> None:
    order = placed(line("1", 10), line("2", 4, "NUT"))
    hear_held(order, [Held("BOLT", "WH-EAST", D(10)), Held("NUT", "WH-WEST", D(4))])
    assert shown(order) == "released"
    allocated, *released = told(order)
    assert isinstance(allocated, events.OrderLinesAllocated)
    assert {
        (each.location_id, each.steps[0].line.sku) for each in released if isinstance(each, events.OrderReleased)
    } == {
        ("WH-EAST", "BOLT"),
        ("WH-WEST", "NUT"),
    }
    assert all(each.reservation_id == "R-1" for each in order.lines[1].schedules)
    assert order.lines[1].schedules[0].supply == "stock"


@pytest.mark.feature("F128")
def test_a_line_that_two_places_serve_becomes_two_schedules() -> None:
    order = placed(line("1", 10))
    hear_held(order, [Held("BOLT", "WH-EAST", D(7)), Held("BOLT", "WH-WEST", D(3))])
    assert [(each.location_id, each.quantity) for each in order.lines[1].schedules] == [
        ("WH-WEST", D(3)),
        ("WH-EAST", D(7)),
    ]
    assert order.lines[1].conserved
    assert names(order) == ["OrderLinesAllocated", "OrderAcknowledged", "OrderReleased", "OrderReleased"]


def test_a_customer_is_told_of_its_lines_once_when_inventory_has_answered_for_all_of_them() -> None:
    order = placed(line("1", 10), line("2", 5, "NUT"))
    hear_short(order, BOLT=4)
    assert "OrderAcknowledged" not in names(order)
    hear_held(order)
    [acknowledged] = [each for each in told(order) if isinstance(each, events.OrderAcknowledged)]
    assert [standing(each) for each in acknowledged.lines] == [
        {"released": D(4), "backordered": D(6)},
        {"released": D(5)},
    ]
    retry(order, 1)
    hear_held(order)
    assert names(order) == ["OrderLinesAllocated", "OrderReleased"]


@pytest.mark.parametrize("rule", [ShortageRule.BACKORDER, ShortageRule.CANCEL])
def test_a_customer_that_gets_nothing_is_told_so(rule: ShortageRule) -> None:
    order = placed(line("1", 10), shortage=rule)
    hear_short(order, BOLT=0)
    assert names(order)[-1] == "OrderAcknowledged"


@pytest.mark.feature("F128")
def test_what_is_short_waits_and_what_is_there_is_asked_for_again() -> None:
    order = placed(line("1", 10), line("2", 5))
    hear_short(order, BOLT=12)
    assert names(order) == ["OrderLinesBackordered"]
    assert wanted(order) == {"BOLT": D(12)}
    assert standing(order.lines[2]) == {"accepted": D(2), "backordered": D(3)}
    hear_held(order)
    assert shown(order) == "partly_released"
    assert standing(order.lines[2]) == {"released": D(2), "backordered": D(3)}


@pytest.mark.feature("F120")
def test_an_order_that_its_channel_has_confirmed_is_never_refused_for_want_of_stock() -> None:
    order = placed(line(), channel_confirmed=True, shortage=ShortageRule.CANCEL)
    hear_short(order, BOLT=0)
    assert shown(order) == "backordered"
    assert order.lines[1].schedules[0].reason == "STOCK_SHORT"


def test_an_order_that_nobody_has_confirmed_is_cancelled_short_where_it_says_so() -> None:
    order = placed(line(), shortage=ShortageRule.CANCEL)
    hear_short(order, BOLT=4)
    assert standing(order.lines[1]) == {"accepted": D(4), "cancelled": D(6)}
    assert names(order) == ["OrderLinesCancelled"]


def test_an_order_that_ships_complete_is_released_when_all_of_it_is_there() -> None:
    order = placed(line("1", 10), line("2", 4, "NUT"), shortage=ShortageRule.SHIP_COMPLETE)
    hear_short(order, NUT=1)
    hear_held(order)
    assert shown(order) == "partly_allocated"
    retry(order, 1)
    hear_held(order, reservation="R-2")
    assert shown(order) == "released"
    assert {each.reservation_id for each in order.lines[2].schedules} == {"R-1", "R-2"}


def test_after_some_short_answers_in_a_row_the_rest_waits_however_the_others_fare() -> None:
    order = placed(line("1", 100))
    for there in range(SHORT_ANSWERS, 0, -1):
        hear_short(order, BOLT=there)
    assert shown(order) == "backordered"
    assert not order.parts[1].open


def test_the_answer_to_an_old_question_is_given_back() -> None:
    order = placed(line("1", 10))
    old = order.questions[-1]
    ask(order, 1)
    allocate(order, 1, old.attempt, "R-old", [Held("BOLT", "WH-EAST", D(10))])
    assert order.given_back == {1: ["R-old"]}
    assert shown(order) == "accepted"
    hear_held(order)
    assert shown(order) == "released"


def test_what_was_held_too_long_is_asked_for_again_and_in_the_end_somebody_is_told() -> None:
    order = placed(line())
    for _ in range(SHORT_ANSWERS):
        refuse(order, 1, order.questions[-1].attempt, "RESERVATION_LAPSED", "inventory was away")
        assert (shown(order), order.concerns) == ("accepted", [])
    refuse(order, 1, order.questions[-1].attempt, "RESERVATION_LAPSED", "inventory was away")
    assert shown(order) == "backordered"
    assert [each.code for each in order.concerns] == ["ALLOCATION_REFUSED"]


def test_a_refused_question_leaves_the_part_waiting_and_somebody_told() -> None:
    order = placed(line())
    refuse(order, 1, order.questions[-1].attempt, "UNIT_NOT_CONVERTIBLE", "no such unit")
    assert shown(order) == "backordered"
    assert [(each.code, each.owner) for each in order.concerns] == [("ALLOCATION_REFUSED", "order-desk")]
    retry(order, 1)
    hear_held(order)
    assert order.concerns[0].identity in order.settled


@pytest.mark.feature("F020")
def test_what_checkout_holds_is_the_orders() -> None:
    order = placed(line("1", 10), checkout="C-1")
    assert order.questions[-1].checkout == "C-1"
    hear_held(order, reservation="C-1")
    assert shown(order) == "released"
    assert order.given_back == {}


@pytest.mark.parametrize(
    "held",
    [
        [Held("BOLT", "WH-EAST", D(9))],
        [Held("BOLT", "WH-EAST", D(11))],
        [Held("BOLT", "WH-EAST", D(10)), Held("NUT", "WH-EAST", D(1))],
        [Held("BOLT", "WH-WEST", D(10))],
    ],
    ids=["less", "more", "something besides", "at a place that may not serve"],
)
def test_what_checkout_holds_besides_the_order_is_given_back_and_stock_asked_for(held: list[Held]) -> None:
    order = placed(line("1", 10), checkout="C-1", locations=("WH-EAST",))
    hear_held(order, held, "C-1")
    assert order.given_back == {1: ["C-1"]}
    assert order.questions[-1].checkout == ""
    hear_held(order, reservation="R-2")
    assert shown(order) == "released"
    assert {each.reservation_id for each in order.lines[1].schedules} == {"R-2"}


def test_what_checkout_holds_no_more_is_asked_of_stock_and_troubles_nobody() -> None:
    order = placed(line("1", 10), checkout="C-1")
    refuse(order, 1, order.questions[-1].attempt, "RESERVATION_LAPSED", "too late")
    assert order.questions[-1].checkout == ""
    assert order.concerns == []
    hear_held(order)
    assert shown(order) == "released"


@pytest.mark.feature("F132")
def test_cancelling_before_the_warehouse_takes_everything_back_at_once() -> None:
    order = placed(line("1", 10), line("2", 4, "NUT"), shortage=ShortageRule.SHIP_COMPLETE)
    hear_short(order, NUT=1)
    hear_held(order)
    told(order)
    cancel_part(order, 1, "changed my mind", "CHANNEL")
    assert shown(order) == "cancelled"
    assert order.given_back == {1: ["R-1"]}
    assert names(order) == ["OrderLinesCancelled"]
    assert not order.parts[1].open


def test_a_change_that_comes_after_the_cancellation_makes_nothing_wanted_again() -> None:
    order = placed(line("1", 10))
    order.end()
    cancel_part(order, 1, "changed my mind", "CHANNEL")
    with pytest.raises(OrderNotOpen):
        change_quantity(order, order.lines[1], Quantity(D(4), "EA"), "late", "CHANNEL")
    assert shown(order) == "cancelled"


@pytest.mark.feature("F132")
def test_cancelling_what_a_warehouse_has_in_hands_asks_it_back() -> None:
    order = placed(line())
    hear_held(order)
    told(order)
    cancel_part(order, 1, "changed my mind", "CHANNEL")
    requested, recalled = told(order)
    assert isinstance(requested, events.OrderCancellationRequested)
    assert isinstance(recalled, events.OrderReleaseRecalled)
    assert [each.commands for each in requested.compensations] == [("recall", "deallocate")]
    assert shown(order) == "released"
    assert [(each.code, each.owner) for each in order.concerns] == [("RECALL_UNANSWERED", "warehouse")]
    cancel_part(order, 1, "again", "CHANNEL")
    assert told(order) == []


@pytest.mark.feature("F132")
def test_what_has_left_cannot_be_cancelled() -> None:
    order = placed(line())
    hear_held(order)
    for trigger, role in (("pick", "WMS"), ("pack", "WMS"), ("issue", "WMS")):
        order.move(order.lines[1].schedules[0], trigger, role)
    with pytest.raises(OrderAlreadyShipped):
        order.refuse_if_gone()
    order.refuse_if_gone(intercept=True)
    with pytest.raises(OrderAlreadyShipped):
        change_quantity(order, order.lines[1], Quantity(D(1), "EA"), "", "CHANNEL")


def gone_in_part(*triggers: tuple[str, str]) -> SalesOrder:
    """Two lines are released; the first of them has left."""
    order = placed(line(), line("2", 4, "NUT"))
    hear_held(order)
    for trigger, role in (("pick", "WMS"), ("pack", "WMS"), ("issue", "WMS"), *triggers):
        order.move(order.lines[1].schedules[0], trigger, role)
    order.lines[1].schedules[0].shipment_id = "SH-1"
    told(order)
    return order


@pytest.mark.feature("F132")
def test_the_rest_of_an_order_of_which_some_has_left_is_cancelled_and_somebody_tells_what_arrives() -> None:
    order = gone_in_part()
    order.refuse_if_gone()
    [(left, _)] = cancel_part(order, 1, "changed my mind", "CHANNEL")
    assert left.sku == "BOLT"
    assert [each.cancel_requested for line_ in order.lines.values() for each in line_.schedules] == [False, True]
    assert names(order) == ["OrderCancellationRequested", "OrderReleaseRecalled"]
    assert [each.code for each in order.concerns] == ["RECALL_UNANSWERED", "CANCELLED_TOO_LATE"]
    assert order.concerns[-1].details == {"line 1": "10 of BOLT"}


@pytest.mark.feature("F132")
def test_what_is_on_the_road_is_asked_back_from_its_carrier_and_what_has_arrived_is_not() -> None:
    order = gone_in_part(("ship", "CARRIER"))
    cancel_part(order, 1, "changed my mind", "CHANNEL", intercept=True)
    asked = told(order)[-1]
    assert isinstance(asked, events.OrderCancellationRequested)
    [stop] = asked.compensations
    assert (stop.commands, stop.step.shipment_id) == (("intercept_or_return",), "SH-1")
    assert [each.code for each in order.concerns] == ["RECALL_UNANSWERED"]
    order = gone_in_part(("ship", "CARRIER"), ("deliver", "CARRIER"))
    cancel_part(order, 1, "changed my mind", "CHANNEL", intercept=True)
    assert [each.code for each in order.concerns] == ["RECALL_UNANSWERED", "CANCELLED_TOO_LATE"]


@pytest.mark.parametrize(("wish", "states"), [(7, {"accepted": 7, "cancelled": 3}), (0, {"cancelled": 10})])
def test_less_is_taken_from_what_has_come_least_far(wish: int, states: dict[str, int]) -> None:
    order = placed(line("1", 10))
    change_quantity(order, order.lines[1], Quantity(D(wish), "EA"), "less", "CHANNEL")
    assert standing(order.lines[1]) == {state: D(quantity) for state, quantity in states.items()}
    assert names(order) == ["OrderLineChanged", "OrderLinesCancelled"]
    assert order.lines[1].conserved


def test_more_is_a_schedule_of_its_own_and_is_asked_for() -> None:
    order = placed(line("1", 10))
    hear_held(order)
    change_quantity(order, order.lines[1], Quantity(D(14), "EA"), "more", "CHANNEL")
    assert wanted(order) == {"BOLT": D(4)}
    assert standing(order.lines[1]) == {"released": D(10), "accepted": D(4)}


def test_a_reservation_is_given_back_whole_and_what_it_held_besides_is_asked_for_again() -> None:
    order = placed(line("1", 10), line("2", 4, "NUT"), line("3", 9, "SAND", "KGM"), shortage=ShortageRule.SHIP_COMPLETE)
    hear_short(order, SAND=0)
    hear_held(order)
    told(order)
    change_quantity(order, order.lines[1], Quantity(D(0), "EA"), "less", "CHANNEL")
    assert names(order) == ["OrderLineChanged", "OrderLinesCancelled", "OrderLinesDeallocated"]
    assert order.given_back == {1: ["R-1"]}
    assert wanted(order) == {"NUT": D(4)}


def test_a_big_order_is_worked_in_parts() -> None:
    order = blank()
    order.append([line(str(number)) for number in range(PART_LINES + 1)], ITEMS)
    order.tell_appended()
    appended: list[Any] = told(order)
    assert [(each.part, len(each.lines)) for each in appended] == [(1, PART_LINES), (2, 1)]
    order.submit(PART_LINES + 1, whole=False)
    order.accept()
    ask(order, 2)
    hear_held(order)
    assert shown(order) == "partly_released"
    assert order.counts == {State.ACCEPTED: PART_LINES, State.RELEASED: 1, State.ALLOCATED: 0}


@pytest.mark.parametrize("kind", get_args(events.Event))
def test_every_fact_has_a_wire_form(kind: type[Any]) -> None:
    assert to_message.dispatch(kind) is not to_message.dispatch(object)
