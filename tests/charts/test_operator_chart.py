"""The operator's chart grants what the golden list says, and wires lease, webhook and alerts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from charted.helm import HelmRefused
from charted.rendering import Object, Rendered, rendered
from crossdock_local.place import find_checkout

ROOT = find_checkout()
GOLDEN = ROOT / "tests" / "operator" / "golden" / "permissions.txt"
CHART = "partner-operator"
Render = Callable[..., Rendered]


def granted(roles: list[Object]) -> list[str]:
    """A line for each verb on each resource, as the golden list has them."""
    return sorted(
        f"{role['metadata']['name']} {verb} {group}/{resource} {','.join(rule.get('resourceNames', ()))}".strip()
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    )


@pytest.mark.feature("F344")
def test_the_chart_grants_the_golden_permissions_and_no_other(render: Render) -> None:
    for profile in ("trial", "ha"):
        shown = render(profile)
        assert granted(shown.of("ClusterRole")) == GOLDEN.read_text().splitlines()
        assert shown.of("Role") == []


def test_nothing_is_granted_by_a_wildcard(render: Render) -> None:
    for role in render("ha").of("ClusterRole"):
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]


def bindings(shown: Rendered) -> dict[tuple[str, str], Any]:
    found = [*shown.of("ClusterRoleBinding"), *shown.of("RoleBinding")]
    assert all(
        each["subjects"] == [{"kind": "ServiceAccount", "name": CHART, "namespace": "crossdock"}] for each in found
    )
    return {(each["roleRef"]["name"], each["metadata"].get("namespace", "")): each["kind"] for each in found}


def test_roles_are_bound_where_they_are_needed(charts: Path, render: Render) -> None:
    everywhere, here = "ClusterRoleBinding", "RoleBinding"
    assert bindings(rendered(charts / CHART)) == {
        ("partner-operator", ""): everywhere,
        ("partner-operator-leader", "crossdock"): here,
    }
    assert bindings(render("ha")) == {
        ("partner-operator", ""): everywhere,
        ("partner-operator-keda", ""): everywhere,
        ("partner-operator-leader", "crossdock"): here,
        ("partner-operator-secrets", "partners"): here,
    }


def test_secrets_are_never_readable_in_the_whole_cluster(render: Render) -> None:
    assert "partner-operator-secrets" not in [each["roleRef"]["name"] for each in render("ha").of("ClusterRoleBinding")]


def test_two_run_and_each_has_a_name_for_the_lease(render: Render) -> None:
    shown = render("trial")
    assert shown.one("Deployment", CHART)["spec"]["replicas"] == 2
    told = shown.environment(CHART)
    assert told["CROSSDOCK_OPERATOR_NAME"] == "metadata.name"
    assert told["CROSSDOCK_OPERATOR_NAMESPACE"] == "crossdock"


def test_probes_ask_where_the_image_answers(render: Render) -> None:
    dockerfile = (ROOT / "operator" / "Dockerfile").read_text()
    [container] = render("trial").one("Deployment", CHART)["spec"]["template"]["spec"]["containers"]
    [port] = [each["containerPort"] for each in container["ports"] if each["name"] == "health"]
    assert f"--liveness=http://0.0.0.0:{port}/healthz" in dockerfile
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/healthz", "port": "health"}
    assert "args" not in container
    assert "command" not in container


def test_there_is_no_webhook_unless_it_is_asked_for(render: Render) -> None:
    shown = render("trial")
    assert shown.of("ValidatingWebhookConfiguration") == []
    assert "ingress" not in shown.one("NetworkPolicy", CHART)["spec"]


def test_a_webhook_without_a_certificate_is_refused(charts: Path) -> None:
    with pytest.raises(HelmRefused, match="webhook needs"):
        rendered(charts / CHART, "--set", "webhook.enabled=true")


def test_the_webhook_is_the_repositorys_with_the_certificate_that_was_given(charts: Path) -> None:
    given = "webhook.enabled=true,webhook.secret=own,webhook.caBundle=QUJD"
    shown = rendered(charts / CHART, "--set", given)
    [made] = shown.of("ValidatingWebhookConfiguration")
    wanted = yaml.safe_load((ROOT / "operator" / "crd" / "webhook.yaml").read_text())
    wanted["webhooks"][0]["clientConfig"]["caBundle"] = "QUJD"
    assert made == wanted
    [volume] = [
        each
        for each in shown.one("Deployment", CHART)["spec"]["template"]["spec"]["volumes"]
        if each["name"] == "webhook"
    ]
    assert volume["secret"]["secretName"] == "own"


def test_cert_manager_makes_the_certificate_and_tells_the_api_server(render: Render) -> None:
    shown = render("ha")
    [made] = shown.of("ValidatingWebhookConfiguration")
    assert made["metadata"]["annotations"] == {"cert-manager.io/inject-ca-from": "crossdock/partner-operator"}
    certificate = shown.one("Certificate", CHART)["spec"]
    assert "partner-operator.crossdock.svc" in certificate["dnsNames"]
    volumes = shown.one("Deployment", CHART)["spec"]["template"]["spec"]["volumes"]
    assert certificate["secretName"] in [each.get("secret", {}).get("secretName") for each in volumes]


def test_the_webhook_is_called_where_the_operator_listens(render: Render) -> None:
    shown = render("ha")
    [made] = shown.of("ValidatingWebhookConfiguration")
    called = made["webhooks"][0]["clientConfig"]["service"]
    service = shown.one("Service", called["name"])
    assert service["metadata"]["namespace"] == called["namespace"]
    [port] = service["spec"]["ports"]
    assert port["port"] == called["port"]
    [container] = shown.one("Deployment", CHART)["spec"]["template"]["spec"]["containers"]
    [listening] = [each["containerPort"] for each in container["ports"] if each["name"] == port["targetPort"]]
    [rule] = shown.one("NetworkPolicy", CHART)["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": listening}]


def test_alerts_are_the_repositorys(render: Render) -> None:
    [rule] = render("ha").of("PrometheusRule")
    assert rule["spec"] == yaml.safe_load((ROOT / "operator" / "alerts" / "partner-connectors.yaml").read_text())


@pytest.mark.feature("F183")
def test_the_resource_is_the_generated_one_and_stays_when_the_release_goes(render: Render) -> None:
    [made] = render("trial").of("CustomResourceDefinition")
    wanted = yaml.safe_load((ROOT / "operator" / "crd" / "partnerconnectors.yaml").read_text())
    wanted["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    assert made == wanted


def test_the_admission_policy_comes_with_the_resource(render: Render) -> None:
    wanted = list(yaml.safe_load_all((ROOT / "operator" / "crd" / "policy.yaml").read_text()))
    shown = render("trial")
    assert [*shown.of("ValidatingAdmissionPolicy"), *shown.of("ValidatingAdmissionPolicyBinding")] == wanted
