"""Declared → desired objects, as snapshots; and the rules that every pod obeys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from declared import PLATFORM, connector
from kubernetes_names import NAMES
from partner_operator.connector import Connector
from partner_operator.manifests import Platform, desired
from partner_operator.manifests.platform import Manifest

GOLDEN = Path(__file__).parent / "golden"
SECRETS = frozenset({"sup-atlas-identity", "sup-atlas-key", "sup-nordic-identity"})
POSTED = [{"kind": "json.order_response", "direction": "IN", "path": "answers"}]
CASES: dict[str, tuple[Connector, Platform]] = {
    "http": (connector(), PLATFORM),
    "file-drop": (connector("sup-nordic", "edi"), PLATFORM),
    "scaled": (connector(documents=POSTED, workers={"replicas": 2, "maxReplicas": 8}), PLATFORM),
    "keda-and-tls": (
        connector(documents=POSTED, workers={"replicas": 1, "maxReplicas": 4}),
        replace(PLATFORM, autoscaler="keda", worker_tls=True),
    ),
    "polled": (connector("car-one", "polled"), PLATFORM),
    "sftp": (connector("sup-nordic", "sftp"), PLATFORM),
    "stopped": (connector(state="stopped"), PLATFORM),
    "restarted": (connector(metadata={"annotations": {"crossdock.dev/restart": "again"}}), PLATFORM),
    "leaving": (connector(documents=POSTED, metadata={"deletionTimestamp": "2026-11-21T12:00:00Z"}), PLATFORM),
}


def rendered(name: str) -> str:
    return yaml.safe_dump_all(desired(*CASES[name], SECRETS), sort_keys=False, width=120)


@pytest.mark.parametrize("name", CASES)
def test_what_is_desired_is_as_it_was(name: str, request: pytest.FixtureRequest) -> None:
    golden = GOLDEN / f"{name}.yaml"
    if request.config.getoption("--write-golden"):
        golden.write_text(rendered(name))
    assert rendered(name) == golden.read_text()


def deployments() -> list[Manifest]:
    return [each for case in CASES.values() for each in desired(*case, SECRETS) if each["kind"] == "Deployment"]


@pytest.mark.parametrize("deployment", deployments(), ids=[*CASES])
def test_every_pod_obeys_the_rules_of_pods(deployment: Manifest) -> None:
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert pod["terminationGracePeriodSeconds"] == 45
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 5}}
    assert not container["image"].endswith(":latest")
    assert all("sizeLimit" in each["emptyDir"] for each in pod["volumes"] if "emptyDir" in each)
    assert not any("hostPath" in each for each in pod["volumes"])


def test_nothing_that_a_resource_says_becomes_a_command_an_image_or_an_account() -> None:
    hostile = connector(
        documents=[{"kind": "json.supplier_order", "direction": "OUT", "path": "/orders"}],
        businessUnit="$(CROSSDOCK_TOKEN)",
        system="{{ .Values.secret }}",
    )
    text = yaml.safe_dump_all(desired(hostile, PLATFORM, SECRETS))
    assert "$(CROSSDOCK_TOKEN)" not in text
    assert "{{" not in text


def test_a_secret_that_may_not_be_used_is_not_mounted() -> None:
    objects = desired(connector(), PLATFORM, frozenset({"sup-atlas-identity"}))
    text = yaml.safe_dump_all(objects)
    assert "sup-atlas-identity" in text
    assert "sup-atlas-key" not in text


@pytest.mark.parametrize("name", CASES)
def test_every_object_belongs_to_its_connector_and_has_a_name_that_kubernetes_takes(name: str) -> None:
    case = CASES[name]
    for each in desired(*case, SECRETS):
        [owner] = each["metadata"]["ownerReferences"]
        assert (owner["uid"], owner["controller"]) == (case[0].uid, True)
        assert each["metadata"]["namespace"] == case[0].namespace
        assert NAMES.fullmatch(each["metadata"]["name"])


def test_the_longest_name_of_a_partner_still_makes_names_that_kubernetes_takes() -> None:
    for each in desired(connector("a" * 52, documents=POSTED), PLATFORM, SECRETS):
        assert len(each["metadata"]["name"]) <= 63
        assert all(len(value) <= 63 for value in each["metadata"]["labels"].values())


def scaled(objects: list[Manifest]) -> dict[str, Any]:
    return {each["kind"]: each for each in objects}


def test_the_number_of_workers_is_left_to_the_autoscaler_where_there_is_one() -> None:
    alone, by_load = (scaled(desired(*CASES[name], SECRETS)) for name in ("http", "scaled"))
    assert alone["Deployment"]["spec"]["replicas"] == 1
    assert "replicas" not in by_load["Deployment"]["spec"]
    assert (by_load["HorizontalPodAutoscaler"]["spec"]["minReplicas"], "PodDisruptionBudget" in by_load) == (2, True)
    keda = scaled(desired(*CASES["keda-and-tls"], SECRETS))
    assert "ScaledObject" in keda
    assert "HorizontalPodAutoscaler" not in keda
