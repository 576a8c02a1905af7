"""What an order costs among 1,000,000 stored beside 10,000, and a receipt among 10,000,000 movements beside 100,000.

Two databases side by side, asked in turns. STORED and MOVEMENTS shorten it: the smaller one has a hundredth.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
from crossdock.common.v1 import values_pb2
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import inbound_pb2
from crossdock_kit.context import caused_by
from crossdock_kit.database import create_engine
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabase, MigratedDatabases
from fulfillment.domain.questions import Held
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.use_cases import placing
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer
from fulfillment.wire import sales_order as wire
from fulfillment_cases.calls import line, placement
from inventory_stage import UNIT, Stage, new_cause, open_stage
from inventory_stage.hearing import hear

from benchmarks.figures import Figure, interleaved
from benchmarks.order_desk import ITEMS, fill_fulfillment, sku_of
from benchmarks.processes import TENANT
from benchmarks.sizes import number, say

ROUNDS, ORDERS, RECEIPTS, RECEIPT_LINES = 9, 40, 10, 20
GROWTH = 1.2
LOADED_AT_ONCE = 500_000
# Ids of movements begin with the milliseconds of their making (RFC 9562), spread here over the last 100 days.
MOVEMENTS = """
INSERT INTO inventory.movement (tenant, sku, movement_id, location_id, business_unit, lot, source, target, quantity,
  unit, said_unit, conversion, reason, document, posting_key, transaction_id, system, occurred_at, recorded_at)
SELECT $1, 'SKU-' || lpad((n % $2)::text, 6, '0'),
  (lpad(to_hex((extract(epoch FROM at) * 1000)::int8), 12, '0') || '7' || left(md5(n::text), 3) || '8'
    || substr(md5(n::text), 4, 15))::uuid,
  'EAST', $3, '', 12, 1, 5, 'EA', 'EA', '', 'RECEIVED_GOOD', receipt, receipt, 'po-' || n / 20, 'WMS-EAST', at, at
FROM generate_series($4::int8, $5::int8) AS n,
  LATERAL (SELECT now() - interval '100 days' * (1 - n / $6::float8), 'receipt/' || n / 20) AS t (at, receipt)
"""


@dataclass(eq=False)
class Orders:
    """A fulfillment in this process, whose inventory answers at once."""

    kit: UnitOfWork
    uow: FulfillmentUnitOfWork
    admin: asyncpg.Connection[Any]
    numbers: Any = field(default_factory=lambda: count(1))

    async def cost(self) -> float:
        """Milliseconds of an order from its call until it is released."""
        wanted = [self._request() for _ in range(ORDERS)]
        began = time.perf_counter()
        for request in wanted:
            with caused_by(new_cause("PlaceOrder")):
                order, lines, _ = await placing.place_order(wire.place(request), self.uow)
            held = [Held(each.sku, "EAST", Decimal(1)) for each in lines]
            await self._answered(Answer(order.order_id, 1, 1, str(uuid4()), held))
        return (time.perf_counter() - began) * 1000 / ORDERS

    def _request(self) -> Any:
        skus = random.sample(range(ITEMS), 2)
        return placement(f"NEW-{next(self.numbers)}", [line(str(n), 1, sku_of(sku)) for n, sku in enumerate(skus, 1)])

    async def _answered(self, answer: Answer) -> None:
        with caused_by(new_cause("settle")):
            async with self.kit(tenants=(TENANT,)) as work, FulfillmentUnitOfWork.on(work) as opened:
                orders = await lock_orders([answer.order_id], opened)
                await take_answer(answer, orders[answer.order_id], opened)

    async def multiply(self, copies: int) -> None:
        """So many copies of what one order left in every table, written by the schema's owner."""
        await self.cost()
        row = await self.admin.fetchrow(
            "SELECT order_id, number FROM fulfillment.sales_order WHERE state = 'released' LIMIT 1"
        )
        if row is None:
            raise LookupError("no order was released")
        for table in OF_AN_ORDER:
            await copied(self.admin, f"fulfillment.{table}", row["order_id"], row["number"], copies)
            say(f"{copies:,} copies of {table}")
        await self.admin.execute("VACUUM ANALYZE")


OF_AN_ORDER = (
    "sales_order",
    "order_line",
    "line_schedule",
    "order_part",
    "posting",
    "delivery",
    "timer",
    "journal",
    "step",
    "transaction_key",
)


