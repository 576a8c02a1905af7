"""One thing under every name that its partners have for it, and one name of several partners as several things."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connector.domain.documents import State
from connector.store.codes import Entry, Thing
from connector_samples import files
from connector_samples.calls import control, purchase_order
from connector_samples.partners import ERP_ROUTES, edi_supplier, http
from connector_samples.rig import TENANT, Rig
from crossdock.procurement.v1 import inbound_pb2

pytestmark = pytest.mark.usefixtures("accepting")
GLN = "0614141000012"


def notice(item: str, *, place: str = "92*WH-EAST", sender: str = "NORDIC") -> bytes:
    """A ship notice of one line that names its item and where it goes as told."""
    segments = [
        f"BSN*00*SH-{control()}*20261109*1200*0001",
        "HL*1**S",
        f"N1*ST**{place}",
        "HL*2*1*O",
        "PRF*4500000001",
        "HL*3*2*I",
        f"LIN*10*{item}",
        "SN1**24*EA",
        "CTT*3",
    ]
    return files.interchange("856", segments, control=control(), sender=sender)


async def asked_for(rig: Rig, partner: str, content: bytes, path: str = "") -> Any:
    """What the partner's document asks of procurement."""
    document = await rig.given(partner, content, name=f"x-{control()}", path=path)
    assert document.state is State.UNDERSTOOD, document.reason
    return rig.procurement.requests[-1]


@pytest.mark.feature("F171")
@pytest.mark.parametrize(
    "item",
    [
        "BP*A1001",
        "VP*ND-77",
        "EN*4061230010012",
        "UK*04061230010012",
        # A number that only one of the two knows still names it.
        "VP*ND-UNHEARD*BP*A1001",
        "BP*UNHEARD*UK*04061230010012",
    ],
)
async def test_an_item_is_found_by_our_number_the_vendors_or_its_gtin(rig: Rig, item: str) -> None:
    request = await asked_for(rig, "sup-nordic", notice(item))
    assert [each.sku for each in request.lines] == ["A1001"]


@pytest.mark.feature("F171")
async def test_the_vendors_number_is_the_vendors_own_and_goes_out_again_to_it_alone(rig: Rig) -> None:
    spec = edi_supplier(partyId="SUP-DELTA", edi={"partnerId": "ZZ:DELTA", "ownId": "ZZ:ACME"})
    drop = {"fileDrop": {"inbox": "sup-delta/in", "outbox": "sup-delta/out"}}
    await rig.partner("sup-delta", **spec | {"transport": drop})
    await rig.knows(
        Thing(TENANT, "party", "SUP-DELTA"), entries=[Entry(TENANT, "sup-delta", "item", "VP", "ND-77", "A1004")]
    )
    for partner, sender, sku in (("sup-nordic", "NORDIC", "A1001"), ("sup-delta", "DELTA", "A1004")):
        request = await asked_for(rig, partner, notice("VP*ND-77", sender=sender))
        assert [(each.sku, each.supplier_item) for each in request.lines] == [(sku, "ND-77")]
    # Under a number of nobody's the line has no item: procurement finds it by the order's line, and guesses nothing.
    request = await asked_for(rig, "sup-nordic", notice("VP*ND-NOBODYS"))
    assert [(each.sku, each.supplier_item, each.line_number) for each in request.lines] == [("", "ND-NOBODYS", "10")]


@pytest.mark.feature("F169")
async def test_a_place_is_found_by_the_plant_the_site_its_gln_or_our_id(rig: Rig) -> None:
    receipt = {
        "type": "RECEIPT",
        "receiptNumber": f"RC-{control()}",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "lines": [{"lineNo": 1, "sku": "A1001", "qty": "1", "uom": "EACH", "condition": "OK"}],
    }
    orders = [await asked_for(rig, "erp-eu", purchase_order(f"PO-{control()}"), "purchase-orders")]
    orders += [
        await asked_for(rig, "sup-nordic", notice("BP*A1001", place=each)) for each in ("92*WH-EAST", f"UL*{GLN}")
    ]
    received = await asked_for(rig, "wms-east", json.dumps(receipt).encode(), "receipts")
    assert {*(each.ship_to_id for each in orders), received.location_id} == {"WH-EAST"}
    # Each has its own words: the ERP's plant is no place of the warehouse's.
    wrong = json.dumps(receipt | {"warehouse": "1010", "receiptNumber": f"RC-{control()}"}).encode()
    waits = await rig.given("wms-east", wrong, name=f"x-{control()}", path="receipts")
    assert (waits.state, "location 1010" in waits.messages[0].reason) == (State.WAITING, True)


@pytest.mark.feature("F170")
async def test_a_supplier_is_found_by_the_erps_number_its_duns_or_our_id(rig: Rig) -> None:
    await rig.knows(Thing(TENANT, "party", "SUP-OMEGA", ("123456789", "4012345000009")))
    await rig.knows(entries=[Entry(TENANT, "erp-eu", "party", "", "V200020", "SUP-OMEGA")])
    found = [
        await asked_for(rig, "erp-eu", purchase_order(f"PO-{control()}", supplier=said), "purchase-orders")
        for said in ("V200020", "123456789", "4012345000009", "SUP-OMEGA")
    ]
    assert {each.supplier_id for each in found} == {"SUP-OMEGA"}
    unknown = purchase_order(f"PO-{control()}", supplier="V-UNHEARD")
    waits = await rig.given("erp-eu", unknown, name=f"x-{control()}", path="purchase-orders")
    assert (waits.state, "party V-UNHEARD" in waits.messages[0].reason) == (State.WAITING, True)


