"""A planned shipment is offered to who carries it, by JSON or 204; the answer, by JSON or 990, is told to delivery."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.consumers import Shipments
from connector.domain.documents import State
from connector.mappings import json_tender_response, x12_990
from connector.peer_commands import results_of
from connector.store.document import Document
from connector.use_cases.settling import TRANSACTION
from connector_samples import files, orders
from connector_samples.calls import control
from connector_samples.partners import http
from connector_samples.rig import TENANT, TENANTS, Rig, a_cause
from crossdock.delivery.events.v1 import events_pb2
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.delivery.v1 import shipment_pb2
from crossdock.options.v1 import options_pb2
from crossdock_edi.x12.load_tender import LoadTender
from crossdock_kit.events import Origin, Received

SSCC = "106141411234567897"
EDI = {"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME"}


def planned(number: str, **more: Any) -> events_pb2.ShipmentPlanned:
    said: dict[str, Any] = {
        "shipment_id": str(uuid4()),
        "business_unit": "TEND",
        "number": number,
        "orders": [shipment_pb2.OrderReference(order_id="order-1", number="SO-1")],
        "packages": [shipment_pb2.Package(number=SSCC, sscc=SSCC)],
        "ship_from": "WH-EAST",
        "customer_id": "CUS-SHOP",
        "state": shipment_pb2.SHIPMENT_STATE_PLANNED,
    }
    shipment = shipment_pb2.Shipment(**said | more)
    shipment.promised_by.FromDatetime(datetime(2026, 11, 5, 12, tzinfo=UTC))
    return events_pb2.ShipmentPlanned(shipment_id=shipment.shipment_id, number=number, shipment=shipment)


def called_off(offer: events_pb2.ShipmentPlanned, command: str, **more: Any) -> events_pb2.ShipmentCallOffRequested:
    shipment = shipment_pb2.Shipment(**more)
    shipment.MergeFrom(offer.shipment)
    shipment.call_off.command, shipment.call_off.reason = command, "RECALLED"
    return events_pb2.ShipmentCallOffRequested(shipment_id=offer.shipment_id, number=offer.number, shipment=shipment)


async def hears(rig: Rig, message: Any, said_by: str = "WH-EAST") -> None:
    now = datetime.now(UTC)
    event = Received(
        id=uuid4(),
        type=message.DESCRIPTOR.full_name,
        message=message,
        tenant=TENANT,
        business_unit="TEND",
        aggregate_type="shipment",
        aggregate_id=message.shipment_id,
        version=1,
        subject=message.number,
        occurred_at=now,
        recorded_at=now,
        origin=Origin(system=said_by),
        correlation_id="c",
        causation_id="c",
        transaction_ids=("order-1",),
        keys=(f"shipment:{message.number}",),
        express=False,
        traceparent="",
        cause=a_cause("event"),
    )
    handler = Shipments(rig.around).subscription().handlers[type(message)]
    async with rig.uow(tenants=TENANTS) as work:
        await handler([event], work)


async def led_to(rig: Rig, document: Document) -> set[tuple[str, str]]:
    """The steps in which a document was read, with the transactions that it led to."""
    rows = await rig.rows(
        "SELECT s.name, k.transaction_id FROM step s JOIN transaction_key k ON k.key = $1"
        " WHERE s.keys && ARRAY[$1] AND s.name LIKE 'read %'",
        f"document:{document.document_id}",
    )
    return {(row["name"], row["transaction_id"]) for row in rows}


@pytest.mark.parametrize(
    "answer",
    [
        delivery.AssignCarrierResponse,
        delivery.DeclineTenderResponse,
        delivery.RecordCallOffAnswerResponse,
        delivery.RecordProofOfDeliveryResponse,
    ],
)
def test_what_concerns_a_shipment_concerns_its_orders(answer: Any) -> None:
    shared = shipment_pb2.Shipment(
        shipment_id="shipment-1",
        orders=[shipment_pb2.OrderReference(order_id=each, number=each) for each in ("order-1", "order-2")],
    )
    assert results_of(answer(shipment=shared)) == {TRANSACTION: "order-1,order-2"}
    alone = shipment_pb2.Shipment(shipment_id="shipment-2", orders=[shipment_pb2.OrderReference(number="theirs")])
    assert results_of(answer(shipment=alone)) == {TRANSACTION: "shipment-2"}
    assert results_of(answer()) == {}


@pytest.mark.feature("F149", "F175")
@pytest.mark.parametrize(
    ("carrier", "said", "level"),
    [
        ("UPSN", "01", "NEXT_DAY"),
        ("UPS", "59", "TWO_DAY"),
        ("UPSN", "3 Day Select", "THREE_DAY"),
        ("UPSN", "UPS Ground", "GROUND"),
        ("FDEG", "FEDEX_2_DAY", "TWO_DAY"),
        ("FDE", "PRIORITY_OVERNIGHT", "NEXT_DAY"),
        ("FDE", "FEDEX_EXPRESS_SAVER", "THREE_DAY"),
        ("FDEG", "GROUND_HOME_DELIVERY", "GROUND"),
        ("EXLA", "SE", "TWO_DAY"),
        ("EXLA", "D1", "NEXT_DAY"),
        ("EXLA", "same day", "SAME_DAY"),
        ("DHLE", "EXPRESS 24", "NEXT_DAY"),
    ],
)
def test_a_carriers_word_for_its_service_is_one_word_for_all_carriers(carrier: str, said: str, level: str) -> None:
    own = orders.partner(options={"serviceLevels": {"EXPRESS 24": "NEXT_DAY"}})
    answer = {"shipment": "SH-1", "decision": "accepted", "carrier": carrier, "serviceLevel": said}
    request: Any = json_tender_response.read(decoded(answer), orders.reading(own)).request
    assert request.service_level == level


@pytest.mark.parametrize(("carrier", "said"), [("EXLA", "01"), ("EXLA", "VOLUME LTL"), ("UPSN", "96"), ("UPSN", "")])
def test_a_word_that_nobody_knows_stays_the_carriers(carrier: str, said: str) -> None:
    answer = {"shipment": "SH-1", "decision": "accepted", "carrier": carrier, "serviceLevel": said}
    request: Any = json_tender_response.read(decoded(answer), orders.reading()).request
    assert request.service_level == said


def decoded(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


@pytest.mark.feature("F122")
async def test_a_tms_is_offered_a_shipment_and_its_answer_is_told_to_delivery(rig: Rig) -> None:
    await rig.partner(
        "tms-json",
        role="TMS",
        system="TMS-EU",
        transport=http(),
        businessUnit="TEND",
        documents=[
            {"kind": "json.load_tender", "direction": "OUT", "path": "/tenders"},
            {"kind": "json.tender_response", "direction": "IN", "path": "responses"},
        ],
    )
    offer = planned("SH-1")
    await hears(rig, offer)
    [(document, content)] = await rig.send("tms-json")
    assert document.transaction_ids == ("order-1",)
    assert json.loads(content) == {
        "documentType": "loadTender",
        "action": "offer",
        "shipmentId": offer.shipment_id,
        "shipment": "SH-1",
        "businessUnit": "TEND",
        "shipFrom": "WH-EAST",
        "customer": "CUS-SHOP",
        "orders": ["SO-1"],
        "deliverBy": "2026-11-05T12:00:00Z",
        "packages": [{"number": SSCC, "sscc": SSCC}],
    }
    rig.procurement.accepts("AssignCarrier", delivery.AssignCarrierResponse(shipment=offer.shipment))
    rig.procurement.requests.clear()
    answer = {
        "shipmentId": offer.shipment_id,
        "shipment": "SH-1",
        "decision": "accepted",
        "carrier": "UPSN",
        "serviceLevel": "GROUND",
        "trackingNumber": "1Z1",
        "eta": "2026-11-04T15:00:00Z",
    }
    found = await rig.given("tms-json", json.dumps(answer).encode(), name="m1", path="responses")
    assert found.state is State.UNDERSTOOD
    # The answer names a shipment alone, and stands in the timeline of its order.
    assert found.transaction_ids == ("order-1",)
    assert ("read json.tender_response", "order-1") in await led_to(rig, found)
    [told] = rig.procurement.requests
    assert isinstance(told, delivery.AssignCarrierRequest)
    assert (told.ref.shipment_id, told.carrier, told.service_level) == (offer.shipment_id, "UPSN", "GROUND")
    assert (told.tracking_number, told.eta.ToJsonString()) == ("1Z1", "2026-11-04T15:00:00Z")
    assert told.origin.role == options_pb2.ROLE_TMS
    # What the TMS planned itself is no news to it.
    await hears(rig, planned("SH-2"), said_by="TMS-EU")
    # What has left, or has a carrier, is offered to nobody.
    await hears(rig, planned("SH-3", state=shipment_pb2.SHIPMENT_STATE_HANDED_OVER))
    await hears(rig, planned("SH-4", carrier="UPSN"))
    assert await rig.send("tms-json") == []


async def test_a_tms_without_a_name_for_its_system_is_offered_what_no_systems_document_planned(rig: Rig) -> None:
    tenders = [{"kind": "json.load_tender", "direction": "OUT", "path": "/tenders"}]
    await rig.partner("tms-plain", role="TMS", transport=http(), businessUnit="TEND", documents=tenders)
    await hears(rig, planned("SH-5"), said_by="")
    [(_, content)] = await rig.send("tms-plain")
    assert json.loads(content)["shipment"] == "SH-5"
    await hears(rig, planned("SH-6"), said_by="tms-plain")
    assert await rig.send("tms-plain") == []


@pytest.mark.feature("F122", "F132")
async def test_a_tms_is_told_to_void_a_label_and_its_answer_is_told_to_delivery(rig: Rig) -> None:
    await rig.partner(
        "tms-void",
        role="TMS",
        system="TMS-VOID",
        transport=http(),
        businessUnit="TEND",
        documents=[
            {"kind": "json.load_tender", "direction": "OUT", "path": "/tenders"},
            {"kind": "json.tender_response", "direction": "IN", "path": "responses"},
        ],
    )
    offer = planned("SH-9")
    await hears(rig, offer, said_by="TMS-VOID")
    await hears(rig, called_off(offer, "void_label", carrier="UPSN", tracking_number="1Z9"))
    [(_, content)] = await rig.send("tms-void")
    told = json.loads(content)
    assert (told["action"], told["shipment"], told["reason"]) == ("void_label", "SH-9", "RECALLED")
    assert (told["carrier"], told["trackingNumber"]) == ("UPSN", "1Z9")
    rig.procurement.accepts("RecordCallOffAnswer", delivery.RecordCallOffAnswerResponse())
    rig.procurement.requests.clear()
    for number, decision in enumerate(("cancelled", "cancellation_refused")):
        answer = {"shipmentId": offer.shipment_id, "shipment": "SH-9", "decision": decision, "reason": "gone"}
        await rig.given("tms-void", json.dumps(answer).encode(), name=f"v{number}", path="responses")
    done, refused = rig.procurement.requests
    assert isinstance(done, delivery.RecordCallOffAnswerRequest)
    assert isinstance(refused, delivery.RecordCallOffAnswerRequest)
    assert (done.stopped, refused.stopped, refused.reason) == (True, False, "gone")
    assert done.ref.shipment_id == offer.shipment_id


@pytest.mark.feature("F122")
async def test_a_carrier_without_a_tms_is_offered_a_load_by_204_and_answers_by_990(rig: Rig) -> None:
    await rig.partner(
        "car-edi",
        role="CARRIER",
        transport={"fileDrop": {"inbox": "car-edi/in", "outbox": "car-edi/out"}},
        edi=EDI,
        businessUnit="TEND",
        documents=[
            {"kind": "x12.204", "direction": "OUT", "mapping": {"scac": "ACME"}},
            {"kind": "x12.990", "direction": "IN"},
            {"kind": "x12.997", "direction": "OUT"},
        ],
    )
    await hears(rig, planned("SH-3"))
    [(_, content)] = await rig.send("car-edi")
    [interchange] = x12_document.read_file(content, {})
    [message] = interchange.messages
    assert message.wrong == ""
    tender: Any = message.document
    assert isinstance(tender, LoadTender)
    assert (tender.carrier, tender.shipment, tender.freight_payment, tender.total_pieces) == ("ACME", "SH-3", "PP", 1)
    assert [(stop.reason, stop.parties[0].role, stop.parties[0].id) for stop in tender.stops] == [
        ("CL", "SF", "WH-EAST"),
        ("CU", "CN", "CUS-SHOP"),
    ]
    # What was offered is cancelled by the same document; what is on the road is beyond its words.
    await hears(rig, called_off(planned("SH-3"), "withdraw_tender"))
    await hears(rig, called_off(planned("SH-3"), "intercept_or_return"))
    [(_, content)] = await rig.send("car-edi")
    [interchange] = x12_document.read_file(content, {})
    cancellation: Any = interchange.messages[0].document
    assert (cancellation.shipment, cancellation.purpose, tender.purpose) == ("SH-3", "01", "00")
    rig.procurement.accepts("AssignCarrier", delivery.AssignCarrierResponse())
    rig.procurement.accepts("DeclineTender", delivery.DeclineTenderResponse())
    rig.procurement.requests.clear()
    for segments in (["B1*ACME*SH-3*20261102*A", "N9*CN*PRO9"], ["B1*ACME*SH-4*20261102*D", "K1*no truck"]):
        answer = files.interchange("990", segments, control=control(), group="GF")
        assert (await rig.given("car-edi", answer)).state is State.UNDERSTOOD
    taken, declined = rig.procurement.requests
    assert isinstance(taken, delivery.AssignCarrierRequest)
    assert isinstance(declined, delivery.DeclineTenderRequest)
    assert (taken.ref.number, taken.carrier, taken.tracking_number) == ("SH-3", "ACME", "PRO9")
    assert (declined.ref.number, declined.reason) == ("SH-4", "no truck")


def test_an_answer_that_decides_nothing_is_refused() -> None:
    with pytest.raises(DocumentFault, match="maybe"):
        json_tender_response.read(json_document.decode(b'{"shipment": "SH-1", "decision": "maybe"}'), orders.reading())
    [interchange] = x12_document.read_file(files.interchange("990", ["B1*ACME*SH-3*20261102*E"], group="GF"), {})
    document: Any = interchange.messages[0].document
    with pytest.raises(DocumentFault, match="neither A"):
        x12_990.read(document, orders.reading(x12=True))
