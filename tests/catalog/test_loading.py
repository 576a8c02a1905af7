"""Batches of master data: what they may not say, codes with their own days, and what one code means to each source."""

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

MARCH = date_pb2.Date(year=2026, month=3, day=1)
FEBRUARY = date_pb2.Date(year=2026, month=2, day=28)


@pytest.fixture
def calls(catalog: RunningCatalog) -> Any:
    return catalog.server.caller(pb_grpc.CatalogServiceStub, tenant="acme")


def put(**records: Any) -> pb.PutMasterDataRequest:
    said: dict[str, Any] = {"request_id": str(uuid4()), "system": "MDM", "role": options_pb2.ROLE_MDM}
    return pb.PutMasterDataRequest(**said | records)


def code(partner: str, kind: Any, said: str, means: str, **more: Any) -> md.CrosswalkEntry:
    return md.CrosswalkEntry(partner=partner, kind=kind, partner_code=said, canonical=means, **more)


async def meant(calls: Any, partner: str, kind: Any, said: str, on: date_pb2.Date | None = None, **more: str) -> str:
    query = pb.CodeQuery(kind=kind, partner_code=said, **more)
    answer = await calls.ResolveCodes(pb.ResolveCodesRequest(partner=partner, on=on, codes=[query]))
    return str(answer.results[0].canonical)


async def told(catalog: RunningCatalog, partner: str) -> list[md.CrosswalkEntry]:
    """The entries of a partner in the order in which they were announced."""
    async with transaction(catalog.engine, ("acme",)) as tx:
        rows = await tx.driver.fetch(
            "SELECT body FROM journal WHERE aggregate = $1 ORDER BY version", f"crosswalk/{partner}"
        )
    return [entry for row in rows for entry in events_pb2.CrosswalkChanged.FromString(row["body"]).entries]


def priced(amount: str) -> md.Price:
    money = values_pb2.Money(amount=amount, currency="EUR")
    return md.Price(sku="TWICE", price=values_pb2.UnitPrice(money=money))


def packed(*levels: tuple[str, str]) -> md.Item:
    packaging = [md.Packaging(unit=unit, base_quantity=quantity) for unit, quantity in levels]
    return md.Item(sku="TWICE", base_unit="EA", packaging=packaging)


@pytest.mark.feature("F181")
@pytest.mark.parametrize(
    ("records", "field"),
    [
        ({"crosswalk": [code("sup-t", md.CODE_KIND_ITEM, "77", each) for each in ("A1", "A2")]}, "crosswalk[1]"),
        ({"prices": [priced("1.00"), priced("1.01")]}, "prices[1]"),
        ({"items": [packed(), packed(("XCS", "12"))]}, "items[1]"),
        ({"items": [packed(("XCS", "12"), ("XCS", "10"))]}, "items[0].packaging[1].unit"),
        ({"items": [packed(("EA", "12"))]}, "items[0].packaging[0].unit"),
        ({"items": [packed(("XCS", "0.000"))]}, "items[0].packaging[0].base_quantity"),
    ],
)
async def test_a_load_that_contradicts_itself_is_refused_whole_and_names_where(
    calls: Any, records: dict[str, Any], field: str
) -> None:
    good = md.Item(sku=f"GOOD-{uuid4().hex[:8].upper()}", base_unit="EA")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await calls.PutMasterData(put(**records | {"items": [*records.get("items", ()), good]}))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields_of(refused.value) == [field]
    for sku in (good.sku, "TWICE"):
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await calls.GetItem(pb.GetItemRequest(sku=sku))
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert await meant(calls, "sup-t", md.CODE_KIND_ITEM, "77") == ""


async def test_a_load_may_say_the_same_twice_and_the_history_of_a_thing_at_once(calls: Any) -> None:
    entries = [code("sup-h", md.CODE_KIND_ITEM, "77", "A1"), code("sup-h", md.CODE_KIND_ITEM, "77", "A1")]
    later = code("sup-h", md.CODE_KIND_ITEM, "77", "A2", valid_from=MARCH)
    answer = await calls.PutMasterData(put(crosswalk=[*entries, later], items=[packed(("EA", "1"), ("XCS", "12"))]))
    assert (answer.changed, answer.unchanged) == (3, 1)
    assert await meant(calls, "sup-h", md.CODE_KIND_ITEM, "77", MARCH) == "A2"


@pytest.mark.feature("F177")
async def test_what_a_code_means_changes_on_a_day_and_what_it_meant_can_still_be_asked(
    catalog: RunningCatalog, calls: Any
) -> None:
    condition: dict[str, Any] = {"kind": md.CODE_KIND_CODE, "said": "B-WARE", "list": "conditions"}
    await calls.PutMasterData(put(crosswalk=[code("wms-v", means="DAMAGED", **condition)]))
    await calls.PutMasterData(put(crosswalk=[code("wms-v", means="HOLD", valid_from=MARCH, **condition)]))
    for day, meaning in ((FEBRUARY, "DAMAGED"), (MARCH, "HOLD")):
        assert await meant(calls, "wms-v", md.CODE_KIND_CODE, "B-WARE", day, list="conditions") == meaning
    # The same word of another list, or of another source, is another word.
    assert await meant(calls, "wms-v", md.CODE_KIND_CODE, "B-WARE", MARCH, list="reasons") == ""
    assert await meant(calls, "wms-w", md.CODE_KIND_CODE, "B-WARE", MARCH, list="conditions") == ""
    # Who keeps a copy is told of every version with its days, and of none twice.
    again = await calls.PutMasterData(put(crosswalk=[code("wms-v", means="HOLD", valid_from=MARCH, **condition)]))
    assert (again.changed, again.unchanged) == (0, 1)
    versions = [(each.canonical, each.valid_from, each.valid_to) for each in await told(catalog, "wms-v")]
    always = date_pb2.Date()
    assert versions == [("DAMAGED", always, always), ("DAMAGED", always, MARCH), ("HOLD", MARCH, always)]


