"""A load that is taken in part: what is wrong is named, the others are written, and the last that was said counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from catalog_stage import RunningCatalog
from crossdock.catalog.v1 import catalog_service_pb2 as pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as pb_grpc
from crossdock.catalog.v1 import master_data_pb2 as md
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.database import transaction
from google.type import date_pb2

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def calls(catalog: RunningCatalog) -> Any:
    return catalog.server.caller(pb_grpc.CatalogServiceStub, tenant="acme")


def put(minutes: int = 0, **records: Any) -> pb.PutMasterDataRequest:
    said: dict[str, Any] = {"request_id": str(uuid4()), "system": "MDM", "role": options_pb2.ROLE_MDM}
    request = pb.PutMasterDataRequest(**said | {"partial_success": True} | records)
    request.said_at.FromDatetime(NOON + timedelta(minutes=minutes))
    return request


def name() -> str:
    return f"P-{uuid4().hex[:8].upper()}"


def item(sku: str, description: str = "Bolt", **more: Any) -> md.Item:
    return md.Item(sku=sku, description=description, base_unit="EA", **more)


def place(location_id: str, within: str = "", kind: Any = md.LOCATION_KIND_ZONE, zone: str = "UTC") -> md.Location:
    return md.Location(location_id=location_id, kind=kind, parent_id=within, zone=zone)


def refused(answer: pb.PutMasterDataResponse) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in answer.refused]


async def described(calls: Any, sku: str) -> str:
    listed = await calls.ListItems(pb.ListItemsRequest(page_size=1000))
    return next((str(each.description) for each in listed.items if each.sku == sku), "")


async def test_a_wrong_record_is_named_and_the_others_are_taken(calls: Any) -> None:
    good, wrong, twice, ended = (item(name()) for _ in range(4))
    wrong.gtin = "10614141123451"
    ended.valid_from.CopyFrom(date_pb2.Date(year=2026, month=3, day=1))
    ended.valid_to.CopyFrom(date_pb2.Date(year=2026, month=2, day=1))
    packed = item(name(), packaging=[md.Packaging(unit="XCS", base_quantity="0.0")])
    items = [good, wrong, twice, item(twice.sku, "Nut"), ended, packed]
    answer = await calls.PutMasterData(put(items=items))
    assert (answer.changed, answer.unchanged) == (1, 0)
    assert sorted(refused(answer)) == [
        ("items[1]", "gs1.check_digit"),
        ("items[2]", "master_data.agreeing"),
        ("items[3]", "master_data.agreeing"),
        ("items[4]", "master_data.validity"),
        ("items[5]", "packaging.not_empty"),
    ]
    told = next(each for each in answer.refused if each.path == "items[1]")
    assert (told.record, told.reason.partition(" of ")[0]) == (f"item {wrong.sku}", "gtin: check digit")
    assert [await described(calls, each.sku) for each in items] == ["Bolt", "", "", "", "", ""]
    mended = await calls.PutMasterData(put(items=[good, item(wrong.sku)]))
    assert (mended.changed, mended.unchanged, refused(mended)) == (1, 1, [])


async def test_a_place_whose_surroundings_are_unknown_waits_and_what_is_within_it_too(calls: Any) -> None:
    hall, aisle, rack, lost = name(), name(), name(), name()
    places = [place(rack, aisle), place(aisle, hall), place(lost, zone="Europe/Atlantis"), place(name(), lost)]
    answer = await calls.PutMasterData(put(locations=places))
    assert answer.changed == 0
    assert [(each.path, each.waits) for each in sorted(answer.refused, key=lambda each: each.path)] == [
        ("locations[0]", True),
        ("locations[1]", True),
        ("locations[2]", False),
        ("locations[3]", True),
    ]
    await calls.PutMasterData(put(locations=[place(hall, kind=md.LOCATION_KIND_WAREHOUSE)]))
    again = await calls.PutMasterData(put(locations=places[:2]))
    assert (again.changed, refused(again)) == (2, [])


@pytest.mark.parametrize("arrival", [(1, 2, 3), (3, 2, 1), (1, 3, 2), (2, 3, 2, 1, 3)])
async def test_the_last_that_was_said_stands_whatever_the_order_of_arrival(
    catalog: RunningCatalog, calls: Any, arrival: tuple[int, ...]
) -> None:
    sku, party = name(), name()
    for minute in arrival:
        person = md.Contact(person=f"Person {minute}")
        said = md.Party(party_id=party, name=f"Name {minute}", roles=[md.PARTY_ROLE_CARRIER], contact=person)
        await calls.PutMasterData(put(minute, items=[item(sku, f"said {minute}")], parties=[said]))
    assert await described(calls, sku) == "said 3"
    found = (await calls.GetParty(pb.GetPartyRequest(party_id=party))).party
    assert (found.name, found.contact.person) == ("Name 3", "Person 3")


async def test_a_clock_that_runs_ahead_does_not_close_the_door_behind_it(calls: Any) -> None:
    sku = name()
    await calls.PutMasterData(put(60 * 24 * 365 * 50, items=[item(sku, "from the future")]))
    late = put(items=[item(sku, "now")])
    late.ClearField("said_at")
    await calls.PutMasterData(late)
    assert await described(calls, sku) == "now"


async def test_late_words_are_no_change_and_are_not_announced(catalog: RunningCatalog, calls: Any) -> None:
    sku = name()
    answers = [await calls.PutMasterData(put(at, items=[item(sku, f"at {at}")])) for at in (5, 1, 5)]
    assert [(each.changed, each.unchanged) for each in answers] == [(1, 0), (0, 1), (0, 1)]
    async with transaction(catalog.engine, ("acme",)) as tx:
        assert await tx.driver.fetchval("SELECT count(*) FROM journal WHERE aggregate = $1", f"item/{sku}") == 1


@pytest.mark.feature("F040")
async def test_each_kind_of_record_has_its_own_owner_and_a_profile_may_name_another(calls: Any) -> None:
    sku = name()
    money = values_pb2.Money(amount="1.50", currency="EUR")
    records: dict[str, Any] = {
        "items": [item(sku)],
        "prices": [md.Price(sku=sku, price=values_pb2.UnitPrice(money=money))],
    }
    by_shop: dict[str, Any] = {"role": options_pb2.ROLE_CHANNEL, "system": "SHOP"}
    prices = [values_pb2.AttributeWriters(attribute="Price.sku", writers=[options_pb2.ROLE_CHANNEL])]
    answer = await calls.PutMasterData(put(ownership=prices, **by_shop, **records))
    assert (answer.changed, refused(answer)) == (1, [("items[0]", "FIELD_NOT_OWNED")])
    assert "CHANNEL may not write it; it belongs to MDM, ERP" in answer.refused[0].reason
    with pytest.raises(grpc.aio.AioRpcError) as whole:
        await calls.PutMasterData(put(ownership=prices, partial_success=False, **by_shop, **records))
    assert whole.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert await described(calls, sku) == ""


async def test_what_is_left_out_is_shown_before_anything_is_written(calls: Any) -> None:
    good, wrong = item(name()), item(name(), gtin="10614141123451")
    answer = await calls.PutMasterData(put(items=[good, wrong], validate_only=True))
    assert [each.path for each in answer.changes] == ["items[0]"]
    assert refused(answer) == [("items[1]", "gs1.check_digit")]
    assert await described(calls, good.sku) == ""


async def test_people_of_a_party_that_is_left_out_are_not_kept(catalog: RunningCatalog, calls: Any) -> None:
    party = md.Party(party_id=name(), name="Somebody", gln="4006381333930")
    answer = await calls.PutMasterData(put(parties=[party]))
    assert refused(answer) == [("parties[0]", "gs1.check_digit")]
    async with transaction(catalog.engine, ("acme",)) as tx:
        found = await tx.driver.fetchval("SELECT count(*) FROM personal_data WHERE facts LIKE $1", b"%Somebody%")
    assert found == 0
