"""What a channel was last told of an order: the newest document that reached it, and what has not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import pytest
from connector.api import ConnectorServicer
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import TENANT, Rig
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock.ops.v1.ops_service_pb2_grpc import OpsServiceStub, add_OpsServiceServicer_to_server
from crossdock_cli.order_told import Told, ToldDesk
from crossdock_kit.ops_api import OpsServicer
from crossdock_kit.testing import RunningServer, start_service

SHOP = "shop-told"


@pytest.fixture(scope="module")
async def server(rig: Rig) -> AsyncIterator[RunningServer]:
    servicers = (
        (add_OpsServiceServicer_to_server, OpsServicer("connector", rig.engine, rig.uow)),
        (pb_grpc.add_ConnectorServiceServicer_to_server, ConnectorServicer(rig.engine, rig.around)),
    )
    async with start_service(*servicers, uow=rig.uow) as running:
        yield running


@pytest.fixture
def desk(server: RunningServer) -> ToldDesk:
    token = server.issuer.token((TENANT,), ("ops.deliveries.read", "connector.document.read_content"))
    return ToldDesk(server.stub(cast(Any, OpsServiceStub), token), server.stub(pb_grpc.ConnectorServiceStub, token))


@pytest.fixture
async def shop(rig: Rig) -> None:
    routes = [{"kind": "json.order_status", "direction": "OUT", "path": "/order-status"}]
    await rig.partner(SHOP, role="CHANNEL", partyId="CUS-SHOP", transport=http(), documents=routes)


async def stands(rig: Rig, order_id: str, version: int, state: str) -> None:
    fact = events_pb2.OrderStatusChanged(
        order_id=order_id,
        channel=SHOP,
        number="#1001",
        part=1,
        state=sales_order_pb2.OrderState.Value(f"ORDER_STATE_{state}"),
        line_state=sales_order_pb2.ScheduleState.Value(f"SCHEDULE_STATE_{state}"),
        steps=[events_pb2.ScheduleStep(line_number="71", sku="A1001", quantity=orders.quantity("6"))],
    )
    await rig.tell(fact, aggregate=f"sales_order/{order_id}", version=version, transaction_ids=(order_id,))


@pytest.mark.usefixtures("shop")
@pytest.mark.feature("F111", "F129")
async def test_a_channel_was_told_what_reached_it_and_not_what_waits_for_it(rig: Rig, desk: ToldDesk) -> None:
    order_id = str(uuid4())
    assert await desk.told(order_id) == Told()
    await stands(rig, order_id, 1, "SHIPPED")
    waiting = await desk.told(order_id)
    assert (waiting.last, waiting.waiting) == (None, 1)
    await rig.send(SHOP)
    await stands(rig, order_id, 2, "DELIVERED")
    told = await desk.told(order_id)
    assert told.last is not None
    assert (told.words, told.waiting) == ("line 71 shipped, order shipped", 1)
    await rig.send(SHOP)
    told = await desk.told(order_id)
    assert (told.words, told.waiting) == ("line 71 delivered, order delivered", 0)
