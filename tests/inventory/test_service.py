"""The whole service on real servers: what procurement and catalog publish becomes stock, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.catalog.v1 import master_data_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_kit.broker import connect
from crossdock_kit.client import Peer
from crossdock_kit.context import caused_by
from crossdock_kit.database import create_engine
from crossdock_kit.events import NewEvent
from crossdock_kit.relay import Relay
from crossdock_kit.service import start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from google.protobuf.message import Message
from inventory.__main__ import SERVICE
from inventory.settings import InventorySettings
from inventory_stage import UNIT, new_cause


@pytest.fixture(scope="module")
async def others(migrated: MigratedDatabases, servers: EmbeddedServers) -> AsyncIterator[dict[str, UnitOfWork]]:
    """What stands for procurement and catalog: their streams, filled by the kit's own relay."""
    async with AsyncExitStack() as stack:
        found = {}
        for name in ("procurement", "catalog", "connector"):
            urls = (await migrated.fresh(name)).urls
            engine = create_engine(urls.database, name, size=4)
            stack.push_async_callback(engine.stop)
            broker = await connect(servers.nats.url(name), name)
            stack.push_async_callback(broker.close)
            await broker.ensure_stream(name)
            relay = Relay(engine, broker, name, ("acme",))
            task = asyncio.create_task(relay.run())
            stack.callback(task.cancel)
            found[name] = UnitOfWork(engine, relay.hint)
        yield found


@pytest.fixture(scope="module")
async def service(
    urls: ServiceUrls, servers: EmbeddedServers, others: dict[str, UnitOfWork], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("inventory")
    issuer = TokenIssuer()
    keys: Path = folder / "jwks.json"
    keys.write_bytes(issuer.jwks)
    settings = InventorySettings(
        service="inventory",
        database_url=urls.database,
        nats_url=servers.nats.url("inventory"),
        valkey_url=servers.valkey.url,
        jwks_file=keys,
        issuer=ISSUER,
        audience=AUDIENCE,
        tenants=("acme",),
    )
    async with AsyncExitStack() as stack:
        running = await start(SERVICE, settings, stack)
        token = issuer.token(["acme"], ["*"])
        peer = Peer(running.address, token=lambda: f"Bearer {token}")
        stack.push_async_callback(peer.close)
        yield peer.stub(pb_grpc.InventoryServiceStub)
        await running.stop()


async def announce(uow: UnitOfWork, message: Message, aggregate: str, identity: str) -> None:
    cause = new_cause("Announce")
    with caused_by(cause):
        async with uow(tenants=("acme",)) as work:
            work.record(
                NewEvent(
                    message=message,
                    tenant="acme",
                    business_unit=UNIT,
                    aggregate_type=aggregate,
                    aggregate_id=identity,
                    version=1,
                    subject=identity,
                    keys=(f"{aggregate}:{identity}",),
                    transaction_ids=(identity,),
                    occurred_at=cause.started_at,
                )
            )


async def test_events_of_others_become_stock_and_a_promise(service: Any, others: dict[str, UnitOfWork]) -> None:
    sku, order = f"E2E-{uuid4().hex[:8].upper()}", str(uuid4())
    item = master_data_pb2.Item(sku=sku, base_unit="EA")
    await announce(others["catalog"], catalog.ItemChanged(sku=sku, item=item), "item", sku)
    delta = procurement.LineDelta(
        line_id=str(uuid4()), line_number="1", sku=sku, on_order_change="100", base_unit="EA", ship_to_id="EAST"
    )
    released = procurement.PurchaseOrderReleased(
        purchase_order_id=order,
        number="4711",
        purchase_order=purchase_order_pb2.PurchaseOrder(purchase_order_id=order, business_unit=UNIT),
        lines=[delta],
    )
    await announce(others["procurement"], released, "purchase_order", order)
    async with asyncio.timeout(60):
        while True:
            balances = await balances_of(service, sku)
            if balances:
                break
            await asyncio.sleep(0.05)
    assert balances == {"ACCOUNT_ON_ORDER": "100", "ACCOUNT_SUPPLIER": "-100"}


async def balances_of(service: Any, sku: str) -> dict[str, str]:
    import grpc

    try:
        stock = await service.GetStock(pb.GetStockRequest(sku=sku), timeout=5)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return {}
    return {pb.Account.Name(one.account): one.quantity.value for one in stock.balances}
