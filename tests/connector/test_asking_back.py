"""What is asked back and was never sent ends by itself, and nothing waits behind what nobody can be sent any more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import grpc
import pytest
from connector_samples import orders
from connector_samples.partners import EDI, http
from connector_samples.rig import Rig
from crossdock.delivery.events.v1 import events_pb2 as delivery
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock.options.v1 import options_pb2
from crossdock_kit.deliveries import Dead

JANE = Consignee(name="Jane Roe", city="Hamburg")
ERASED = ("business", "CONSIGNEE_ERASED", "order-desk")
FORMATS = ("wms_a.pick_request", "wms_b.pick_request", "x12.940")


async def warehouse_of(rig: Rig, name: str, *kinds: str, **more: Any) -> str:
    """A warehouse that takes these kinds; its location."""
    location = f"WH-{name.upper()}"
    routes = [
        {"kind": kind, "direction": "OUT", **({} if kind.startswith("x12.") else {"path": "/picks"})} for kind in kinds
    ]
    drop = {"fileDrop": {"inbox": f"{name}/in", "outbox": f"{name}/out"}}
    over = {"transport": drop, "edi": EDI} if kinds[0].startswith("x12.") else {"transport": http()}
    await rig.partner(name, **{"role": "WMS", "system": location, "locations": [location], "documents": routes} | over)
    return location


def steps(quantity: str = "5") -> Sequence[fulfillment.ScheduleStep]:
    return [fulfillment.ScheduleStep(line_number="1", sku="A1001", quantity=orders.quantity(quantity))]


async def release(rig: Rig, location: str, order_id: str, number: str = "SO-7/1.1") -> None:
    told = fulfillment.OrderReleased(
        order_id=order_id,
        number="SO-7",
        part=1,
        location_id=location,
        steps=steps(),
        release_number=number,
        consignee_id=f"consignee/{order_id}",
    )
    await rig.tell(told, aggregate=f"sales_order/{order_id}", transaction_ids=(order_id,))


async def recall(rig: Rig, location: str, order_id: str, number: str = "SO-7/1.1", **more: Any) -> None:
    told = fulfillment.OrderReleaseRecalled(
        order_id=order_id, number="SO-7", part=1, location_id=location, steps=steps(), release_number=number, **more
    )
    await rig.tell(told, aggregate=f"sales_order/{order_id}", version=2, transaction_ids=(order_id,))


async def states(rig: Rig, partner: str) -> list[str]:
    rows = await rig.rows("SELECT state FROM delivery WHERE partner = $1 ORDER BY position", partner)
    return [row["state"] for row in rows]


def recalled(rig: Rig) -> list[warehouse.RecordRecallRequest]:
    return [each for each in rig.procurement.requests if isinstance(each, warehouse.RecordRecallRequest)]


@pytest.fixture(autouse=True)
def fulfillment_answers(rig: Rig) -> None:
    rig.procurement.requests.clear()
    rig.procurement.accepts("RecordRecall", warehouse.RecordRecallResponse())


async def order_of(rig: Rig, consignee: Consignee | None) -> str:
    order_id = str(uuid4())
    rig.persons.known[order_id] = consignee
    return order_id


@pytest.mark.feature("F132", "F022")
@pytest.mark.parametrize("kind", FORMATS)
async def test_a_recall_of_what_nobody_can_be_sent_is_answered_by_ourselves(rig: Rig, kind: str) -> None:
    name = f"back-{kind.replace('.', '-').replace('_', '-')}"
    kinds = (kind, "wms_a.pick_recall") if kind == "wms_a.pick_request" else (kind,)
    location = await warehouse_of(rig, name, *kinds)
    order_id = await order_of(rig, None)
    await release(rig, location, order_id)
    await recall(rig, location, order_id)
    assert await rig.send(name) == []
    # The release keeps nothing waiting, so that the recall has its turn.
    assert await rig.send(name) == []
    assert await states(rig, name) == ["cancelled", "cancelled"]
    assert ERASED in await rig.exceptions_like("delivery/%")
    await rig.dispatch()
    [told] = recalled(rig)
    assert (told.location_id, told.business_unit, told.origin.system) == (location, "EU01", location)
    assert told.origin.role == options_pb2.ROLE_WMS
    [line] = told.lines
    assert (line.order_id, line.order_number, line.line_number, line.sku) == (order_id, "SO-7", "1", "A1001")
    assert (line.stopped, line.HasField("too_late")) == (orders.quantity("5"), False)
    # Told again nothing is said twice.
    await rig.dispatch()
    assert len(recalled(rig)) == 1
    [document] = await rig.rows("SELECT reason, sent_at FROM document WHERE partner = $1 AND unsent IS NOT NULL", name)
    assert (document["reason"].partition(":")[0], document["sent_at"]) == ("NEVER_SENT", None)


@pytest.mark.parametrize("end", ["sent", "tried", "unknown"])
async def test_what_a_warehouse_may_have_is_asked_back_from_it(rig: Rig, end: str) -> None:
    name = f"back-{end}"
    location = await warehouse_of(rig, name, "wms_a.pick_request", "wms_a.pick_recall")
    order_id = await order_of(rig, JANE)
    if end != "unknown":
        await release(rig, location, order_id)
        await rig.send(name, None if end == "sent" else Dead("HTTP 400"))
        await rig.rows(
            "UPDATE delivery SET state = 'cancelled' WHERE partner = $1 AND state = 'dead' RETURNING 1", name
        )
    await recall(rig, location, order_id)
    [(document, content)] = await rig.send(name)
    assert json.loads(content)["type"] == "PICK_RECALL"
    assert document.sent_at is not None
    await rig.dispatch()
    assert recalled(rig) == []


async def test_what_the_desk_has_taken_back_before_it_went_is_not_asked_back(rig: Rig) -> None:
    location = await warehouse_of(rig, "back-desk", "wms_a.pick_request", "wms_a.pick_recall")
    order_id = await order_of(rig, JANE)
    await release(rig, location, order_id)
    await rig.rows("UPDATE delivery SET state = 'cancelled' WHERE partner = 'back-desk' RETURNING 1")
    await recall(rig, location, order_id)
    assert await rig.send("back-desk") == []
    await rig.dispatch()
    assert len(recalled(rig)) == 1


async def test_two_releases_of_an_order_are_told_apart(rig: Rig) -> None:
    location = await warehouse_of(rig, "back-two", "wms_a.pick_request", "wms_a.pick_recall")
    order_id = await order_of(rig, JANE)
    await release(rig, location, order_id, "SO-7/1.1")
    assert len(await rig.send("back-two")) == 1
    rig.persons.known[order_id] = None
    await release(rig, location, order_id, "SO-7/1.2")
    await recall(rig, location, order_id, "SO-7/1.2")
    await recall(rig, location, order_id, "SO-7/1.1")
    sent = [json.loads(content) for _ in range(3) for _, content in await rig.send("back-two")]
    assert [(each["type"], each["pickRequest"]) for each in sent] == [("PICK_RECALL", "SO-7/1.1")]
    await rig.dispatch()
    assert len(recalled(rig)) == 1


async def test_what_of_a_release_is_still_wanted_is_replaced_though_its_consignee_was_erased(rig: Rig) -> None:
    location = await warehouse_of(rig, "back-less", "x12.940")
    order_id = await order_of(rig, JANE)
    await release(rig, location, order_id)
    assert len(await rig.send("back-less")) == 1
    rig.persons.known[order_id] = None
    await recall(rig, location, order_id, remaining=steps("2"))
    [(_, content)] = await rig.send("back-less")
    assert b"W05*R*" in content
    assert b"*ST*" not in content


async def test_an_own_answer_that_is_refused_is_the_order_desks(rig: Rig) -> None:
    location = await warehouse_of(rig, "back-no", "wms_a.pick_request", "wms_a.pick_recall")
    order_id = await order_of(rig, None)
    await release(rig, location, order_id)
    await recall(rig, location, order_id)
    for _ in range(2):
        await rig.send("back-no")
    rig.procurement.refuses("RecordRecall", refusal())
    await rig.dispatch()
    [row] = await rig.rows(
        "SELECT code, owner, transaction_ids FROM exception WHERE summary LIKE 'what was never sent could not%'"
    )
    assert (row["owner"], list(row["transaction_ids"])) == ("order-desk", [order_id])


def refusal() -> Exception:
    return grpc.aio.AioRpcError(
        grpc.StatusCode.FAILED_PRECONDITION, grpc.aio.Metadata(), grpc.aio.Metadata(), "location of another system"
    )


@pytest.mark.feature("F132", "F122")
async def test_an_offer_that_was_never_made_is_not_withdrawn(rig: Rig) -> None:
    tenders = [{"kind": "json.load_tender", "direction": "OUT", "path": "/tenders"}]
    await rig.partner("back-tms", role="TMS", businessUnit="BACK", transport=http(), documents=tenders)
    order_id = await order_of(rig, None)
    shipment = shipment_pb2.Shipment(
        shipment_id=str(uuid4()),
        business_unit="BACK",
        number="SH-1",
        orders=[shipment_pb2.OrderReference(order_id=order_id, number="SO-1")],
        consignee_id=f"consignee/{order_id}",
        state=shipment_pb2.SHIPMENT_STATE_PLANNED,
    )
    about = f"shipment/{shipment.shipment_id}"
    offer = delivery.ShipmentPlanned(shipment_id=shipment.shipment_id, number="SH-1", shipment=shipment)
    await rig.tell(offer, aggregate=about)
    shipment.call_off.command, shipment.call_off.reason = "withdraw_tender", "RECALLED"
    back = delivery.ShipmentCallOffRequested(shipment_id=shipment.shipment_id, number="SH-1", shipment=shipment)
    await rig.tell(back, aggregate=about, version=2)
    for _ in range(2):
        assert await rig.send("back-tms") == []
    assert await states(rig, "back-tms") == ["cancelled", "cancelled"]
    await rig.dispatch()
    assert rig.procurement.requests == []
