"""Appointments at a dock through real calls: whose word moves the day of a shipment, and how docks are used."""

from __future__ import annotations

import itertools
from typing import Any

import crossdock.procurement.events.v1.events_pb2 as facts
import grpc
import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import dock_pb2 as dock
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from procurement_cases.calls import Caller, appointment, counted, on, packed, unique
from procurement_cases.refusals import refused

CANCELLED = dock.APPOINTMENT_STATE_CANCELLED
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
AHEAD = itertools.count(1000, 10)
"""Days of which no other test here uses the doors."""


async def record(caller: Caller, request: pb.RecordDockAppointmentRequest) -> pb.RecordDockAppointmentResponse:
    return await caller.stub.RecordDockAppointment(request, timeout=20)


async def shipped(caller: Caller, **more: Any) -> inbound.ShipNotice:
    """A shipment of a confirmed order, announced for day 5."""
    order, asn = unique("PO"), unique("SH")
    await caller.submit(order)
    await caller.answer(order)
    return (await caller.ship(asn, packed(order, 60), **more)).ship_notice


async def notice_of(caller: Caller, number: str) -> inbound.ShipNotice:
    request = pb.GetShipNoticeRequest(supplier_id="SUP-NORDIC", number=number)
    return (await caller.stub.GetShipNotice(request, timeout=20)).ship_notice


@pytest.mark.feature("F012")
async def test_a_warehouses_appointment_is_seen_with_its_ship_notice_and_moves_the_day(caller: Caller) -> None:
    notice = await shipped(caller)
    assert (notice.expected_on, notice.announced_on) == (on(5), on(5))
    number = unique("AP")
    await record(caller, appointment(number, notice.number, day=6))
    found = await notice_of(caller, notice.number)
    assert (found.expected_on, found.announced_on) == (on(6), on(5)), "the appointment goes before the ASN"
    assert (found.appointment.number, found.appointment.door) == (number, "D1")
    assert (found.appointment.window.from_time, found.appointment.window.to_time) == ("08:00", "09:30")
    order = await caller.order(notice.lines[0].purchase_order_number)
    assert order.purchase_order.lines[0].expected_on == on(6)
    assert order.ship_notices[0].appointment.number == number
    told = await caller.journal(order.purchase_order.purchase_order_id)
    [changed] = [each for each in told if isinstance(each, facts.DockAppointmentChanged)]
    assert [each.number for each in changed.dock_appointment.ship_notices] == [notice.number]
    expected = [each for each in told if isinstance(each, facts.InboundExpected)]
    of_notice = [each for each in expected if each.ship_notice_number == notice.number]
    assert [(each.sequence, each.lines[0].expected_on) for each in of_notice] == [(1, on(5)), (2, on(6))]


@pytest.mark.feature("F012")
async def test_the_newest_word_counts_in_whatever_order_it_comes(caller: Caller) -> None:
    notice = await shipped(caller)
    number = unique("AP")
    await record(caller, appointment(number, notice.number, day=8, hours=5))
    late = await record(caller, appointment(number, notice.number, day=6, hours=3))
    again = await record(caller, appointment(number, notice.number, day=8, hours=5))
    assert (late.repeated_appointment, again.repeated_appointment) == (True, True)
    other = unique("AP")
    await record(caller, appointment(other, notice.number, day=7, hours=4))
    assert (await notice_of(caller, notice.number)).expected_on == on(8), "another number's older word is no newer"
    assert await refused(record(caller, appointment(number, notice.number, day=9, hours=5))) == (
        PRECONDITION,
        "APPOINTMENT_CONTRADICTORY",
    )
    order_id = notice.lines[0].purchase_order_id
    assert (await caller.facts(order_id)).count("DockAppointmentChanged") == 2


