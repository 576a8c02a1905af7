"""The resource on a real API server: what is right is taken and completed, what is wrong refused in a sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane.api import Api, ApiRefused
from control_plane.binaries import need
from control_plane.cluster import Cluster
from control_plane.partners import API_VERSION, PLURAL, from_list, listed, partner
from control_plane.waiting import until
from crossdock_local.place import find_checkout

GOOD, BAD = listed("good.yaml"), listed("bad.yaml")
DAY = find_checkout() / "tests" / "partners" / "day" / "partners"
QUOTA_SECONDS = 360.0
"""A cluster that is given counts what is newly defined with its next period, five minutes by default."""


def title(entry: dict[str, Any]) -> str:
    return str(entry.get("why") or f"{entry['group']}: {entry['says']}")


@pytest.mark.feature("F183")
@pytest.mark.parametrize("entry", GOOD, ids=title)
async def test_a_good_resource_is_taken(entry: dict[str, Any], admin: Api, crd: Any, namespace: str) -> None:
    made = await admin.create(from_list(entry, namespace, "partner"))
    assert made["metadata"]["generation"] == 1


@pytest.mark.feature("F183")
@pytest.mark.parametrize("entry", BAD, ids=title)
async def test_a_bad_resource_is_refused_with_a_sentence(entry: dict[str, Any], admin: Api, crd: Any) -> None:
    with pytest.raises(ApiRefused) as refused:
        await admin.create(from_list(entry, "default", "partner"), dry_run=True)
    assert refused.value.code in {400, 422}
    assert entry["says"] in refused.value.message


def test_there_are_thirty_good_and_sixty_bad_ones_and_each_hostile_group_is_tried() -> None:
    assert len(GOOD) >= 30
    assert len(BAD) >= 60
    assert {entry["group"] for entry in BAD} == {0, 50, 51, 52, 53, 54, 55, 56}


async def test_what_is_not_said_is_put_there_by_the_schema(admin: Api, crd: Any, namespace: str) -> None:
    made = await admin.create(partner(namespace))
    assert made["spec"]["state"] == "running"
    assert made["spec"]["stage"] == "draft"
    assert made["spec"]["workers"] == {"replicas": 1}


@pytest.mark.parametrize("file", sorted(DAY.glob("*.yaml")), ids=lambda file: file.stem)
async def test_a_profile_file_of_the_embedded_stack_is_a_resource(
    file: Path, admin: Api, crd: Any, namespace: str
) -> None:
    """All but its address, which is this machine's there."""
    resource = yaml.safe_load(file.read_text())
    resource["metadata"]["namespace"] = namespace
    if "http" in resource["spec"]["transport"]:
        resource["spec"]["transport"]["http"]["url"] = "https://partner.example.com"
    await admin.create(resource)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"role": "CARRIER"}, "the role of a partner never changes"),
        ({"partyId": "SUP-OTHER"}, "the party of a partner never changes"),
        ({"system": "ERP-EU"}, "the system of a partner never changes"),
    ],
)
async def test_who_a_partner_is_never_changes(
    change: dict[str, str], says: str, admin: Api, crd: Any, namespace: str
) -> None:
    await admin.create(partner(namespace))
    with pytest.raises(ApiRefused) as refused:
        await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"spec": change}, namespace=namespace)
    assert says in refused.value.message


async def test_a_status_that_comes_with_the_resource_is_not_believed(admin: Api, crd: Any, namespace: str) -> None:
    forged = partner(namespace) | {"status": {"observedGeneration": 7, "health": {"backlog": 0}}}
    assert "status" not in await admin.create(forged)
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"status": {"replicas": 9}}, namespace=namespace)
    assert "status" not in await admin.get(API_VERSION, PLURAL, "sup-atlas", namespace=namespace)


async def test_status_and_scale_are_their_own_subresources(admin: Api, crd: Any, namespace: str) -> None:
    await admin.create(partner(namespace))
    status = {"status": {"replicas": 1, "selector": "app=x", "health": {"backlog": 3}}}
    told = await admin.patch(API_VERSION, PLURAL, "sup-atlas", status, namespace=namespace, sub="status")
    assert told["metadata"]["generation"] == 1
    scaled = {"spec": {"replicas": 4}}
    scale = await admin.patch(API_VERSION, PLURAL, "sup-atlas", scaled, namespace=namespace, sub="scale")
    assert scale["status"] == {"replicas": 1, "selector": "app=x"}
    found = await admin.get(API_VERSION, PLURAL, "sup-atlas", namespace=namespace)
    assert found["spec"]["workers"]["replicas"] == 4


