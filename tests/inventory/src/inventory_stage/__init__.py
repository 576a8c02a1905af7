"""Inventory's schema on a real server, with items, locations and stock: the ground that its tests stand on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from crossdock.inventory.v1 import inventory_service_pb2 as api
from crossdock_kit.clock import SystemClock
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, create_engine, transaction
from crossdock_kit.leases import PartitionLeases
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_kit.versioned_cache import VersionedCache
from crossdock_local.databases import ServiceUrls
from inventory.domain.accounts import Account
from inventory.domain.item import Item, Location
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import Measure
from inventory.domain.reserving import DEFAULT_HOLD, SplitRule
from inventory.ports import ItemRecord, LocationRecord
from inventory.queries.availability import Availability
from inventory.store.channel_priority import ChannelPriorities
from inventory.store.desk import ReservationDesk
from inventory.store.remembered import RememberedItems
from inventory.store.shards import SHARDS
from inventory.store.work import InventoryUnitOfWork, InventoryWork
from inventory.use_cases.reserve import ReserveStock, WantedBasket, reserve_stock
from redis.asyncio import Redis

TENANTS = ("acme", "globex")
UNIT = "EU01"
D = Decimal


def new_cause(name: str = "Test", tenant: str = "acme") -> Cause:
    identity = str(uuid4())
    return Cause(
        kind="call",
        name=name,
        tenant=tenant,
        actor="tester",
        correlation_id=identity,
        causation_id=identity,
        traceparent="",
        started_at=datetime.now(UTC),
    )


@contextmanager
def some_cause(name: str = "Test", tenant: str = "acme") -> Iterator[Cause]:
    with caused_by(new_cause(name, tenant)) as cause:
        yield cause


@dataclass(eq=False)
class Stage:
    """One replica's view of the schema. `desk` owns shards only while `owning` is open."""

    engine: Engine
    hints: int = 0
    tenants: tuple[str, ...] = TENANTS
    valkey: Redis | None = None
    desk: ReservationDesk = field(init=False)
    items: RememberedItems = field(init=False)
    priorities: ChannelPriorities = field(init=False)
    uow: InventoryUnitOfWork = field(init=False)
    availability: Availability = field(init=False)

    def __post_init__(self) -> None:
        self.availability = Availability(self.engine, VersionedCache(self.valkey, uuid4().hex, timedelta(minutes=1)))
        changed = self.availability.changed
        self.desk = ReservationDesk(self.engine, self._hint, changed=changed)
        self.items = RememberedItems(self.engine)
        self.priorities = ChannelPriorities(self.engine, SystemClock())
        self.uow = InventoryUnitOfWork(UnitOfWork(self.engine, self._hint), changed)

    def _hint(self) -> None:
        self.hints += 1

    @asynccontextmanager
    async def owning(self) -> AsyncIterator[PartitionLeases]:
        """This replica owns every shard and decides in batches."""
        leases = PartitionLeases(self.engine, "reservations", partitions=SHARDS)
        owner = ReservationDesk(self.engine, self._hint, leases, changed=self.availability.changed)
        tasks = [asyncio.create_task(leases.run()), asyncio.create_task(owner.run())]
        stranger, self.desk = self.desk, owner
        try:
            await until(lambda: leases.complete)
            yield leases
        finally:
            self.desk = stranger
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def work(self, tenant: str = "acme") -> AsyncIterator[InventoryWork]:
        with some_cause(tenant=tenant):
            async with self.uow(tenants=(tenant,)) as work:
                yield work

    async def know(
        self, *skus: str, tenant: str = "acme", packaging: dict[str, Decimal] | None = None, by_lots: bool = False
    ) -> None:
        """Master data: items in EA with the packaging levels, and the locations EAST, WEST and SOUTH (put-away)."""
        async with self.work(tenant) as work:
            await work.master_data.put_items(
                [
                    ItemRecord(tenant, Item(sku, "EA", packaging or {}, by_lots, version=1), date.min, None)
                    for sku in skus
                ]
            )
            await work.master_data.put_locations(
                [
                    LocationRecord(tenant, Location(name, UNIT, name == "SOUTH", 1), date.min, None)
                    for name in ("EAST", "WEST", "SOUTH")
                ]
            )

    async def stock(
        self, sku: str, quantity: Decimal | int, location: str = "EAST", *, lot: str = "", tenant: str = "acme"
    ) -> None:
        """So much is sellable from now on, besides what was there."""
        key = StockKey(tenant, sku, location, UNIT)
        document = Document("opening/1", datetime.now(UTC), transaction_id=str(uuid4()))
        async with self.work(tenant) as work:
            await work.ledger.book(
                [Movement(key, Account.ADJUSTMENT, Account.SELLABLE, D(quantity), "OPENING", document, lot, "EA")]
            )

    async def expires(self, sku: str, lot: str, day: date, location: str = "EAST") -> None:
        async with self.work() as work:
            await work.ledger.note_expiry({(StockKey("acme", sku, location, UNIT), lot): day})

    async def reserve(self, *baskets: WantedBasket, tenant: str = "acme") -> list[api.ReservationResult]:
        with some_cause("ReserveStock", tenant):
            answers = await reserve_stock(ReserveStock(tenant, baskets), self.desk, self.items, self.priorities)
        return [api.ReservationResult.FromString(answer) for answer in answers]

    async def reserve_one(self, basket: WantedBasket, tenant: str = "acme") -> api.ReservationResult:
        return (await self.reserve(basket, tenant=tenant))[0]

    async def row(self, sku: str, location: str = "EAST", tenant: str = "acme") -> dict[str, Any]:
        rows = await self.fetch(
            "SELECT * FROM stock WHERE tenant = $1 AND sku = $2 AND location_id = $3", tenant, sku, location
        )
        return dict(rows[0]) if rows else {}

    async def fetch(self, sql: str, *arguments: Any, tenants: Iterable[str] = TENANTS) -> list[Any]:
        async with transaction(self.engine, tenants) as tx:
            return await tx.driver.fetch(sql, *arguments)

    async def event_types(self, key: str) -> list[str]:
        """Types of the events of one aggregate, in their order."""
        rows = await self.fetch("SELECT type FROM journal WHERE aggregate = $1 ORDER BY version", key)
        return [row["type"].rpartition(".")[2] for row in rows]