@pytest.mark.feature("F170", "F179")
async def test_the_same_number_of_two_systems_is_two_things_and_two_numbers_may_be_one(calls: Any) -> None:
    """Number 4711 names a supplier, an item and a place in each of two ERPs, and none of them is the other's."""
    kinds = {md.CODE_KIND_PARTY: "SUP", md.CODE_KIND_ITEM: "ITEM", md.CODE_KIND_LOCATION: "WH"}
    entries = [
        code(system, kind, "4711", f"{name}-{unit}")
        for system, unit in (("ERP-EU", "EU"), ("ERP-US", "US"))
        for kind, name in kinds.items()
    ]
    same = [code("ERP-US", md.CODE_KIND_PARTY, "V-9", "SUP-EU"), code("wms-a", md.CODE_KIND_PARTY, "NORD", "SUP-EU")]
    await calls.PutMasterData(put(crosswalk=[*entries, *same]))
    for kind, name in kinds.items():
        assert await meant(calls, "ERP-EU", kind, "4711") == f"{name}-EU"
        assert await meant(calls, "ERP-US", kind, "4711") == f"{name}-US"
        assert await meant(calls, "wms-a", kind, "4711") == ""
    assert {
        await meant(calls, "ERP-EU", md.CODE_KIND_PARTY, "4711"),
        await meant(calls, "ERP-US", md.CODE_KIND_PARTY, "V-9"),
        await meant(calls, "wms-a", md.CODE_KIND_PARTY, "NORD"),
    } == {"SUP-EU"}


@pytest.mark.feature("F169")
async def test_a_warehouses_word_for_a_bin_leads_to_its_place_and_all_around_it(calls: Any) -> None:
    def place(name: str, kind: Any, within: str = "") -> md.Location:
        return md.Location(location_id=name, kind=kind, parent_id=within, zone="Europe/Berlin", system="WMS-EAST")

    places = [
        place("M-SITE", md.LOCATION_KIND_SITE),
        place("M-HALL", md.LOCATION_KIND_WAREHOUSE, "M-SITE"),
        place("M-COLD", md.LOCATION_KIND_ZONE, "M-HALL"),
        place("M-BIN-7", md.LOCATION_KIND_BIN, "M-COLD"),
    ]
    words = [
        code("wms-m", md.CODE_KIND_LOCATION, "07-01-03", "M-BIN-7"),
        code("ERP-EU", md.CODE_KIND_LOCATION, "1010", "M-HALL"),
    ]
    await calls.PutMasterData(put(locations=places, crosswalk=words))
    for partner, said, around in (
        ("wms-m", "07-01-03", ["M-COLD", "M-HALL", "M-SITE"]),
        ("ERP-EU", "1010", ["M-SITE"]),
    ):
        found = await meant(calls, partner, md.CODE_KIND_LOCATION, said)
        place_of = await calls.GetLocation(pb.GetLocationRequest(location_id=found))
        assert [each.location_id for each in place_of.within] == around
        assert place_of.location.system == "WMS-EAST"


async def foreseen(calls: Any, **records: Any) -> list[tuple[str, str, list[str]]]:
    answer = await calls.PutMasterData(put(validate_only=True, **records))
    assert answer.changed == len(answer.changes)
    name = pb.RecordEffect.Name
    return [
        (each.path, name(each.effect).removeprefix("RECORD_EFFECT_").lower(), list(each.fields))
        for each in answer.changes
    ]


async def test_a_corrected_file_shows_first_what_it_would_change_and_changes_nothing(calls: Any) -> None:
    def item(size: str, **more: Any) -> md.Item:
        packaging = [md.Packaging(unit="XCS", base_quantity=size)]
        return md.Item(sku="SHOWN", base_unit="EA", description="Bolt", packaging=packaging, **more)

    place = md.Location(location_id="S-HALL", kind=md.LOCATION_KIND_WAREHOUSE, zone="Europe/Berlin")
    bin_ = md.Location(location_id="S-BIN", kind=md.LOCATION_KIND_BIN, zone="Europe/Berlin", parent_id="S-HALL")
    first: dict[str, Any] = {
        "items": [item("12")],
        "locations": [bin_, place],
        "crosswalk": [code("sup-s", md.CODE_KIND_ITEM, "77", "SHOWN")],
    }
    assert [effect for _, effect, _ in await foreseen(calls, **first)] == ["creates"] * 4
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await calls.GetItem(pb.GetItemRequest(sku="SHOWN"))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert (await calls.PutMasterData(put(**first))).changed == 4
    assert await foreseen(calls, **first) == []
    corrected = first | {
        "items": [item("12"), item("10", valid_from=MARCH)],
        "crosswalk": [code("sup-s", md.CODE_KIND_ITEM, "77", "OTHER")],
    }
    told = [("items[1]", "succeeds", ["packaging"]), ("crosswalk[0]", "replaces", ["canonical"])]
    assert await foreseen(calls, **corrected) == told
    assert await foreseen(calls, **corrected) == told, "showing it changed nothing"
    assert await meant(calls, "sup-s", md.CODE_KIND_ITEM, "77") == "SHOWN"
    assert (await calls.PutMasterData(put(**corrected))).changed == len(told)
    assert await foreseen(calls, **corrected) == []


async def test_what_would_be_refused_is_refused_when_it_is_only_shown(calls: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await foreseen(calls, items=[packed(("XCS", "12"), ("XCS", "10"))])
    assert fields_of(refused.value) == ["items[0].packaging[1].unit"]
