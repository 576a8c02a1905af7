"""The selling side under load: inventory and fulfillment as processes, orders at a rate, and what becomes of them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import grpc
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc
from crossdock_kit.database import create_engine, transaction
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from fulfillment.store.master_data import MasterDataRows
from fulfillment.wire import master_data
from fulfillment_cases.calls import line, origin, placement, terms
from inventory.domain.accounts import Account
from inventory.domain.movement import Document, Movement, StockKey
from inventory_stage import UNIT, open_stage

from benchmarks.processes import TENANT, Processes, percentile, started
from benchmarks.sizes import say

ITEMS, PLENTY = 2_000, 1_000_000_000
MOST_LINES = 4
CALL_SECONDS, AGAIN_SECONDS, LONGEST_SECONDS = 60.0, 1.0, 16.0
"""Who is turned away comes again after what it is told, and each time twice as late, at a moment of its own."""
PATIENCE_SECONDS = 900.0
PART = 500
RELEASED = """
SELECT count(*) FILTER (WHERE state = 'released') AS released FROM fulfillment.sales_order WHERE number LIKE $1
"""


class NotReleased(Exception):
    """Orders that did not come to their end in time: a figure of the others would be none."""


@dataclass(eq=False)
class OrderDesk:
    """A channel that sells, and a look into what becomes of its orders."""

    processes: Processes
    refused: list[str] = field(default_factory=list)
    turned_away: int = 0
    """Calls that were asked to come again, and did."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stub: Any = None

    @property
    def stub(self) -> Any:
        self._stub = self._stub or self.processes.stub("fulfillment", pb_grpc.FulfillmentServiceStub)
        return self._stub

    async def at_rate(
        self, per_second: float, seconds: float, prefix: str, stop: asyncio.Event | None = None
    ) -> list[float]:
        """Orders at a rate, whether or not those before are answered: how many seconds each call took."""
        began, took, calls = time.perf_counter(), list[float](), set[asyncio.Task[None]]()
        told = began
        for n in range(int(per_second * seconds)):
            if stop is not None and stop.is_set():
                break
            due = began + n / per_second
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            call = asyncio.create_task(self._place(f"{prefix}-{n}", took))
            calls.add(call)
            call.add_done_callback(calls.discard)
            if time.perf_counter() - told > 20:
                told = time.perf_counter()
                said = f"{told - began:.0f} of {seconds:.0f} s, p99 of {percentile(took, 0.99) * 1000:.0f} ms"
                say(f"{prefix}: {said}, {await self.released(prefix)} of {n + 1} released")
        await asyncio.gather(*calls)
        if self.refused:
            raise NotReleased(f"{len(self.refused)} orders were refused: {self.refused[0]}")
        return took

    async def _place(self, number: str, took: list[float]) -> None:
        skus = random.sample(range(ITEMS), random.randint(1, MOST_LINES))
        request = placement(number, [line(str(n), 1, sku_of(sku)) for n, sku in enumerate(skus, 1)])
        began = time.perf_counter()
        pause = AGAIN_SECONDS
        while not await self._taken(request):
            self.turned_away += 1
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(2 * pause, LONGEST_SECONDS)
        took.append(time.perf_counter() - began)

    async def _taken(self, request: pb.PlaceOrderRequest) -> bool:
        """Whether it was answered; a channel that is asked to wait comes again with the same request."""
        try:
            await self.stub.PlaceOrder(request, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            # One in a thousand of those that are refused before their request is read hears of no more than the end.
            if error.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED):
                return False
            self.refused.append(f"{error.code().name} {error.details()}")
        return True

    async def released(self, prefix: str) -> int:
        # Who sells and who waits for a long order both look, by one connection.
        async with self._looking:
            row = await self.processes.admins["fulfillment"].fetchrow(RELEASED, f"{prefix}%")
        return int(row["released"]) if row else 0

    async def all_released(self, prefix: str, count: int, within: float) -> float:
        """Seconds until so many orders have been released. Raises NotReleased."""
        began = told = time.perf_counter()
        while (found := await self.released(prefix)) < count:
            now = time.perf_counter()
            if now - began > within:
                raise NotReleased(f"{prefix}: {found} of {count} orders are released after {within:.0f} s")
            if now - told > 20:
                told = now
                say(f"{prefix}: {found} of {count} released {now - began:.0f} s after the last was placed")
            await asyncio.sleep(0.25)
        return time.perf_counter() - began

    async def long_order(self, lines: int) -> dict[str, float]:
        """One order in parts: seconds until its lines are appended, it is submitted, and all of it is released."""
        number, took = f"LONG-{uuid4().hex[:6]}", dict[str, float]()
        began = time.perf_counter()
        opened = pb.OpenOrderRequest(request_id=str(uuid4()), origin=origin(), order=terms(number))
        order_id = (await self.stub.OpenOrder(opened, timeout=CALL_SECONDS)).order.order_id
        for first in range(0, lines, PART):
            some = [line(str(n + 1), 1, sku_of(n % ITEMS)) for n in range(first, min(first + PART, lines))]
            request = pb.AppendLinesRequest(request_id=str(uuid4()), order_id=order_id, lines=some)
            await self.stub.AppendLines(request, timeout=CALL_SECONDS)
        took["appended"] = time.perf_counter() - began
        submit = pb.SubmitOrderRequest(request_id=str(uuid4()), order_id=order_id, line_count=lines)
        await self.stub.SubmitOrder(submit, timeout=CALL_SECONDS)
        took["submitted"] = time.perf_counter() - began
        say(f"{number}: appended after {took['appended']:.1f} s, submitted after {took['submitted']:.1f} s")
        await self.all_released(number, 1, PATIENCE_SECONDS)
        took["released"] = time.perf_counter() - began
        return took


def sku_of(number: int) -> str:
    return f"SKU-{number:06d}"


@asynccontextmanager
async def order_desk(servers: EmbeddedServers) -> AsyncIterator[OrderDesk]:
    schemas = MigratedDatabases(servers)
    databases = {name: await schemas.fresh(name) for name in ("inventory", "fulfillment")}
    await fill_inventory(databases["inventory"].urls)
    await fill_fulfillment(databases["fulfillment"].urls)
    async with started(servers, databases) as processes:
        yield OrderDesk(processes)


async def fill_inventory(urls: ServiceUrls) -> None:
    """Plenty of every item at one place."""
    skus = [sku_of(n) for n in range(ITEMS)]
    document = Document("opening/1", datetime.now(UTC), transaction_id="opening")
    async with open_stage(urls) as stage:
        await stage.know(*skus)
        async with stage.work() as work:
            keys = [StockKey(TENANT, sku, "EAST", UNIT) for sku in skus]
            await work.ledger.book(
                [
                    Movement(key, Account.ADJUSTMENT, Account.SELLABLE, Decimal(PLENTY), "OPENING", document, "", "EA")
                    for key in keys
                ]
            )


async def fill_fulfillment(urls: ServiceUrls) -> None:
    engine = create_engine(urls.database, "fulfillment")
    items: Sequence[catalog.Item] = [catalog.Item(sku=sku_of(n), base_unit="EA") for n in range(ITEMS)]
    customer = catalog.Party(party_id="CUS-SHOP", name="Shop", roles=[catalog.PARTY_ROLE_CUSTOMER])
    async with transaction(engine, (TENANT,)) as tx:
        book = MasterDataRows(tx.driver)
        await book.keep_items([master_data.item(TENANT, each) for each in items])
        await book.keep_parties([master_data.party(TENANT, customer)])
    await engine.stop()
