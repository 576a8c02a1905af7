"""When an announced shipment comes: the warehouse's word before its carrier's, and that before the supplier's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import crossdock.procurement.events.v1.events_pb2 as facts
import grpc
import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import dock_pb2 as dock
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import inbound_plan_pb2 as plan
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock_cli.po_voices import voices
from procurement_cases.calls import Caller, appointment, arriving, booking, on, packed, unique
from procurement_cases.refusals import refused


async def ordered(caller: Caller) -> str:
    number = unique("PO")
    await caller.submit(number)
    await caller.answer(number)
    return number


async def say(caller: Caller, day: int, hours: float = 4, **names: Any) -> pb.RecordInboundEtaResponse:
    return await caller.stub.RecordInboundEta(arriving(day, hours, **names), timeout=20)


async def notice_of(caller: Caller, number: str) -> inbound.ShipNotice:
    request = pb.GetShipNoticeRequest(supplier_id="SUP-NORDIC", number=number)
    return (await caller.stub.GetShipNotice(request, timeout=20)).ship_notice


@pytest.mark.feature("F042", "F069")
@pytest.mark.parametrize(
    "words",
    [
        each
        for each in itertools.permutations(("asn", "eta", "appointment"))
        if each.index("asn") < each.index("appointment")
    ],
    ids="-".join,
)
async def test_the_appointment_goes_before_the_eta_and_that_before_the_notice_in_every_order_of_arrival(
    caller: Caller, words: tuple[str, ...]
) -> None:
    order, asn, pro, booked = await ordered(caller), unique("SH"), unique("PRO"), unique("AP")
    said: dict[str, Callable[[], Awaitable[Any]]] = {
        "asn": lambda: caller.ship(asn, packed(order, 60), carrier_reference=pro),
        "eta": lambda: say(caller, 8, carrier_reference=pro),
        "appointment": lambda: caller.stub.RecordDockAppointment(appointment(booked, asn, day=7), timeout=20),
    }
    days = {"asn": on(5), "eta": on(8), "appointment": on(7)}
    for position, word in enumerate(words, 1):
        await said[word]()
        if "asn" in words[:position]:
            best = max(words[:position], key=("asn", "eta", "appointment").index)
            found = await notice_of(caller, asn)
            assert found.expected_on == days[best], f"after {word}"
            shown = (await caller.order(order)).purchase_order
            assert shown.lines[0].expected_on == days[best]
    found = await notice_of(caller, asn)
    assert (found.announced_on, found.carrier_eta.expected_on, found.carrier_eta.system) == (on(5), on(8), "TMS-1")
    told = [each for each in await caller.journal(shown.purchase_order_id) if isinstance(each, facts.InboundExpected)]
    last = [each for each in told if each.ship_notice_number == asn][-1]
    assert last.lines[0].expected_on == on(7), "the warehouse hears of it"
    cancelled = appointment(booked, asn, day=7, hours=9, state=dock.APPOINTMENT_STATE_CANCELLED)
    await caller.stub.RecordDockAppointment(cancelled, timeout=20)
    assert (await notice_of(caller, asn)).expected_on == on(8), "without the appointment the carrier's word counts"


@pytest.mark.feature("F042", "F069")
async def test_the_carriers_newest_word_counts_once_and_its_older_ones_stay_in_the_history(caller: Caller) -> None:
    order, asn = await ordered(caller), unique("SH")
    await caller.ship(asn, packed(order, 60), bill_of_lading=(bill := unique("BOL")))
    named: dict[str, Any] = {"supplier_id": "SUP-NORDIC", "ship_notice_number": asn}
    assert [each.number for each in (await say(caller, 9, 5, bill_of_lading=bill)).ship_notices] == [asn]
    assert (await say(caller, 9, 5, bill_of_lading=bill)).repeated_eta
    late = await say(caller, 6, 4, **named)
    assert (list(late.ship_notices), (await notice_of(caller, asn)).expected_on) == ([], on(9))
    await say(caller, 10, 6, **named)
    found = await caller.order(order)
    told = await caller.journal(found.purchase_order.purchase_order_id)
    words = [each.ship_notice.carrier_eta.expected_on for each in told if isinstance(each, facts.ShipNoticeEtaChanged)]
    assert words == [on(9), on(10)]
    assert ("TMS-1", f"ASN {asn} comes on 2026-03-12") in voices(found, [])


async def test_a_carriers_word_and_the_notice_at_the_same_moment_find_each_other(caller: Caller) -> None:
    orders = [await ordered(caller) for _ in range(8)]
    names = [(unique("SH"), unique("PRO")) for _ in orders]
    await asyncio.gather(
        *(
            caller.ship(asn, packed(order, 60), carrier_reference=pro)
            for order, (asn, pro) in zip(orders, names, strict=True)
        ),
        *(say(caller, 8, carrier_reference=pro) for _, pro in names),
    )
    assert [(await notice_of(caller, asn)).expected_on for asn, _ in names] == [on(8)] * len(names)


async def test_one_truck_moves_all_that_it_carries_and_planning_knows_on_whose_word(caller: Caller) -> None:
    order, pro = await ordered(caller), unique("PRO")
    asns = sorted(unique("SH") for _ in range(2))
    for asn in asns:
        await caller.ship(asn, packed(order, 20), carrier_reference=pro)
    moved = (await say(caller, 8, carrier_reference=pro)).ship_notices
    assert sorted(each.number for each in moved) == asns
    page = (await caller.stub.ListInbound(pb.ListInboundRequest(page_size=200), timeout=20)).orders
    [mine] = [each for each in page if each.number == order]
    by_basis = {each.basis for each in mine.quantities if each.ship_notice_number}
    assert by_basis == {plan.INBOUND_BASIS_ESTIMATED}


@pytest.mark.feature("F048")
async def test_who_carries_nothing_and_what_has_no_name_is_refused(caller: Caller) -> None:
    by_supplier = say(caller, 8, carrier_reference="PRO-1", role=options_pb2.ROLE_SUPPLIER)
    assert (await refused(by_supplier))[1] == "FIELD_NOT_OWNED"
    nameless: list[dict[str, Any]] = [{}, {"ship_notice_number": "SH-1"}]
    for names in nameless:
        assert (await refused(say(caller, 8, **names)))[0] == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.feature("F042")
@pytest.mark.parametrize("word", ["eta", "appointment", "booking"])
async def test_a_word_of_next_month_does_not_silence_those_of_today(caller: Caller, word: str) -> None:
    order, asn, pro, booked = await ordered(caller), unique("SH"), unique("PRO"), unique("AP")
    await caller.ship(asn, packed(order, 60), carrier_reference=pro)
    next_month = 24 * 31

    async def said(hours: float) -> Any:
        if word == "eta":
            return await say(caller, 8, hours, carrier_reference=pro)
        if word == "booking":
            return await caller.stub.RecordInboundBooking(booking(order, 8, hours), timeout=20)
        return await caller.stub.RecordDockAppointment(appointment(booked, asn, day=7, hours=hours), timeout=20)

    assert (await refused(said(next_month)))[1] == "SAID_IN_THE_FUTURE"
    assert not getattr(await said(4), f"repeated_{word}")
