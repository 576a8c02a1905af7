"""What a chart tells a process is what the process reads: nothing unknown, nothing missing, nothing unreadable."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from charted.assembly import UMBRELLA, service_charts
from charted.rendering import Rendered, rendered
from crossdock_kit.broker import durable_name, stream_name
from crossdock_kit.ids import EXPRESS
from crossdock_kit.service import Service
from crossdock_kit.settings import ProcessSettings, ServiceSettings
from crossdock_local.declared import service_names
from crossdock_local.place import find_checkout
from partner_operator.settings import OperatorSettings

ROOT = find_checkout()
CHARTS = service_charts()
PROFILES = ("default", "minimal", "ha", "trial")
# Read by the OpenTelemetry SDK and by telemetry/setup.py.
TELEMETRY = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG"}
# What database/migrations.py reads.
MIGRATION = {"CROSSDOCK_DATABASE_URL", "CROSSDOCK_MIGRATION_URL"}
Render = Callable[..., Rendered]


def service_of(chart: str) -> str:
    return chart.replace("-", "_")


def settings_of(chart: str) -> type[ServiceSettings]:
    service: Service[Any] = importlib.import_module(f"{service_of(chart)}.__main__").SERVICE
    return service.settings


def variables(settings: type[ProcessSettings], *, required: bool = False) -> set[str]:
    found = fields(settings)
    return {
        each.metadata["variable"]
        for each in found
        if not required or (each.default is MISSING and each.default_factory is MISSING)
    }


def judged(told: Mapping[str, str], settings: type[ProcessSettings]) -> ProcessSettings:
    """The settings as the process makes them of what the chart says."""
    assert set(told) - TELEMETRY - variables(settings) == set(), "nobody reads it"
    assert variables(settings, required=True) - set(told) == set()
    return settings.from_environment(told)


def sources(service: str) -> set[str]:
    code = "".join(each.read_text() for each in (ROOT / "services" / service / "src").rglob("*.py"))
    return set(re.findall(r'Subscription\([^()]*?source="(\w+)"', code))


def called(service: str) -> set[str]:
    code = "".join(each.read_text() for each in (ROOT / "services" / service / "src").rglob("*.py"))
    return set(re.findall(r'app\.client\("(\w+)"', code))


def test_every_service_has_a_chart_and_every_chart_of_a_service_a_service() -> None:
    assert sorted(map(service_of, CHARTS)) == sorted(service_names(ROOT))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("chart", CHARTS)
def test_a_service_is_told_what_it_reads_and_all_that_it_must_know(render: Render, chart: str, profile: str) -> None:
    told = render(profile).environment(chart)
    settings = judged(told, settings_of(chart))
    assert isinstance(settings, ServiceSettings)
    assert settings.service == service_of(chart)
    assert settings.listen.startswith("0.0.0.0:")
    assert settings.jwks_file is not None
    assert settings.token_file is not None
    assert settings.tenants
    assert not settings.reflection


@pytest.mark.parametrize("chart", CHARTS)
def test_a_file_that_a_service_is_told_of_is_mounted(render: Render, chart: str) -> None:
    shown = render("ha")
    pod = shown.one("Deployment", chart)["spec"]["template"]["spec"]
    mounted = [each["mountPath"] for each in pod["containers"][0]["volumeMounts"]]
    files = [value for name, value in shown.environment(chart).items() if name.endswith("_FILE") or "_TLS_" in name]
    assert len(files) >= 5
    assert all(any(Path(file).is_relative_to(each) for each in mounted) for file in files)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_migration_is_told_what_it_reads(render: Render, chart: str) -> None:
    [job] = [each for each in render("default").of("Job") if each["metadata"]["name"].startswith(f"{chart}-migration-")]
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert {each["name"] for each in container["env"]} == MIGRATION
    assert container["args"] == ["migrate"]


def test_the_operator_is_told_what_it_reads(render: Render) -> None:
    plain = judged(render("trial").environment("partner-operator"), OperatorSettings)
    assert isinstance(plain, OperatorSettings)
    assert plain.worker_image == "crossdock/connector:0.1.0"
    assert plain.peer("connector") == "connector.crossdock.svc:8443"
    assert plain.namespace == plain.connector_namespace == "crossdock"
    whole = judged(render("ha").environment("partner-operator"), OperatorSettings)
    assert isinstance(whole, OperatorSettings)
    assert whole.worker_tls
    assert whole.webhook_cert is not None
    assert whole.autoscaler == "keda"


def test_settings_of_everyone_reach_each_service(render: Render) -> None:
    for chart in CHARTS:
        settings = settings_of(chart).from_environment(render("ha").environment(chart))
        assert settings.tenants == ("acme", "globex")
        assert settings.issuer == "https://id.example.com"
        assert [str(each) for each in settings.egress_allow] == ["10.20.0.0/16"]
        assert settings.ownership["ShipNotice.number"].steward == "inbound"
        assert settings.tls_cert is not None


def test_a_services_own_settings_count_before_everyones(charts: Path) -> None:
    own = ("--set", "settings.issuer=own,global.settings.issuer=everyones,global.settings.logLevel=DEBUG")
    told = rendered(charts / "catalog", *own).environment("catalog")
    assert (told["CROSSDOCK_ISSUER"], told["CROSSDOCK_LOG_LEVEL"]) == ("own", "DEBUG")


def test_where_documents_are_kept_there_is_a_key_for_them(render: Render) -> None:
    with_key = [each for each in CHARTS if "CROSSDOCK_DATA_KEY_FILE" in render("default").environment(each)]
    assert with_key == ["connector"]


@pytest.mark.parametrize("chart", CHARTS)
def test_peers_and_streams_are_those_that_the_service_uses(render: Render, chart: str) -> None:
    peers = set(json.loads(render("default").environment(chart)["CROSSDOCK_PEERS"]))
    assert peers == sources(service_of(chart)) | called(service_of(chart))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_peer_is_reached_where_it_listens_and_lets_in_who_names_it(render: Render, chart: str) -> None:
    shown = render("default")
    labels = shown.one("Deployment", chart)["spec"]["template"]["metadata"]["labels"]
    for peer, address in json.loads(shown.environment(chart)["CROSSDOCK_PEERS"]).items():
        host, _, port = address.rpartition(":")
        service = shown.one("Service", host.removesuffix(".crossdock.svc"))
        assert [each["port"] for each in service["spec"]["ports"]] == [int(port)]
        assert shown.environment(peer)["CROSSDOCK_LISTEN"].endswith(f":{port}")
        [rule] = shown.one("NetworkPolicy", peer)["spec"]["ingress"]
        [label] = rule["from"][0]["podSelector"]["matchLabels"].items()
        assert label in labels.items()
        outward = shown.one("NetworkPolicy", chart)["spec"]["egress"]
        targets = [each for rule in outward for each in rule.get("to", ()) if "podSelector" in each]
        assert {"podSelector": {"matchLabels": {"app.kubernetes.io/name": peer}}} in targets


def test_the_operator_and_workers_may_call_the_connector(render: Render) -> None:
    shown = render("ha")
    [rule] = shown.one("NetworkPolicy", "connector")["spec"]["ingress"]
    names = [each["podSelector"]["matchLabels"].get("app.kubernetes.io/name") for each in rule["from"]]
    assert {"partner-connector", "partner-operator"} <= set(names)


@pytest.mark.feature("F339")
@pytest.mark.parametrize("chart", [each for each in CHARTS if sources(service_of(each))])
def test_a_service_scales_by_what_waits_for_it_up_to_the_partitions(render: Render, chart: str) -> None:
    spec = render("ha").one("ScaledObject", chart)["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (3, EXPRESS)
    watched = {(each["metadata"]["stream"], each["metadata"]["consumer"]) for each in spec["triggers"]}
    service = service_of(chart)
    assert watched == {
        (stream_name(source), durable_name(service, slot)) for source in sources(service) for slot in range(2 * EXPRESS)
    }
    names = [each["name"] for each in spec["triggers"]]
    assert spec["advanced"]["scalingModifiers"]["formula"].split(" + ") == names
    assert len(set(names)) == len(names)


@pytest.mark.feature("F335")
def test_production_keeps_three_copies_of_each_stream_and_scales_consumers_by_lag(charts: Path) -> None:
    shown = rendered(charts / UMBRELLA, "--values", str(charts / UMBRELLA / "production.yaml"))
    for chart in CHARTS:
        settings = judged(shown.environment(chart), settings_of(chart))
        assert isinstance(settings, ServiceSettings)
        assert settings.stream_replicas == 3
        assert settings.tls_cert is not None
    by_lag = {each["metadata"]["name"] for each in shown.of("ScaledObject")}
    assert by_lag == {chart for chart in CHARTS if sources(service_of(chart))}
    assert {each["spec"]["maxReplicaCount"] for each in shown.of("ScaledObject")} == {EXPRESS}


@pytest.mark.feature("F334")
def test_who_is_scaled_has_no_number_of_its_own_and_one_who_scales_it(render: Render) -> None:
    shown = render("ha")
    scalers = [*shown.of("HorizontalPodAutoscaler"), *shown.of("ScaledObject")]
    scaled = [each["spec"]["scaleTargetRef"]["name"] for each in scalers]
    assert sorted(scaled) == sorted(CHARTS)
    for chart in CHARTS:
        assert "replicas" not in shown.one("Deployment", chart)["spec"]
    assert all(each["spec"]["replicas"] == 2 for each in render("default").of("Deployment"))
