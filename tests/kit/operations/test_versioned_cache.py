"""The cache never goes back, ends by itself, and nothing fails when it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from crossdock_kit.versioned_cache import Entry, VersionedCache
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.ports import HOST, free_port
from redis.asyncio import Redis

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def valkey(servers: EmbeddedServers) -> AsyncIterator[Redis]:
    client = Redis.from_url(servers.valkey.url)
    yield client
    await client.aclose()


@pytest.fixture
def cache(valkey: Redis) -> VersionedCache:
    return VersionedCache(valkey, uuid4().hex, MINUTE)


async def test_what_was_read_as_a_whole_is_there_and_the_rest_is_missing(cache: VersionedCache) -> None:
    await cache.fill({"one": {"a": Entry(3, "x:y"), "b": Entry(1, "z")}, "empty": {}})
    found = await cache.read(["one", "two", "empty"])
    assert found == {"one": {"a": Entry(3, "x:y"), "b": Entry(1, "z")}, "empty": {}}
    assert (cache.hits, cache.misses) == (2, 1)


async def test_an_outdated_group_is_missing_until_it_is_read_again(cache: VersionedCache) -> None:
    await cache.fill({"one": {"a": Entry(3, "old"), "b": Entry(1, "z")}})
    await cache.outdate({"one": {"a": 4}})
    assert await cache.read(["one"]) == {}
    await cache.fill({"one": {"a": Entry(4, "new"), "b": Entry(1, "z")}})
    assert (await cache.read(["one"]))["one"]["a"] == Entry(4, "new")


async def test_a_slow_reader_cannot_put_back_what_was_outdated(cache: VersionedCache) -> None:
    await cache.outdate({"one": {"a": 4}})
    await cache.fill({"one": {"a": Entry(3, "read before the change")}})
    assert await cache.read(["one"]) == {}


async def test_a_mark_that_comes_late_outdates_nothing_newer(cache: VersionedCache) -> None:
    await cache.fill({"one": {"a": Entry(5, "now")}})
    await cache.outdate({"one": {"a": 4}})
    await cache.outdate({"one": {"a": 5}})
    assert (await cache.read(["one"]))["one"]["a"] == Entry(5, "now")


async def test_a_new_entry_of_a_known_group_makes_it_incomplete(cache: VersionedCache) -> None:
    await cache.fill({"one": {}})
    await cache.outdate({"one": {"a": 1}})
    assert await cache.read(["one"]) == {}


async def test_what_nobody_outdates_ends_by_itself(valkey: Redis) -> None:
    cache = VersionedCache(valkey, uuid4().hex, timedelta(milliseconds=50))
    await cache.fill({"one": {"a": Entry(1, "x")}})
    async with asyncio.timeout(30):
        while await cache.read(["one"]):
            await asyncio.sleep(0.01)


async def test_a_flush_loses_nothing_but_time(cache: VersionedCache, valkey: Redis) -> None:
    await cache.fill({"one": {"a": Entry(1, "x")}})
    for key in await valkey.keys(f"crossdock:{cache.name}:*"):
        await valkey.delete(key)
    await valkey.script_flush()
    assert await cache.read(["one"]) == {}
    await cache.fill({"one": {"a": Entry(1, "x")}})
    assert await cache.read(["one"]) == {"one": {"a": Entry(1, "x")}}


async def test_without_valkey_everything_is_missing_and_nothing_fails() -> None:
    away = Redis.from_url(f"redis://{HOST}:{free_port()}/0", socket_connect_timeout=0.2)
    for cache in (VersionedCache(away, "x", MINUTE), VersionedCache(None, "x", MINUTE)):
        await cache.fill({"one": {"a": Entry(1, "x")}})
        await cache.outdate({"one": {"a": 2}})
        assert await cache.read(["one"]) == {}
    await away.aclose()
