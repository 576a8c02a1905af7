"""The charts before a real API server: every object is taken, every pod admitted under Pod Security `restricted`.

An upgrade and a rollback leave a trial's passwords as they were.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from charted.assembly import UMBRELLA, assembled, service_charts
from charted.helm import helm
from charted.rendering import Object, Rendered, rendered
from control_plane.api import Api, ApiRefused
from control_plane.cluster import Cluster
from crossdock_local.place import find_checkout

PROFILES = find_checkout() / "tests" / "charts" / "profiles"
# Objects that a pod only names.
_OTHERS = ("serviceAccountName", "priorityClassName")
# Kinds of others, whose definitions this API server does not have.
ELSEWHERE = ("keda.sh/", "cert-manager.io/", "monitoring.coreos.com/")


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assembled(tmp_path_factory.mktemp("charts"))


@pytest.fixture
async def restricted(admin: Api) -> AsyncIterator[str]:
    name = f"charts-{uuid.uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    await admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield name
    await admin.delete("v1", "namespaces", name)


def values_of(profile: str, folder: Path) -> str:
    said: dict[str, Any] = yaml.safe_load((PROFILES / f"{profile}.yaml").read_text())
    everyones = said.pop("every-service", {})
    path = folder / f"{profile}.yaml"
    path.write_text(yaml.safe_dump(dict.fromkeys(service_charts(), everyones) | said))
    return str(path)


def pods_of(shown: Rendered, namespace: str) -> list[Object]:
    """As controllers would make them; accounts and priorities are others' objects."""
    found = []
    for number, (workload, pod) in enumerate(zip(shown.workloads, shown.pods, strict=True)):
        spec = {name: value for name, value in pod["spec"].items() if name not in _OTHERS}
        claims = [each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())]
        spec["volumes"] = spec["volumes"] + [
            {"name": each, "persistentVolumeClaim": {"claimName": each}} for each in claims
        ]
        metadata = {"name": f"pod-{number}", "namespace": namespace, "labels": pod["metadata"]["labels"]}
        found.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    return found


@pytest.mark.parametrize("profile", ["default", "minimal", "ha", "trial"])
async def test_a_profile_is_taken_whole_and_its_pods_are_admitted(
    admin: Api, restricted: str, charts: Path, tmp_path: Path, profile: str
) -> None:
    values = values_of(profile, tmp_path)
    shown = await asyncio.to_thread(rendered, charts / UMBRELLA, "--values", values, namespace=restricted)
    for each in shown.objects:
        if each["apiVersion"].startswith(ELSEWHERE) or each["metadata"].get("namespace", restricted) != restricted:
            continue
        try:
            await admin.create(named_apart(each, restricted), dry_run=True)
        except ApiRefused as refused:
            # The resource's definition has one name only, and another test may have it there already.
            if (refused.code, each["kind"]) != (409, "CustomResourceDefinition"):
                raise
    pods = pods_of(shown, restricted)
    assert len(pods) >= 2 * len(service_charts())
    for pod in pods:
        await admin.create(pod, dry_run=True)


def named_apart(each: Object, namespace: str) -> Object:
    """What belongs to the whole cluster may be there already, made by another test; a definition's name is its own."""
    if "namespace" in each["metadata"] or each["kind"] == "CustomResourceDefinition":
        return each
    return each | {"metadata": each["metadata"] | {"name": f"{each['metadata']['name']}.{namespace}"}}


async def passwords(admin: Api, namespace: str) -> dict[str, str]:
    held: dict[str, str] = (await admin.get("v1", "secrets", "crossdock-trial", namespace=namespace))["data"]
    return held


async def test_an_upgrade_makes_no_password_anew_and_a_new_service_gets_its_own(
    cluster: Cluster, admin: Api, restricted: str, charts: Path
) -> None:
    async def release(*arguments: str) -> None:
        named = ("crossdock", str(charts / UMBRELLA), "--namespace", restricted, "--set", "trial.enabled=true")
        await asyncio.to_thread(helm, *arguments[:1], *named, *arguments[1:], kubeconfig=cluster.kubeconfig)

    # Nobody runs the Jobs here, so that hooks would wait for them.
    await release("install", "--no-hooks", "--set", "inventory.enabled=false")
    first = await passwords(admin, restricted)
    await release("upgrade", "--no-hooks")
    second = await passwords(admin, restricted)
    assert first.items() < second.items()
    assert {each for each in second if "inventory" in each} == second.keys() - first.keys()
    await release("upgrade", "--no-hooks", "--set", "catalog.replicas=1")
    assert await passwords(admin, restricted) == second
    where = (cluster.kubeconfig, restricted)
    await asyncio.to_thread(helm, "rollback", "crossdock", "2", "--no-hooks", "-n", where[1], kubeconfig=where[0])
    assert await passwords(admin, restricted) == second
    found = await admin.get("apps/v1", "deployments", "catalog", namespace=restricted)
    assert found["spec"]["replicas"] == 2
