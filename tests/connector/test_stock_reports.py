"""Counts and adjustments: what a warehouse says becomes inventory's command, and the ERP posts once what was booked."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.domain.documents import State
from connector_samples.calls import refusal
from connector_samples.rig import Rig
from crossdock.common.v1 import values_pb2
from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock_kit.errors import Refused
from google.protobuf.timestamp_pb2 import Timestamp
from inventory.domain.stock_report import AdjustmentNumberReused, LocationOfAnotherSystem

pytestmark = pytest.mark.usefixtures("accepting")

NINE = Timestamp(seconds=1_762_765_200)


def count(*lines: dict[str, str], number: str = "") -> bytes:
    head = {"type": "COUNT", "number": number or uuid4().hex, "warehouse": "EAST1", "countedAt": "2026-11-10T09:00:00Z"}
    return json.dumps(head | {"lines": lines}).encode()


def adjustment(**line: str) -> bytes:
    head = {"type": "ADJUSTMENT", "number": uuid4().hex, "warehouse": "EAST1", "adjustedAt": "2026-11-10T09:00:00Z"}
    known = {"sku": "A1001", "condition": "OK", "change": "-2", "uom": "EACH", "reason": "AU"}
    return json.dumps(head | {"lines": [known | line]}).encode()


def movement(place: str = "WH-EAST", **facts: Any) -> inventory.Movement:
    known: dict[str, Any] = {
        "sku": "A1001",
        "location_id": place,
        "business_unit": "EU01",
        "from": inventory.ACCOUNT_SELLABLE,
        "to": inventory.ACCOUNT_ADJUSTMENT,
        "quantity": values_pb2.Quantity(value="2", unit="EA"),
        "reason": "AU",
        "occurred_at": NINE,
    }
    return inventory.Movement(**known | facts)


def booked(identity: str, **facts: Any) -> events_pb2.StockAdjusted:
    turned: dict[str, Any] = {"from": inventory.ACCOUNT_ADJUSTMENT, "to": inventory.ACCOUNT_DAMAGED}
    gained = movement(**turned, lot="L1")
    return events_pb2.StockAdjusted(adjustment_id=identity, number="ADJ-1", movements=[movement(), gained], **facts)


@pytest.mark.feature("F018", "F098")
async def test_a_count_becomes_a_command_and_stands_with_its_adjustment(rig: Rig) -> None:
    known = control.StockAdjustment(adjustment_id="adj-1")
    rig.procurement.accepts("RecordStockReport", control.RecordStockReportResponse(adjustment=known))
    line = {"sku": "A1001", "condition": "QA", "lot": "L1", "counted": "0", "uom": "EACH"}
    content = count(line)
    document = await rig.given("wms-east", content, path="counts")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("adj-1",))
    [request] = rig.procurement.requests
    assert isinstance(request, control.RecordStockReportRequest)
    assert (request.location_id, request.business_unit, request.origin.system) == ("WH-EAST", "EU01", "WMS-EAST")
    [found] = request.lines
    assert (found.bucket, found.lot, found.counted.value, found.reason) == (
        inventory.ACCOUNT_QUARANTINED,
        "L1",
        "0",
        "AA",
    )
    again = await rig.given("wms-east", content, path="counts")
    assert (again.state, len(rig.procurement.requests)) == (State.DUPLICATE, 1)


@pytest.mark.feature("F094")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"reason": ""}, "reason"),
        ({"condition": ""}, "condition"),
        ({"change": "some"}, "change"),
    ],
)
async def test_an_adjustment_that_says_not_what_or_why_is_refused(rig: Rig, line: dict[str, str], says: str) -> None:
    document = await rig.given("wms-east", adjustment(**line), path="adjustments")
    assert document.state is State.REFUSED
    assert says in document.reason
    assert rig.procurement.requests == []


def statement(**facts: Any) -> bytes:
    line = {"sku": "A1001", "condition": "OK", "lot": "L1", "qty": "46", "uom": "EACH"}
    head = {"type": "STOCK_STATEMENT", "number": "ST-1", "warehouse": "EAST1", "asOf": "2026-11-10T09:00:00Z"}
    return json.dumps(head | {"complete": True, "speaksOf": "OK, DMG", "lines": [line]} | facts).encode()


@pytest.mark.feature("F101")
async def test_a_statement_says_what_it_speaks_of_and_as_of_when(rig: Rig) -> None:
    rig.procurement.accepts("RecordStatement", control.RecordStatementResponse())
    document = await rig.given("wms-east", statement(), path="statements")
    assert document.state is State.UNDERSTOOD
    [request] = rig.procurement.requests
    assert isinstance(request, control.RecordStatementRequest)
    assert (request.number, request.location_id, request.complete) == ("ST-1", "WH-EAST", True)
    assert list(request.buckets) == [inventory.ACCOUNT_SELLABLE, inventory.ACCOUNT_DAMAGED]
    assert request.as_of == Timestamp(seconds=1_794_301_200)
    assert [(each.sku, each.lot, each.quantity.value) for each in request.lines] == [("A1001", "L1", "46")]


@pytest.mark.feature("F101")
@pytest.mark.parametrize("facts", [{"lines": [], "speaksOf": ""}, {"asOf": "yesterday"}])
async def test_a_statement_of_nothing_or_of_no_time_is_refused(rig: Rig, facts: dict[str, Any]) -> None:
    document = await rig.given("wms-east", statement(**facts), path="statements")
    assert (document.state, rig.procurement.requests) == (State.REFUSED, [])


@pytest.mark.feature("F017")
@pytest.mark.parametrize(
    ("error", "code", "owner"),
    [
        (AdjustmentNumberReused("WMS-EAST", "ADJ-1"), "ADJUSTMENT_NUMBER_REUSED", "warehouse"),
        (LocationOfAnotherSystem("WH-EAST", "WMS-WEST"), "LOCATION_OF_ANOTHER_SYSTEM", "integration"),
    ],
)
async def test_a_report_that_is_refused_has_an_owner(rig: Rig, error: Refused, code: str, owner: str) -> None:
    rig.procurement.refuses("RecordStockReport", refusal(error))
    document = await rig.given("wms-east", adjustment(), path="adjustments")
    assert await rig.exceptions(document.document_id) == [("business", code, owner)]


@pytest.mark.feature("F017", "F045")
async def test_the_erp_posts_what_changed_and_not_what_is_left(rig: Rig) -> None:
    identity = str(uuid4())
    await rig.tell(booked(identity, to_be_posted=True), aggregate=f"stock_adjustment/{identity}")
    [(document, content)] = await rig.send("erp-eu")
    found: dict[str, Any] = json.loads(content)
    assert (document.kind, found["movementId"], found["reference"]) == ("json.stock_movement", identity, "ADJ-1")
    kept = ("material", "direction", "quantity", "unit", "stockType", "lot", "reason")
    assert [tuple(line[name] for name in kept) for line in found["lines"]] == [
        ("A1001", "decrease", "2", "ST", "sellable", None, "AU"),
        ("A1001", "increase", "2", "ST", "damaged", "L1", "AU"),
    ]
    sent = "SELECT ordering_key || ' ' || idempotency_key FROM delivery WHERE delivery_id = $1"
    assert await rig.value(sent, document.document_id) == f"stock:EU01:WH-EAST {identity}"


@pytest.mark.feature("F045")
async def test_what_waits_for_a_decision_or_is_known_is_not_posted(rig: Rig) -> None:
    await rig.tell(booked("adj-2"), aggregate="stock_adjustment/adj-2")
    rejected = events_pb2.AdjustmentDecided(adjustment_id="adj-2", number="ADJ-1", movements=[movement()])
    await rig.tell(rejected, aggregate="stock_adjustment/adj-2", version=2)
    assert await rig.send("erp-eu") == []
    approved = events_pb2.AdjustmentDecided(
        adjustment_id="adj-3", number="ADJ-3", approved=True, decided_by="ann", movements=[movement()]
    )
    await rig.tell(approved, aggregate="stock_adjustment/adj-3", version=2)
    [(_, content)] = await rig.send("erp-eu")
    found = json.loads(content)
    assert (found["movementId"], found["approvedBy"]) == ("adj-3", "ann")
