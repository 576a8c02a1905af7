"""Scenarios that sellers know by name, each to its end, on real servers and services, by documents.

The others are named where their day is played: test_a_day_of_orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from partners.sales.verdict import SalesRow
from small_day import SmallDay, played
from small_day.asking import posted, stocked, traced
from small_day.rush import BUYERS, BY_ROAD, CHANNELS, LOST, ON_THE_ROAD, WANTED, CarriersAway, rush_day

pytestmark = pytest.mark.lasting(90)
AWAY = CarriersAway()


@pytest.fixture(scope="module")
async def day() -> AsyncIterator[SmallDay]:
    async with played(rush_day(), AWAY) as running:
        yield running


def rows(day: SmallDay) -> list[SalesRow]:
    return [each for each in day.verdict.sold.rows if each.order.contest]


@pytest.mark.feature("F120")
async def test_one_unit_wanted_by_64_buyers_on_four_channels_is_promised_once_and_everybody_is_told(
    day: SmallDay,
) -> None:
    assert (day.verdict.lost, day.verdict.differences) == ([], [])
    wanted = rows(day)
    assert len(wanted) == BUYERS
    assert Counter(each.order.channel for each in wanted) == dict.fromkeys(CHANNELS, BUYERS // len(CHANNELS))
    ends = Counter(each.state for each in wanted)
    [winner] = [each for each in wanted if each.state == "delivered"]
    waiting = BUYERS // len(CHANNELS) - (winner.order.channel == "shop-eu")
    assert ends == {"delivered": 1, "backordered": waiting, "cancelled": BUYERS - 1 - waiting}
    assert sum(each.shipped for each in wanted) == 1
    assert set(await posted(day, winner.order.number)) == {"order", "shipment", "invoice"}
    left = await stocked(day, WANTED)
    assert (left.get("ACCOUNT_SELLABLE", "0"), left["ACCOUNT_CUSTOMER"]) == ("0", "1")


async def test_a_carrier_outage_that_ends_catches_up_and_nobody_sees_shipped_before(day: SmallDay) -> None:
    assert AWAY.issued == len(ON_THE_ROAD) + 2
    assert AWAY.words
    assert all(each.at >= AWAY.ended_at for each in AWAY.words), "somebody spoke while all carriers were away"
    for number in ON_THE_ROAD.values():
        [row] = [each for each in day.verdict.sold.rows if each.order.number == number]
        assert (row.state, row.milestone, row.settled) == ("delivered", "delivered", True)
        names = [each["name"] for each in (await traced(day, f"order:{number}"))["steps"]]
        assert names.index("GoodsIssued") < names.index("ShipmentDispatched") < names.index("BillingTriggered")
        assert set(await posted(day, number)) == {"order", "shipment", "invoice"}


@pytest.mark.feature("F122")
async def test_a_shipment_confirmed_at_the_tms_and_lost_before_the_erp_posting_is_posted_once(day: SmallDay) -> None:
    assert len(AWAY.lost) == LOST
    assert set(AWAY.lost) == {AWAY.lost[0]}, "the same posting, asked for again"
    [shipment] = AWAY.confirmed
    [row] = [each for each in day.verdict.sold.rows if each.order.number == BY_ROAD]
    assert (row.state, row.milestone, row.settled, row.excepted) == ("delivered", "delivered", True, False)
    numbers = await posted(day, BY_ROAD)
    assert set(numbers) == {"order", "shipment", "invoice"}
    steps = (await traced(day, f"order:{BY_ROAD}"))["steps"]
    names = [each["name"] for each in steps]
    # What the TMS answers may be known here before it is noted that it was sent the tender.
    assert "json.load_tender" in names
    assert names.index("AssignCarrier") < names.index("GoodsIssued")
    assert names.count("InvoicePosted") == 1
    shown = (await day.crossdock("shipment", "show", shipment)).out
    assert "ROAM" in shown


@pytest.mark.feature("F137")
async def test_a_carrier_that_is_asked_is_asked_no_sooner_than_it_says(day: SmallDay) -> None:
    assert AWAY.polls_refused >= 1
    assert {each.partner for each in AWAY.words} >= {"car-roam", "car-swift", "car-haul"}
