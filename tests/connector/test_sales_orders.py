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
from crossdock.fulfillment.v1 import posting_pb2, posting_service_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse
from fulfillment.domain.refusals import PostedUnderAnotherNumber, ReportNumberReused

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


@pytest.mark.feature("F034", "F133")
async def test_what_came_back_is_told_to_fulfillment_and_stands_with_its_return(rig: Rig) -> None:
    told = returns.RecordReturnReceiptResponse(return_id="ret-1", order_id="so-1")
    rig.procurement.accepts("RecordReturnReceipt", told)
    line = {"orderLine": "1", "sku": "A1001", "qty": "2", "uom": "EACH"}
    head = {"type": "RETURN_RECEIPT", "receiptNumber": uuid4().hex, "warehouse": "EAST1", "return": "R-1"}
    content = json.dumps(head | {"receivedAt": "2026-11-20T10:00:00Z", "lines": [line]}).encode()
    document = await rig.given("wms-east", content, path="return-receipts")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("ret-1", "so-1"))
    [request] = rig.procurement.requests
    assert isinstance(request, returns.RecordReturnReceiptRequest)
    assert (request.return_number, request.origin.system) == ("R-1", "WMS-EAST")


INVOICE = "so-1.invoice.r-1"


def to_be_posted() -> events_pb2.PostingRequested:
    price = values_pb2.UnitPrice(money=values_pb2.Money(amount="2.50", currency="EUR"))
    line = posting_pb2.PostingLine(
        line_number="1", sku="A1001", quantity=values_pb2.Quantity(value="7", unit="EA"), price=price
    )
    return events_pb2.PostingRequested(
        posting_id=INVOICE,
        order_id="so-1",
        order_number="S-1",
        posting=posting_pb2.Posting(
            posting_id=INVOICE,
            business_unit="EU01",
            kind=posting_pb2.POSTING_KIND_INVOICE,
            reference="GI-1",
            lines=[line],
            evidence=posting_pb2.BillingEvidence(basis="PROOF", reference="photo/1"),
        ),
        customer_id="CUS-SHOP",
        currency="EUR",
        before=[
            events_pb2.PostedBefore(posting_id="p", kind=posting_pb2.POSTING_KIND_SHIPMENT, number="8000000001"),
        ],
    )


def result(**said: Any) -> bytes:
    found = {"documentType": "postingResult", "postingId": INVOICE, "postedAt": "2026-11-10T10:00:00Z"}
    return json.dumps(found | said).encode()


@pytest.mark.feature("F125", "F155")
async def test_what_is_to_be_posted_is_asked_of_the_erp_in_its_own_words(rig: Rig) -> None:
    await rig.tell(to_be_posted(), aggregate=f"posting/{INVOICE}")
    [(document, content)] = await rig.send("erp-eu")
    found: dict[str, Any] = json.loads(content)
    assert (document.kind, found["postingId"], found["posting"]) == ("json.posting_request", INVOICE, "invoice")
    assert found["after"] == [{"posting": "shipment", "number": "8000000001"}]
    assert found["evidence"] == {"basis": "proof", "reference": "photo/1"}
    price = {"amount": "2.50", "per": "1", "unit": "ST"}
    assert found["lines"] == [{"line": "1", "material": "A1001", "quantity": "7", "unit": "ST", "price": price}]
    ordering = "SELECT ordering_key FROM delivery WHERE delivery_id = $1"
    assert await rig.value(ordering, document.document_id) == "order:so-1"


@pytest.mark.feature("F155")
async def test_the_erps_answer_carries_number_tax_and_totals(rig: Rig) -> None:
    answer = posting_service_pb2.RecordPostingResponse(posting=posting_pb2.Posting(order_id="so-1"))
    rig.procurement.accepts("RecordPosting", answer)
    totals = {"currency": "EUR", "net": "17.50", "tax": "3.33", "gross": "20.83"}
    content = result(status="posted", number="9001", totals=totals)
    document = await rig.given("erp-eu", content, path="posting-results")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("so-1",))
    [request] = rig.procurement.requests
    assert isinstance(request, posting_service_pb2.RecordPostingRequest)
    assert (request.posting_id, request.number, request.totals.tax.amount) == (INVOICE, "9001", "3.33")
    assert request.origin.system == "ERP-EU"


async def test_what_the_erp_refuses_is_recorded_with_its_reason(rig: Rig) -> None:
    answer = posting_service_pb2.RecordPostingResponse(posting=posting_pb2.Posting(order_id="so-1"))
    rig.procurement.accepts("RecordPosting", answer)
    await rig.given("erp-eu", result(status="refused", reason="period closed"), path="posting-results")
    [request] = rig.procurement.requests
    assert isinstance(request, posting_service_pb2.RecordPostingRequest)
    assert (request.refusal, request.number, request.HasField("totals")) == ("period closed", "", False)


@pytest.mark.feature("F159")
async def test_what_the_erp_says_was_paid_becomes_a_command_and_stands_with_the_invoices_order(rig: Rig) -> None:
    answer = posting_service_pb2.RecordPaymentResponse(posting=posting_pb2.Posting(order_id="so-1"))
    rig.procurement.accepts("RecordPayment", answer)
    content = json.dumps(
        {
            "documentType": "paymentStatus",
            "invoice": "9001",
            "payment": "1400000012",
            "amount": "-50.00",
            "currency": "EUR",
            "paidAt": "2026-03-09T08:00:00Z",
        }
    ).encode()
    document = await rig.given("erp-eu", content, path="payments")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("so-1",))
    assert {"invoice:9001", "payment:1400000012"} <= set(document.messages[0].keys)
    [request] = rig.procurement.requests
    assert isinstance(request, posting_service_pb2.RecordPaymentRequest)
    assert (request.invoice_number, request.number, request.amount.amount) == ("9001", "1400000012", "-50.00")
    assert (request.origin.system, request.paid_at.ToJsonString()) == ("ERP-EU", "2026-03-09T08:00:00Z")


async def test_an_answer_that_contradicts_the_first_is_for_finance(rig: Rig) -> None:
    rig.procurement.refuses("RecordPosting", refusal(PostedUnderAnotherNumber(INVOICE, "9001", "9002")))
    content = result(status="posted", number="9002")
    document = await rig.given("erp-eu", content, path="posting-results")
    assert await rig.exceptions(document.document_id) == [("business", "POSTED_UNDER_ANOTHER_NUMBER", "finance")]
