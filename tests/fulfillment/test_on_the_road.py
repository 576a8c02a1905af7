"""What carriers say of goods that were handed over: lines come to where their shipment is, and to nothing before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crossdock.delivery.events.v1 import events_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfilled
from fulfillment.domain import events
from fulfillment.domain.handling import Place, Reported, issue
from fulfillment.domain.lifecycle import CARRIER, State
from fulfillment.domain.on_the_road import DELIVERED, DISPATCHED, OUT_FOR_DELIVERY, Word, depart, follow, foretell, hear
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Shipment
from fulfillment.wire import road
from fulfillment.wire.events import to_message
from fulfillment_cases.trade import D, hear_held, line, placed, shown, standing, told
from hypothesis import given
from hypothesis import strategies as st

SHIPMENT = "SH-1"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MILESTONES = (DISPATCHED, OUT_FOR_DELIVERY, DELIVERED)


def word(**said: Any) -> Word:
    return Word(SHIPMENT, None, **said)


def handed_over(quantity: int = 10, issued: int | None = None) -> SalesOrder:
    order = placed(line("1", quantity))
    hear_held(order)
    hand_over(order, quantity if issued is None else issued)
    return order


def hand_over(order: SalesOrder, quantity: int) -> None:
    issue(Place(order, order.lines[1], "WH-EAST", SHIPMENT), Reported("", "S-1", "1", "BOLT", "EA", D(quantity), D(0)))
    told(order)


def shipment() -> Shipment:
    return Shipment(SHIPMENT, "WH-EAST", "SH-1", "EU01")


def say(order: SalesOrder, goods: Shipment, gone: int = 0, /, **said: Any) -> None:
    found = word(**said)
    before = goods.forecast
    stands = hear(goods, found)
    depart(order, goods, {order.lines[1].line_id: D(gone)}, found)
    follow(order, goods, stands, found)
    if goods.forecast != before:
        foretell(order, goods, found)


@pytest.mark.feature("F027", "F111", "F124")
def test_goods_at_the_dock_are_not_shipped_before_their_carrier_says_so() -> None:
    order, goods = handed_over(), shipment()
    assert (shown(order), standing(order.lines[1])) == ("packed", {"handed_over": D(10)})
    say(order, goods, 10, reached=DISPATCHED)
    assert (shown(order), standing(order.lines[1])) == ("shipped", {"shipped": D(10)})


@pytest.mark.feature("F029", "F032", "F130")
def test_each_step_on_the_road_is_told_to_the_channel_once() -> None:
    order, goods = handed_over(), shipment()
    for reached in MILESTONES:
        for gone in (10, 10):
            say(order, goods, gone if reached == DISPATCHED else 0, reached=reached)
    found = [each for each in told(order) if isinstance(each, events.OrderStatusChanged)]
    assert [each.state for each in found] == [State.SHIPPED, State.OUT_FOR_DELIVERY, State.DELIVERED]
    assert shown(order) == "delivered"
    message = to_message(found[0])
    assert (message.channel, message.shipment_id) == ("shop-eu", SHIPMENT)  # type: ignore[attr-defined]


@pytest.mark.feature("F124", "F129")
def test_a_channel_is_told_by_which_numbers_its_customer_finds_what_left() -> None:
    order, goods = handed_over(), shipment()
    say(order, goods, 10, reached=DISPATCHED, carrier="UPSN", tracking_number="1Z-9")
    say(order, goods, reached=DELIVERED)
    for message in map(to_message, told(order)):
        assert isinstance(message, fulfilled.OrderStatusChanged)
        found = message.shipment_number, message.carrier, message.tracking_number
        assert found == ("SH-1", "UPSN", "1Z-9"), "what is not said anew is as it was said"


@pytest.mark.feature("F129", "F136", "F139")
def test_a_delay_its_end_and_another_day_are_told_and_what_arrives_has_none() -> None:
    order, goods = handed_over(), shipment()
    say(order, goods, 10, reached=DISPATCHED)
    told(order)
    for said in (
        {"foretold": True, "eta": NOON},
        {"foretold": True, "eta": NOON + timedelta(hours=6)},
        {"delayed": True},
        {"delayed": True},
        {"foretold": True, "eta": NOON + timedelta(days=2)},
        {"delayed": False},
        {"foretold": True},
    ):
        say(order, goods, **said)
    found = [each for each in told(order) if isinstance(each, events.OrderStatusChanged)]
    assert [(each.state, each.eta, each.delayed) for each in found] == [
        (State.SHIPPED, NOON, False),
        (State.SHIPPED, NOON + timedelta(hours=6), True),
        (State.SHIPPED, NOON + timedelta(days=2), True),
        (State.SHIPPED, NOON + timedelta(days=2), False),
        (State.SHIPPED, None, False),
    ]
    say(order, goods, foretold=True, eta=NOON)
    told(order)
    say(order, goods, reached=DELIVERED)
    say(order, goods, delayed=True)
    [arrived] = [to_message(each) for each in told(order)]
    assert isinstance(arrived, fulfilled.OrderStatusChanged)
    assert (arrived.HasField("eta"), arrived.delayed) == (False, False)


@pytest.mark.feature("F128")
def test_what_leaves_later_comes_to_where_its_shipment_is_and_the_rest_stays_at_the_dock() -> None:
    order, goods = handed_over(10, issued=4), shipment()
    say(order, goods, 4, reached=DISPATCHED)
    hand_over(order, 6)
    say(order, goods, reached=DELIVERED)
    assert standing(order.lines[1]) == {"delivered": D(4), "handed_over": D(6)}
    assert shown(order) == "partly_delivered"
    say(order, goods, 6, reached=DISPATCHED)
    assert standing(order.lines[1]) == {"delivered": D(10)}


@pytest.mark.feature("F031", "F111")
def test_a_delivery_exception_lasts_until_its_end_and_its_end_takes_no_delivery_back() -> None:
    order, goods = handed_over(), shipment()
    say(order, goods, 10, reached=DISPATCHED)
    say(order, goods, trouble="E-1")
    say(order, goods, trouble="E-2")
    say(order, goods, settled="E-1")
    assert standing(order.lines[1]) == {"delivery_exception": D(10)}
    say(order, goods, settled="E-2")
    assert standing(order.lines[1]) == {"shipped": D(10)}
    say(order, goods, trouble="E-3")
    say(order, goods, reached=DELIVERED)
    say(order, goods, settled="E-3")
    assert standing(order.lines[1]) == {"delivered": D(10)}


@pytest.mark.feature("F141")
def test_only_a_correction_leads_back() -> None:
    order, goods = handed_over(), shipment()
    for reached in MILESTONES:
        say(order, goods, 10, reached=reached)
    for taken_back, state in (
        (DELIVERED, "out_for_delivery"),
        (OUT_FOR_DELIVERY, "shipped"),
        (DISPATCHED, "handed_over"),
    ):
        say(order, goods, taken_back=taken_back)
        assert standing(order.lines[1]) == {state: D(10)}


@pytest.mark.parametrize("next_word", [DISPATCHED, OUT_FOR_DELIVERY, DELIVERED])
def test_what_was_taken_back_to_the_dock_goes_with_the_next_word_and_what_never_left_does_not(next_word: str) -> None:
    order, goods = handed_over(10, issued=4), shipment()
    say(order, goods, 4, reached=DISPATCHED)
    say(order, goods, taken_back=DISPATCHED)
    hand_over(order, 6)
    assert standing(order.lines[1]) == {"handed_over": D(10)}
    say(order, goods, reached=next_word)
    stands = hear(goods, word()).value
    assert standing(order.lines[1]) == {stands: D(4), "handed_over": D(6)}
    say(order, goods, 6, reached=DISPATCHED)
    assert standing(order.lines[1]) == {stands: D(10)}


@given(
    st.lists(
        st.sampled_from(
            [
                *({"reached": each} for each in MILESTONES),
                *({"taken_back": each} for each in MILESTONES),
                *({kind: each} for kind in ("trouble", "settled") for each in ("E-1", "E-2")),
            ]
        ),
        max_size=12,
    )
)
def test_whatever_is_said_nothing_is_lost_and_all_that_left_stands_where_its_shipment_does(
    words: list[dict[str, str]],
) -> None:
    order, goods = handed_over(10, issued=7), shipment()
    say(order, goods, 7, reached=DISPATCHED)
    for said in words:
        say(order, goods, **said)
    assert order.lines[1].conserved
    stands = hear(goods, word())
    found = standing(order.lines[1])
    assert found.pop("released") == D(3)
    assert found == {stands.value: D(7)}


def test_nobody_but_a_carrier_moves_anything_here() -> None:
    order = handed_over()
    depart(order, shipment(), {order.lines[1].line_id: D(3)}, word(reached=DISPATCHED))
    assert {each.state for each in order.lines[1].schedules} == {State.HANDED_OVER, State.SHIPPED}
    assert CARRIER == "CARRIER"


def test_delivery_s_facts_are_read_as_what_they_mean_for_lines() -> None:
    delivered = events_pb2.MilestoneReached(shipment_id=SHIPMENT, milestone=shipment_pb2.MILESTONE_DELIVERED)
    delayed = events_pb2.MilestoneReached(shipment_id=SHIPMENT, milestone=shipment_pb2.MILESTONE_DELAYED)
    assert road.reached(delivered) == word(reached=DELIVERED)
    assert road.reached(delayed) == word(delayed=True)
    assert road.on_time_again(events_pb2.DelayEnded(shipment_id=SHIPMENT)) == word(delayed=False)
    assert road.foretold(events_pb2.EtaChanged(shipment_id=SHIPMENT)) == word(foretold=True)
    back = events_pb2.MilestoneCorrected(shipment_id=SHIPMENT, milestone=shipment_pb2.MILESTONE_DELIVERED)
    assert road.corrected(back) == word(taken_back=DELIVERED)
    back.new_at.GetCurrentTime()
    assert road.corrected(back) is None
    raised = events_pb2.DeliveryExceptionRaised(shipment_id=SHIPMENT, exception_id="E-1")
    ended = events_pb2.DeliveryExceptionResolved(shipment_id=SHIPMENT, exception_id="E-1")
    assert (road.failed(raised), road.settled(ended)) == (word(trouble="E-1"), word(settled="E-1"))
    line_of = events_pb2.DispatchedLine(line_id="L-1")
    line_of.quantity.value = "2"
    left = road.departure(
        events_pb2.ShipmentDispatched(
            shipment_id=SHIPMENT, lines=[line_of, line_of], carrier="UPSN", tracking_number="1Z-9"
        )
    )
    assert left.gone == {"L-1": D(4)}
    assert left.word == word(reached=DISPATCHED, carrier="UPSN", tracking_number="1Z-9")
