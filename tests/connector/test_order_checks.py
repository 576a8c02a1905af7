"""Whoever has the authority is asked about orders, and its answer reaches fulfillment."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.domain.documents import State
from connector.mappings import json_order_status
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import check_service_pb2, sales_order_pb2
from crossdock.options.v1 import options_pb2
from google.type.date_pb2 import Date

UNIT = "CHECKS-01"
ANSWER = {"kind": "json.check_result", "direction": "IN", "path": "check-results"}


def wanted(kind: sales_order_pb2.CheckKind.ValueType, unit: str = UNIT) -> events_pb2.OrderCheckRequested:
    order_id = str(uuid4())
    line = sales_order_pb2.OrderLine(line_number="1", sku="A1001", ordered=orders.quantity("7"))
    order = sales_order_pb2.SalesOrder(
        order_id=order_id,
        business_unit=unit,
        customer_id="CUS-SHOP",
        ordered_on=Date(year=2026, month=11, day=2),
        ship_to_country="DE",
        line_count=1,
        net=values_pb2.Money(amount="17.50", currency="EUR"),
    )
    name = sales_order_pb2.CheckKind.Name(kind).removeprefix("CHECK_KIND_").lower()
    return events_pb2.OrderCheckRequested(
        order_id=order_id,
        channel="shop-eu",
        number="S-1",
        check_id=f"{order_id}:{name}:1",
        kind=kind,
        order=order,
        lines=[line],
    )


@pytest.fixture(scope="module")
async def authorities(rig: Rig) -> None:
    """An ERP that answers for credit and tax, and a service that screens exports, whose word is the ERP's."""
    routes = [
        {"kind": "json.credit_check", "direction": "OUT", "path": "/credit-checks"},
        {"kind": "json.tax_check", "direction": "OUT", "path": "/tax-checks"},
        ANSWER,
    ]
    erp = {"role": "ERP", "system": "ERP-CHECKS", "businessUnit": UNIT, "transport": http(), "documents": routes}
    await rig.partner("erp-checks", **erp)
    routes = [
        {"kind": "json.export_check", "direction": "OUT", "path": "/screenings"},
        ANSWER | {"speaksAs": "ERP"},
    ]
    screening = {"role": "CRM", "businessUnit": UNIT, "transport": http(), "documents": routes}
    await rig.partner("screening", **screening)


pytestmark = pytest.mark.usefixtures("authorities")


@pytest.mark.feature("F114")
async def test_each_check_is_asked_of_whoever_takes_it_and_of_nobody_else(rig: Rig) -> None:
    checks = {kind: wanted(kind) for kind in sales_order_pb2.CheckKind.values() if kind > 2}
    for event in checks.values():
        await rig.tell(event, aggregate=f"sales_order/{event.order_id}")
    heard: dict[str, list[dict[str, Any]]] = {"erp-checks": [], "screening": []}
    for partner, found in heard.items():
        while sent := await rig.send(partner):
            found += [json.loads(content) for _, content in sent]
    asked = {partner: sorted(each["check"] for each in found) for partner, found in heard.items()}
    assert asked == {"erp-checks": ["credit", "tax"], "screening": ["export"]}
    [screened] = heard["screening"]
    assert screened["checkId"] == checks[sales_order_pb2.CHECK_KIND_EXPORT].check_id
    assert (screened["shipToCountry"], screened["net"]) == ("DE", {"amount": "17.50", "currency": "EUR"})
    assert screened["lines"] == [{"line": "1", "material": "A1001", "quantity": "7", "unit": "EA"}]


async def test_a_check_that_nobody_takes_is_somebodys_problem(rig: Rig) -> None:
    event = wanted(sales_order_pb2.CHECK_KIND_TAX, unit="NOWHERE")
    await rig.tell(event, aggregate=f"sales_order/{event.order_id}")
    told = "SELECT owner FROM exception WHERE code = 'NO_PARTNER' AND summary LIKE '%json.tax_check of NOWHERE%'"
    assert await rig.value(told) == "integration"


def result(check_id: str, **said: Any) -> bytes:
    found = {"documentType": "checkResult", "checkId": check_id, "answeredAt": "2026-11-10T10:00:00Z"}
    return json.dumps(found | said).encode()


@pytest.mark.feature("F114")
async def test_an_answer_is_recorded_as_the_word_of_the_role_that_the_profile_names(rig: Rig) -> None:
    order = sales_order_pb2.SalesOrder(order_id="so-77")
    rig.procurement.accepts("RecordCheck", check_service_pb2.RecordCheckResponse(order=order))
    content = result("so-77:export:1", verdict="refused", reason="denied party", reference="SCR-9")
    document = await rig.given("screening", content, path="check-results")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("so-77",))
    [request] = rig.procurement.requests
    assert isinstance(request, check_service_pb2.RecordCheckRequest)
    assert (request.check_id, request.reason, request.reference) == ("so-77:export:1", "denied party", "SCR-9")
    assert request.verdict == check_service_pb2.CHECK_VERDICT_REFUSED
    assert (request.origin.role, request.origin.system) == (options_pb2.ROLE_ERP, "screening")
    again = await rig.given("screening", content, path="check-results")
    assert again.state is State.DUPLICATE
    assert len(rig.procurement.requests) == 1


@pytest.mark.feature("F130")
def test_a_channel_hears_that_its_order_is_refused_and_why() -> None:
    shop = orders.partner(options_pb2.ROLE_CHANNEL, name="shop-status")
    event = events_pb2.OrderRejected(
        order_id="so-9",
        channel="shop-status",
        number="#1001",
        kind=sales_order_pb2.CHECK_KIND_CREDIT,
        reason="over the limit",
        state=sales_order_pb2.ORDER_STATE_REJECTED,
    )
    found = json_order_status.write(event, orders.writing(shop))
    assert (found["orderState"], found["lineState"], found["reason"]) == ("rejected", "rejected", "over the limit")
    assert found["lines"] == []
