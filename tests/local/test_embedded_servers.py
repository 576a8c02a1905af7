"""The embedded servers are the real ones, with the rights and the durability that the suite relies on."""

from __future__ import annotations

import asyncio

import asyncpg
import nats
import pytest
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.servers.nats import Nats
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError


@pytest.fixture(scope="module")
async def urls(servers: EmbeddedServers, database: str) -> ServiceUrls:
    return await servers.add_service(database, "inventory")


async def test_the_app_role_works_in_its_schema_and_may_not_create_there(urls: ServiceUrls) -> None:
    owner = await asyncpg.connect(urls.migration)
    app = await asyncpg.connect(urls.database)
    await owner.execute(
        "create table balance (item text primary key); grant select, insert on balance to inventory_app"
    )
    await app.execute("insert into balance values ('A1')")
    assert await app.fetchval("select item from inventory.balance") == "A1"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("create table own (item text)")
    await app.close()
    await owner.close()


async def test_no_role_of_a_service_may_bypass_row_level_security(servers: EmbeddedServers, urls: ServiceUrls) -> None:
    admin = await asyncpg.connect(servers.postgres.url("postgres"))
    rows = await admin.fetch("select rolsuper, rolbypassrls from pg_roles where rolname like 'inventory_%'")
    await admin.close()
    assert urls.database != urls.migration
    assert [tuple(row) for row in rows] == [(False, False), (False, False)]


async def test_a_service_cannot_look_into_the_schema_of_another(
    servers: EmbeddedServers, database: str, urls: ServiceUrls
) -> None:
    other = await servers.add_service(database, "procurement")
    owner = await asyncpg.connect(urls.migration)
    await owner.execute("create table if not exists secret (word text)")
    await owner.close()
    app = await asyncpg.connect(other.database)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetch("select * from inventory.secret")
    await app.close()


async def test_a_copy_of_a_template_holds_its_rows(servers: EmbeddedServers) -> None:
    template = await servers.create_database()
    urls = await servers.add_service(template, "catalog")
    owner = await asyncpg.connect(urls.migration)
    await owner.execute("create table item (sku text); insert into item values ('A1')")
    await owner.close()
    copy = await servers.create_database(template=template)
    urls = await servers.add_service(copy, "catalog")
    owner = await asyncpg.connect(urls.migration)
    assert await owner.fetchval("select sku from item") == "A1"
    await owner.close()


async def test_committed_rows_survive_a_killed_postgres() -> None:
    async with EmbeddedServers() as servers:
        name = await servers.create_database()
        connection = await asyncpg.connect(servers.postgres.url(name))
        assert await connection.fetchval("show fsync") == "on"
        await connection.execute("create table fact (id int); insert into fact select generate_series(1, 1000)")
        await servers.postgres.child.kill()
        await servers.postgres.start()
        again = await asyncpg.connect(servers.postgres.url(name))
        assert await again.fetchval("select count(*) from fact") == 1000
        await again.close()


async def test_stored_messages_survive_a_restarted_nats(servers: EmbeddedServers) -> None:
    async with servers.fresh_nats() as broker:
        client = await nats.connect(broker.url())
        stream = client.jetstream()
        await stream.add_stream(name="FACTS", subjects=["facts.>"])
        await stream.publish("facts.one", b"1")
        await broker.child.stop()
        await broker.start()
        found = await stream.get_msg("FACTS", 1)
        assert found.data == b"1"
        await client.close()


async def test_a_service_publishes_events_of_its_own_context_only(broker: Nats) -> None:
    denied: asyncio.Queue[str] = asyncio.Queue()

    async def on_error(error: Exception) -> None:
        await denied.put(str(error))

    client = await nats.connect(broker.url("inventory"), error_cb=on_error)
    stream = client.jetstream()
    await stream.add_stream(name="INVENTORY", subjects=["crossdock.inventory.events.>"])
    stored = await stream.publish("crossdock.inventory.events.v1.StockReceived.00", b"")
    assert stored.seq == 1
    await client.publish("crossdock.procurement.events.v1.PurchaseOrderReleased.00", b"")
    message = await asyncio.wait_for(denied.get(), 20)
    assert "permissions violation" in message.lower()
    assert "crossdock.procurement.events" in message.lower()
    await client.close()


async def test_valkey_answers_with_its_password_only(servers: EmbeddedServers) -> None:
    client = Redis.from_url(servers.valkey.url)
    await client.set("bucket", 1)
    assert await client.get("bucket") == b"1"
    await client.aclose()
    stranger = Redis(port=servers.valkey.port, retry=Retry(NoBackoff(), 0))
    with pytest.raises(AuthenticationError):
        await stranger.get("bucket")
    await stranger.aclose()


async def test_what_a_killed_run_left_behind_is_removed_by_the_next(servers: EmbeddedServers) -> None:
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()
    abandoned = servers.folder.parent / f"run-{ended.pid}-left"
    abandoned.mkdir()
    async with EmbeddedServers(durable=False) as others:
        assert others.folder.exists()
        assert not abandoned.exists()
        assert servers.folder.exists()
    assert not others.folder.exists()
