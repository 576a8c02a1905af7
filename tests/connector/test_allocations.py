"""Whoever allocates orders is asked which stock serves them, and its answer reaches fulfillment."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.domain.documents import State
from connector_samples import orders
from connector_samples.calls import refusal
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import allocation_service_pb2, sales_order_pb2
from crossdock.options.v1 import options_pb2
from fulfillment.domain.refusals import AllocatedAboveOrder
from google.type.date_pb2 import Date

UNIT, PLACE = "ALLOCATES-01", "WH-EAST"
ROUTES = [
    {"kind": "json.allocation_request", "direction": "OUT", "path": "/allocations"},
    {"kind": "json.allocation_result", "direction": "IN", "path": "allocation-results"},
]


def fact(kind: Any, *steps: events_pb2.ScheduleStep, unit: str = UNIT, **said: Any) -> Any:
    order_id = str(uuid4())
    order = sales_order_pb2.SalesOrder(
        order_id=order_id,
        business_unit=unit,
        customer_id="CUS-SHOP",
        ordered_on=Date(year=2026, month=11, day=2),
        requested_on=Date(year=2026, month=11, day=5),
        ship_to_country="DE",
        same_day=True,
    )
    named: dict[str, Any] = {"allocator": options_pb2.ROLE_ERP, "allocation_id": f"{order_id}:1:1"}
    return kind(order_id=order_id, channel="shop-eu", number="S-1", part=1, steps=steps, order=order, **named | said)


def step(line: str, amount: str, place: str = "", sku: str = "A1001") -> events_pb2.ScheduleStep:
    return events_pb2.ScheduleStep(line_number=line, sku=sku, quantity=orders.quantity(amount), location_id=place)


@pytest.fixture(scope="module")
async def allocators(rig: Rig) -> None:
    """An ERP and a warehouse, each asked by its own orders."""
    erp = {"role": "ERP", "system": "ERP-ALLOCATES", "businessUnit": UNIT, "transport": http(), "documents": ROUTES}
    await rig.partner("erp-allocates", **erp)
    wms = {"role": "WMS", "system": "WMS-ALLOCATES", "businessUnit": UNIT, "locations": [PLACE]}
    await rig.partner("wms-allocates", transport=http(), documents=ROUTES, **wms)


pytestmark = pytest.mark.usefixtures("allocators")


async def heard(rig: Rig, event: Any) -> dict[str, list[dict[str, Any]]]:
    """What each of both is sent of a fact."""
    await rig.tell(event, aggregate=f"sales_order/{event.order_id}")
    found: dict[str, list[dict[str, Any]]] = {}
    for partner in ("erp-allocates", "wms-allocates"):
        while sent := await rig.send(partner):
            found.setdefault(partner, []).extend(json.loads(content) for _, content in sent)
    return found


@pytest.mark.feature("F217")
async def test_the_erp_is_asked_for_each_line_as_a_whole(rig: Rig) -> None:
    event = fact(events_pb2.AllocationRequested, step("1", "7"), step("1", "3"), step("2", "1.5"))
    told = await heard(rig, event)
    assert list(told) == ["erp-allocates"]
    [asked] = told["erp-allocates"]
    assert (asked["action"], asked["allocationId"], asked["order"]) == ("allocate", event.allocation_id, "S-1")
    assert (asked["priority"], asked["requestedDate"], asked["shipToCountry"]) == ("SAME_DAY", "2026-11-05", "DE")
    assert asked["lines"] == [
        {"line": "1", "material": "A1001", "quantity": "10", "unit": "EA"},
        {"line": "2", "material": "A1001", "quantity": "1.5", "unit": "EA"},
    ]


async def test_a_warehouse_is_asked_by_its_place_and_hears_what_is_wanted_no_more_behind_that(rig: Rig) -> None:
    who: dict[str, Any] = {"allocator": options_pb2.ROLE_WMS, "location_id": PLACE}
    told = await heard(rig, fact(events_pb2.AllocationRequested, step("1", "7"), **who))
    assert [each["action"] for each in told.pop("wms-allocates")] == ["allocate"]
    withdrawn = await heard(rig, fact(events_pb2.AllocationWithdrawn, **who))
    [asked] = withdrawn.pop("wms-allocates")
    assert (asked["action"], asked["lines"]) == ("withdraw", [])
    given_back = fact(events_pb2.AllocationWithdrawn, step("1", "4", PLACE), step("1", "1", PLACE), **who)
    given_back.allocation_id = ""
    returned = await heard(rig, given_back)
    [asked] = returned.pop("wms-allocates")
    assert (asked["action"], asked["allocationId"]) == ("give_back", None)
    assert asked["lines"] == [{"line": "1", "material": "A1001", "quantity": "5", "unit": "EA", "location": PLACE}]
    assert (told, withdrawn, returned) == ({}, {}, {})


@pytest.mark.parametrize(
    ("unit", "who"),
    [
        ("NOWHERE", {}),
        (UNIT, {"allocator": options_pb2.ROLE_WMS, "location_id": "WH-NOBODYS"}),
    ],
)
async def test_a_question_that_nobody_takes_is_somebodys_problem(rig: Rig, unit: str, who: dict[str, Any]) -> None:
    event = fact(events_pb2.AllocationRequested, step("1", "7"), unit=unit, **who)
    assert await heard(rig, event) == {}
    told = "SELECT owner FROM exception WHERE code = 'NO_PARTNER' AND subject = $1"
    assert await rig.value(told, f"sales_order/{event.order_id}") == "integration"


def result(allocation_id: str, *lines: dict[str, Any], **said: Any) -> bytes:
    found = {"documentType": "allocationResult", "allocationId": allocation_id, "allocatedAt": "2026-11-10T10:00:00Z"}
    return json.dumps(found | {"lines": lines} | said).encode()


def allocated(line: str, quantity: Any, **more: Any) -> dict[str, Any]:
    return {"line": line, "material": "A1001", "quantity": quantity, "unit": "EA", "location": PLACE} | more


async def test_an_answer_is_recorded_once_as_the_word_of_its_partner(rig: Rig) -> None:
    order = sales_order_pb2.SalesOrder(order_id="so-88")
    rig.procurement.accepts("RecordAllocation", allocation_service_pb2.RecordAllocationResponse(order=order))
    content = result("so-88:1:1", allocated("1", "7", lot="L-1"), allocated("1", 3))
    document = await rig.given("erp-allocates", content, path="allocation-results")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("so-88",))
    [request] = rig.procurement.requests
    assert isinstance(request, allocation_service_pb2.RecordAllocationRequest)
    assert (request.allocation_id, request.origin.role) == ("so-88:1:1", options_pb2.ROLE_ERP)
    assert request.origin.system == "ERP-ALLOCATES"
    said = [(each.line_number, each.sku, each.location_id, each.quantity.value, each.lot) for each in request.lines]
    assert said == [("1", "A1001", PLACE, "7", "L-1"), ("1", "A1001", PLACE, "3", "")]
    again = await rig.given("erp-allocates", content, path="allocation-results")
    assert (again.state, len(rig.procurement.requests)) == (State.DUPLICATE, 1)


async def test_a_refused_answer_is_the_order_desks(rig: Rig) -> None:
    rig.procurement.refuses("RecordAllocation", refusal(AllocatedAboveOrder("1", "7", "9")))
    document = await rig.given("erp-allocates", result("so-89:1:1", allocated("1", "9")), path="allocation-results")
    assert document.state is State.EXCEPTION
    told = "SELECT owner FROM exception WHERE code = 'ALLOCATED_ABOVE_ORDER' ORDER BY raised_at DESC LIMIT 1"
    assert await rig.value(told) == "order-desk"


@pytest.mark.parametrize(
    "content",
    [
        result("so-90:1:1", allocated("1", "0")),
        result("so-90:1:1", allocated("1", "-1")),
        result("so-90:1:1", allocated("1", "1.0000001")),
        result("so-90:1:1", allocated("", "1")),
        result("", allocated("1", "1")),
        result("so-90:1:1", lines=None),
        result("so-90:1:1", lines={"line": "1"}),
        result("so-90:1:1", *(allocated(str(number), "1") for number in range(401))),
        result("so-90:1:1", allocatedAt="yesterday"),
    ],
)
async def test_half_an_answer_is_none(rig: Rig, content: bytes) -> None:
    before = len(rig.procurement.requests)
    document = await rig.given("erp-allocates", content, path="allocation-results")
    assert document.state is State.REFUSED
    assert len(rig.procurement.requests) == before