async def test_what_is_cancelled_or_given_to_another_shipment_falls_back_to_what_was_announced(caller: Caller) -> None:
    first, second = await shipped(caller), await shipped(caller)
    number = unique("AP")
    await record(caller, appointment(number, first.number, second.number, day=7))
    await record(caller, appointment(number, second.number, day=7, hours=4))
    assert (await notice_of(caller, first.number)).expected_on == on(5)
    assert (await notice_of(caller, second.number)).expected_on == on(7)
    await record(caller, appointment(number, state=CANCELLED, hours=5))
    found = await notice_of(caller, second.number)
    assert (found.expected_on, found.HasField("appointment")) == (on(5), False)


async def test_a_replaced_notice_keeps_its_time_at_the_dock(caller: Caller) -> None:
    notice = await shipped(caller)
    number = unique("AP")
    await record(caller, appointment(number, notice.number, day=7))
    order = notice.lines[0].purchase_order_number
    await caller.ship(notice.number, packed(order, 50), purpose=pb.NOTICE_PURPOSE_REPLACE, hours=4)
    found = await notice_of(caller, notice.number)
    assert (found.lines[0].shipped.value, found.expected_on, found.appointment.number) == ("50", on(7), number)
    await record(caller, appointment(number, state=CANCELLED, hours=5))
    assert (await notice_of(caller, notice.number)).expected_on == on(5)


async def test_an_appointment_elsewhere_or_of_nobody_is_refused_and_nothing_moves(caller: Caller) -> None:
    notice = await shipped(caller)
    assert await refused(
        record(caller, appointment(unique("AP"), notice.number, location_id="WH-WEST", system="WMS-WEST"))
    ) == (PRECONDITION, "APPOINTMENT_ELSEWHERE")
    assert await refused(record(caller, appointment(unique("AP"), notice.number, system="WMS-WEST"))) == (
        PRECONDITION,
        "LOCATION_OF_ANOTHER_SYSTEM",
    )
    assert await refused(record(caller, appointment(unique("AP"), notice.number, role=options_pb2.ROLE_SUPPLIER))) == (
        PRECONDITION,
        "FIELD_NOT_OWNED",
    )
    assert await refused(record(caller, appointment(unique("AP"), unique("SH")))) == (
        grpc.StatusCode.NOT_FOUND,
        "SHIP_NOTICE_UNKNOWN",
    )
    assert await refused(record(caller, appointment(unique("AP"), state=CANCELLED))) == (
        grpc.StatusCode.NOT_FOUND,
        "APPOINTMENT_UNKNOWN",
    )
    backwards = appointment(unique("AP"), notice.number, ends="08:00")
    assert (await refused(record(caller, backwards)))[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert not (await notice_of(caller, notice.number)).HasField("appointment")


@pytest.mark.feature("F081")
async def test_how_doors_are_used_can_be_asked_for_by_day(caller: Caller) -> None:
    day = next(AHEAD)
    first, second, third = [await shipped(caller) for _ in range(3)]
    await record(caller, appointment(unique("AP"), first.number, day=day))
    await record(caller, appointment(unique("AP"), second.number, day=day, begins="10:00", ends="10:45"))
    gone = unique("AP")
    await record(caller, appointment(gone, third.number, day=day, door="D2"))
    await record(caller, appointment(gone, state=CANCELLED, day=day, door="D2", hours=4))
    await record(caller, appointment(unique("AP"), third.number, day=day + 1, door="D2", hours=5))
    order = first.lines[0].purchase_order_number
    received = counted(60, purchase_order_number=order, line_number="10", ship_notice_number=first.number)
    await caller.receive(unique("RC"), received)
    request = pb.GetDockUseRequest(location_id="WH-EAST", from_date=on(day), to_date=on(day + 1))
    uses = (await caller.stub.GetDockUse(request, timeout=20)).uses
    assert [(each.on, each.door, each.appointments, each.booked_minutes, each.arrived) for each in uses] == [
        (on(day), "D1", 2, 135, 1),
        (on(day + 1), "D2", 1, 90, 0),
    ]
    request.to_date.CopyFrom(on(day + 93))
    assert (await refused(caller.stub.GetDockUse(request, timeout=20)))[0] is grpc.StatusCode.INVALID_ARGUMENT
