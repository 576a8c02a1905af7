"""Sales orders and the warehouse: what is released is asked for, and what is reported becomes fulfillment's command."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.domain.documents import State
from connector_samples.calls import refusal
from connector_samples.rig import Rig
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse
from fulfillment.domain.refusals import ReportNumberReused

pytestmark = pytest.mark.usefixtures("accepting")


def released(location: str = "WH-EAST") -> events_pb2.OrderReleased:
    step = events_pb2.ScheduleStep(
        line_number="1", sku="A1001", quantity=values_pb2.Quantity(value="7", unit="EA"), location_id=location
    )
    return events_pb2.OrderReleased(
        order_id="so-1", number="S-1", part=1, location_id=location, steps=[step], release_number="S-1/1.1"
    )


def pick(number: str = "") -> bytes:
    line = {"order": "S-1", "orderRef": "so-1", "orderLine": "1", "sku": "A1001", "qty": "7", "uom": "EACH"}
    return json.dumps(
        {
            "type": "PICK",
            "pickNumber": number or uuid4().hex,
            "warehouse": "EAST1",
            "pickedAt": "2026-11-10T09:30:00Z",
            "lines": [line],
        }
    ).encode()


@pytest.mark.feature("F022")
async def test_a_released_order_is_asked_of_the_warehouse_that_holds_it(rig: Rig) -> None:
    await rig.tell(released(), aggregate="sales_order/so-1")
    [(document, content)] = await rig.send("wms-east")
    found: dict[str, Any] = json.loads(content)
    assert (found["type"], found["number"], found["orderRef"], found["warehouse"]) == (
        "PICK_REQUEST",
        "S-1/1.1",
        "so-1",
        "EAST1",
    )
    assert found["lines"] == [{"lineNo": 1, "orderLine": "1", "sku": "A1001", "qty": "7", "uom": "EACH"}]
    assert (document.partner, document.outbound) == ("wms-east", True)


async def test_a_place_without_a_warehouse_system_is_somebodys_problem(rig: Rig) -> None:
    await rig.tell(released("WH-NOWHERE"), aggregate="sales_order/so-2")
    assert await rig.value("SELECT owner FROM exception WHERE code = 'NO_PARTNER' AND summary LIKE '%WH-NOWHERE%'") == (
        "integration"
    )


@pytest.mark.feature("F023", "F121")
async def test_a_pick_becomes_a_command_and_stands_with_all_its_orders(rig: Rig) -> None:
    rig.procurement.accepts("RecordPick", warehouse.RecordPickResponse(pick_id="p-1", order_ids=["so-1", "so-2"]))
    content = pick()
    document = await rig.given("wms-east", content, path="picks")
    assert document.state is State.UNDERSTOOD
    assert document.transaction_ids == ("so-1", "so-2")
    [request] = rig.procurement.requests
    assert isinstance(request, warehouse.RecordPickRequest)
    assert (request.location_id, request.lines[0].order_id, request.origin.system) == ("WH-EAST", "so-1", "WMS-EAST")
    again = await rig.given("wms-east", content, path="picks")
    assert again.state is State.DUPLICATE
    assert len(rig.procurement.requests) == 1


async def test_a_pick_that_is_refused_is_the_warehouses_to_look_at(rig: Rig) -> None:
    rig.procurement.refuses("RecordPick", refusal(ReportNumberReused("WH-EAST", "P-1")))
    document = await rig.given("wms-east", pick("P-1"), path="picks")
    assert document.state is State.EXCEPTION
    assert await rig.exceptions(document.document_id) == [("business", "REPORT_NUMBER_REUSED", "warehouse")]
