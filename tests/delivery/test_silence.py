"""Who is silent is told apart: a feed, a shipment of a feed that speaks, an invoice whose trigger never came."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.testing import FixedClock
from crossdock_kit.timer_loop import TimerLoop
from crossdock_kit.unit_of_work import UnitOfWork
from delivery.consumers import silences
from delivery.store.unit_of_work import on
from delivery.use_cases.listening import BILLING_TIMER, FEED_TIMER, WORD_TIMER
from delivery_cases.calls import SECONDS, Caller, origin, unique, word
from delivery_cases.warehouse import hears, issued


async def look(caller: Caller, uow: UnitOfWork, *kinds: str) -> None:
    """Everything of these kinds that is due is looked at once; for the database the tests' March is long over."""
    every = silences(on)
    loop = TimerLoop(caller.engine, uow, [caller.tenant], {kind: every[kind] for kind in kinds})
    [waiting] = await caller.fetch("SELECT count(*) AS n FROM timer WHERE kind = ANY($1::text[])", list(kinds))
    # What is waited for anew moves behind the others, so each of them is looked at.
    for _ in range(waiting["n"]):
        await loop.round()


async def on_the_road(caller: Caller, partner: str, codes: tuple[str, ...] = ("AF",)) -> str:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    said = [word(code, hours, number) for hours, code in enumerate(codes, start=1)]
    await caller.record(*said, origin=origin(system=partner))
    return number


async def feed_of(caller: Caller, partner: str) -> pb.CarrierFeed:
    found: list[pb.CarrierFeed] = []
    token = ""
    while True:
        request = pb.ListCarrierFeedsRequest(page_size=2, page_token=token)
        answered = await caller.stub.ListCarrierFeeds(request, timeout=SECONDS)
        found += answered.feeds
        token = answered.next_page_token
        if not token:
            return next(each for each in found if each.partner == partner)


@pytest.mark.feature("F142", "F136")
async def test_a_feed_is_silent_by_its_own_cadence_and_its_shipments_stay_where_they_are(
    caller: Caller, uow: UnitOfWork, clock: FixedClock
) -> None:
    partner = unique("truck").lower()
    number = await on_the_road(caller, partner)
    for _ in range(2):
        clock.advance(timedelta(hours=10))
        await caller.record(word("X4", 2 + clock.at.hour / 100, number), origin=origin(system=partner))
    found = await feed_of(caller, partner)
    assert found.usual_gap.ToTimedelta() == timedelta(hours=10)
    assert (found.report_count, found.update_count, found.milestone_count) == (3, 3, 1)
    clock.advance(timedelta(hours=29))
    assert not (await feed_of(caller, partner)).silent
    clock.advance(timedelta(hours=2))
    assert (await feed_of(caller, partner)).silent
    before = await caller.shipment(number)
    await look(caller, uow, FEED_TIMER)
    assert await caller.exceptions(f"feed/{partner}") == [("CARRIER_FEED_SILENT", "integration", True)]
    assert await caller.shipment(number) == before
    await caller.record(word("X4", 9, number), origin=origin(system=partner))
    assert await caller.exceptions(f"feed/{partner}") == [("CARRIER_FEED_SILENT", "integration", False)]
    assert not (await feed_of(caller, partner)).silent


async def test_a_feed_with_nothing_on_the_road_may_be_silent(
    caller: Caller, uow: UnitOfWork, clock: FixedClock
) -> None:
    partner = unique("truck").lower()
    await on_the_road(caller, partner, ("AF", "D1"))
    clock.advance(timedelta(days=9))
    await look(caller, uow, FEED_TIMER)
    assert await caller.exceptions(f"feed/{partner}") == []


@pytest.mark.feature("F142")
async def test_a_shipment_of_which_a_speaking_feed_says_nothing_lacks_a_milestone(
    caller: Caller, uow: UnitOfWork, clock: FixedClock
) -> None:
    partner = unique("truck").lower()
    silent = await on_the_road(caller, partner, ("AF", "X6"))
    shipment_id = (await caller.shipment(silent)).shipment_id
    clock.advance(timedelta(hours=30))
    # The whole feed is silent by now: that is one matter and not one for each shipment.
    await look(caller, uow, WORD_TIMER)
    assert ("MILESTONE_MISSING", "delivery-desk", True) not in await caller.exceptions(shipment_id)
    await on_the_road(caller, partner)
    await look(caller, uow, WORD_TIMER)
    assert ("MILESTONE_MISSING", "delivery-desk", True) in await caller.exceptions(shipment_id)
    await caller.record(word("D1", 9, silent), origin=origin(system=partner))
    assert ("MILESTONE_MISSING", "delivery-desk", False) in await caller.exceptions(shipment_id)


async def test_a_proof_ends_the_wait_for_a_shipments_next_word_and_is_no_feed(
    caller: Caller, uow: UnitOfWork, clock: FixedClock
) -> None:
    partner = unique("truck").lower()
    number = await on_the_road(caller, partner)
    shipment_id = (await caller.shipment(number)).shipment_id
    clock.advance(timedelta(hours=30))
    await on_the_road(caller, partner)
    await look(caller, uow, WORD_TIMER)
    assert ("MILESTONE_MISSING", "delivery-desk", True) in await caller.exceptions(shipment_id)
    await caller.prove(number, 9, origin=origin(options_pb2.ROLE_POD, f"{partner}-pod"))
    assert ("MILESTONE_MISSING", "delivery-desk", False) in await caller.exceptions(shipment_id)
    assert await caller.fetch("SELECT 1 FROM timer WHERE kind = $1 AND subject = $2", WORD_TIMER, shipment_id) == []
    assert await caller.fetch("SELECT 1 FROM carrier_feed WHERE partner = $1", f"{partner}-pod") == []


@pytest.mark.feature("F142")
async def test_the_end_of_a_feed_is_told_and_moves_nothing(caller: Caller) -> None:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    await caller.record(word("Expired", 5, number, "aftership"), origin=origin(system="after-ship"))
    assert await caller.exceptions(f"feed/after-ship/{number}") == [("CARRIER_FEED_ENDED", "integration", True)]
    assert list((await caller.shipment(number)).milestones) == []


@pytest.mark.feature("F145", "F144")
async def test_a_billing_trigger_that_is_skipped_is_told_and_ends_with_the_word_that_was_missing(
    caller: Caller, uow: UnitOfWork
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, issued(shipment_id, number, order, carrier="SCAC", tracking_number=number))
    await look(caller, uow, BILLING_TIMER)
    assert ("BILLING_TRIGGER_SKIPPED", "billing-desk", True) in await caller.exceptions(shipment_id)
    await caller.record(word("AF", 1, number))
    assert ("BILLING_TRIGGER_SKIPPED", "billing-desk", False) in await caller.exceptions(shipment_id)
    assert (await caller.facts(shipment_id)).count("BillingTriggered") == 1
