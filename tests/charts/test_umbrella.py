"""The suite as one chart: what each profile becomes, what values are refused, what an upgrade does first."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from charted.assembly import CHARTS, UMBRELLA, chart_names, described, service_charts
from charted.helm import HelmRefused, helm
from charted.rendering import Object, Rendered, rendered
from crossdock_local.place import find_checkout
from crossdock_local.servers.nats import binary, permissions

GOLDEN = Path(__file__).parent / "golden"
PROFILES = Path(__file__).parent / "profiles"
SERVICES = service_charts()
Render = Callable[..., Rendered]


def settled(each: Object) -> Object:
    """Without what is different each time (passwords) and what another file holds (the resource's schema)."""
    if each["kind"] == "Secret":
        return each | {"stringData": sorted(each["stringData"])}
    if each["kind"] == "CustomResourceDefinition":
        return each | {"spec": "operator/crd/partnerconnectors.yaml"}
    if each["kind"] == "ScaledObject":
        # One of each slot of each stream: test_settings.py holds them against the streams.
        few = {"triggers": each["spec"]["triggers"][:1], "advanced": "a sum over all triggers"}
        return each | {"spec": each["spec"] | few}
    return each


@pytest.mark.feature("F344")
@pytest.mark.parametrize("profile", sorted(each.stem for each in PROFILES.glob("*.yaml")))
def test_a_profile_becomes_what_it_became(render: Render, profile: str) -> None:
    found = yaml.safe_dump_all([settled(each) for each in render(profile).objects], sort_keys=False, width=120)
    path = GOLDEN / f"{profile}.yaml"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(found)
    assert found == path.read_text()


@pytest.mark.parametrize("chart", [each for each in chart_names() if each != "service-kit"])
def test_a_chart_passes_helms_own_lint(charts: Path, chart: str) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(charts / chart))


@pytest.mark.parametrize("profile", sorted(each.stem for each in PROFILES.glob("*.yaml")))
def test_every_profile_passes_helms_own_lint(charts: Path, profiles: Path, profile: str) -> None:
    values = str(profiles / f"{profile}.yaml")
    assert "0 chart(s) failed" in helm("lint", "--strict", str(charts / UMBRELLA), "--values", values)


@pytest.mark.parametrize("chart", SERVICES)
def test_a_service_can_be_installed_alone(charts: Path, chart: str) -> None:
    shown = rendered(charts / chart)
    kinds = sorted({each["kind"] for each in shown.objects})
    assert kinds == [
        "ConfigMap",
        "Deployment",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ]


@pytest.mark.feature("F342")
@pytest.mark.parametrize("chart", SERVICES)
def test_what_is_not_enabled_leaves_nothing_behind(charts: Path, chart: str) -> None:
    shown = rendered(charts / UMBRELLA, "--set", f"{chart}.enabled=false")
    assert [each for each in shown.objects if each["metadata"]["name"].startswith(chart)] == []
    assert len(shown.of("Deployment")) == len(SERVICES) - 1


@pytest.mark.feature("F099")
def test_what_a_service_does_at_night_is_a_job_of_its_own_that_reads_and_writes_files(render: Render) -> None:
    assert render("default").of("CronJob") == [], "off until somebody has a volume for it"
    job = render("ha").one("CronJob", "inventory-snapshot")["spec"]
    assert (job["schedule"], job["timeZone"], job["concurrencyPolicy"]) == ("30 1 * * *", "Europe/Amsterdam", "Forbid")
    pod = job["jobTemplate"]["spec"]["template"]
    [container] = pod["spec"]["containers"]
    assert container["args"] == ["snapshot"]
    [serving] = render("ha").one("Deployment", "inventory")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == serving["image"]
    assert [each["name"] for each in container["env"]] == [
        "CROSSDOCK_DATABASE_URL",
        "CROSSDOCK_INVENTORY_SNAPSHOT_FOLDER",
    ]
    assert container["envFrom"] == [{"configMapRef": {"name": "inventory"}}]
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    assert volumes["files"]["persistentVolumeClaim"] == {"claimName": "stock-snapshots"}
    assert {"name": "files", "mountPath": "/files"} in container["volumeMounts"]
    policy = render("ha").one("NetworkPolicy", "inventory-snapshot")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert "ingress" not in policy


