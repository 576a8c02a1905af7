"""Reservations on hot items: the desk beside Saleor's way, and what gRPC leaves of it.

64 clients, 90 % of the lines on 10 hot items, single lines and baskets of five. After the run nothing may be oversold,
no transaction may have met a deadlock, and the ledger must agree with itself; otherwise the benchmark fails.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import asyncpg
from crossdock_kit.context import caused_by
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabase, MigratedDatabases
from inventory.domain.accounts import Account
from inventory.domain.movement import Document, Movement, StockKey
from inventory.ports import Desk
from inventory.queries.ledger import verify_ledger
from inventory.use_cases.reserve import ReserveStock, WantedBasket, reserve_stock
from inventory_stage import UNIT, Stage, new_cause, open_stage, wanted

from benchmarks.figures import Figure, interleaved
from benchmarks.reservation_calls import calls_figures
from benchmarks.saleor_way import SaleorWay

CLIENTS, ROUNDS = 64, 3
HOT, COLD, HOT_SHARE = 10, 1_000, 0.9
OURS, THEIRS = 8_000, 800
OUR_BASKETS, THEIR_BASKETS = 3_000, 300
SCARCE, PLENTY = 150, 10_000_000
SCARCE_ITEM = "SCARCE"


class Oversold(Exception):
    """A figure that broke a promise is none."""


@dataclass(eq=False)
class Shop:
    """A schema of its own with stock, and the way in which it reserves."""

    stage: Stage
    desk: Desk
    admin: asyncpg.Connection[Any]
    refused: int = 0

    async def throughput(self, baskets: int, lines: int) -> float:
        """Reservations per second of 64 clients that each wait for their answer."""
        left = iter([(a_basket(lines), new_cause("ReserveStock")) for _ in range(baskets)])
        began = time.perf_counter()

        async def client() -> None:
            for basket, why in left:
                with caused_by(why):
                    (answer,) = await reserve_stock(
                        ReserveStock("acme", (basket,)), self.desk, self.stage.items, self.stage.priorities
                    )
                self.refused += b"STOCK_SHORT" in answer

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return baskets / (time.perf_counter() - began)


def hot(number: int) -> str:
    return f"HOT-{number}"


def a_basket(lines: int) -> WantedBasket:
    """So many different items, nine of ten lines hot."""
    skus: dict[str, None] = {}
    while len(skus) < lines:
        is_hot = random.random() < HOT_SHARE
        skus[hot(random.randrange(HOT)) if is_hot else f"COLD-{random.randrange(COLD)}"] = None
    return wanted(*((sku, 1) for sku in skus))


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    async with AsyncExitStack() as stack:
        schemas = MigratedDatabases(servers)
        ours = await stack.enter_async_context(shop(servers, await schemas.fresh("inventory"), owning=True))
        theirs = await stack.enter_async_context(shop(servers, await schemas.fresh("inventory"), owning=False))
        for each in (ours, theirs):
            await each.throughput(300, 1)
        single = await interleaved(ROUNDS, lambda: ours.throughput(OURS, 1), lambda: theirs.throughput(THEIRS, 1))
        baskets = await interleaved(
            ROUNDS, lambda: ours.throughput(OUR_BASKETS, 5), lambda: theirs.throughput(THEIR_BASKETS, 5)
        )
        await sell_out(ours)
        calls = await calls_figures(ours.stage)
        for each in (ours, theirs):
            await check(each)
    return [
        Figure("reservations, single lines", single[0], "/s", single[1], "Saleor's way", floor=5),
        Figure("reservations, baskets of five", baskets[0], "/s", baskets[1], "Saleor's way", floor=5),
        *calls,
    ]


@asynccontextmanager
async def shop(servers: EmbeddedServers, database: MigratedDatabase, *, owning: bool) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage(database.urls))
        await fill(stage)
        admin = await asyncpg.connect(servers.postgres.url(database.name))
        stack.push_async_callback(admin.close)
        # A table that was never analysed is scanned whole under row-level security.
        await admin.execute("ANALYZE")
        if owning:
            await stack.enter_async_context(stage.owning())
            yield Shop(stage, stage.desk, admin)
        else:
            yield Shop(stage, SaleorWay(stage.engine), admin)


async def fill(stage: Stage) -> None:
    """Plenty of everything but of one item."""
    skus = [hot(n) for n in range(HOT)] + [f"COLD-{n}" for n in range(COLD)] + [SCARCE_ITEM]
    await stage.know(*skus)
    document = Document("opening/1", datetime.now(UTC), transaction_id="opening")
    async with stage.work() as work:
        await work.ledger.book(
            [
                Movement(
                    key=StockKey("acme", sku, "EAST", UNIT),
                    source=Account.ADJUSTMENT,
                    target=Account.SELLABLE,
                    quantity=Decimal(SCARCE if sku == SCARCE_ITEM else PLENTY),
                    reason="OPENING",
                    document=document,
                    unit="EA",
                )
                for sku in skus
            ]
        )


async def sell_out(shop: Shop) -> None:
    """More buyers than there is of one item, all at once: exactly as many win as there are units."""
    before = shop.refused

    async def buyer() -> None:
        with caused_by(new_cause("ReserveStock")):
            command = ReserveStock("acme", (wanted((SCARCE_ITEM, 1)),))
            (answer,) = await reserve_stock(command, shop.desk, shop.stage.items, shop.stage.priorities)
        shop.refused += b"STOCK_SHORT" in answer

    await asyncio.gather(*(buyer() for _ in range(2 * SCARCE)))
    if shop.refused - before != SCARCE:
        raise Oversold(f"of {2 * SCARCE} buyers of {SCARCE} units {shop.refused - before} were refused")


async def check(shop: Shop) -> None:
    """Nothing oversold, no deadlock, and every balance follows from the ledger."""
    oversold = await shop.stage.fetch("SELECT sku, available FROM stock WHERE available < 0")
    if oversold:
        raise Oversold(f"oversold: {[dict(row) for row in oversold]}")
    differences = (await verify_ledger(shop.stage.engine, "acme")).differences
    if differences:
        raise Oversold("; ".join(differences))
    deadlocks = await shop.admin.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    if deadlocks:
        raise Oversold(f"{deadlocks} deadlocks")
