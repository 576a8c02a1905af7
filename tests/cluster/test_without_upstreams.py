"""The quick start leaves a service out that others listen to: they are ready without it, and stay so."""

from __future__ import annotations

import importlib
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from control_plane.operator_process import TENANT
from control_plane.waiting import until
from crossdock_kit.service import start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases

SERVICES = ("catalog", "connector", "delivery", "fulfillment", "inventory", "procurement")
# As often as their health looks at itself.
LOOKS = 10


@pytest.mark.feature("F340")
@pytest.mark.feature("F341")
@pytest.mark.parametrize("name", ["connector", "delivery", "inventory", "procurement"])
async def test_a_service_is_ready_without_those_that_it_listens_to(
    name: str, servers: EmbeddedServers, migrated: MigratedDatabases, tmp_path: Path
) -> None:
    issuer = TokenIssuer()
    (tmp_path / "jwks.json").write_bytes(issuer.jwks)
    (tmp_path / "service.jwt").write_text(issuer.token([TENANT], ["*"]))
    (tmp_path / "data.key").write_bytes(bytes(range(32)))
    service = importlib.import_module(f"{name}.__main__").SERVICE
    database = await migrated.fresh(name)
    async with servers.fresh_nats() as broker, AsyncExitStack() as stack:
        told = {
            "CROSSDOCK_SERVICE": name,
            "CROSSDOCK_DATABASE_URL": database.urls.database,
            "CROSSDOCK_NATS_URL": broker.url(name),
            "CROSSDOCK_PEERS": json.dumps(dict.fromkeys(SERVICES, "127.0.0.1:1")),
            "CROSSDOCK_JWKS_FILE": str(tmp_path / "jwks.json"),
            "CROSSDOCK_TOKEN_FILE": str(tmp_path / "service.jwt"),
            "CROSSDOCK_DATA_KEY_FILE": str(tmp_path / "data.key"),
            "CROSSDOCK_ISSUER": ISSUER,
            "CROSSDOCK_AUDIENCE": AUDIENCE,
            "CROSSDOCK_TENANTS": TENANT,
        }
        running = await start(service, service.settings.from_environment(told), stack)
        try:
            await until(running.app.health.look)
            for _ in range(LOOKS):
                assert await running.app.health.look(), running.app.health.failing
        finally:
            await running.stop()
    await servers.drop_database(database.name)