def test_all_off_is_nothing(render: Render) -> None:
    assert render("all-off").objects == []


def test_a_service_is_one_line_of_the_umbrella_and_a_few_of_its_own() -> None:
    lines = (CHARTS / UMBRELLA / "Chart.yaml").read_text().splitlines()
    for chart in SERVICES:
        assert len([each for each in lines if chart in each]) == 1
        written = [each for each in (CHARTS / chart).rglob("*") if each.is_file() and each.name != "values.schema.json"]
        assert sum(len(each.read_text().splitlines()) for each in written) < 30
    assert {each["name"] for each in described(CHARTS / UMBRELLA)["dependencies"]} >= set(SERVICES)


def test_all_charts_have_one_version() -> None:
    about = [described(CHARTS / each) for each in chart_names()]
    assert {each["version"] for each in about} == {"0.1.0"}
    assert {each.get("appVersion", "0.1.0") for each in about} == {"0.1.0"}
    named = [each["version"] for one in about for each in one.get("dependencies", ())]
    assert set(named) == {"0.1.0"}


REFUSED = {
    "catalog.replcas=1": "replcas",
    "catalgo.enabled=true": "catalgo",
    "catalog.replicas=17": "/replicas",
    "catalog.replicas=many": "/replicas",
    "catalog.image.tag=latest": "/image/tag",
    "global.image.tag=latest": "/global/image/tag",
    "catalog.image.repository=shop/catalog:1": "/image/repository",
    "catalog.image.digest=sha256:abc": "/image/digest",
    "catalog.autoscaling.by=luck": "/autoscaling/by",
    "catalog.autoscaling.max=17": "/autoscaling/max",
    "catalog.resources.limits=null": "limits",
    "catalog.environment.PATH=/tmp": "PATH",
    "catalog.environment.CROSSDOCK_DATABASE_URL=postgresql://a:b@c/d": "CROSSDOCK_DATABASE_URL",
    "catalog.securityContext.privileged=true": "securityContext",
    "inventory.programs.snapshot.enabled=true": "/programs/snapshot/claim",
    "inventory.programs.snapshot.schedule=nightly": "/programs/snapshot/schedule",
    "inventory.programs.snapshot.image=mine": "image",
    "catalog.settings.logLevel=LOUD": "/settings/logLevel",
    "global.settings.traceRatio=2": "/global/settings/traceRatio",
    "global.settings.egressAllow={everywhere}": "/global/settings/egressAllow",
    "global.settings.tls=perhaps": "/global/settings/tls",
    "global.settings.password=x": "password",
    "global.secrets.trust=Not_A_Name": "/global/secrets/trust",
    "trial.enabled=please": "/trial/enabled",
    "trial.images.nats=nats:latest": "/trial/images/nats",
    "trial.images.nats=nats": "/trial/images/nats",
    "trial.storage=lots": "/trial/storage",
    "test.seconds=0": "/test/seconds",
    "test.secrets.password=x": "password",
    "partner-operator.resyncSeconds=61": "/resyncSeconds",
    "partner-operator.autoscaler=none": "/autoscaler",
    "partner-operator.worker.image=crossdock/connector:latest": "/worker/image",
    "partner-operator.clusterRole=admin": "clusterRole",
    "partner-crds.version=v1": "version",
}


# Those of one path, or that would hide another, are judged apart; the rest in one go, because Helm names every fault.
_APART = ("catalog.replicas=17", "trial.images.nats=nats:latest")


