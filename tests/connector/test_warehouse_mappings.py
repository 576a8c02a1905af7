"""Two warehouses' words for the same facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document
from connector.domain.documents import State
from connector.mappings import (
    wms_a_appointment,
    wms_a_expected_receipt,
    wms_a_goods_issue,
    wms_a_packing,
    wms_a_pick,
    wms_a_pick_recall,
    wms_a_pick_request,
    wms_a_recall_result,
    wms_a_receipt,
    wms_a_return,
    wms_b_expected_receipt,
    wms_b_receipt,
)
from connector.mappings.model import Packing
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import return_pb2, warehouse_service_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import dock_pb2, inbound_pb2


def parsed(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


@pytest.mark.feature("F012")
def test_an_appointment_of_format_a() -> None:
    body = {
        "type": "APPOINTMENT",
        "action": "SET",
        "appointmentNumber": "AP-1",
        "warehouse": "EAST1",
        "changedAt": "2026-11-10T09:30:00Z",
        "date": "2026-11-12",
        "from": "08:00",
        "to": "09:30",
        "door": "D1",
        "shipments": [{"reference": "0192-a", "asn": "SH-1"}, {"asn": "SH-2"}],
    }
    command = wms_a_appointment.read(parsed(body), orders.reading())
    request: Any = command.request
    assert command.sequence == ("appointment:AP-1",), "its words stay in order"
    assert command.keys == ("appointment:AP-1", "asn:SH-1", "asn:SH-2")
    assert (request.location_id, request.state, request.door) == ("WH-EAST", dock_pb2.APPOINTMENT_STATE_BOOKED, "D1")
    assert (request.window.from_date.day, request.window.from_time, request.window.to_time) == (12, "08:00", "09:30")
    assert [(each.ship_notice_id, each.number) for each in request.ship_notices] == [("0192-a", "SH-1"), ("", "SH-2")]
    cancelled: Any = wms_a_appointment.read(
        parsed(body | {"action": "CANCEL", "shipments": []}), orders.reading()
    ).request
    assert cancelled.state == dock_pb2.APPOINTMENT_STATE_CANCELLED
    with pytest.raises(json_document.DocumentFault, match="named by"):
        wms_a_appointment.read(parsed(body | {"shipments": [{}]}), orders.reading())


@pytest.mark.feature("F070")
@pytest.mark.parametrize(("code", "condition"), [("OK", "GOOD"), ("DMG", "DAMAGED"), ("QA", "HOLD")])
def test_a_receipt_of_format_a(code: str, condition: str) -> None:
    line = {"lineNo": 1, "order": "PO1", "orderLine": "10", "asn": "SH-1", "sku": "A1001", "qty": "46", "uom": "EACH"}
    body = {
        "type": "RECEIPT",
        "receiptNumber": "RC-1",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "final": True,
        "lines": [line | {"condition": code, "lot": {"number": "L1", "expires": "2027-01-01"}}],
    }
    command = wms_a_receipt.read(parsed(body), orders.reading())
    request: Any = command.request
    assert command.keys == ("receipt:RC-1", "po:PO1", "asn:SH-1")
    assert (request.location_id, request.final) == ("WH-EAST", True)
    [got] = request.lines
    assert inbound_pb2.Condition.Name(got.condition) == f"CONDITION_{condition}"
    assert (got.quantity.value, got.quantity.unit, got.lot.number) == ("46", "EA", "L1")


def test_a_partner_may_have_words_of_its_own_for_conditions() -> None:
    partner = orders.partner(options={"conditions": {"A-WARE": "GOOD"}})
    line = {"sku": "A1001", "qty": "1", "uom": "EACH", "condition": "A-WARE"}
    body = {
        "type": "RECEIPT",
        "receiptNumber": "RC-1",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "lines": [line],
    }
    request: Any = wms_a_receipt.read(parsed(body), orders.reading(partner)).request
    assert request.lines[0].condition == inbound_pb2.CONDITION_GOOD


@pytest.mark.feature("F203")
def test_a_receipt_of_format_b_is_the_same_fact_in_other_words() -> None:
    body = {
        "arrival": {"no": "7700123", "site": "S-07", "at": 1762770600000, "complete": True},
        "goods": [
            {
                "article": "770004",
                "purchase": {"po": "PO1", "pos": "20"},
                "notice": "SH-1",
                "batch": {"id": "L1", "bestBeforeMs": 1798761600000},
                "counted": {"fit": {"cases": "4", "units": "2"}, "broken": {"units": 3}, "blocked": {}},
            }
        ],
    }
    request: Any = wms_b_receipt.read(parsed(body), orders.reading()).request
    found = [(each.quantity.value, each.quantity.unit, each.condition) for each in request.lines]
    assert found == [
        ("4", "XCS", inbound_pb2.CONDITION_GOOD),
        ("2", "EA", inbound_pb2.CONDITION_GOOD),
        ("3", "EA", inbound_pb2.CONDITION_DAMAGED),
    ]
    assert {each.sku for each in request.lines} == {"A1004"}
    assert request.lines[0].lot.expires_on.year == 2027
    assert request.location_id == "WH-SOUTH"


def expected_receipt() -> events_pb2.InboundExpected:
    line = events_pb2.ExpectedLine(
        purchase_order_number="PO1",
        line_number="20",
        sku="A1004",
        quantity=orders.quantity("50"),
        expected_on=orders.day(11, 10),
        pallet_sscc="106141411234567897",
        flags=["OBSOLETE_REVISION"],
        revision=2,
    )
    return events_pb2.InboundExpected(
        reference="r1", location_id="WH-SOUTH", ship_notice_number="SH-1", sequence=2, lines=[line], supplier_id="S"
    )


@pytest.mark.feature("F066")
@pytest.mark.feature("F203")
def test_one_expectation_in_the_words_of_two_warehouses() -> None:
    own = {("item", "A1004"): "770004", ("location", "WH-SOUTH"): "S-07", ("unit", "EA"): "EACH"}
    writing = orders.writing(own=own)
    a = wms_a_expected_receipt.write(expected_receipt(), writing)
    assert (a["action"], a["sequence"], a["asn"], a["warehouse"]) == ("SET", 2, "SH-1", "S-07")
    assert (a["lines"][0]["qty"], a["lines"][0]["uom"], a["lines"][0]["due"]) == ("50", "EACH", "2026-11-10")
    b = wms_b_expected_receipt.write(expected_receipt(), writing)
    assert b["goods"][0]["article"] == "770004"
    assert b["goods"][0]["count"] == {"cases": "4", "units": "2"}
    assert b["goods"][0]["etaMs"] == int(datetime(2026, 11, 10, tzinfo=UTC).timestamp() * 1000)
    assert b["goods"][0]["remarks"] == ["OBSOLETE_REVISION"]


@pytest.mark.parametrize(
    ("quantity", "packing", "expected"),
    [
        (("50", "EA"), Packing("EA", {"XCS": Decimal(12)}), ("4", "2")),
        (("5", "XCS"), Packing("EA", {"XCS": Decimal(12)}), ("5", "0")),
        (("1", "XPX"), Packing("EA", {"XCS": Decimal(12), "XPX": Decimal(100)}), ("8", "4")),
        (("2.5", "KGM"), Packing("KGM"), ("0", "2.5")),
    ],
)
@pytest.mark.feature("F172")
@pytest.mark.feature("F173")
def test_cases_and_loose_units_are_exact(
    quantity: tuple[str, str], packing: Packing, expected: tuple[str, str]
) -> None:
    found = wms_b_expected_receipt.cases_and_units(orders.quantity(*quantity), packing)
    assert (found["cases"], found["units"]) == expected


PICKED = {"order": "S-1", "orderRef": "0191-1", "orderLine": "1", "sku": "A1001", "qty": "7", "uom": "EACH"}


@pytest.mark.feature("F022")
def test_a_release_becomes_a_pick_request_in_the_warehouses_words() -> None:
    step = fulfillment.ScheduleStep(line_number="1", sku="A1004", quantity=orders.quantity("7"))
    event = fulfillment.OrderReleased(
        order_id="0191-1", number="S-1", part=1, location_id="WH-SOUTH", steps=[step], release_number="S-1/1.1"
    )
    own = {("item", "A1004"): "770004", ("location", "WH-SOUTH"): "S-07", ("unit", "EA"): "EACH"}
    found = wms_a_pick_request.write(event, orders.writing(own=own))
    assert (found["number"], found["order"], found["orderRef"]) == ("S-1/1.1", "S-1", "0191-1")
    assert (found["warehouse"], found["priority"]) == ("S-07", "STANDARD")
    assert found["lines"] == [{"lineNo": 1, "orderLine": "1", "sku": "770004", "qty": "7", "uom": "EACH"}]


@pytest.mark.feature("F132")
def test_a_recall_names_the_request_and_what_of_it_is_to_be_stopped() -> None:
    step = fulfillment.ScheduleStep(line_number="1", sku="A1004", quantity=orders.quantity("4"))
    event = fulfillment.OrderReleaseRecalled(
        order_id="0191-1",
        number="S-1",
        part=1,
        location_id="WH-SOUTH",
        release_number="S-1/1.1",
        steps=[step],
        remaining=[step],
        reason="changed my mind",
    )
    own = {("item", "A1004"): "770004", ("location", "WH-SOUTH"): "S-07", ("unit", "EA"): "EACH"}
    found = wms_a_pick_recall.write(event, orders.writing(own=own))
    assert (found["pickRequest"], found["order"], found["orderRef"]) == ("S-1/1.1", "S-1", "0191-1")
    assert (found["warehouse"], found["whole"], found["reason"]) == ("S-07", False, "changed my mind")
    assert found["lines"] == [{"lineNo": 1, "orderLine": "1", "sku": "770004", "qty": "4", "uom": "EACH"}]


@pytest.mark.feature("F132")
async def test_a_warehouse_is_told_of_a_recall_behind_its_request_and_its_answer_is_recorded(rig: Rig) -> None:
    routes = [
        {"kind": "wms_a.pick_request", "direction": "OUT", "path": "/pick-requests"},
        {"kind": "wms_a.pick_recall", "direction": "OUT", "path": "/pick-recalls"},
        {"kind": "wms_a.recall_result", "direction": "IN", "path": "recalls"},
    ]
    facts = {"role": "WMS", "system": "WMS-EAST", "locations": ["WH-EAST"], "transport": http()}
    await rig.partner("wms-recall", documents=routes, **facts)
    step = fulfillment.ScheduleStep(line_number="1", sku="A1001", quantity=orders.quantity("7"))
    order_id = str(uuid4())
    said: dict[str, Any] = {"order_id": order_id, "number": "S-1", "location_id": "WH-EAST", "steps": [step]}
    about = f"sales_order/{order_id}"
    await rig.tell(fulfillment.OrderReleased(release_number="S-1/1.1", **said), aggregate=about, version=4)
    await rig.tell(fulfillment.OrderReleaseRecalled(release_number="S-1/1.1", **said), aggregate=about, version=9)
    heard = []
    while sent := await rig.send("wms-recall"):
        heard += [json.loads(content) for _, content in sent]
    assert [(each["type"], each.get("pickRequest")) for each in heard] == [
        ("PICK_REQUEST", None),
        ("PICK_RECALL", "S-1/1.1"),
    ]
    rig.procurement.accepts("RecordRecall", warehouse_service_pb2.RecordRecallResponse(order_ids=[order_id]))
    body = {
        "type": "PICK_RECALL_RESULT",
        "recallNumber": "RA-9",
        "warehouse": "WH-EAST",
        "answeredAt": "2026-11-10T09:30:00Z",
        "lines": [RECALLED | {"uom": "EA"}],
    }
    document = await rig.given("wms-recall", json.dumps(body).encode(), path="recalls")
    assert document.state is State.UNDERSTOOD, document.reason
    assert [type(each).__name__ for each in rig.procurement.requests] == ["RecordRecallRequest"]


RECALLED = {"order": "S-1", "orderRef": "0191-1", "orderLine": "1", "sku": "A1001", "uom": "EACH", "stopped": "7"}


@pytest.mark.feature("F132")
def test_the_answer_to_a_recall_says_what_was_stopped_and_what_goes_out() -> None:
    body = {
        "type": "PICK_RECALL_RESULT",
        "recallNumber": "RA-1",
        "warehouse": "EAST1",
        "answeredAt": "2026-11-10T09:30:00Z",
        "lines": [RECALLED | {"tooLate": "3"}],
    }
    command = wms_a_recall_result.read(parsed(body), orders.reading())
    request: Any = command.request
    assert (command.keys, command.orders) == (("recall:RA-1", "order:S-1"), ())
    assert (request.number, request.location_id) == ("RA-1", "WH-EAST")
    [got] = request.lines
    assert (got.order_id, got.order_number, got.line_number) == ("0191-1", "S-1", "1")
    assert (got.stopped.value, got.stopped.unit, got.too_late.value) == ("7", "EA", "3")
    with pytest.raises(json_document.DocumentFault, match="at least one line"):
        wms_a_recall_result.read(parsed(body | {"lines": []}), orders.reading())


@pytest.mark.feature("F121")
def test_a_pick_says_by_line_and_lot_what_was_found_and_what_was_not() -> None:
    body = {
        "type": "PICK",
        "pickNumber": "P-1",
        "warehouse": "EAST1",
        "pickedAt": "2026-11-10T09:30:00Z",
        "lines": [PICKED | {"short": "3", "lot": {"number": "L1"}}],
    }
    command = wms_a_pick.read(parsed(body), orders.reading())
    request: Any = command.request
    assert (command.keys, command.orders) == (("pick:P-1", "order:S-1"), ())
    assert (request.location_id, request.business_unit) == ("WH-EAST", orders.partner().business_unit)
    [got] = request.lines
    assert (got.order_id, got.order_number, got.line_number) == ("0191-1", "S-1", "1")
    assert (got.quantity.value, got.quantity.unit, got.short.value, got.lot.number) == ("7", "EA", "3", "L1")


def test_a_packing_carries_its_packages_and_a_wrong_sscc_stops_no_goods() -> None:
    package = {"sscc": "106141411234567897", "kind": "CARTON", "weightKg": "3.2", "contents": [PICKED]}
    body = {
        "type": "PACKING",
        "shipment": "SH-1",
        "warehouse": "EAST1",
        "packedAt": "2026-11-10T09:40:00Z",
        "packages": [package, package | {"sscc": "12"}],
    }
    command = wms_a_packing.read(parsed(body), orders.reading())
    request: Any = command.request
    assert [(each.sscc, each.packaging) for each in request.packages] == [("106141411234567897", "XCT"), ("", "XCT")]
    assert (request.packages[0].gross_weight.value, request.packages[0].gross_weight.unit) == ("3.2", "KGM")
    assert [code for code, _ in command.findings] == ["check-digit"]
    assert command.keys == ("shipment:SH-1", "order:S-1")


@pytest.mark.feature("F026")
def test_a_goods_issue_names_its_shipment_its_carrier_and_its_lines() -> None:
    body = {
        "type": "GOODS_ISSUE",
        "issueNumber": "GI-1",
        "shipment": "SH-1",
        "warehouse": "EAST1",
        "issuedAt": "2026-11-10T10:00:00Z",
        "carrier": "UPSN",
        "tracking": "1Z999",
        "packages": [{"sscc": "106141411234567897"}],
        "lines": [PICKED],
    }
    command = wms_a_goods_issue.read(parsed(body), orders.reading())
    request: Any = command.request
    assert (request.number, request.shipment_number, request.carrier) == ("GI-1", "SH-1", "UPSN")
    assert list(request.ssccs) == ["106141411234567897"]
    assert [each.quantity.value for each in request.lines] == ["7"]
    assert command.keys == ("goods_issue:GI-1", "order:S-1", "shipment:SH-1")


CAME_BACK = {"orderLine": "1", "sku": "A1001", "qty": "2", "uom": "EACH"}
BACK = {
    "type": "RETURN_RECEIPT",
    "receiptNumber": "RR-1",
    "warehouse": "EAST1",
    "receivedAt": "2026-11-20T10:00:00Z",
    "return": "R-1",
    "order": "S-1",
}
DECIDED = {
    "type": "RETURN_INSPECTION",
    "inspectionNumber": "RI-1",
    "warehouse": "EAST1",
    "inspectedAt": "2026-11-20T11:00:00Z",
}


@pytest.mark.feature("F133")
@pytest.mark.parametrize(("area", "held"), [(None, "RETURNED"), ("RETURNS", "RETURNED"), ("QA", "QUARANTINED")])
def test_what_came_back_lies_where_the_warehouse_says(area: str | None, held: str) -> None:
    line = CAME_BACK | ({"area": area} if area else {}) | {"lot": {"number": "L1"}}
    command = wms_a_return.RECEIPT.read(parsed(BACK | {"lines": [line]}), orders.reading())
    request: Any = command.request
    assert (request.number, request.return_number, request.order_number) == ("RR-1", "R-1", "S-1")
    [got] = request.lines
    assert return_pb2.ReturnHolding.Name(got.held) == f"RETURN_HOLDING_{held}"
    assert (got.line_number, got.quantity.value, got.quantity.unit, got.lot.number) == ("1", "2", "EA", "L1")
    assert command.keys == ("return_receipt:RR-1", "return:R-1", "order:S-1")


@pytest.mark.feature("F133")
@pytest.mark.parametrize(
    ("word", "meaning"), [("RESTOCK", "RESTOCK"), ("QA", "QUARANTINE"), ("DMG", "DAMAGED"), ("TIP", "SCRAP")]
)
def test_an_inspection_says_what_becomes_of_each_line(word: str, meaning: str) -> None:
    partner = orders.partner(options={"dispositions": {"TIP": "SCRAP"}})
    said = DECIDED | {"lines": [CAME_BACK | {"disposition": word}]}
    command = wms_a_return.INSPECTION.read(parsed(said), orders.reading(partner))
    request: Any = command.request
    assert return_pb2.Disposition.Name(request.lines[0].disposition) == f"DISPOSITION_{meaning}"
    assert command.keys == ("return_inspection:RI-1",)


@pytest.mark.parametrize("line", [CAME_BACK, CAME_BACK | {"disposition": "BURN"}])
def test_an_inspection_without_a_disposition_that_is_one_is_refused(line: dict[str, str]) -> None:
    partner = orders.partner(options={"dispositions": {"BURN": "FIRE"}})
    with pytest.raises(json_document.DocumentFault):
        wms_a_return.INSPECTION.read(parsed(DECIDED | {"lines": [line]}), orders.reading(partner))
