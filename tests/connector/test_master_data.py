"""json.master_data: what an ERP or an MDM system says goes to catalog, without what is wrong and what still waits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault, WrongLines
from connector.domain.documents import State
from connector.mappings import json_master_data
from connector.store.codes import Entry
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import TENANT, Rig
from crossdock.catalog.v1 import catalog_service_pb2 as catalog
from crossdock.catalog.v1 import master_data_pb2 as md
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from google.type import date_pb2

SAID_AT = "2026-11-20T09:00:00Z"
ROUTES = [{"kind": "json.master_data", "direction": "IN", "path": "master-data"}]
BOLT: dict[str, Any] = {"number": "B-1", "description": "Bolt", "baseUnit": "EA"}
HALL = {"number": "HALL-1", "kind": "warehouse", "zone": "Europe/Berlin"}


def document(**records: Any) -> dict[str, Any]:
    return {"documentType": "masterData", "changedAt": SAID_AT} | records


def read(of: Any = None, **records: Any) -> Any:
    """Of an ERP unless said otherwise; the samples' crosswalk calls its 770001 A1001, and its ST a piece."""
    partner = of or orders.partner(options_pb2.ROLE_ERP, name="erp-eu", system="ERP-EU")
    parsed = json_document.decode(json.dumps(document(**records)).encode())
    return json_master_data.read(parsed, orders.reading(partner))


@pytest.mark.feature("F167")
def test_an_item_keeps_its_levels_its_days_and_all_that_is_said_of_it() -> None:
    said = BOLT | {
        "baseUnit": "ST",
        "category": "hardware",
        "gtin": "4006381333931",
        "lotControlled": True,
        "packaging": [{"unit": "KAR", "quantity": "12.5", "gtin": "10614141000019"}],
        "substitutes": ["B-2", "770001"],
        "validFrom": "2026-12-01",
    }
    request = read(items=[said]).request
    assert (request.system, request.role, request.partial_success) == ("ERP-EU", options_pb2.ROLE_ERP, True)
    assert request.said_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert list(request.items) == [
        md.Item(
            sku="B-1",
            description="Bolt",
            category="hardware",
            base_unit="EA",
            packaging=[md.Packaging(unit="XCS", base_quantity="12.5", gtin="10614141000019")],
            gtin="04006381333931",
            lot_controlled=True,
            substitutes=["B-2", "A1001"],
            valid_from=date_pb2.Date(year=2026, month=12, day=1),
        )
    ]


def test_parties_places_prices_and_codes_are_said_in_one_document() -> None:
    person = {"person": "Ann", "street": "Kai 1", "city": "Bremen", "country": "de"}
    command = read(
        locations=[{"number": "BIN-7", "kind": "bin", "parent": "HALL-1", "zone": "UTC", "putAway": True}, HALL],
        parties=[{"number": "CAR-1", "name": "Rasch", "roles": ["carrier"], "trading": "onHold", "contact": person}],
        prices=[{"item": "770001", "amount": "12.5", "currency": "EUR", "per": "100", "customer": "V100010"}],
        codes=[{"kind": "code", "list": "condition", "code": "B-WARE", "means": "DAMAGED"}],
    )
    request = command.request
    assert [each.location_id for each in request.locations] == ["HALL-1", "BIN-7"], "the wider place comes first"
    assert request.locations[1].put_away
    [party] = request.parties
    assert (list(party.roles), party.trading) == ([md.PARTY_ROLE_CARRIER], md.TRADING_ON_HOLD)
    assert (party.contact.person, list(party.contact.address_lines), party.contact.country) == ("Ann", ["Kai 1"], "DE")
    [price] = request.prices
    assert (price.sku, price.customer_id, price.price.money.amount, price.price.per) == (
        "A1001",
        "SUP-NORDIC",
        "12.5",
        "100",
    )
    [code] = request.crosswalk
    assert (code.partner, code.kind, code.list, code.partner_code, code.canonical) == (
        "ERP-EU",
        md.CODE_KIND_CODE,
        "condition",
        "B-WARE",
        "DAMAGED",
    )
    assert not any("Ann" in each or "Kai" in each for each in command.keys)


def test_a_code_that_the_document_says_itself_names_its_other_records() -> None:
    codes = [{"kind": "item", "code": "100", "means": "US-100"}, {"kind": "unit", "code": "Q9", "means": "EA"}]
    request = read(items=[{"number": "100", "baseUnit": "Q9"}], codes=codes).request
    assert [(each.sku, each.base_unit) for each in request.items] == [("US-100", "EA")]


def test_only_the_keeper_of_master_data_says_what_others_codes_mean() -> None:
    of_another = {"partner": "wms-east", "kind": "unit", "code": "CS", "means": "XCS"}
    command = read(items=[BOLT], codes=[of_another])
    assert [text for _, text in command.left_out] == [
        "codes[0].partner: 'wms-east' is another, whose codes only an MDM system says"
    ]
    mdm = orders.partner(options_pb2.ROLE_MDM, name="mdm", system="MDM")
    assert [each.partner for each in read(mdm, codes=[of_another]).request.crosswalk] == ["wms-east"]


