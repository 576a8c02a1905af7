"""The control plane itself: Deployments roll out on simulated nodes, and its API server comes back after a kill."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from control_plane.api import Api
from control_plane.binaries import kubernetes_version
from control_plane.cluster import Cluster
from control_plane.waiting import until


def deployment(namespace: str, replicas: int) -> dict[str, Any]:
    labels = {"app": "simulated"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "simulated", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "one", "image": "example.com/none:1"}]},
            },
        },
    }


async def test_a_deployment_rolls_out(admin: Api, namespace: str) -> None:
    await admin.apply(deployment(namespace, 3))

    async def rolled_out() -> bool:
        found = await admin.get("apps/v1", "deployments", "simulated", namespace=namespace)
        return bool(found.get("status", {}).get("readyReplicas") == 3)

    await until(rolled_out)


async def test_a_deleted_namespace_goes_with_all_that_is_in_it(admin: Api, namespace: str) -> None:
    await admin.apply(deployment(namespace, 1))
    await admin.delete("v1", "namespaces", namespace)

    async def gone() -> bool:
        return namespace not in {each["metadata"]["name"] for each in await admin.list("v1", "namespaces")}

    await until(gone)


async def test_the_api_server_is_of_the_pinned_version_and_comes_back_after_a_kill(
    cluster: Cluster, admin: Api, namespace: str
) -> None:
    if cluster.plane is None:
        pytest.skip("the cluster is not ours to hurt")
    assert (await admin.raw("/version"))["gitVersion"] == kubernetes_version()
    server = cluster.plane.child("kube-apiserver")
    before = server.pid
    await server.kill()
    with pytest.raises(OSError):
        await admin.ready()
    await cluster.plane.start_api_server()
    assert server.pid != before
    assert namespace in {each["metadata"]["name"] for each in await admin.list("v1", "namespaces")}
    await asyncio.wait_for(admin.ready(), 60)
