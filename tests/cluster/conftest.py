"""A control plane for the whole run, and a namespace of its own for each test that asks for one.

`make test` needs no Go: only who names this folder starts a control plane.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane.api import Api, ApiRefused
from control_plane.cluster import Cluster, existing_cluster, own_cluster
from crossdock_local.place import find_checkout

CRD = find_checkout() / "operator" / "crd"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = any("cluster" in str(each) for each in config.invocation_params.args)
    return None if asked else True


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