@pytest.fixture(scope="module")
def refusals(charts: Path) -> dict[str, str]:
    """What Helm says to each, asked in as few calls as there may be."""
    switched_on = ("--set", "partner-crds.enabled=true,partner-operator.enabled=true")
    said: dict[str, str] = {}
    for group in ([each for each in REFUSED if each not in _APART], list(_APART)):
        settings = [word for each in group for word in ("--set", each)]
        with pytest.raises(HelmRefused) as refused:
            rendered(charts / UMBRELLA, *switched_on, *settings)
        said |= dict.fromkeys(group, str(refused.value))
    return said


@pytest.mark.parametrize("setting", REFUSED)
def test_a_bad_value_fails_before_anything_is_installed(refusals: dict[str, str], setting: str) -> None:
    said = refusals[setting]
    assert "values don't meet the specifications of the schema" in said
    # Helm names the chart whose schema refused, then each fault.
    chart = setting.partition(".")[0]
    about = said.partition(f"\n{chart}:\n")[2] or said.partition("\ncrossdock:\n")[2]
    assert REFUSED[setting] in about


def test_who_consumes_nothing_is_not_scaled_by_lag(charts: Path) -> None:
    with pytest.raises(HelmRefused, match="catalog consumes nothing"):
        rendered(charts / UMBRELLA, "--set", "catalog.autoscaling.by=keda")


def jobs(shown: Rendered) -> list[Object]:
    return [each for each in shown.of("Job") if "-migration-" in each["metadata"]["name"]]


def test_the_first_time_migrations_run_beside_everything_else(render: Render) -> None:
    found = jobs(render("default"))
    assert len(found) == len(SERVICES)
    assert all("annotations" not in each["metadata"] for each in found)


def test_an_upgrade_begins_with_the_migrations(render: Render) -> None:
    shown = render("default", "--is-upgrade")
    found = [each["metadata"]["annotations"] for each in jobs(shown)]
    assert len(found) == len(SERVICES)
    assert {each["helm.sh/hook"] for each in found} == {"pre-upgrade"}
    before = [shown.one("NetworkPolicy", f"{each}-migration")["metadata"]["annotations"] for each in SERVICES]
    assert {each["helm.sh/hook"] for each in before} == {"pre-upgrade"}
    weights = [int(each["helm.sh/hook-weight"]) for each in (*before, *found)]
    assert max(weights[: len(before)]) < min(weights[len(before) :])


