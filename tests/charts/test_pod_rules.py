"""What holds for every pod that a chart makes, in every profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from charted.assembly import service_charts
from charted.rendering import Object, Rendered, containers_of, selects

PROFILES = ("default", "minimal", "ha", "trial")
Render = Callable[..., Rendered]
pytestmark = pytest.mark.parametrize("profile", PROFILES)


def lasting(shown: Rendered) -> Iterator[Object]:
    """Pods that serve, in contrast to those that do something once."""
    for workload, pod in zip(shown.workloads, shown.pods, strict=True):
        if workload["kind"] in {"Deployment", "StatefulSet"}:
            yield pod


@pytest.mark.feature("F344")
def test_no_pod_runs_as_root(render: Render, profile: str) -> None:
    for pod in render(profile).pods:
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["runAsGroup"] > 0


def test_every_pod_has_the_seccomp_profile_of_the_runtime(render: Render, profile: str) -> None:
    for pod in render(profile).pods:
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_no_container_can_gain_privileges_or_write_to_its_image(render: Render, profile: str) -> None:
    for container in render(profile).containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_no_pod_shares_anything_with_its_node(render: Render, profile: str) -> None:
    for pod in render(profile).pods:
        assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(pod["spec"])
        assert all("hostPort" not in port for each in containers_of(pod) for port in each.get("ports", ()))
        allowed = {"name", "emptyDir", "secret", "configMap", "persistentVolumeClaim"}
        assert all(set(volume) <= allowed for volume in pod["spec"].get("volumes", ()))


def test_what_a_pod_may_write_to_has_a_size(render: Render, profile: str) -> None:
    for pod in render(profile).pods:
        scratch = [each["emptyDir"] for each in pod["spec"]["volumes"] if "emptyDir" in each]
        assert scratch
        assert all(each.get("sizeLimit") for each in scratch)


def test_secrets_and_configuration_are_mounted_to_be_read_by_one_group(render: Render, profile: str) -> None:
    for pod in render(profile).pods:
        given = {each["name"]: each for each in pod["spec"]["volumes"] if "secret" in each or "configMap" in each}
        mounts = [each for container in containers_of(pod) for each in container["volumeMounts"]]
        assert all(each.get("readOnly") for each in mounts if each["name"] in given)
        assert all(each["secret"]["defaultMode"] == 0o440 for each in given.values() if "secret" in each)


def test_only_the_operator_may_speak_to_the_api_server(render: Render, profile: str) -> None:
    shown = render(profile)
    for pod in shown.pods:
        is_operator = pod["metadata"]["labels"]["app.kubernetes.io/name"] == "partner-operator"
        assert pod["spec"]["automountServiceAccountToken"] is is_operator
        assert pod["spec"]["enableServiceLinks"] is False
    assert all(each["automountServiceAccountToken"] is False for each in shown.of("ServiceAccount"))


def test_every_container_asks_for_what_it_needs_and_has_a_limit_of_memory(render: Render, profile: str) -> None:
    for container in render(profile).containers:
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
        assert container["resources"]["limits"]["memory"]


def test_no_image_is_the_latest(render: Render, profile: str) -> None:
    for container in render(profile).containers:
        tag = container["image"].rpartition("/")[2].partition(":")[2]
        assert tag, container["image"]
        assert tag != "latest"


def test_every_pod_stops_within_45_seconds(render: Render, profile: str) -> None:
    assert {pod["spec"]["terminationGracePeriodSeconds"] for pod in render(profile).pods} == {45}


def test_a_pod_that_serves_waits_until_nobody_is_led_to_it(render: Render, profile: str) -> None:
    for deployment in render(profile).of("Deployment"):
        for container in containers_of(deployment["spec"]["template"]):
            assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


def test_whoever_serves_is_probed(render: Render, profile: str) -> None:
    for container in (each for pod in lasting(render(profile)) for each in containers_of(pod)):
        assert {"readinessProbe", "livenessProbe"} <= set(container)
        assert all(container[each]["timeoutSeconds"] <= 5 for each in ("readinessProbe", "livenessProbe"))


def test_services_are_probed_by_grpc_and_live_without_their_database(render: Render, profile: str) -> None:
    services = [each for each in render(profile).containers if each["name"] == "service"]
    assert len(services) == len(service_charts())
    for container in services:
        [probe] = [each["containerPort"] for each in container["ports"] if each["name"] == "probe"]
        assert container["readinessProbe"]["grpc"] == {"port": probe}
        assert container["livenessProbe"]["grpc"] == {"port": probe, "service": "liveness"}
        assert container["startupProbe"]["grpc"] == {"port": probe, "service": "liveness"}


def test_pods_spread_over_zones_and_nodes(render: Render, profile: str) -> None:
    for deployment in render(profile).of("Deployment"):
        pod = deployment["spec"]["template"]
        spread = pod["spec"]["topologySpreadConstraints"]
        assert [each["topologyKey"] for each in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        assert all(selects(each["labelSelector"], pod["metadata"]["labels"]) for each in spread)


def test_a_rollout_never_has_fewer_pods_than_before(render: Render, profile: str) -> None:
    for deployment in render(profile).of("Deployment"):
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_pods_begin_anew_when_their_configuration_changes(render: Render, profile: str) -> None:
    for deployment in render(profile).of("Deployment"):
        assert deployment["spec"]["template"]["metadata"]["annotations"]["crossdock.dev/configuration"]


def test_every_selector_finds_a_pod_and_every_workload_its_own(render: Render, profile: str) -> None:
    shown = render(profile)
    selectors = [each["spec"]["selector"] for each in shown.of("PodDisruptionBudget")]
    selectors += [{"matchLabels": each["spec"]["selector"]} for each in shown.of("Service")]
    selectors += [each["spec"]["podSelector"] for each in shown.of("NetworkPolicy")]
    for selector in selectors:
        assert any(selects(selector, labels) for labels in shown.pod_labels), selector
    for each in (*shown.of("Deployment"), *shown.of("StatefulSet")):
        labels = each["spec"]["template"]["metadata"]["labels"]
        assert selects(each["spec"]["selector"], labels)
        assert [labels] == [one for one in shown.pod_labels if selects(each["spec"]["selector"], one)]


def test_two_or_more_have_a_disruption_budget_and_one_has_none(render: Render, profile: str) -> None:
    shown = render(profile)
    for deployment in shown.of("Deployment"):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        budgets = [each for each in shown.of("PodDisruptionBudget") if selects(each["spec"]["selector"], labels)]
        several = deployment["spec"].get("replicas", 2) > 1
        assert [each["spec"]["maxUnavailable"] for each in budgets] == ([1] if several else [])


def test_a_port_that_a_service_leads_to_is_open(render: Render, profile: str) -> None:
    shown = render(profile)
    for service in shown.of("Service"):
        [pod] = [
            pod
            for pod in shown.pods
            if selects({"matchLabels": service["spec"]["selector"]}, pod["metadata"]["labels"])
        ]
        names = {port["name"] for container in containers_of(pod) for port in container.get("ports", ())}
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= names


def test_nothing_is_open_to_the_outside(render: Render, profile: str) -> None:
    shown = render(profile)
    assert {each["spec"]["type"] for each in shown.of("Service")} == {"ClusterIP"}
    assert shown.of("Ingress") == []


@pytest.mark.feature("F344")
def test_every_pod_is_closed_but_for_what_is_named(render: Render, profile: str) -> None:
    shown = render(profile)
    policies = shown.of("NetworkPolicy")
    assert shown.one("NetworkPolicy", "crossdock-default-deny")["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    for labels in shown.pod_labels:
        own = [each for each in policies if selects(each["spec"]["podSelector"], labels) and len(each["spec"]) > 2]
        assert own, labels
        assert all(each["spec"]["policyTypes"] == ["Ingress", "Egress"] for each in own)
        rules = [rule for each in own for way in ("ingress", "egress") for rule in each["spec"].get(way, ())]
        assert rules
        assert all(rule.get("ports") for rule in rules), "a rule without ports opens all of them"


def test_nothing_secret_stands_in_plain_text(render: Render, profile: str) -> None:
    shown = render(profile)
    said = [str(each["data"]) for each in shown.of("ConfigMap")]
    said += [str(each.get("env")) + str(each.get("args")) for each in shown.containers]
    assert [each for each in said if re.search(r"://[^/@\s]+:[^/@\s]+@|PRIVATE KEY", each)] == []
    if profile != "trial":
        assert shown.of("Secret") == []


def test_everything_namespaced_is_in_the_releases_namespace(render: Render, profile: str) -> None:
    cluster_wide = re.compile("^(Cluster|CustomResource|ValidatingAdmission|ValidatingWebhook)")
    outside = {
        each["metadata"].get("namespace") for each in render(profile).objects if not cluster_wide.match(each["kind"])
    }
    assert outside <= {"crossdock", "partners"}


def test_no_object_stands_twice(render: Render, profile: str) -> None:
    keys = [
        (each["kind"], each["metadata"]["name"], each["metadata"].get("namespace", ""))
        for each in render(profile).objects
    ]
    assert len(keys) == len(set(keys))
