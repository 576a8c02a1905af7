"""Catalog over a real socket on a real database."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import grpc
import pytest
from catalog_stage import RunningCatalog, fields_of
from crossdock.catalog.events.v1 import events_pb2
from crossdock.catalog.v1 import catalog_service_pb2 as pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as pb_grpc
from crossdock.catalog.v1 import master_data_pb2 as md
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.database import transaction
from google.type import date_pb2


def put(*items: md.Item, role: Any = options_pb2.ROLE_MDM, **more: Any) -> pb.PutMasterDataRequest:
    return pb.PutMasterDataRequest(request_id=str(uuid4()), items=items, system="MDM", role=role, **more)


def item(sku: str, description: str = "Bolt", **more: Any) -> md.Item:
    return md.Item(sku=sku, description=description, base_unit="EA", **more)


def stub(catalog: RunningCatalog, tenant: str = "acme") -> Any:
    return catalog.server.caller(pb_grpc.CatalogServiceStub, tenant=tenant)


async def announced(catalog: RunningCatalog, sku: str) -> list[events_pb2.ItemChanged]:
    async with transaction(catalog.engine, ("acme",)) as tx:
        rows = await tx.driver.fetch("SELECT body FROM journal WHERE aggregate = $1 ORDER BY version", f"item/{sku}")
    return [events_pb2.ItemChanged.FromString(row["body"]) for row in rows]


@pytest.mark.feature("F167")
async def test_a_loaded_item_can_be_read_and_is_announced_once(catalog: RunningCatalog) -> None:
    calls = stub(catalog)
    first = await calls.PutMasterData(put(item("A1")))
    again = await calls.PutMasterData(put(item("A1")))
    assert (first.changed, first.unchanged, again.changed, again.unchanged) == (1, 0, 0, 1)
    assert (await calls.GetItem(pb.GetItemRequest(sku="A1"))).item.description == "Bolt"
    assert [event.sku for event in await announced(catalog, "A1")] == ["A1"]


async def test_the_same_request_twice_gives_the_same_answer(catalog: RunningCatalog) -> None:
    calls, request = stub(catalog), put(item("A2"))
    assert await calls.PutMasterData(request) == await calls.PutMasterData(request)


async def test_a_dated_change_is_seen_from_its_day_on(catalog: RunningCatalog) -> None:
    calls = stub(catalog)
    await calls.PutMasterData(put(item("A3", "old")))
    await calls.PutMasterData(put(item("A3", "new", valid_from=date_pb2.Date(year=2026, month=3, day=1))))
    day = date_pb2.Date(year=2026, month=2, day=28)
    before = await calls.GetItem(pb.GetItemRequest(sku="A3", on=day))
    after = await calls.GetItem(pb.GetItemRequest(sku="A3", on=date_pb2.Date(year=2026, month=3, day=1)))
    assert (before.item.description, after.item.description) == ("old", "new")
    assert len(await announced(catalog, "A3")) == 3


async def test_another_tenant_sees_nothing_of_it(catalog: RunningCatalog) -> None:
    await stub(catalog).PutMasterData(put(item("A4")))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub(catalog, "globex").GetItem(pb.GetItemRequest(sku="A4"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_codes_are_resolved_in_the_order_asked(catalog: RunningCatalog) -> None:
    calls = stub(catalog)
    entries = [
        md.CrosswalkEntry(partner="wms-b", kind=md.CODE_KIND_ITEM, partner_code=code, canonical=sku)
        for code, sku in (("77001", "A1"), ("77002", "A2"))
    ]
    await calls.PutMasterData(put(crosswalk=entries))
    queries = [pb.CodeQuery(kind=md.CODE_KIND_ITEM, partner_code=code) for code in ("77002", "nope", "77001")]
    answer = await calls.ResolveCodes(pb.ResolveCodesRequest(partner="wms-b", codes=queries))
    assert [result.canonical for result in answer.results] == ["A2", "", "A1"]


async def test_a_role_that_owns_no_master_data_is_refused(catalog: RunningCatalog) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub(catalog).PutMasterData(put(item("A5"), role=options_pb2.ROLE_WMS))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_wrong_check_digit_names_its_field_and_writes_nothing(catalog: RunningCatalog) -> None:
    calls = stub(catalog)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await calls.PutMasterData(put(item("A6"), item("A7", gtin="10614141123451")))
    assert fields_of(refused.value) == ["items[1].gtin"]
    with pytest.raises(grpc.aio.AioRpcError):
        await calls.GetItem(pb.GetItemRequest(sku="A6"))


async def test_items_are_listed_page_by_page(catalog: RunningCatalog) -> None:
    calls = stub(catalog, "globex")
    await calls.PutMasterData(put(*(item(f"P{number:03d}") for number in range(25))))
    seen, token = [], ""
    while True:
        answer = await calls.ListItems(pb.ListItemsRequest(page_size=10, page_token=token))
        seen += [each.sku for each in answer.items]
        token = answer.next_page_token
        if not token:
            break
    assert seen == [f"P{number:03d}" for number in range(25)]


async def test_a_page_token_of_nobodys_making_is_invalid(catalog: RunningCatalog) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub(catalog).ListItems(pb.ListItemsRequest(page_token="not base64!"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def place(name: str, kind: Any = md.LOCATION_KIND_WAREHOUSE, **more: Any) -> md.Location:
    return md.Location(location_id=name, name=name, kind=kind, **{"zone": "Europe/Berlin", **more})


@pytest.mark.feature("F085")
async def test_a_place_is_shown_within_the_places_around_it(catalog: RunningCatalog) -> None:
    calls = stub(catalog)
    site = place("SITE", md.LOCATION_KIND_SITE)
    hall, rack = place("HALL", parent_id="SITE"), place("RACK", md.LOCATION_KIND_ZONE, parent_id="HALL")
    await calls.PutMasterData(put(locations=[rack, hall, site]))
    await calls.PutMasterData(put(locations=[place("BIN-1", md.LOCATION_KIND_BIN, parent_id="RACK")]))
    found = await calls.GetLocation(pb.GetLocationRequest(location_id="BIN-1"))
    assert [each.location_id for each in found.within] == ["RACK", "HALL", "SITE"]
    assert not (await calls.GetLocation(pb.GetLocationRequest(location_id="SITE"))).within


@pytest.mark.feature("F085")
async def test_a_place_can_stand_in_no_unknown_narrower_or_own_place(catalog: RunningCatalog) -> None:
    calls = stub(catalog)
    aisle = md.LOCATION_KIND_ZONE
    await calls.PutMasterData(put(locations=[place("Z-1", aisle), place("Z-2", aisle, parent_id="Z-1")]))
    wrong = [
        (place("Z-3", aisle, parent_id="NOWHERE"), ["locations[0].parent_id"]),
        (place("W-1", parent_id="Z-1"), ["locations[0].parent_id"]),
        (place("Z-1", aisle, parent_id="Z-2"), ["locations[0].parent_id"]),
        (place("Z-4", aisle, parent_id="Z-4"), ["locations[0].parent_id"]),
        (place("Z-5", aisle, zone="Europe/Atlantis"), ["locations[0].zone"]),
    ]
    for location, fields in wrong:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await calls.PutMasterData(put(locations=[location]))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert fields_of(refused.value) == fields
    assert not (await calls.GetLocation(pb.GetLocationRequest(location_id="Z-1"))).location.parent_id


async def test_places_are_read_as_of_a_day_and_listed_page_by_page(catalog: RunningCatalog) -> None:
    calls, opens = stub(catalog, "globex"), date_pb2.Date(year=2026, month=3, day=1)
    await calls.PutMasterData(put(locations=[place("P-1"), place("P-2"), place("P-3", valid_from=opens)]))
    found = await calls.GetLocation(pb.GetLocationRequest(location_id="P-3", on=opens))
    assert (found.location.zone, found.location.valid_from) == ("Europe/Berlin", opens)
    before = pb.GetLocationRequest(location_id="P-3", on=date_pb2.Date(year=2026, month=2, day=28))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await calls.GetLocation(before)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    first = await calls.ListLocations(pb.ListLocationsRequest(page_size=2))
    rest = await calls.ListLocations(pb.ListLocationsRequest(page_size=2, page_token=first.next_page_token))
    assert [each.location_id for each in (*first.locations, *rest.locations)] == ["P-1", "P-2", "P-3"]
    assert rest.next_page_token == ""


@pytest.mark.feature("F038", "F167")
async def test_prices_are_kept_by_customer_and_announced_when_they_change(catalog: RunningCatalog) -> None:
    def price(amount: str, customer: str = "", **more: Any) -> md.Price:
        unit_price = values_pb2.UnitPrice(money=values_pb2.Money(amount=amount, currency="EUR"))
        return md.Price(sku="PRICED", customer_id=customer, price=unit_price, **more)

    calls = stub(catalog)
    first = await calls.PutMasterData(put(prices=[price("2.50"), price("2.40", "CUS-1")]))
    again = await calls.PutMasterData(put(prices=[price("2.50"), price("2.40", "CUS-1")]))
    assert (first.changed, first.unchanged, again.changed, again.unchanged) == (2, 0, 0, 2)
    later = date_pb2.Date(year=2027, month=1, day=1)
    await calls.PutMasterData(put(prices=[price("2.60", valid_from=later)]))
    async with transaction(catalog.engine, ("acme",)) as tx:
        rows = await tx.driver.fetch("SELECT body FROM journal WHERE aggregate = 'price/PRICED' ORDER BY version")
    told = [events_pb2.PricesChanged.FromString(row["body"]) for row in rows]
    assert [[each.price.money.amount for each in event.prices] for event in told] == [
        ["2.50", "2.40"],
        ["2.50", "2.60"],
    ]
    # What was for ever ends where the next begins.
    assert (told[1].prices[0].valid_to, told[1].prices[1].valid_from) == (later, later)