@pytest.mark.parametrize(
    ("records", "says"),
    [
        ({"items": [{"number": "lower case", "baseUnit": "EA"}]}, r"items\[0\]: sku"),
        ({"items": [BOLT | {"gtin": "12345"}, {"baseUnit": "EA"}]}, r"gtin.*number: is missing \(all of its 2"),
        ({"items": [BOLT | {"validFrom": "2026-03-01", "validTo": "2026-03-01"}]}, "validTo: 2026-03-01 is not after"),
        ({"items": [BOLT | {"packaging": [{"unit": "KAR", "quantity": "-1"}]}]}, "base_quantity"),
        ({"parties": [{"number": "P-1", "name": "x", "roles": ["friend"]}]}, "'friend' is none of supplier"),
        ({"locations": [HALL | {"kind": "shelf"}]}, "'shelf' is none of site"),
        ({"prices": [{"item": "B-1", "amount": "-1", "currency": "EUR"}]}, "-1 is no price"),
        ({"codes": [{"kind": "item", "code": "1"}]}, "means: is missing"),
    ],
)
def test_what_is_wrong_is_named(records: dict[str, Any], says: str) -> None:
    with pytest.raises(WrongLines, match=says):
        read(**records)


@pytest.mark.parametrize(
    "records",
    [{}, {"items": []}, {"items": "all"}, {"items": [1]}, {"items": [BOLT], "changedAt": "today"}],
)
def test_what_is_no_document_of_records_is_refused(records: dict[str, Any]) -> None:
    with pytest.raises(DocumentFault):
        read(**records)


def test_a_batch_of_many_goes_in_parts_of_one_instant() -> None:
    command = read(items=[BOLT | {"number": f"B-{at}"} for at in range(json_master_data.AT_ONCE + 1)])
    parts: list[Any] = [command.request, *command.then]
    assert [len(each.items) for each in parts] == [json_master_data.AT_ONCE, 1]
    assert len({each.said_at.seconds for each in parts}) == 1


@pytest.fixture
async def taking(rig: Rig, accepting: None) -> Rig:
    facts = {"system": "ERP-EU", "transport": http(), "documents": ROUTES}
    await rig.partner("erp-master", role="ERP", **facts)
    writers = [{"attribute": "Price.sku", "writers": ["CRM"]}]
    await rig.partner("crm-prices", role="CRM", ownership=writers, **facts | {"system": "CRM"})
    rig.procurement.accepts("PutMasterData", catalog.PutMasterDataResponse(changed=1))
    return rig


async def given(rig: Rig, partner: str = "erp-master", **records: Any) -> Any:
    content = json.dumps(document(**records)).encode()
    return await rig.given(partner, content, name=uuid4().hex, path="master-data")


async def again(rig: Rig, found: Any) -> Any:
    rig.procurement.requests.clear()
    await rig.due_now(found.document_id)
    await rig.translate(found.partner)
    await rig.dispatch()
    return await rig.document(found.document_id)


@pytest.mark.feature("F167")
async def test_an_erp_hands_in_an_item_and_catalog_is_told_under_its_role(taking: Rig) -> None:
    found = await given(taking, items=[BOLT])
    assert (found.state, found.keys) == (State.UNDERSTOOD, ("sku:B-1",)), found.reason
    [request] = taking.procurement.requests
    assert isinstance(request, catalog.PutMasterDataRequest)
    assert [each.sku for each in request.items] == ["B-1"]
    twice = await given(taking, items=[BOLT])
    assert (twice.state, len(taking.procurement.requests)) == (State.DUPLICATE, 1)


async def test_whose_prices_they_are_the_profile_says(taking: Rig) -> None:
    await given(taking, "crm-prices", prices=[{"item": "B-1", "amount": "1", "currency": "EUR"}])
    [request] = taking.procurement.requests
    assert isinstance(request, catalog.PutMasterDataRequest)
    assert request.role == options_pb2.ROLE_CRM
    assert list(request.ownership) == [
        values_pb2.AttributeWriters(attribute="Price.sku", writers=[options_pb2.ROLE_CRM])
    ]


async def test_wrong_records_are_somebodys_and_the_others_are_taken(taking: Rig) -> None:
    response = catalog.PutMasterDataResponse(changed=1)
    response.refused.add(record="item B-3", reason="gtin: check digit", code="gs1.check_digit")
    response.refused.add(record="price B-1", reason="it belongs to CRM", code="FIELD_NOT_OWNED")
    taking.procurement.accepts("PutMasterData", response)
    found = await given(taking, items=[BOLT, {"number": "B-2"}, BOLT | {"number": "B-3"}])
    assert found.state is State.EXCEPTION
    [request] = taking.procurement.requests
    assert [each.sku for each in request.items] == ["B-1", "B-3"]  # type: ignore[attr-defined]
    assert [(each.code, each.segment, each.text) for each in found.findings] == [
        ("wrong-record", 2, "items[1].baseUnit: is missing"),
        ("wrong-record", 0, "item B-3: gtin: check digit"),
        ("foreign-record", 0, "price B-1: it belongs to CRM"),
    ]
    assert await taking.exceptions(found.document_id) == [
        ("business", "FIELD_NOT_OWNED", "master-data"),
        ("business", "RECORDS_REFUSED", "master-data"),
    ]


