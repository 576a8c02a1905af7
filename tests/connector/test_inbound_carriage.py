"""Carriage from suppliers is asked for by document, and what was booked comes back by one."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import json_inbound_booking
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.common.v1 import values_pb2 as common
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from google.type.date_pb2 import Date

UNIT = "CARR"
BOOKED: dict[str, Any] = {
    "documentType": "inboundBooking",
    "purchaseOrder": "4711",
    "decision": "booked",
    "booking": "BK-1",
    "carrier": "HAUL",
    "carrierReference": "PRO-9",
    "pickUpOn": "2026-11-04",
    "expectedOn": "2026-11-06",
    "saidAt": "2026-11-02T09:30:00Z",
}


def order(number: str, *lines: order_pb.PurchaseOrderLine, **more: Any) -> order_pb.PurchaseOrder:
    said: dict[str, Any] = {
        "purchase_order_id": str(uuid4()),
        "business_unit": UNIT,
        "number": number,
        "supplier_id": "SUP-AFAR",
        "incoterms": "FCA Rotterdam",
        "ship_to_id": "WH-EAST",
        "revision": 1,
        "acknowledged_revision": 1,
        "lines": lines,
    }
    return order_pb.PurchaseOrder(**said | more)


def line(number: str = "10", confirmed: str = "100", shipped: str = "0", **more: Any) -> order_pb.PurchaseOrderLine:
    quantity = common.Quantity(value=confirmed, unit="EA")
    promised = order_pb.ScheduleLine(quantity=quantity, date=Date(year=2026, month=11, day=5))
    said: dict[str, Any] = {
        "line_number": number,
        "sku": "A1001",
        "ship_to_id": "WH-EAST",
        "ordered": common.Quantity(value="100", unit="EA"),
        "confirmed_quantity": confirmed,
        "shipped_quantity": shipped,
        "confirmed": [promised] if confirmed != "0" else [],
    }
    return order_pb.PurchaseOrderLine(**said | more)


@pytest.fixture(scope="module")
async def booker(rig: Rig) -> str:
    """Whoever books carriage for the business unit."""
    out = {"kind": "json.inbound_booking_request", "direction": "OUT", "path": "bookings"}
    back = {"kind": "json.inbound_booking", "direction": "IN", "path": "answers"}
    await rig.partner(
        "booker", role="TMS", businessUnit=UNIT, partyId="", system="BOOKER", transport=http(), documents=[out, back]
    )
    return "booker"


async def asked(rig: Rig, booker: str, kind: Any, found: order_pb.PurchaseOrder) -> list[dict[str, Any]]:
    """What the booker is sent now."""
    message = kind(purchase_order_id=found.purchase_order_id, number=found.number, purchase_order=found)
    await rig.tell(message, aggregate=f"purchase_order/{found.purchase_order_id}")
    return [json.loads(content) for _, content in await rig.send(booker)]


@pytest.mark.feature("F083", "F394")
async def test_what_a_supplier_promised_is_asked_to_be_fetched_where_the_buyer_carries(rig: Rig, booker: str) -> None:
    lines = (line(shipped="40"), line("20", drop_ship_party_id="CUS-1"), line("30", shipped="100"))
    [written] = await asked(rig, booker, events_pb2.PurchaseOrderAcknowledged, order("F-1", *lines))
    assert (written["purchaseOrder"], written["action"], written["incoterms"]) == ("F-1", "book", "FCA Rotterdam")
    [fetched] = written["lines"]
    assert (fetched["line"], fetched["quantity"], fetched["schedules"][0]["date"]) == ("10", "60", "2026-11-05")
    for terms in ("DAP Hamburg", "", "FCAX"):
        theirs = order("F-2", line(), incoterms=terms)
        assert await asked(rig, booker, events_pb2.PurchaseOrderAcknowledged, theirs) == []
    unanswered = order("F-3", line(confirmed="0"), acknowledged_revision=0)
    assert await asked(rig, booker, events_pb2.PurchaseOrderRevised, unanswered) == []


@pytest.mark.feature("F083")
@pytest.mark.parametrize("kind", [events_pb2.PurchaseOrderRevised, events_pb2.PurchaseOrderCancelled])
async def test_what_is_not_to_be_fetched_any_more_is_told(rig: Rig, booker: str, kind: Any) -> None:
    gone = order("F-4", line(confirmed="0"))
    [written] = await asked(rig, booker, kind, gone)
    assert (written["action"], written["lines"]) == ("cancel", [])


async def test_of_what_was_not_sent_yet_only_the_newest_is(rig: Rig, booker: str) -> None:
    found = order("F-5", line(confirmed="60"))
    for _ in range(2):
        message = events_pb2.PurchaseOrderAcknowledged(purchase_order_id=found.purchase_order_id, purchase_order=found)
        await rig.tell(message, aggregate=f"purchase_order/{found.purchase_order_id}")
    found.lines[0].confirmed_quantity = "80"
    [written] = await asked(rig, booker, events_pb2.PurchaseOrderChangeDecided, found)
    assert written["lines"][0]["quantity"] == "80"


@pytest.mark.feature("F083")
async def test_what_is_booked_is_reported_in_its_name(rig: Rig, booker: str) -> None:
    found = order_pb.PurchaseOrder(purchase_order_id="po-83")
    rig.procurement.accepts("RecordInboundBooking", procurement.RecordInboundBookingResponse(purchase_order=found))
    rig.procurement.requests.clear()
    document = await rig.given(booker, json.dumps(BOOKED).encode(), path="answers")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("po-83",))
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.RecordInboundBookingRequest)
    assert (request.origin.role, request.origin.system) == (options_pb2.ROLE_TMS, "BOOKER")
    assert request.origin.occurred_at.ToJsonString() == BOOKED["saidAt"]
    assert (request.ref.number, request.ref.business_unit) == ("4711", UNIT)
    said = request.booking
    assert (said.number, said.state, said.carrier_reference) == ("BK-1", order_pb.BOOKING_STATE_BOOKED, "PRO-9")
    assert (said.pick_up_on.day, said.expected_on.day) == (4, 6)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"purchaseOrder": None}, "purchaseOrder"),
        ({"decision": "perhaps"}, "decision"),
        ({"booking": "B" * 65}, "booking"),
        ({"expectedOn": "soon"}, "expectedOn"),
        ({"saidAt": None}, "saidAt"),
    ],
)
def test_what_says_no_booking_is_refused_with_its_path(changes: dict[str, Any], where: str) -> None:
    document = json_document.decode(json.dumps(BOOKED | changes).encode())
    with pytest.raises(DocumentFault) as fault:
        json_inbound_booking.read(document, orders.reading(orders.partner(options_pb2.ROLE_TMS)))
    assert fault.value.path == where
