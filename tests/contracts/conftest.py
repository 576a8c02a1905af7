"""Every contract of the workspace as descriptors, and every service as its own wiring builds it, without servers."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from crossdock.ops.v1.ops_service_pb2_grpc import add_OpsServiceServicer_to_server
from crossdock.ops.v1.repair_service_pb2_grpc import add_RepairServiceServicer_to_server
from crossdock_kit.app import App, Infrastructure
from crossdock_kit.broker import Broker, Connection
from crossdock_kit.database import create_engine

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "postgresql://nobody:x@127.0.0.1:1/none"


@dataclass(frozen=True)
class Built:
    """A service with everything registered and nothing started."""

    name: str
    app: App[Any]

    @property
    def servicers(self) -> list[tuple[Any, Any]]:
        """What it serves, with what the kit serves for every service."""
        kits_own = (
            (add_OpsServiceServicer_to_server, self.app.ops),
            (add_RepairServiceServicer_to_server, self.app.repairs),
        )
        return [*self.app.servicers, *kits_own]


def service_names() -> list[str]:
    return sorted(main.parent.name for main in ROOT.glob("services/*/src/*/__main__.py"))


@pytest.fixture(params=service_names())
async def built(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Built]:
    name = str(request.param)
    service = importlib.import_module(f"{name}.__main__").SERVICE
    (tmp_path / "data.key").write_bytes(bytes(range(32)))
    settings = service.settings.from_environment(
        {
            "CROSSDOCK_SERVICE": name,
            "CROSSDOCK_DATABASE_URL": NOWHERE,
            "CROSSDOCK_TENANTS": "acme,globex",
            "CROSSDOCK_DATA_KEY_FILE": str(tmp_path / "data.key"),
            "CROSSDOCK_DATA_FOLDER": str(tmp_path),
            "CROSSDOCK_PEERS": "{" + ", ".join(f'"{peer}": "127.0.0.1:1"' for peer in service_names()) + "}",
        }
    )
    app = App(settings, Infrastructure(create_engine(NOWHERE, name), Broker(Connection())))
    await service.build(app)
    yield Built(name, app)
    await app.close()
