"""Carriage of an order from its supplier to us: what is booked moves the day, what is declined is somebody's."""

from __future__ import annotations

import asyncio
from typing import Any

import crossdock.procurement.events.v1.events_pb2 as facts
import grpc
import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import inbound_plan_pb2 as plan
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock_cli.po_voices import voices
from procurement.domain.carriage import Booking, BookingState, book, booked_load
from procurement.domain.expected import expect_order
from procurement.domain.outcomes import Outcome
from procurement_cases import trade
from procurement_cases.calls import Caller, answered, arriving, booking, on, packed, says, unique
from procurement_cases.refusals import refused
from procurement_cases.trade import ITEMS, NOW, day, document, line

DECLINED, CANCELLED = order_pb.BOOKING_STATE_DECLINED, order_pb.BOOKING_STATE_CANCELLED


async def ordered(caller: Caller) -> str:
    """Of which the supplier has promised everything for the ninth day."""
    number = unique("PO")
    await caller.submit(number)
    await caller.answer(number, answered("10", says(pb.ACKNOWLEDGMENT_OUTCOME_DATE_CHANGED, date=on(9))))
    return number


async def say(caller: Caller, order: str, day: int | None = None, hours: float = 4, **more: Any) -> Any:
    return await caller.stub.RecordInboundBooking(booking(order, day, hours, **more), timeout=20)


async def expected(caller: Caller, order: str) -> list[Any]:
    """The days that the warehouse was told of the order itself."""
    found = (await caller.order(order)).purchase_order
    told = [each for each in await caller.journal(found.purchase_order_id) if isinstance(each, facts.InboundExpected)]
    return [each.lines[0].expected_on for each in told if each.reference == found.purchase_order_id and each.lines]


@pytest.mark.feature("F083", "F069")
async def test_what_is_booked_moves_the_day_of_what_was_promised_until_it_is_cancelled(caller: Caller) -> None:
    order = await ordered(caller)
    assert (await caller.order(order)).purchase_order.lines[0].expected_on == on(9)
    done = await say(caller, order, 12, number="BK-1", carrier="HAUL", pick_up_on=on(10))
    kept = done.purchase_order.inbound_booking
    assert (kept.number, kept.carrier, kept.system, kept.expected_on) == ("BK-1", "HAUL", "TMS-1", on(12))
    assert done.purchase_order.lines[0].expected_on == on(12)
    [promise] = done.purchase_order.lines[0].confirmed
    assert (promise.date, promise.expected_on) == (on(9), on(12)), "the supplier's word stays beside it"
    page = (await caller.stub.ListInbound(pb.ListInboundRequest(page_size=200), timeout=20)).orders
    [mine] = [each for each in page if each.number == order]
    assert {each.basis for each in mine.quantities} == {plan.INBOUND_BASIS_ESTIMATED}
    assert ("TMS-1", "booking BK-1 booked, comes on 2026-03-14") in voices(await caller.order(order), [])
    gone = await say(caller, order, hours=6, number="BK-1", state=CANCELLED, reason="no driver")
    assert gone.purchase_order.lines[0].expected_on == on(9)
    assert not gone.purchase_order.lines[0].confirmed[0].HasField("expected_on")
    assert await expected(caller, order) == [on(9), on(12), on(9)]


@pytest.mark.feature("F083")
async def test_the_newest_word_counts_once(caller: Caller) -> None:
    order = await ordered(caller)
    assert not (await say(caller, order, 12, 5)).repeated_booking
    assert (await say(caller, order, 12, 5)).repeated_booking
    late = await say(caller, order, 10, 4)
    assert (late.repeated_booking, late.purchase_order.inbound_booking.expected_on) == (True, on(12))
    assert not (await say(caller, order, 14, 6)).repeated_booking
    found = (await caller.order(order)).purchase_order
    told = await caller.journal(found.purchase_order_id)
    days = [
        each.purchase_order.inbound_booking.expected_on
        for each in told
        if isinstance(each, facts.PurchaseOrderCarriageChanged)
    ]
    assert days == [on(12), on(14)]


@pytest.mark.feature("F083")
async def test_what_nobody_carries_is_procurements_until_somebody_does_or_the_order_goes(caller: Caller) -> None:
    first, other = await ordered(caller), await ordered(caller)
    for order in (first, other):
        await say(caller, order, hours=5, state=DECLINED, reason="no capacity")
    ids = {order: (await caller.order(order)).purchase_order.purchase_order_id for order in (first, other)}
    assert await caller.exceptions(ids[first]) == [("CARRIAGE_DECLINED", "procurement", True)]
    assert (await caller.order(first)).purchase_order.lines[0].expected_on == on(9)
    await say(caller, first, 12, hours=6, system="TMS-2")
    await caller.submit(other, hours=8, purpose=pb.ORDER_PURPOSE_CANCEL)
    for order in (first, other):
        assert await caller.exceptions(ids[order]) == [("CARRIAGE_DECLINED", "procurement", False)]


