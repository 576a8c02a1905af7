"""A control plane for the whole run, and a namespace of its own for each test that asks for one.

`make test` needs no Go: only who names this folder starts a control plane.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane.api import Api, ApiRefused
from control_plane.cluster import Cluster, existing_cluster, own_cluster
from control_plane.gate import Gate, opened
from control_plane.observing import delete_connectors
from control_plane.operator_process import (
    Operators,
    RealConnector,
    bind_operator,
    give_secrets,
    let_read_secrets,
    real_connector,
)
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.place import find_checkout
from crossdock_local.process import Child

# Each call of a test is no news.
logging.getLogger("httpx").setLevel(logging.WARNING)
HERE = Path(__file__).resolve().parent
CRD = find_checkout() / "operator" / "crd"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = (Path(str(each).partition("::")[0]) for each in config.invocation_params.args)
    return None if any(each.resolve().is_relative_to(HERE) for each in named) else True


@pytest.fixture(scope="session")
async def cluster() -> AsyncIterator[Cluster]:
    """The one that KUBECONFIG names, else one of our own."""
    chosen = os.environ.get("KUBECONFIG")
    async with existing_cluster(Path(chosen)) if chosen else own_cluster() as found:
        yield found


@pytest.fixture(scope="session")
async def admin(cluster: Cluster) -> AsyncIterator[Api]:
    async with cluster.api() as api:
        yield api


@pytest.fixture(scope="session")
async def crd(admin: Api) -> dict[str, Any]:
    """The definition, and the policy beside it, as the API server has taken them."""
    for path in ("partnerconnectors.yaml", "policy.yaml"):
        for each in yaml.safe_load_all((CRD / path).read_text()):
            await admin.apply(each)
    return await admin.established("partnerconnectors.crossdock.dev")


@pytest.fixture(scope="session")
async def connector_service(
    servers: EmbeddedServers, migrated: MigratedDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RealConnector]:
    """The connector service that operators tell and ask."""
    folder = tmp_path_factory.mktemp("connector")
    async with servers.fresh_nats() as broker, real_connector(migrated, broker, folder) as running:
        yield running


@pytest.fixture
async def operators(
    cluster: Cluster, admin: Api, crd: dict[str, Any], connector_service: RealConnector
) -> AsyncIterator[Operators]:
    """Operators under exactly the roles that the repository grants; what a test started ends with it."""
    await bind_operator(admin)
    running = Operators(cluster, admin, connector_service)
    yield running
    await running.stop()


@pytest.fixture
async def namespace(admin: Api) -> AsyncIterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    await admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    try:
        await admin.delete("v1", "namespaces", name)
    except ApiRefused as refused:
        if refused.code != 404:
            raise


@pytest.fixture
async def home(admin: Api, namespace: str, connector_service: RealConnector, gate: Gate) -> AsyncIterator[str]:
    """A namespace in which a connector of sup-atlas finds its secrets. Its connectors go while the operator runs, and
    while the gate that it may stand behind is open.
    """
    await let_read_secrets(admin, namespace)
    await give_secrets(admin, connector_service, namespace, "sup-atlas", "sup-atlas-key")
    yield namespace
    await delete_connectors(admin, namespace)


@pytest.fixture
async def operator(operators: Operators) -> Child:
    return await operators.start()


@pytest.fixture
async def gate(cluster: Cluster) -> AsyncIterator[Gate]:
    """For operators that are to be held on their way to the API server, or watched there."""
    async with opened(cluster.endpoint) as between:
        yield between
