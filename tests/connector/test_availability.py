"""Channels are told what they may promise: the newest word alone, and never an older one after it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.mappings import json_availability
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig, received
from crossdock.inventory.events.v1 import events_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.deliveries import Retry

ITEM = "A1001"


def changed(available: str, version: int, place: str = "WH-EAST", **channels: str) -> events_pb2.AvailabilityChanged:
    return events_pb2.AvailabilityChanged(
        sku=ITEM,
        location_id=place,
        business_unit="EU01",
        available=orders.quantity(available),
        as_of_version=version,
        channels=[
            events_pb2.ChannelAvailability(channel=name.replace("_", "-"), available=orders.quantity(of_channel))
            for name, of_channel in channels.items()
        ],
    )


def written(event: events_pb2.AvailabilityChanged) -> dict[str, Any]:
    shop = orders.partner(options_pb2.ROLE_CHANNEL, name="shop-eu")
    return json_availability.write(event, orders.writing(shop, own={("item", ITEM): "SHOP-1", ("unit", "EA"): "pcs"}))


@pytest.mark.feature("F097")
def test_a_channel_hears_of_its_own_items_and_what_is_kept_back_from_it() -> None:
    assert written(changed("7.500", 3, shop_eu="4", shop_us="1")) == {
        "documentType": "availability",
        "item": "SHOP-1",
        "location": "WH-EAST",
        "available": "4",
        "unit": "pcs",
        "version": 3,
    }
    assert written(changed("7.500", 3))["available"] == "7.5"


def test_a_channel_is_never_told_of_less_than_nothing() -> None:
    assert written(changed("-3", 4))["available"] == "0"


@pytest.mark.feature("F079")
async def test_planning_hears_of_new_stock_once_however_often_it_changed_meanwhile(rig: Rig) -> None:
    routes = [{"kind": "json.availability", "direction": "OUT", "path": "/stock"}]
    for name, unit in (("planning-eu", "PL01"), ("planning-us", "PL02")):
        await rig.partner(name, role="MDM", system=name, businessUnit=unit, transport=http(), documents=routes)
    for version, there in enumerate(("40", "55", "70"), 1):
        await rig.tell(planned(there, version), aggregate=f"availability/{uuid4()}")
    sent = [json.loads(content) for _, content in await rig.send("planning-eu")]
    assert [(each["item"], each["available"], each["version"]) for each in sent] == [(ITEM, "70", 3)]
    assert await rig.send("planning-us") == [], "another business unit's stock"
    await rig.tell(planned("71", 4), aggregate=f"availability/{uuid4()}")
    assert [json.loads(content)["version"] for _, content in await rig.send("planning-eu")] == [4]


def planned(available: str, version: int) -> events_pb2.AvailabilityChanged:
    """Stock of a business unit that plans, with something kept back from a shop, which is no matter of planning's."""
    event = changed(available, version, shop_eu="1")
    event.business_unit = "PL01"
    return event


@pytest.fixture
async def shop(rig: Rig) -> Rig:
    routes = [{"kind": "json.availability", "direction": "OUT", "path": "/availability"}]
    said = {"role": "CHANNEL", "system": "SHOP-EU", "partyId": "CUS-SHOP", "documents": routes}
    await rig.partner("shop-stock", transport=http(), **said)
    await rig.send("shop-stock")
    return rig


async def told(shop: Rig, available: str, version: int, **more: str) -> None:
    await shop.tell(changed(available, version, **more), aggregate=f"availability/{uuid4()}")


async def heard(shop: Rig) -> list[tuple[str, str]]:
    """What the shop gets now."""
    sent = [json.loads(content) for _, content in await shop.send("shop-stock")]
    return [(each["location"], each["available"]) for each in sent]


@pytest.mark.feature("F097", "F120")
async def test_what_changed_again_before_it_was_sent_is_told_once_and_as_it_is_now(shop: Rig) -> None:
    for version, available in enumerate(("9", "8", "7"), 1):
        await told(shop, available, version)
    await told(shop, "2", 1, place="WH-SOUTH")
    assert await heard(shop) == [("WH-EAST", "7"), ("WH-SOUTH", "2")]
    assert await heard(shop) == []
    await told(shop, "6", 4)
    assert await heard(shop) == [("WH-EAST", "6")]


async def test_a_batch_of_changes_is_one_document_for_each_item_and_place(shop: Rig) -> None:
    before = await shop.value("SELECT count(*) FROM document")
    places = ("WH-EAST", "WH-SOUTH")
    events = [
        received(changed(str(9 - version), version, place), f"availability/{place}", version)
        for version in range(1, 6)
        for place in places
    ]
    await shop.tell_together(events)
    assert await shop.value("SELECT count(*) FROM document") == before + 2
    assert await heard(shop) == [(place, "4") for place in places]


async def test_what_the_shop_did_not_take_is_not_told_to_it_any_more_when_there_is_newer(shop: Rig) -> None:
    await told(shop, "5", 1)
    [(_, content)] = await shop.send("shop-stock", Retry("HTTP 503"))
    assert json.loads(content)["available"] == "5"
    await told(shop, "3", 2)
    rows = await shop.rows(
        "SELECT state, last_error FROM delivery WHERE partner = 'shop-stock' AND ordering_key = $1 ORDER BY created_at",
        f"availability:{ITEM}:WH-EAST",
    )
    assert [(row["state"], bool(row["last_error"])) for row in rows[-2:]] == [("cancelled", True), ("waiting", False)]
    await shop._execute("UPDATE delivery SET next_attempt_at = now() WHERE state = 'waiting'")
    assert await heard(shop) == [("WH-EAST", "3")]


async def test_a_channel_that_does_not_ask_for_stock_is_not_told(shop: Rig) -> None:
    await shop.partner("shop-quiet", role="CHANNEL", transport=http(), documents=[])
    await told(shop, "1", 1)
    assert await shop.value("SELECT count(*) FROM delivery WHERE partner = 'shop-quiet'") == 0
    await heard(shop)