@pytest.mark.feature("F083", "F042")
@pytest.mark.parametrize("announced_first", [True, False])
async def test_a_shipment_that_is_carried_as_booked_has_the_bookings_day(caller: Caller, announced_first: bool) -> None:
    order, asn, pro = await ordered(caller), unique("SH"), unique("PRO")
    if announced_first:
        await caller.ship(asn, packed(order, 60), carrier_reference=pro)
        await say(caller, order, 12, carrier_reference=pro)
    else:
        await say(caller, order, 12, carrier_reference=pro)
        await caller.ship(asn, packed(order, 60), carrier_reference=pro)
    request = pb.GetShipNoticeRequest(supplier_id="SUP-NORDIC", number=asn)
    found = (await caller.stub.GetShipNotice(request, timeout=20)).ship_notice
    assert (found.announced_on, found.expected_on, found.carrier_eta.system) == (on(5), on(12), "TMS-1")
    await caller.stub.RecordInboundEta(arriving(13, 7, carrier_reference=pro), timeout=20)
    assert (await caller.stub.GetShipNotice(request, timeout=20)).ship_notice.expected_on == on(13)


async def test_a_booking_and_its_shipment_at_the_same_moment_find_each_other(caller: Caller) -> None:
    named = [(await ordered(caller), unique("SH"), unique("PRO")) for _ in range(6)]
    await asyncio.gather(
        *(caller.ship(asn, packed(order, 60), carrier_reference=pro) for order, asn, pro in named),
        *(say(caller, order, 12, carrier_reference=pro) for order, _, pro in named),
    )
    for _, asn, _ in named:
        request = pb.GetShipNoticeRequest(supplier_id="SUP-NORDIC", number=asn)
        assert (await caller.stub.GetShipNotice(request, timeout=20)).ship_notice.expected_on == on(12)


@pytest.mark.feature("F048", "F083")
async def test_who_carries_nothing_and_what_names_no_order_is_refused(caller: Caller) -> None:
    order = await ordered(caller)
    by_supplier = say(caller, order, 12, role=options_pb2.ROLE_SUPPLIER)
    assert (await refused(by_supplier))[1] == "FIELD_NOT_OWNED"
    assert await refused(say(caller, unique("PO"), 12)) == (grpc.StatusCode.NOT_FOUND, "PURCHASE_ORDER_UNKNOWN")
    unsaid = booking(order, 12)
    unsaid.origin.ClearField("occurred_at")
    assert (await refused(caller.stub.RecordInboundBooking(unsaid, timeout=20)))[0] == grpc.StatusCode.INVALID_ARGUMENT
    await caller.submit(order, business_unit="US01")
    assert (await refused(say(caller, order, 12)))[1] == "PURCHASE_ORDER_AMBIGUOUS"
    assert (await say(caller, order, 12, business_unit="EU01")).purchase_order.business_unit == "EU01"


@pytest.mark.feature("F083")
def test_a_load_takes_what_is_due_first_and_what_is_due_until_it_is_fetched() -> None:
    order = trade.released(line("10", 60), line("20", 40, "NUT"))
    for number, when in (("10", 9), ("20", 12)):
        trade.acknowledge(order, trade.says(Outcome.DATE_CHANGED, on=day(when)), number=number)

    def booked(pick_up: int | None, hours: int) -> list[Any]:
        fetched = day(pick_up) if pick_up else None
        word = Booking(
            "BK-1", BookingState.BOOKED, NOW.replace(hour=hours), "TMS-1", pick_up_on=fetched, expected_on=day(15)
        )
        assert book(order, word)
        [expectation] = expect_order(order, {})
        return [each.expected_on for each in expectation.lines]

    assert booked(None, 9) == [day(15), day(12)], "the second is not due yet"
    assert booked(12, 10) == [day(15), day(15)], "both stand ready when it is fetched"
    assert booked(8, 11) == [day(15), day(12)], "fetched before anything was promised"
    trade.ship(trade.packed(order, 60), orders=[order])
    assert booked(None, 12) == [day(15)], "what is on its way goes by its notice"
    order.place(document(hours=30, cancels=True), ITEMS)
    assert booked_load(order) is None