async def copied(admin: asyncpg.Connection[Any], table: str, order_id: str, number: str, copies: int) -> None:
    """Rows that hold the order's id anywhere, with another id and number in each copy."""
    schema, _, name = table.partition(".")
    columns = await admin.fetch(
        "SELECT column_name AS name, data_type AS type, udt_name AS udt FROM information_schema.columns"
        " WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'NO' AND is_generated = 'NEVER'"
        " AND coalesce(column_default, '') NOT LIKE 'nextval%' ORDER BY ordinal_position",
        schema,
        name,
    )
    values = ", ".join(_another(each["name"], each["type"], each["udt"]) for each in columns)
    names = ", ".join(f'"{each["name"]}"' for each in columns)
    wanted = f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, generate_series($3::int8, $4::int8) AS n"
    for first in range(1, copies + 1, LOADED_AT_ONCE):
        last = min(first + LOADED_AT_ONCE - 1, copies)
        await admin.execute(f"{wanted} WHERE t::text LIKE '%' || $1 || '%' AND $2 <> ''", order_id, number, first, last)


def _another(name: str, kind: str, udt: str) -> str:
    said = f't."{name}"'
    if kind == "uuid":
        return "gen_random_uuid()"
    if kind in {"text", "jsonb"} or udt == "_text":
        as_text = f"replace(replace({said}::text, $1, $1 || '-' || n), $2, $2 || '-' || n)"
        return f"({as_text})::{'text[]' if udt == '_text' else kind}"
    return said


@asynccontextmanager
async def orders_among(servers: EmbeddedServers, schemas: MigratedDatabases, copies: int) -> AsyncIterator[Orders]:
    database = await schemas.fresh("fulfillment")
    await fill_fulfillment(database.urls)
    engine = create_engine(database.urls.database, "fulfillment")
    kit = UnitOfWork(engine, lambda: None)
    admin = await owner(servers, database)
    built = Orders(kit, FulfillmentUnitOfWork(kit), admin)
    await built.multiply(copies)
    yield built
    await admin.close()
    await engine.stop()


@dataclass(eq=False)
class Receipts:
    """An inventory in this process that hears what procurement announces."""

    stage: Stage

    async def cost(self) -> float:
        """Milliseconds of a receipt of 20 lines."""
        wanted = [receipt() for _ in range(RECEIPTS)]
        began = time.perf_counter()
        for message in wanted:
            await hear(self.stage, message)
        return (time.perf_counter() - began) * 1000 / RECEIPTS


@asynccontextmanager
async def receipts_among(
    servers: EmbeddedServers, schemas: MigratedDatabases, movements: int
) -> AsyncIterator[Receipts]:
    database = await schemas.fresh("inventory")
    async with open_stage(database.urls) as stage:
        await stage.know(*(sku_of(n) for n in range(ITEMS)))
        admin = await owner(servers, database)
        for first in range(1, movements + 1, LOADED_AT_ONCE):
            last = min(first + LOADED_AT_ONCE - 1, movements)
            await admin.execute(MOVEMENTS, TENANT, ITEMS, UNIT, first, last, movements)
            say(f"{last:,} of {movements:,} movements")
        await admin.execute("VACUUM ANALYZE")
        await admin.close()
        yield Receipts(stage)


def receipt() -> facts.GoodsReceived:
    name = str(uuid4())
    lines = [
        inbound_pb2.ReceiptLine(
            line_id=str(n),
            purchase_order_id="po-1",
            purchase_order_line_id=f"po-1.{n}",
            sku=sku_of(sku),
            quantity=values_pb2.Quantity(value="5", unit="EA"),
            base_quantity="5",
            base_unit="EA",
            condition=inbound_pb2.CONDITION_GOOD,
        )
        for n, sku in enumerate(random.sample(range(ITEMS), RECEIPT_LINES), 1)
    ]
    told = inbound_pb2.Receipt(receipt_id=name, business_unit=UNIT, location_id="EAST", lines=lines)
    return facts.GoodsReceived(receipt_id=name, number=f"R-{name[:8]}", location_id="EAST", receipt=told)


async def owner(servers: EmbeddedServers, database: MigratedDatabase) -> asyncpg.Connection[Any]:
    return await asyncpg.connect(servers.postgres.url(database.name))


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    stored, moved = number("STORED", 1_000_000), number("MOVEMENTS", 10_000_000)
    schemas = MigratedDatabases(servers)
    async with orders_among(servers, schemas, stored) as many, orders_among(servers, schemas, stored // 100) as few:
        orders = await interleaved(ROUNDS, many.cost, few.cost)
    async with receipts_among(servers, schemas, moved) as many, receipts_among(servers, schemas, moved // 100) as few:
        receipts = await interleaved(ROUNDS, many.cost, few.cost)
    return [
        grown(f"an order among {stored:,} stored", orders, f"ms among {stored // 100:,}"),
        grown(f"a receipt of 20 lines among {moved:,} movements", receipts, f"ms among {moved // 100:,}"),
    ]


def grown(name: str, found: tuple[float, float], beside: str) -> Figure:
    return Figure(name, found[0], "ms", found[1], beside, floor=1 / GROWTH, less_is_better=True)
