"""Fulfillment beside catalog and inventory, all real: orders find stock, wait for it and give it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from catalog.__main__ import SERVICE as CATALOG
from crossdock.catalog.v1 import catalog_service_pb2 as catalog_pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import inventory_service_pb2_grpc as inventory_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.client import Peer
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule
from crossdock_kit.service import Running, Service, start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from fulfillment.__main__ import SERVICE as FULFILLMENT
from fulfillment_cases.calls import SECONDS, Caller, line, origin, placement, quantity, standing, state_of, unique
from inventory.__main__ import SERVICE as INVENTORY

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


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` finds as soon as it finds something."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await look()):
            await asyncio.sleep(0.05)
    return found


@pytest.fixture(scope="module")
async def suite(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    suite = Suite(Path(tmp_path_factory.mktemp("suite")))
    services: tuple[Service[Any], ...] = (CATALOG, INVENTORY, FULFILLMENT)
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


@pytest.mark.feature("F019", "F022", "F118")
async def test_an_order_is_allocated_and_released_to_the_places_that_hold_its_stock(suite: Suite) -> None:
    bolt, nut = await suite.item(WH_EAST=10), await suite.item(WH_WEST=6)
    order_id = await suite.place(line("1", 7, bolt), line("2", 6, nut))
    found = await suite.until(order_id, "released")
    assert [[each.location_id for each in of.schedules] for of in found.lines] == [["WH-EAST"], ["WH-WEST"]]
    assert await suite.buckets(bolt) == {"sellable": "10", "adjustment": "-10", "allocated": "7"}
    facts = await suite.caller.facts(order_id)
    assert facts == ["OrderSubmitted", "OrderAccepted", "OrderLinesAllocated", "OrderReleased", "OrderReleased"]
    assert await suite.caller.exceptions(order_id) == []


@pytest.mark.feature("F120", "F128", "F032")
async def test_what_is_short_is_backordered_and_goes_out_once_it_is_there(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=4)
    soon = NewRule(
        key="fulfillment.backorder_retry_hours", value={"seconds": 1}, valid_from=datetime(2020, 1, 1, tzinfo=UTC)
    )
    async with transaction(suite.running["fulfillment"].app.engine, ["acme"]) as tx:
        await policy.add(tx.driver, "acme", soon)
    order_id = await suite.place(line("1", 10, sku), channel_confirmed=True)
    found = await suite.until(order_id, "partly_released")
    assert standing(found.lines[0]) == {"released": "4", "backordered": "6"}
    await suite.adjust(sku, "WH-WEST", 6)
    found = await suite.until(order_id, "released")
    assert sorted((each.location_id, each.quantity.value) for each in found.lines[0].schedules) == [
        ("WH-EAST", "4"),
        ("WH-WEST", "6"),
    ]
    assert (await suite.buckets(sku))["allocated"] == "10"


@pytest.mark.feature("F120")
async def test_the_last_unit_wanted_on_many_channels_is_promised_once(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=1)
    first = await suite.place(line("1", 1, sku), channel_confirmed=True)
    channels = [f"channel-{number % 4}" for number in range(15)]
    orders = [first, *await asyncio.gather(*(suite.place(line("1", 1, sku), channel=each) for each in channels))]
    await asyncio.gather(*(suite.until(each, "released", "backordered") for each in orders))
    # Those that wait ask again from time to time; nobody else ever gets the unit.
    assert (await suite.buckets(sku)) == {"sellable": "1", "adjustment": "-1", "allocated": "1"}
    released = [each for each in orders if (await suite.caller.order(each)).lines[0].schedules[0].reservation_id]
    assert len(released) == 1


@pytest.mark.feature("F132")
async def test_a_cancelled_order_gives_back_what_it_held(suite: Suite) -> None:
    there, missing = await suite.item(WH_EAST=5), await suite.item()
    ship_complete = {"shortage": 3}
    order_id = await suite.place(line("1", 5, there), line("2", 1, missing), **ship_complete)
    await suite.until(order_id, "partly_allocated")
    await suite.caller.cancel(order_id, reason="changed my mind")
    await suite.until(order_id, "cancelled")

    async def given_back() -> bool:
        return await suite.buckets(there) == {"sellable": "5", "adjustment": "-5"}

    await eventually(given_back)


@pytest.mark.feature("F132")
async def test_a_released_order_is_asked_back_from_its_warehouse(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=5)
    order_id = await suite.place(line("1", 5, sku))
    await suite.until(order_id, "released")
    done = await suite.caller.cancel(order_id)
    assert state_of(done.order) == "released"
    assert (await suite.caller.facts(order_id))[-1] == "OrderCancellationRequested"
    assert ("RECALL_UNANSWERED", "warehouse", True) in await suite.caller.exceptions(order_id)
    assert (await suite.buckets(sku))["allocated"] == "5"


async def test_a_big_order_finds_its_stock_part_by_part(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=1000)
    await suite.place(line("1", 1, sku))
    opened = await suite.caller.open(unique("S"))
    order_id = opened.order.order_id
    await suite.caller.append(order_id, *(line(str(number), 2, sku) for number in range(1, 451)))
    await suite.caller.submit(order_id, 450)
    found = await suite.until(order_id, "released")
    assert [(each.state, each.schedules) for each in found.order.counts] == [(8, 450)]
    assert (await suite.caller.facts(order_id)).count("OrderReleased") == 3
    assert (await suite.buckets(sku))["allocated"] == "901"
