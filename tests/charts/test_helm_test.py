"""What `helm test` runs in a cluster: told what it reads, let out to whom it asks, in an image that holds it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from charted.assembly import UMBRELLA
from charted.rendering import Object, Rendered, rendered, selects
from crossdock_local.place import find_checkout
from crossdock_smoke.settings import ASKED, SELLS, SmokeSettings

ROOT = find_checkout()
NAME = "crossdock-test"
WITH_TEST = ("default", "minimal", "ha", "trial")
Render = Callable[..., Rendered]


def container(shown: Rendered) -> Object:
    [found] = shown.one("Pod", NAME)["spec"]["containers"]
    return dict(found)


def told(shown: Rendered) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(shown)["env"]}


@pytest.mark.parametrize("profile", WITH_TEST)
def test_it_is_a_hook_that_is_made_anew_and_whose_log_can_be_read(render: Render, profile: str) -> None:
    for kind in ("Pod", "NetworkPolicy"):
        about = render(profile).one(kind, NAME)["metadata"]["annotations"]
        assert (about["helm.sh/hook"], about["helm.sh/hook-delete-policy"]) == ("test", "before-hook-creation")
    assert int(render(profile).one("NetworkPolicy", NAME)["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0


@pytest.mark.parametrize("profile", WITH_TEST)
def test_it_is_told_what_it_reads_and_all_that_it_must_know(render: Render, profile: str) -> None:
    settings = SmokeSettings.from_environment(told(render(profile)))
    assert settings.company == "acme"
    assert settings.asked == (*ASKED, SELLS)
    assert {settings.peer(each) for each in settings.asked} == {f"{each}.crossdock.svc:8443" for each in settings.asked}
    assert (settings.tls_cert is not None) is (profile == "ha")
    variables = {each.metadata["variable"] for each in SmokeSettings.__dataclass_fields__.values()}
    assert set(told(render(profile))) <= variables


def test_every_file_that_it_is_told_of_is_mounted(render: Render) -> None:
    found = container(render("ha"))
    mounted = [each["mountPath"] for each in found["volumeMounts"]]
    files = [value for name, value in told(render("ha")).items() if name.endswith("_FILE") or "_TLS_" in name]
    assert len(files) == 4
    assert all(any(Path(file).is_relative_to(each) for each in mounted) for file in files)


@pytest.mark.parametrize("profile", WITH_TEST)
def test_it_is_let_out_to_whom_it_asks_and_they_let_it_in(render: Render, profile: str) -> None:
    shown = render(profile)
    labels = shown.one("Pod", NAME)["metadata"]["labels"]
    [targets] = [
        each["to"] for each in shown.one("NetworkPolicy", NAME)["spec"]["egress"] if each["ports"][0]["port"] == 8443
    ]
    reached = {each["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for each in targets}
    assert reached == set(json.loads(told(shown)["CROSSDOCK_PEERS"])) == {*ASKED, SELLS}
    for service in (*ASKED, SELLS):
        [rule] = shown.one("NetworkPolicy", service)["spec"]["ingress"]
        assert any(selects(each.get("podSelector", {}), labels) for each in rule["from"])


def test_it_runs_in_the_connectors_image_which_holds_it(render: Render, tmp_path: Path) -> None:
    shown = render("ha")
    [service] = shown.one("Deployment", "connector")["spec"]["template"]["spec"]["containers"]
    assert container(shown)["image"] == service["image"]
    assert container(shown)["command"] == ["python", "-m", "crossdock_smoke"]
    dockerfile = (ROOT / "services" / "connector" / "Dockerfile").read_text()
    copied = dict(re.findall(r"^COPY (\S+) (/app/libs/\w+)$", dockerfile, re.MULTILINE))
    assert copied == {"libs/local/src/crossdock_smoke": "/app/libs/crossdock_smoke"}
    (tmp_path / "crossdock_smoke").symlink_to(ROOT / "libs" / "local" / "src" / "crossdock_smoke")
    libraries = (tmp_path, ROOT / "libs" / "contracts" / "src", ROOT / "libs" / "kit" / "src")
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-m", "crossdock_smoke"],
        env={"PYTHONPATH": ":".join(map(str, (*libraries, sysconfig.get_path("purelib"))))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "neither CROSSDOCK_TEST_TENANT nor CROSSDOCK_TENANTS names a company" in done.stderr


@pytest.mark.parametrize("setting", ["test.enabled=false", *(f"{each}.enabled=false" for each in ASKED)])
def test_there_is_none_where_it_is_not_wanted_or_would_find_nobody(charts: Path, setting: str) -> None:
    shown = rendered(charts / UMBRELLA, "--set", setting)
    assert [each["kind"] for each in shown.objects if each["metadata"]["name"] == NAME] == []


def test_without_sales_orders_it_asks_nobody_about_them(charts: Path) -> None:
    shown = rendered(charts / UMBRELLA, "--set", f"{SELLS}.enabled=false")
    assert set(json.loads(told(shown)["CROSSDOCK_PEERS"])) == set(ASKED)
    assert SELLS not in json.dumps(shown.one("NetworkPolicy", NAME))


def test_its_company_time_and_secrets_can_be_told(charts: Path) -> None:
    values = "test.tenant=globex,test.seconds=30,test.secrets.identity=own"
    shown = rendered(charts / UMBRELLA, "--set", values)
    settings = SmokeSettings.from_environment(told(shown))
    assert (settings.company, settings.seconds) == ("globex", 30.0)
    spec: dict[str, Any] = shown.one("Pod", NAME)["spec"]
    assert spec["activeDeadlineSeconds"] > 30
    assert [each["secret"]["secretName"] for each in spec["volumes"] if "secret" in each] == ["own"]
