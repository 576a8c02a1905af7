"""A service from its environment to its end, on real servers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from crossdock_kit.app import App
from crossdock_kit.client import Peer
from crossdock_kit.service import Service, start
from crossdock_kit.settings import ServiceSettings, SettingsError
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.ports import HOST, free_port
from crossdock_local.servers.nats import Nats
from grpc_health.v1 import health_pb2
from kit_probe import Echo, ProbeServicer, ProbeStub, add_probe_to_server
from kit_schema import SCHEMA, create_tables

CAP_SECONDS = 30
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture(scope="module")
async def urls(servers: EmbeddedServers, database: str) -> ServiceUrls:
    found = await servers.add_service(database, SCHEMA)
    await create_tables(found)
    return found


@pytest.fixture
def issuer() -> TokenIssuer:
    return TokenIssuer()


@pytest.fixture
def environment(urls: ServiceUrls, broker: Nats, issuer: TokenIssuer, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "jwks.json").write_bytes(issuer.jwks)
    (tmp_path / "token.jwt").write_text(issuer.token(["acme"], ["*"]))
    return {
        "CROSSDOCK_SERVICE": SCHEMA,
        "CROSSDOCK_DATABASE_URL": urls.database,
        "CROSSDOCK_NATS_URL": broker.url(SCHEMA),
        "CROSSDOCK_LISTEN": "127.0.0.1:0",
        "CROSSDOCK_JWKS_FILE": str(tmp_path / "jwks.json"),
        "CROSSDOCK_TOKEN_FILE": str(tmp_path / "token.jwt"),
        "CROSSDOCK_ISSUER": ISSUER,
        "CROSSDOCK_AUDIENCE": AUDIENCE,
        "CROSSDOCK_TENANTS": "acme",
    }


async def health_of(address: str, service: str = "") -> Any:
    async with grpc.aio.insecure_channel(address) as channel:
        check: Any = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        return (await check(health_pb2.HealthCheckRequest(service=service), timeout=5)).status


async def becomes_ready(address: str) -> None:
    async with asyncio.timeout(CAP_SECONDS):
        while await health_of(address) != SERVING:
            await asyncio.sleep(0.02)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as held:
        yield held


def service(build: Any) -> Service[ServiceSettings]:
    return Service(name=SCHEMA, build=build, settings=ServiceSettings, migrations=Path("nowhere"))


async def test_a_service_starts_serves_calls_another_and_stops(
    environment: dict[str, str], stack: AsyncExitStack
) -> None:
    beats = asyncio.Event()
    seen: list[App[ServiceSettings]] = []

    async def build(app: App[ServiceSettings]) -> None:
        seen.append(app)
        app.add_servicer(add_probe_to_server, ProbeServicer())

        async def beat() -> None:
            beats.set()
            await asyncio.sleep(3600)

        app.add_loop("beat", beat)

    settings = ServiceSettings.from_environment(environment)
    running = await start(service(build), settings, stack)
    await becomes_ready(running.address)
    assert await health_of(running.address, "liveness") == SERVING
    await beats.wait()
    [app] = seen
    object.__setattr__(app.settings, "peers", {"itself": running.address})
    stub = app.client("itself", ProbeStub, tenant="acme")
    assert (await stub.Echo(Echo(text="well"))).text == "well"
    await running.stop()
    assert app.health.failing == {}
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.Echo(Echo(), timeout=0.5)


async def test_a_loop_that_fails_is_started_again_and_shown_meanwhile(
    environment: dict[str, str], stack: AsyncExitStack
) -> None:
    rounds = 0
    again = asyncio.Event()

    async def build(app: App[ServiceSettings]) -> None:
        app.add_servicer(add_probe_to_server, ProbeServicer())

        async def fail_once() -> None:
            nonlocal rounds
            rounds += 1
            if rounds == 1:
                raise ZeroDivisionError
            again.set()
            await asyncio.sleep(3600)

        app.add_loop("fragile", fail_once)

    running = await start(service(build), ServiceSettings.from_environment(environment), stack)
    async with asyncio.timeout(CAP_SECONDS):
        await again.wait()
    await becomes_ready(running.address)
    await running.stop()


async def test_a_service_without_its_database_lives_but_is_not_ready(
    environment: dict[str, str], stack: AsyncExitStack
) -> None:
    async def build(app: App[ServiceSettings]) -> None:
        app.add_servicer(add_probe_to_server, ProbeServicer())

    nowhere = environment | {"CROSSDOCK_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"}
    running = await start(service(build), ServiceSettings.from_environment(nowhere), stack)
    assert not await running.app.health.look()
    assert "database" in running.app.health.failing
    assert await health_of(running.address) != SERVING
    assert await health_of(running.address, "liveness") == SERVING
    await running.stop()


async def test_a_machine_with_a_wrong_clock_dates_nothing_wrong(
    environment: dict[str, str], stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=90)

    async def build(app: App[ServiceSettings]) -> None:
        app.add_servicer(add_probe_to_server, ProbeServicer())

    monkeypatch.setattr("crossdock_kit.clock.datetime", Ahead)
    running = await start(service(build), ServiceSettings.from_environment(environment), stack)
    assert running.app.uow.clock.now() < datetime.now(UTC) + timedelta(days=1)
    await running.stop()


async def test_a_service_that_its_database_does_not_let_in_lives_but_is_not_ready(
    environment: dict[str, str], urls: ServiceUrls, stack: AsyncExitStack
) -> None:
    async def build(app: App[ServiceSettings]) -> None:
        app.add_servicer(add_probe_to_server, ProbeServicer())

    ours = urlsplit(urls.database)
    refused = ours._replace(netloc=f"{ours.username}:of-yesterday@{ours.hostname}:{ours.port}").geturl()
    settings = ServiceSettings.from_environment(environment | {"CROSSDOCK_DATABASE_URL": refused})
    running = await start(service(build), settings, stack)
    assert not await running.app.health.look()
    assert "28P01" in running.app.health.failing["database"]
    assert "of-yesterday" not in running.app.health.failing["database"]
    assert await health_of(running.address, "liveness") == SERVING
    await running.stop()


async def test_probes_ask_on_a_port_of_their_own_where_nothing_else_is_served(
    environment: dict[str, str], stack: AsyncExitStack
) -> None:
    async def build(app: App[ServiceSettings]) -> None:
        app.add_servicer(add_probe_to_server, ProbeServicer())

    probes = f"{HOST}:{free_port()}"
    told = environment | {"CROSSDOCK_PROBE_LISTEN": probes}
    running = await start(service(build), ServiceSettings.from_environment(told), stack)
    await becomes_ready(probes)
    assert await health_of(probes, "liveness") == SERVING
    async with grpc.aio.insecure_channel(probes) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ProbeStub(channel).Echo(Echo(), timeout=5)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    await running.stop()
    assert await health_of(probes) != SERVING
    assert await health_of(probes, "liveness") == SERVING


async def test_a_service_without_keys_to_trust_does_not_start(
    environment: dict[str, str], stack: AsyncExitStack
) -> None:
    async def build(app: App[ServiceSettings]) -> None:
        app.add_servicer(add_probe_to_server, ProbeServicer())

    del environment["CROSSDOCK_JWKS_FILE"]
    with pytest.raises(SettingsError, match="CROSSDOCK_JWKS_FILE"):
        await start(service(build), ServiceSettings.from_environment(environment), stack)


async def process_of(environment: dict[str, str]) -> asyncio.subprocess.Process:
    said = {**os.environ, **environment, "PYTHONSAFEPATH": "1"}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "kit_probe", env=said, stdout=pipe, stderr=pipe)


async def line(process: asyncio.subprocess.Process, wanted: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(CAP_SECONDS):
        async for raw in process.stdout:
            if wanted in raw.decode():
                return raw.decode().strip()
    raise AssertionError(f"ended without saying {wanted}")


async def test_sigterm_lets_the_calls_under_way_finish(environment: dict[str, str], issuer: TokenIssuer) -> None:
    process = await process_of(environment)
    try:
        address = (await line(process, "listens on")).rsplit(" ", 1)[1]
        token = f"Bearer {issuer.token(['acme'], ['*'])}"
        peer = Peer(address, token=lambda: token)
        call = asyncio.ensure_future(peer.stub(ProbeStub).Touch(Echo(text="finished")))
        await line(process, "entered")
        process.send_signal(signal.SIGTERM)
        assert (await call).text == "finished"
        async with asyncio.timeout(CAP_SECONDS):
            assert await process.wait() == 0
        await peer.close()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_logs_of_a_process_are_json_and_name_it(environment: dict[str, str]) -> None:
    process = await process_of(environment)
    await line(process, "listens on")
    process.terminate()
    async with asyncio.timeout(CAP_SECONDS):
        _, errors = await process.communicate()
    lines = [json.loads(text) for text in errors.decode().splitlines()]
    assert {each["service"] for each in lines} == {SCHEMA}
    assert lines[-1]["message"] == "stopped"


async def test_what_is_missing_in_the_environment_is_said_in_one_line(environment: dict[str, str]) -> None:
    given = {name: value for name, value in environment.items() if name != "CROSSDOCK_DATABASE_URL"}
    process = await process_of(given)
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().strip() == "procurement: CROSSDOCK_DATABASE_URL is not set"


async def test_a_service_that_waits_for_its_broker_can_be_stopped(environment: dict[str, str]) -> None:
    process = await process_of(environment | {"CROSSDOCK_NATS_URL": "nats://127.0.0.1:1"})
    assert process.stderr is not None
    async with asyncio.timeout(CAP_SECONDS):
        async for raw in process.stderr:
            if b"refused" in raw:
                break
        process.terminate()
        assert await process.wait() == 0
