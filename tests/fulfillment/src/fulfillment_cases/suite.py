"""catalog, inventory, fulfillment and whom a test needs besides, each with its own schema, on one broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from crossdock.catalog.v1 import catalog_service_pb2 as catalog_pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc
from crossdock.fulfillment.v1 import warehouse_service_pb2_grpc as warehouse_grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import inventory_service_pb2_grpc as inventory_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit.client import Peer
from crossdock_kit.service import Running, Service, start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats

from fulfillment_cases.calls import SECONDS, Caller, origin, placement, quantity, state_of, unique
from fulfillment_cases.warehouse import Site

PATIENCE_SECONDS = 120.0
CUSTOMER = catalog.Party(party_id="CUS-SHOP", name="Shop's customers", roles=[catalog.PARTY_ROLE_CUSTOMER])
PLACES = [
    catalog.Location(
        location_id=name, kind=catalog.LOCATION_KIND_WAREHOUSE, zone="Europe/Berlin", business_unit="EU01", system=name
    )
    for name in ("WH-EAST", "WH-WEST")
]


class Suite:
    """catalog, inventory and fulfillment, each with its own schema and identity, on one broker."""

    def __init__(self, folder: Path) -> None:
        self.issuer = TokenIssuer()
        self.running: dict[str, Running[Any]] = {}
        self.keys, self.token = folder / "jwks.json", folder / "token.jwt"
        self.keys.write_bytes(self.issuer.jwks)
        self.token.write_text(self.issuer.token(["acme", "globex"], ["*"]))

    def stub(self, service: str, kind: Callable[[Any], Any]) -> Any:
        token = self.issuer.token(["acme"], ["*"])
        return Peer(self.running[service].address, token=lambda: f"Bearer {token}").stub(kind)

    @property
    def caller(self) -> Caller:
        engine = self.running["fulfillment"].app.engine
        return Caller(self.stub("fulfillment", pb_grpc.FulfillmentServiceStub), engine, "acme")

    def site(self, location_id: str) -> Site:
        """A warehouse that reports."""
        return Site(self.stub("fulfillment", warehouse_grpc.WarehouseServiceStub), location_id)

    @property
    def stock(self) -> Any:
        return self.stub("inventory", inventory_grpc.InventoryServiceStub)

    async def item(self, **there: int) -> str:
        """A new item that everybody knows, with so much sellable at each place."""
        sku = unique("ITEM").upper()
        request = catalog_pb.PutMasterDataRequest(
            request_id=str(uuid4()),
            system="MDM",
            role=options_pb2.ROLE_MDM,
            items=[catalog.Item(sku=sku, base_unit="EA")],
            parties=[CUSTOMER],
            locations=PLACES,
        )
        await self.stub("catalog", catalog_grpc.CatalogServiceStub).PutMasterData(request, timeout=SECONDS)
        for place, amount in (there or {"WH_EAST": 0}).items():
            await eventually(partial(self.adjust, sku, place.replace("_", "-"), amount))
        return sku

    async def stands_for(self, substitute: str, sku: str, customer: catalog.Party, **price: Any) -> None:
        """From now on, for whoever accepts it, at this price."""
        request = catalog_pb.PutMasterDataRequest(
            request_id=str(uuid4()),
            system="MDM",
            role=options_pb2.ROLE_MDM,
            items=[catalog.Item(sku=sku, base_unit="EA", substitutes=[substitute])],
            parties=[customer],
            prices=[catalog.Price(sku=substitute, **price)],
        )
        await self.stub("catalog", catalog_grpc.CatalogServiceStub).PutMasterData(request, timeout=SECONDS)

    async def knows_price(self, sku: str) -> None:
        """Waits until fulfillment has heard what the item costs."""

        async def look() -> bool:
            return bool(await self.caller.fetch("SELECT sku FROM price WHERE sku = $1", sku))

        await eventually(look)

    async def adjust(self, sku: str, place: str, amount: int) -> bool:
        """Puts stock there, once inventory knows the item."""
        if not amount:
            return True
        booked = inventory.Adjustment(
            sku=sku,
            location_id=place,
            business_unit="EU01",
            bucket=inventory.ACCOUNT_SELLABLE,
            quantity=quantity(amount),
            reason="OPENING",
        )
        said = origin(options_pb2.ROLE_WMS, place)
        said.occurred_at.FromDatetime(datetime.now(UTC))
        request = inventory.AdjustStockRequest(request_id=str(uuid4()), origin=said, adjustments=[booked])
        try:
            await self.stock.AdjustStock(request, timeout=SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
            return False
        return True

    async def place(self, *lines: pb.OrderedLine, **more: Any) -> str:
        """An order's id; waited for until fulfillment knows the items."""
        request = placement(unique("S"), lines, **more)

        async def placed() -> str:
            # A refusal is an answer for ever, so that each attempt has an id of its own.
            request.request_id = str(uuid4())
            try:
                found = await self.caller.stub.PlaceOrder(request, timeout=SECONDS)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                    raise
                return ""
            return str(found.order.order_id)

        return str(await eventually(placed))

    async def until(self, order_id: str, *states: str) -> pb.GetOrderResponse:
        """The order once it has come to one of these states."""

        async def look() -> pb.GetOrderResponse | None:
            found = await self.caller.order(order_id)
            return found if state_of(found.order) in states else None

        return await eventually(look)  # type: ignore[no-any-return]

    async def buckets(self, sku: str) -> dict[str, str]:
        """What inventory has in which account, over all places."""
        found = await self.stock.GetStock(inventory.GetStockRequest(sku=sku), timeout=SECONDS)
        name = inventory.Account.Name
        sums: dict[str, int] = {}
        for each in found.balances:
            key = name(each.account).removeprefix("ACCOUNT_").lower()
            sums[key] = sums.get(key, 0) + int(each.quantity.value)
        return {key: str(value) for key, value in sums.items() if value and key != "open_demand"}

    async def holds(self, sku: str, **buckets: int) -> None:
        """Waits until inventory has just this; what came from an adjustment is left out."""

        async def look() -> bool:
            found = {key: int(value) for key, value in (await self.buckets(sku)).items() if key != "adjustment"}
            return found == buckets

        await eventually(look)

    async def ledger_differences(self) -> list[str]:
        found = await self.stock.VerifyLedger(inventory.VerifyLedgerRequest(), timeout=SECONDS)
        return list(found.differences)