@pytest.mark.feature("F179", "F182")
async def test_one_purchase_in_the_words_of_two_erps_is_one_purchase_under_two_names(rig: Rig) -> None:
    await rig.partner(
        "erp-us", role="ERP", system="ERP-US", businessUnit="US01", transport=http(), documents=ERP_ROUTES
    )
    await rig.knows(
        Thing(TENANT, "party", "SUP-OMEGA"),
        entries=[
            Entry(TENANT, "erp-us", "party", "", "77", "SUP-NORDIC"),
            # What is Nordic's number in one ERP is another supplier's in the other.
            Entry(TENANT, "erp-us", "party", "", "V100010", "SUP-OMEGA"),
            Entry(TENANT, "erp-us", "location", "", "DC-01", "WH-EAST"),
            Entry(TENANT, "erp-us", "unit", "", "PCE", "EA"),
            Entry(TENANT, "erp-us", "item", "", "000000000000100777", "A1001"),
        ],
    )
    said: dict[str, Any] = {"supplier": "77", "shipTo": "DC-01", "lines": [_line("000000000000100777", "PCE")]}
    eu = await asked_for(rig, "erp-eu", purchase_order("4711", lines=[_line("A1001", "ST")]), "purchase-orders")
    us = await asked_for(rig, "erp-us", _of("US01", purchase_order("4711", **said)), "purchase-orders")
    assert [(each.origin.system, each.business_unit, each.number) for each in (eu, us)] == [
        ("ERP-EU", "EU01", "4711"),
        ("ERP-US", "US01", "4711"),
    ]
    for each in (eu, us):
        for name in ("origin", "business_unit", "request_id"):
            each.ClearField(name)
    assert eu == us
    other = await asked_for(
        rig, "erp-us", _of("US01", purchase_order("4712", **said | {"supplier": "V100010"})), "purchase-orders"
    )
    assert other.supplier_id == "SUP-OMEGA"


def _line(material: str, unit: str) -> dict[str, str]:
    return {"line": "10", "material": material, "quantity": "100", "unit": unit}


def _of(company: str, order: bytes) -> bytes:
    return json.dumps(json.loads(order) | {"companyCode": company}).encode()


@pytest.mark.feature("F176")
async def test_warehouses_words_for_what_is_wrong_with_goods_are_the_same_three(rig: Rig) -> None:
    site = {"kind": "wms_b.receipt", "direction": "IN", "path": "arrivals"}
    own = {"kind": "wms_a.receipt", "direction": "IN", "path": "receipts"}
    words = {"mapping": {"conditions": {"A-WARE": "GOOD", "BRUCH": "DAMAGED", "SPERRE": "HOLD"}}}
    for name, route in (("wms-b", site), ("wms-c", own | words)):
        place = name.replace("wms", "WH").upper()
        await rig.partner(name, role="WMS", system=name, locations=[place], transport=http(), documents=[route])
        await rig.knows(entries=[Entry(TENANT, name, "location", "", "EAST1", place)])
    await rig.knows(entries=[Entry(TENANT, "wms-c", "unit", "", "EACH", "EA")])
    counts = {"fit": {"units": "5"}, "broken": {"units": "2"}, "blocked": {"units": "1"}}
    arrival = {"no": f"RC-{control()}", "site": "EAST1", "at": 1762770600000, "complete": True}
    of_b = {"arrival": arrival, "goods": [{"article": "A1001", "counted": counts}]}
    reports = (
        ("wms-east", "receipts", _receipt("OK", "DMG", "QA")),
        ("wms-b", "arrivals", of_b),
        ("wms-c", "receipts", _receipt("A-WARE", "BRUCH", "SPERRE")),
    )
    for partner, path, body in reports:
        request = await asked_for(rig, partner, json.dumps(body).encode(), path)
        found = [(inbound_pb2.Condition.Name(each.condition), each.quantity.value) for each in request.lines]
        assert found == [("CONDITION_GOOD", "5"), ("CONDITION_DAMAGED", "2"), ("CONDITION_HOLD", "1")]
    # A word that a warehouse never agreed on is no guess: its document waits for it and says what it is.
    odd = json.dumps(_receipt("OK", "BRUCH", "QA")).encode()
    waiting = await rig.given("wms-east", odd, name=f"x-{control()}", path="receipts")
    assert (waiting.state, "code BRUCH of the list conditions" in waiting.messages[0].reason) == (State.WAITING, True)


def _receipt(*conditions: str) -> dict[str, Any]:
    """Five, two and one piece of the same item in these conditions."""
    lines = [
        {"lineNo": number, "sku": "A1001", "qty": quantity, "uom": "EACH", "condition": condition}
        for number, (quantity, condition) in enumerate(zip("521", conditions, strict=True), start=1)
    ]
    return {
        "type": "RECEIPT",
        "receiptNumber": f"RC-{control()}",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "lines": lines,
    }
