"""Availability as it is shown: from a cache that may be lost, is told what changed, and never goes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from crossdock_kit.database import transaction
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.ports import free_port
from crossdock_local.servers.valkey import Valkey
from inventory.domain.holding_back import Available
from inventory.queries.stock import Where
from inventory_stage import UNIT, Stage, open_stage, wanted
from redis.asyncio import Redis

D = Decimal


@pytest.fixture
async def valkey(servers: EmbeddedServers) -> AsyncIterator[Redis]:
    client = Redis.from_url(servers.valkey.url)
    yield client
    await client.aclose()


@pytest.fixture
async def shop(urls: ServiceUrls, valkey: Redis) -> AsyncIterator[Stage]:
    async with open_stage(urls, size=4, valkey=valkey) as found:
        yield found


@pytest.fixture
async def sku(shop: Stage) -> str:
    found = f"SHOWN-{uuid4().hex[:8].upper()}"
    await shop.know(found)
    await shop.stock(found, 10)
    await shop.availability.tell()
    return found


async def shown(stage: Stage, sku: str, *locations: str, tenant: str = "acme") -> list[Available]:
    return await stage.availability.of([sku], Where(tenant, locations))


async def forge(stage: Stage, sku: str) -> None:
    """Changes the balance behind everybody's back: who shows the old value has not asked the database."""
    async with transaction(stage.engine, ("acme",)) as tx:
        await tx.driver.execute("UPDATE stock SET sellable = sellable + 1000 WHERE sku = $1", sku)


@pytest.mark.feature("F096")
async def test_it_is_read_once_and_shown_with_its_version(shop: Stage, sku: str) -> None:
    (first,) = await shown(shop, sku)
    assert (first.free, first.unit, first.business_unit, first.version) == (D(10), "EA", UNIT, 1)
    await forge(shop, sku)
    assert await shown(shop, sku) == [first]
    assert (shop.availability.cache.hits, shop.availability.cache.misses) == (1, 1)


@pytest.mark.feature("F096")
async def test_every_way_of_changing_stock_outdates_it(shop: Stage, sku: str) -> None:
    assert [each.free for each in await shown(shop, sku)] == [D(10)]
    await shop.reserve(wanted((sku, 3)))
    await shop.availability.tell()
    assert [(each.free, each.version) for each in await shown(shop, sku)] == [(D(7), 2)]
    async with shop.owning():
        await shop.reserve(wanted((sku, 2)))
    await shop.availability.tell()
    assert [(each.free, each.version) for each in await shown(shop, sku)] == [(D(5), 3)]
    await shop.stock(sku, 4, "WEST")
    await shop.availability.tell()
    assert [(each.location_id, each.free) for each in await shown(shop, sku)] == [("EAST", D(5)), ("WEST", D(4))]


@pytest.mark.feature("F096")
async def test_a_reader_that_was_slow_cannot_put_back_the_old_value(
    shop: Stage, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = shop.availability.cache.fill

    async def late(groups: object) -> None:
        await shop.reserve(wanted((sku, 3)))
        await shop.availability.tell()
        await fill(groups)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(type(shop.availability.cache), "fill", lambda _, groups: late(groups))
        assert [each.free for each in await shown(shop, sku)] == [D(10)]
    assert [each.free for each in await shown(shop, sku)] == [D(7)]


async def test_what_is_not_there_is_remembered_too_until_it_comes(shop: Stage) -> None:
    sku = f"LATER-{uuid4().hex[:8].upper()}"
    await shop.know(sku)
    assert await shown(shop, sku) == []
    assert await shown(shop, sku) == []
    assert shop.availability.cache.hits == 1
    await shop.stock(sku, 1)
    await shop.availability.tell()
    assert [each.free for each in await shown(shop, sku)] == [D(1)]


async def test_places_owners_and_tenants_are_told_apart(shop: Stage, sku: str) -> None:
    await shop.stock(sku, 4, "WEST")
    await shop.availability.tell()
    for _ in range(2):
        assert [each.location_id for each in await shown(shop, sku)] == ["EAST", "WEST"]
        assert [each.free for each in await shown(shop, sku, "WEST")] == [D(4)]
        assert await shop.availability.of([sku], Where("acme", (), "US01")) == []
        assert await shown(shop, sku, tenant="globex") == []


async def test_a_promise_is_never_made_from_it(shop: Stage, sku: str) -> None:
    """Whoever saw ten pieces in the shop is told the truth at checkout."""
    assert [each.free for each in await shown(shop, sku)] == [D(10)]
    await shop.reserve(wanted((sku, 8)))
    assert [each.free for each in await shown(shop, sku)] == [D(10)], "nobody told the cache yet"
    refused = await shop.reserve_one(wanted((sku, 8)))
    assert refused.refusal.lines[0].available.value == "2"


@pytest.mark.feature("F096")
async def test_a_flush_and_a_kill_lose_nothing(urls: ServiceUrls, tmp_path: Path) -> None:
    server = Valkey(tmp_path / "valkey", port=free_port(), secrets=tmp_path, logs=tmp_path)
    await server.start()
    client = Redis.from_url(server.url, socket_connect_timeout=0.2)
    sku = f"LOST-{uuid4().hex[:8].upper()}"
    try:
        async with open_stage(urls, size=4, valkey=client) as shop:
            await shop.know(sku)
            await shop.stock(sku, 10)
            await shown(shop, sku)
            await client.flushall()
            await shop.reserve(wanted((sku, 3)))
            assert [each.free for each in await shown(shop, sku)] == [D(7)]
            await server.child.kill()
            await shop.reserve(wanted((sku, 3)))
            await shop.availability.tell()
            assert [each.free for each in await shown(shop, sku)] == [D(4)]
            assert [each.free for each in await shown(shop, sku)] == [D(4)]
    finally:
        await client.aclose()
        await server.child.stop()


async def test_its_loop_tells_what_changed_and_again_when_it_is_stopped(shop: Stage, sku: str) -> None:
    await shown(shop, sku)
    loop = asyncio.create_task(shop.availability.run())
    await shop.reserve(wanted((sku, 3)))
    async with asyncio.timeout(30):
        while [each.free for each in await shown(shop, sku)] != [D(7)]:
            await asyncio.sleep(0.01)
    await shop.reserve(wanted((sku, 3)))
    loop.cancel()
    await asyncio.wait([loop], timeout=30)
    assert loop.done()
    assert [each.free for each in await shown(shop, sku)] == [D(4)]
