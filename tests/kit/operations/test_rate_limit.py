"""A partner is called no faster than it bears, by all replicas together; without Valkey by each alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import uvloop
from crossdock_kit.rate_limit import Rate, RateLimiter
from crossdock_kit.valkey import Reach
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.ports import HOST, free_port
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

SLOW = Rate(per_second=0.001, burst=5)


@pytest.fixture
async def valkey(servers: EmbeddedServers) -> AsyncIterator[Redis]:
    client = Redis.from_url(servers.valkey.url)
    yield client
    await client.aclose()


@pytest.mark.feature("F231")
async def test_replicas_share_one_bucket(valkey: Redis) -> None:
    name = uuid4().hex
    one, other = RateLimiter(valkey), RateLimiter(valkey)
    assert (await one.take(name, SLOW, 3)).tokens == 3
    last = await other.take(name, SLOW, 3)
    assert last.tokens == 2
    assert timedelta(0) < last.wait <= timedelta(seconds=1000)
    assert (await one.take(name, SLOW, 1)).tokens == 0
    assert (one.fallbacks, other.fallbacks) == (0, 0)


async def test_what_was_not_spent_is_given_back_and_never_more_than_the_burst(valkey: Redis) -> None:
    name, limiter = uuid4().hex, RateLimiter(valkey)
    await limiter.take(name, SLOW, 5)
    await limiter.give_back(name, SLOW, 4)
    assert (await limiter.take(name, SLOW, 9)).tokens == 4
    await limiter.give_back(name, SLOW, 100)
    assert (await limiter.take(name, SLOW, 100)).tokens == 5


async def test_it_refills_with_time(valkey: Redis) -> None:
    name, limiter, quick = uuid4().hex, RateLimiter(valkey), Rate(per_second=1000, burst=2)
    assert (await limiter.take(name, quick, 2)).tokens == 2
    got = 0
    while not got:
        got = (await limiter.take(name, quick, 1)).tokens
    assert got == 1


async def test_a_lost_bucket_starts_full_and_nothing_else_is_lost(valkey: Redis) -> None:
    name, limiter = uuid4().hex, RateLimiter(valkey)
    await limiter.take(name, SLOW, 5)
    await valkey.delete(limiter.prefix + name)
    assert (await limiter.take(name, SLOW, 5)).tokens == 5


async def test_scripts_forgotten_by_the_server_are_loaded_again(valkey: Redis) -> None:
    name, limiter = uuid4().hex, RateLimiter(valkey)
    await limiter.take(name, SLOW, 1)
    await valkey.script_flush()
    assert (await limiter.take(name, SLOW, 1)).tokens == 1
    assert limiter.fallbacks == 0


async def test_without_valkey_each_process_paces_itself() -> None:
    now = 100.0
    client = Redis.from_url(f"redis://{HOST}:{free_port()}/0", socket_connect_timeout=0.2)
    limiter = RateLimiter(client, monotonic=lambda: now)
    rate = Rate(per_second=2, burst=4)
    assert (await limiter.take("p", rate, 10)).tokens == 4
    assert (await limiter.take("p", rate, 10)).tokens == 0
    now += 1.5
    assert (await limiter.take("p", rate, 10)).tokens == 3
    assert limiter.fallbacks == 3
    await client.aclose()


@given(steps=st.lists(st.tuples(st.floats(0, 2), st.integers(1, 6)), max_size=40))
async def test_never_more_than_burst_plus_what_flowed_in(steps: list[tuple[float, int]]) -> None:
    now, spent, rate = 0.0, 0, Rate(per_second=3, burst=4)
    limiter = RateLimiter(monotonic=lambda: now)
    for passed, wanted in steps:
        now += passed
        spent += (await limiter.take("p", rate, wanted)).tokens
        assert spent <= rate.burst + now * rate.per_second + 1e-6


def test_a_link_that_breaks_while_it_is_written_to_is_no_bug(servers: EmbeddedServers) -> None:
    """uvloop, on which services run, says so by another error than asyncio."""

    async def break_and_write(valkey: Redis) -> None:
        pool: Any = valkey.connection_pool
        connection = await pool.get_connection()
        connection._writer.transport.abort()
        await connection.send_command("PING")

    async def asked() -> tuple[object, object]:
        client = Redis.from_url(servers.valkey.url)
        reach = Reach(client, "it is told", monotonic=iter((0.0, 1.0, 5.0)).__next__)
        try:
            return await reach.ask(break_and_write), await reach.ask(lambda valkey: valkey.ping())
        finally:
            await client.aclose()

    # The second comes after the rest that the first one brought.
    assert uvloop.run(asked()) == (None, True)