def test_a_migration_is_tried_again_and_another_image_is_another_job(render: Render) -> None:
    first = jobs(render("default"))
    assert all(each["spec"]["backoffLimit"] == 20 for each in first)
    assert all(each["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure" for each in first)
    other = jobs(render("default", "--set", "global.image.tag=0.2.0"))
    assert {each["metadata"]["name"] for each in first}.isdisjoint(each["metadata"]["name"] for each in other)


def test_a_pinned_image_is_taken_by_its_digest(charts: Path) -> None:
    digest = f"sha256:{'a' * 64}"
    shown = rendered(charts / UMBRELLA, "--set", f"catalog.image.digest={digest},global.image.registry=r.example/x")
    images = {each["image"] for each in shown.containers if "/catalog" in each["image"]}
    assert images == {f"r.example/x/catalog@{digest}"}


def test_production_finds_its_servers_in_secrets_that_exist(render: Render) -> None:
    shown = render("ha")
    assert shown.of("Secret") == []
    assert shown.of("StatefulSet") == []
    for chart in ("connector", "inventory", "procurement"):
        assert shown.environment(chart)["CROSSDOCK_DATABASE_URL"] == "crossdock-production/database-url"


def secret(shown: Rendered, name: str) -> dict[str, str]:
    data: dict[str, str] = shown.one("Secret", name)["stringData"]
    return data


def test_a_trial_brings_its_servers_and_each_service_a_way_to_them(render: Render) -> None:
    shown = render("trial")
    servers = {each["metadata"]["name"] for each in shown.of("StatefulSet")}
    assert servers == {"crossdock-postgres", "crossdock-nats", "crossdock-valkey"}
    for chart in SERVICES:
        reached = secret(shown, f"{chart}-servers")
        assert {reached[key].split("@")[1].split(".")[0] for key in reached} == servers
        told = shown.environment(chart)
        assert {told[f"CROSSDOCK_{each}_URL"] for each in ("DATABASE", "NATS", "VALKEY")} <= {
            f"{chart}-servers/{key}" for key in reached
        }


def test_no_two_passwords_of_a_trial_are_alike_and_each_is_long(render: Render) -> None:
    passwords = list(secret(render("trial"), "crossdock-trial").values())
    assert len(set(passwords)) == len(passwords) == 3 + 3 * len(SERVICES)
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", each) for each in passwords)


def test_the_passwords_of_a_trial_are_kept_when_the_release_goes(render: Render) -> None:
    about = render("trial").one("Secret", "crossdock-trial")["metadata"]
    assert about["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_a_password_that_the_cluster_holds_is_asked_for_first() -> None:
    text = (CHARTS / UMBRELLA / "templates" / "trial" / "secrets.yaml").read_text()
    assert text.index("lookup") < text.index("randAlphaNum")
    assert text.count("randAlphaNum") == 1


def test_each_service_may_do_on_the_trials_nats_what_it_may_on_a_laptop(render: Render) -> None:
    configuration: dict[str, Any] = yaml.safe_load(secret(render("trial"), "crossdock-trial-nats")["nats.conf"])
    users = {each["user"]: each.get("permissions") for each in configuration["authorization"]["users"]}
    assert users == {"admin": None} | {each.replace("-", "_"): permissions(each.replace("-", "_")) for each in SERVICES}


def test_nats_takes_the_trials_configuration(render: Render, tmp_path: Path) -> None:
    path = tmp_path / "nats.conf"
    path.write_text(secret(render("trial"), "crossdock-trial-nats")["nats.conf"])
    judged = subprocess.run([binary(), "-t", "-c", str(path)], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stderr
    # Its parser knows no escapes of JSON.
    assert "\\u" not in path.read_text()


def test_the_notes_name_the_next_commands(charts: Path) -> None:
    said = helm("install", "try", str(charts / UMBRELLA), "--namespace", "crossdock", "--dry-run=client")
    notes = said.partition("NOTES:")[2]
    assert "kubectl -n crossdock wait" in notes
    assert all(f"secret {each}-servers" in notes for each in SERVICES)
    assert "crossdock identity create --namespace crossdock | kubectl create -f -" in notes
    assert "helm -n crossdock test try --logs" in notes


def test_what_the_charts_repeat_is_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/charts.py", "check"], cwd=find_checkout(), capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_a_repeated_text_that_somebody_edited_is_called_stale(tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", str(CHARTS), str(tmp_path)], check=True)
    copied = tmp_path / "charts"
    readme, schema = copied / "service-kit" / "README.md", copied / "catalog" / "values.schema.json"
    readme.write_text(readme.read_text().replace("| `replicas` | `2` |", "| `replicas` | `3` |"))
    schema.write_text(schema.read_text().replace('"additionalProperties": false', '"additionalProperties": true'))
    command = [sys.executable, "tools/charts.py", "check", "--charts", str(copied)]
    checked = subprocess.run(command, cwd=find_checkout(), capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "service-kit/README.md is stale" in checked.stderr
    assert "catalog/values.schema.json is stale" in checked.stderr


def test_helm_itself_puts_the_charts_together_alike(charts: Path, tmp_path: Path, render: Render) -> None:
    subprocess.run(["cp", "-r", str(CHARTS), str(tmp_path)], check=True)
    copied = tmp_path / "charts"
    for chart in (*SERVICES, UMBRELLA):
        helm("dependency", "update", "--skip-refresh", str(copied / chart))
    assert rendered(copied / UMBRELLA).objects == render("default").objects
    packed = helm("package", str(copied / UMBRELLA), "--destination", str(tmp_path))
    archive = Path(packed.strip().rpartition(": ")[2])
    assert rendered(archive).objects == render("default").objects
