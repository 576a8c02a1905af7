"""Nothing of an engine outlives its stop, whatever was under way."""

from __future__ import annotations

import asyncio
import gc

import asyncpg
from crossdock_kit.database import create_engine
from crossdock_kit.leases import PartitionLeases
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from kit_schema import SCHEMA
from kit_stops import link

CAP_SECONDS = 60
MOST_SENDS = 20
"""More than it takes to connect, to join and to take a share."""


async def cut_off(urls: ServiceUrls, name: str, sends: int) -> None:
    """An owner is cancelled while the server's answer to its so-manieth send is under way."""
    async with link(urls.database) as to:
        to.stop_after(sends)
        engine = create_engine(to.url, SCHEMA, size=1, application=name)
        doing = asyncio.ensure_future(PartitionLeases(engine, "cut off").run())
        # Where there is no such send, it is cancelled at rest.
        await asyncio.wait([asyncio.ensure_future(to.stopped.wait())], timeout=1)
        doing.cancel()
        to.go_on()
        await asyncio.wait([doing])
        await engine.stop()


async def test_an_owner_that_is_cancelled_while_it_joins_leaves_no_connection(
    urls: ServiceUrls, servers: EmbeddedServers
) -> None:
    await asyncio.gather(*(cut_off(urls, "cut off", sends) for sends in range(1, MOST_SENDS + 1)))
    gc.collect()
    await none_left(servers, "cut off")


async def test_a_session_that_is_out_when_the_engine_stops_is_closed(
    urls: ServiceUrls, servers: EmbeddedServers
) -> None:
    engine = create_engine(urls.database, SCHEMA, application="out")
    session = await engine.checkout()
    await session.driver.execute("BEGIN")
    await engine.stop()
    assert session.lost
    engine.checkin(session)
    del session
    gc.collect()
    await none_left(servers, "out")


async def none_left(servers: EmbeddedServers, application: str) -> None:
    look = await asyncpg.connect(servers.postgres.url("postgres"))
    try:
        async with asyncio.timeout(CAP_SECONDS):
            while await look.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", application):
                await asyncio.sleep(0.05)
    finally:
        await look.close()