@asynccontextmanager
async def open_stage(urls: ServiceUrls, *, size: int = 24, valkey: Redis | None = None) -> AsyncIterator[Stage]:
    engine = create_engine(urls.database, "inventory", size=size)
    try:
        yield Stage(engine, valkey=valkey)
    finally:
        await engine.stop()


def wanted(*lines: tuple[str, Any], **facts: Any) -> WantedBasket:
    """A basket of (sku, quantity or (quantity, unit)) for channel web."""
    request_id: UUID = facts.pop("request_id", None) or uuid4()
    known: dict[str, Any] = {
        "business_unit": UNIT,
        "channel": "web",
        "priority": 5,
        "requested_on": None,
        "locations": ("EAST",),
        "split": SplitRule.NONE,
        "hold": DEFAULT_HOLD,
        "reference": "",
    }
    measures = tuple((sku, _measure(quantity)) for sku, quantity in lines)
    fingerprint = repr((request_id, measures, sorted(facts.items(), key=str))).encode()
    return WantedBasket(request_id=request_id, lines=measures, fingerprint=fingerprint, **known | facts)


def _measure(quantity: Any) -> Measure:
    return Measure(D(quantity[0]), quantity[1]) if isinstance(quantity, tuple) else Measure(D(quantity), "EA")


async def until(condition: Callable[[], bool], *, most_seconds: float = 30.0) -> None:
    async with asyncio.timeout(most_seconds):
        while not condition():
            await asyncio.sleep(0.01)