async def test_a_spec_does_not_change_under_deletion(admin: Api, crd: Any, namespace: str) -> None:
    kept = partner(namespace)
    kept["metadata"]["finalizers"] = ["crossdock.dev/test"]
    await admin.create(kept)
    await admin.delete(API_VERSION, PLURAL, "sup-atlas", namespace=namespace)
    with pytest.raises(ApiRefused, match="the resource is being deleted: its spec"):
        await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"spec": {"state": "paused"}}, namespace=namespace)
    await admin.patch(API_VERSION, PLURAL, "sup-atlas", {"metadata": {"finalizers": None}}, namespace=namespace)


async def test_an_unknown_field_has_no_effect_even_where_nobody_is_strict(admin: Api, crd: Any, namespace: str) -> None:
    loose = partner(namespace, transport={"http": {"credentialsNamespace": "kube-system"}})
    made = await admin.create(loose, strict=False)
    assert "credentialsNamespace" not in made["spec"]["transport"]["http"]
    assert made["spec"]["transport"]["http"]["credentials"] == "sup-atlas-key"


async def test_another_version_of_the_resource_is_not_served(admin: Api, crd: Any, namespace: str) -> None:
    with pytest.raises(ApiRefused) as refused:
        await admin.create(partner(namespace) | {"apiVersion": "crossdock.dev/v1"})
    assert refused.value.code == 404


async def test_a_resource_of_a_mebibyte_is_refused(admin: Api, crd: Any, namespace: str) -> None:
    with pytest.raises(ApiRefused) as refused:
        await admin.create(partner(namespace, system="x" * 2**20))
    assert "may not be more than 64" in refused.value.message
    labels = partner(namespace)
    labels["metadata"]["labels"] = {f"label-{each}": "x" for each in range(10_000)}
    with pytest.raises(ApiRefused, match="at most 64 labels"):
        await admin.create(labels)


async def test_how_many_a_namespace_may_declare_is_a_quota(admin: Api, crd: Any, namespace: str) -> None:
    """Nobody fills the cluster with resources: the API server counts them, and bounds the operator's work with them."""
    counted = f"count/{PLURAL}.crossdock.dev"
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "partners", "namespace": namespace}}
    await admin.create(quota | {"spec": {"hard": {counted: "1"}}})

    async def watched() -> bool:
        found = await admin.get("v1", "resourcequotas", "partners", namespace=namespace)
        return counted in found.get("status", {}).get("used", {})

    await until(watched, cap=QUOTA_SECONDS)
    await admin.create(partner(namespace))
    with pytest.raises(ApiRefused, match="exceeded quota"):
        await admin.create(partner(namespace, "sup-nordic"))


def kubectl(cluster: Cluster, *arguments: str) -> str:
    command = [str(need("kubectl")), f"--kubeconfig={cluster.kubeconfig}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def fields_of(schema: dict[str, Any], path: str) -> list[str]:
    found = [path]
    schema = schema.get("items", schema)
    for name, each in schema.get("properties", {}).items():
        found += fields_of(each, f"{path}.{name}")
    return found


async def test_every_field_is_explained(cluster: Cluster, crd: Any) -> None:
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    paths = [*fields_of(schema["properties"]["spec"], "spec"), *fields_of(schema["properties"]["status"], "status")]
    assert len(paths) > 80

    def undescribed(node: dict[str, Any], path: str) -> list[str]:
        inner = node.get("properties", {}) | node.get("items", {}).get("properties", {})
        own = [] if node.get("description") else [path]
        return own + [each for name, child in inner.items() for each in undescribed(child, f"{path}.{name}")]

    assert [each for name in ("spec", "status") for each in undescribed(schema["properties"][name], name)] == []
    for path in ("spec.transport.http.url", "spec.retry.breakerPause", "spec.documents.kind", "status.health.backlog"):
        text = kubectl(cluster, "explain", f"partnerconnectors.{path}")
        assert "DESCRIPTION:" in text
        assert "<empty>" not in text


async def test_it_has_short_names_a_category_and_columns_of_business(
    cluster: Cluster, admin: Api, crd: Any, namespace: str
) -> None:
    names = crd["status"]["acceptedNames"]
    assert names["shortNames"] == ["pconn", "partner"]
    await admin.create(partner(namespace))
    shown = kubectl(cluster, "get", "pconn", "-n", namespace).splitlines()
    assert shown[0].split("  ")[0].startswith("NAME")
    for column in ("ROLE", "READY", "LAST DOCUMENT", "BACKLOG", "UNACKNOWLEDGED", "SLA %"):
        assert column in shown[0]
    assert "sup-atlas" in kubectl(cluster, "get", "crossdock", "-n", namespace)