@pytest.mark.feature("F042")
async def test_what_stands_behind_a_higher_owners_word_is_said_and_is_nobodys_trouble(taking: Rig) -> None:
    response = catalog.PutMasterDataResponse(unchanged=2, kept=2)
    taking.procurement.accepts("PutMasterData", response)
    found = await given(taking, items=[BOLT, BOLT | {"number": "B-2"}])
    assert found.state is State.UNDERSTOOD
    assert [(each.code, each.severity, each.text) for each in found.findings] == [
        (
            "record-behind",
            "warning",
            "2 records say something new that is not shown: a higher owner has spoken of them",
        )
    ]
    assert await taking.exceptions(found.document_id) == []


@pytest.mark.feature("F178")
async def test_what_waits_for_a_unit_goes_on_by_itself_and_nothing_waits_for_it(taking: Rig) -> None:
    unit = f"Q{uuid4().hex[:6]}"
    found = await given(taking, items=[BOLT, BOLT | {"number": "B-2", "baseUnit": unit}])
    assert (found.state, found.messages[0].reason) == (State.WAITING, f"waits for master data: unit {unit}")
    assert [[each.sku for each in request.items] for request in requests_of(taking)] == [["B-1"]]
    await taking.knows(entries=[Entry(TENANT, "erp-master", "unit", "", unit, "EA")])
    found = await again(taking, found)
    assert found.state is State.UNDERSTOOD
    assert [[each.sku for each in request.items] for request in requests_of(taking)] == [["B-1", "B-2"]]


async def test_a_document_of_nothing_else_waits_whole(taking: Rig) -> None:
    unit = f"Q{uuid4().hex[:6]}"
    found = await given(taking, items=[BOLT | {"baseUnit": unit}])
    assert (found.state, taking.procurement.requests) == (State.WAITING, [])
    await taking.knows(entries=[Entry(TENANT, "erp-master", "unit", "", unit, "EA")])
    assert (await again(taking, found)).state is State.UNDERSTOOD


@pytest.mark.feature("F178")
async def test_a_place_within_one_that_catalog_does_not_know_waits_for_it_and_has_an_owner_in_time(
    taking: Rig,
) -> None:
    impatient = Rig(taking.engine, taking.procurement, patience=timedelta(0))
    response = catalog.PutMasterDataResponse()
    response.refused.add(record="location BIN-1", reason="parent_id: no location HALL-9 is known", waits=True)
    taking.procurement.accepts("PutMasterData", response)
    found = await given(impatient, locations=[HALL | {"number": "BIN-1", "parent": "HALL-9"}])
    assert found.state is State.WAITING
    assert "no location HALL-9" in found.messages[0].reason
    found = await again(impatient, found)
    assert found.state is State.WAITING
    assert [each[1:] for each in await taking.exceptions(found.document_id)] == [("MASTER_DATA_MISSING", "master-data")]
    taking.procurement.accepts("PutMasterData", catalog.PutMasterDataResponse(changed=1))
    assert (await again(impatient, found)).state is State.UNDERSTOOD
    assert await taking.exceptions(found.document_id) == []


async def test_what_one_part_leaves_out_is_not_lost_behind_the_others(taking: Rig) -> None:
    async def leaving_out(request: Any) -> catalog.PutMasterDataResponse:
        response = catalog.PutMasterDataResponse()
        if request.items[0].sku == "B-0":
            response.refused.add(record="item B-0", reason="gtin: check digit", code="gs1.check_digit")
        return response

    taking.procurement.answers["PutMasterData"] = leaving_out
    found = await given(taking, items=[BOLT | {"number": f"B-{at}"} for at in range(json_master_data.AT_ONCE + 1)])
    assert len(taking.procurement.requests) == 2
    assert (found.state, found.messages[0].reason) == (
        State.EXCEPTION,
        "1 records were left out: item B-0: gtin: check digit",
    )


async def test_people_rest_sealed_on_their_way(taking: Rig) -> None:
    name = f"Person {uuid4().hex}"
    await given(taking, parties=[{"number": "CUS-1", "name": name, "contact": {"person": name}}])
    clear = "SELECT count(*) FROM delivery WHERE position(convert_to($1, 'UTF8') IN payload) > 0"
    assert await taking.value(clear, name) == 0
    assert [each.parties[0].name for each in requests_of(taking)] == [name]


def requests_of(rig: Rig) -> list[Any]:
    return list(rig.procurement.requests)
