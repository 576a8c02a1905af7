"""A channel hears where its orders stand: what waits for supply, and what is on the road."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.mappings import json_order_status
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.events import Origin
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

STEP = events_pb2.ScheduleStep(line_number="71", sku="A1001", quantity=orders.quantity("6"), reason="STOCK_SHORT")
HEAD: dict[str, Any] = {"order_id": "so-9", "channel": "shop-status", "number": "#1001", "part": 1, "steps": [STEP]}


def backordered(**more: Any) -> events_pb2.OrderLinesBackordered:
    return events_pb2.OrderLinesBackordered(state=sales_order_pb2.ORDER_STATE_BACKORDERED, **HEAD | more)


def shipped(**more: Any) -> events_pb2.OrderStatusChanged:
    at = Timestamp()
    at.FromDatetime(orders.AT)
    return events_pb2.OrderStatusChanged(
        state=sales_order_pb2.ORDER_STATE_PARTLY_SHIPPED,
        line_state=sales_order_pb2.SCHEDULE_STATE_SHIPPED,
        shipment_id="sh-1",
        shipment_number="SH-7",
        carrier="UPSN",
        tracking_number="1Z-9",
        at=at,
        **HEAD | more,
    )


def written(event: json_order_status.Told) -> dict[str, Any]:
    shop = orders.partner(options_pb2.ROLE_CHANNEL, name="shop-status")
    return json_order_status.write(event, orders.writing(shop, own={("item", "A1001"): "SHOP-1"}))


@pytest.mark.feature("F032", "F130")
def test_a_backorder_is_told_with_its_lines_and_why() -> None:
    found = written(backordered())
    assert (found["orderState"], found["lineState"], found["shipment"], found["at"]) == (
        "backordered",
        "backordered",
        None,
        None,
    )
    line = {"line": "71", "item": "SHOP-1", "quantity": "6", "unit": "EA", "reason": "STOCK_SHORT"}
    assert found["lines"] == [{**line, "promisedOn": None, "atRisk": False}]


def test_what_goes_out_in_place_of_what_was_ordered_is_told_beside_it() -> None:
    step = events_pb2.ScheduleStep(line_number="71", sku="B2002", ordered_sku="A1001", quantity=orders.quantity("6"))
    state = sales_order_pb2.ORDER_STATE_ALLOCATED
    found = written(events_pb2.OrderLinesSubstituted(state=state, **HEAD | {"steps": [step]}))
    [line] = found["lines"]
    assert (found["lineState"], line["item"], line["orderedItem"]) == ("allocated", "B2002", "SHOP-1")
    assert "orderedItem" not in written(backordered())["lines"][0]


def cancelled(**more: Any) -> events_pb2.OrderLinesCancelled:
    state = sales_order_pb2.ORDER_STATE_CANCELLED
    return events_pb2.OrderLinesCancelled(state=state, **HEAD | {"reason": "STOCK_SHORT"} | more)


@pytest.mark.feature("F032", "F130")
def test_what_is_cancelled_is_told_with_its_lines_and_why() -> None:
    found = written(cancelled())
    assert (found["orderState"], found["lineState"], found["reason"]) == ("cancelled", "cancelled", "STOCK_SHORT")
    [line] = found["lines"]
    assert (line["line"], line["item"], line["quantity"], line["reason"]) == ("71", "SHOP-1", "6", "STOCK_SHORT")


@pytest.mark.feature("F111", "F129")
def test_that_an_order_is_accepted_is_told_of_the_whole_of_it() -> None:
    order = sales_order_pb2.SalesOrder(order_id="so-9", state=sales_order_pb2.ORDER_STATE_ACCEPTED)
    found = written(events_pb2.OrderAccepted(order_id="so-9", channel="shop-status", number="#1001", order=order))
    assert (found["orderState"], found["lineState"], found["lines"]) == ("accepted", "accepted", [])


@pytest.mark.feature("F032", "F130")
async def test_whoever_cancelled_it_is_not_told_and_what_anybody_else_cancelled_is(rig: Rig) -> None:
    routes = [{"kind": "json.order_status", "direction": "OUT", "path": "/order-status"}]
    name = "shop-takes-back"
    shop = {"role": "CHANNEL", "partyId": "CUS-SHOP", "system": "TAKES-BACK"}
    await rig.partner(name, **shop, transport=http(), documents=routes)
    for system in ("TAKES-BACK", name, "CROSSDOCK-DESK"):
        fact = cancelled(order_id=str(uuid4()), channel=name, reason=system)
        await rig.tell(fact, aggregate=f"sales_order/{fact.order_id}", origin=Origin(system=system))
    [(_, content)] = await rig.send(name)
    assert json.loads(content)["reason"] == "CROSSDOCK-DESK"


@pytest.mark.feature("F119")
def test_what_a_supplier_is_to_send_is_told_with_its_day() -> None:
    step = events_pb2.ScheduleStep(promised_on=Date(year=2026, month=12, day=4))
    step.MergeFrom(STEP)
    line_state = sales_order_pb2.SCHEDULE_STATE_AT_SUPPLIER
    found = written(events_pb2.OrderLinesPromised(line_state=line_state, **HEAD | {"steps": [step]}))
    assert (found["lineState"], found["lines"][0]["promisedOn"]) == ("at_supplier", "2026-12-04")


@pytest.mark.feature("F130")
def test_another_day_is_told_and_whether_it_is_later_than_the_first() -> None:
    step = events_pb2.ScheduleStep(promised_on=Date(year=2026, month=12, day=4), at_risk=True)
    step.MergeFrom(STEP)
    found = written(events_pb2.OrderLinesPromised(**HEAD | {"steps": [step]}))
    [line] = found["lines"]
    assert (found["lineState"], line["promisedOn"], line["atRisk"]) == ("backordered", "2026-12-04", True)


@pytest.mark.feature("F124", "F129", "F130")
def test_what_a_carrier_says_is_told_with_its_shipment_and_when() -> None:
    found = written(shipped())
    assert (found["orderState"], found["lineState"], found["shipment"]) == ("partly_shipped", "shipped", "sh-1")
    assert (found["shipmentNumber"], found["carrier"], found["trackingNumber"]) == ("SH-7", "UPSN", "1Z-9")
    assert (found["order"], found["orderRef"], found["at"]) == ("#1001", "so-9", "2026-11-02T08:30:00Z")


@pytest.mark.feature("F129", "F139")
def test_another_day_and_a_delay_are_told_of_what_is_on_its_way() -> None:
    eta = Timestamp()
    eta.FromDatetime(orders.AT)
    found = written(shipped(eta=eta, delayed=True))
    assert (found["lineState"], found["eta"], found["delayed"]) == ("shipped", "2026-11-02T08:30:00Z", True)
    assert (written(shipped())["eta"], written(shipped())["delayed"]) == (None, False)


@pytest.mark.feature("F129", "F136")
async def test_the_erp_and_customer_service_hear_of_the_road_where_they_ask_for_it(rig: Rig) -> None:
    routes = [{"kind": "json.order_status", "direction": "OUT", "path": "/order-status"}]
    unit = {"businessUnit": "EU01", "transport": http(), "documents": routes}
    roles = {"erp-road": "ERP", "crm-road": "CRM", "shop-road": "CHANNEL", "other-road": "CHANNEL"}
    for name, role in roles.items():
        await rig.partner(name, role=role, system=name, partyId="CUS-SHOP", **unit)
    fact = shipped(channel="shop-road")
    await rig.tell(fact, aggregate=f"sales_order/{uuid4()}")
    assert [name for name in roles if await rig.send(name)] == ["erp-road", "crm-road", "shop-road"]
    await rig.tell(backordered(channel="shop-road"), aggregate=f"sales_order/{uuid4()}")
    assert [name for name in roles if await rig.send(name)] == ["shop-road"]


@pytest.mark.feature("F032", "F130")
async def test_a_channel_hears_of_its_own_orders_in_their_order(rig: Rig) -> None:
    routes = [{"kind": "json.order_status", "direction": "OUT", "path": "/order-status"}]
    await rig.partner("shop-status", role="CHANNEL", partyId="CUS-SHOP", transport=http(), documents=routes)
    order_id = str(uuid4())
    await rig.tell(backordered(order_id=order_id), aggregate=f"sales_order/{order_id}", version=4)
    await rig.tell(shipped(order_id=order_id), aggregate=f"sales_order/{order_id}", version=9)
    await rig.tell(shipped(channel="shop-other"), aggregate=f"sales_order/{uuid4()}")
    heard = []
    while sent := await rig.send("shop-status"):
        heard += [json.loads(content) for _, content in sent]
    assert [(each["orderRef"], each["lineState"], each["aggregateVersion"]) for each in heard] == [
        (order_id, "backordered", 4),
        (order_id, "shipped", 9),
    ]