@asynccontextmanager
async def opened(
    migrated: MigratedDatabases, broker: Nats, folder: Path, *services: Service[Any]
) -> AsyncIterator[Suite]:
    """Each service knows those before it as its peers."""
    suite = Suite(folder)
    async with AsyncExitStack() as stack:
        for service in services:
            database = await migrated.fresh(service.name)
            peers = ", ".join(f'"{other}": "{each.address}"' for other, each in suite.running.items())
            environment = {
                "CROSSDOCK_SERVICE": service.name,
                "CROSSDOCK_DATABASE_URL": database.urls.database,
                "CROSSDOCK_NATS_URL": broker.url(service.name),
                "CROSSDOCK_LISTEN": "127.0.0.1:0",
                "CROSSDOCK_PEERS": "{" + peers + "}",
                "CROSSDOCK_JWKS_FILE": str(suite.keys),
                "CROSSDOCK_TOKEN_FILE": str(suite.token),
                "CROSSDOCK_ISSUER": ISSUER,
                "CROSSDOCK_AUDIENCE": AUDIENCE,
                "CROSSDOCK_TENANTS": "acme,globex",
            }
            suite.running[service.name] = await start(service, service.settings.from_environment(environment), stack)
        yield suite
        for each in reversed(suite.running.values()):
            await each.stop()


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` finds as soon as it finds something."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await look()):
            await asyncio.sleep(0.05)
    return found
