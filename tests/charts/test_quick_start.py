"""What a newcomer installs on an empty cluster: its values render, and its one command does each step once."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from charted.assembly import CHARTS, UMBRELLA, service_charts
from charted.rendering import Rendered, rendered
from crossdock_local.place import find_checkout

ROOT = find_checkout()
VALUES = CHARTS / UMBRELLA / "quick-start.yaml"
NEEDED = {"catalog", "connector", "delivery", "inventory", "procurement"}
Ran = tuple[int, list[str], str]
# Notes what it is called with; `get` finds what the test says is there.
NOTING = """#!/bin/sh
echo "$(basename "$0") $*" >> {log}
case "$*" in
*"get namespace"*) exit {namespace};;
*"get secret"*) exit {secret};;
*"-f -") cat > {log}.manifests;;
esac
"""


@pytest.fixture(scope="module")
def shown(charts: Path) -> Rendered:
    return rendered(charts / UMBRELLA, "--values", str(VALUES))


@pytest.mark.feature("F341")
def test_it_begins_with_ship_notices_receipts_and_shipments_one_of_each(shown: Rendered) -> None:
    found = {each["metadata"]["name"]: each["spec"]["replicas"] for each in shown.of("Deployment")}
    assert found == dict.fromkeys(NEEDED, 1)
    assert {each["metadata"]["name"] for each in shown.of("StatefulSet")} == {
        "crossdock-postgres",
        "crossdock-nats",
        "crossdock-valkey",
    }
    secrets = {each["metadata"]["name"] for each in shown.of("Secret")}
    assert {f"{each}-servers" for each in NEEDED} <= secrets
    assert shown.one("Pod", "crossdock-test")


@pytest.mark.feature("F341")
def test_sales_orders_come_later_and_leave_what_is_there_as_it_was(charts: Path, shown: Rendered) -> None:
    later = rendered(charts / UMBRELLA, "--values", str(VALUES), "--set", "fulfillment.enabled=true")
    names = {each["metadata"]["name"] for each in later.of("Deployment")}
    assert names == set(service_charts())
    for each in shown.of("Deployment"):
        assert later.one("Deployment", each["metadata"]["name"])["spec"] == each["spec"]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """The command in a checkout of its own, with a kubectl and a helm that only note what they are asked for."""
    (checkout := tmp_path / "checkout").mkdir()
    (checkout / "tools").symlink_to(ROOT / "tools")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    log = tmp_path / "log"

    def ran(*arguments: str, namespace: bool = False, secret: bool = False) -> Ran:
        log.write_text("")
        programs = tmp_path / "bin"
        programs.mkdir(exist_ok=True)
        for path in (programs / "kubectl", programs / "helm", checkout / ".venv" / "bin" / "crossdock"):
            path.write_text(NOTING.format(log=log, namespace=int(not namespace), secret=int(not secret)))
            path.chmod(0o755)
        done = subprocess.run(
            ["sh", str(checkout / "tools" / "quick_start.sh"), *arguments],
            env={"PATH": f"{programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, log.read_text().splitlines(), done.stderr

    return ran


def test_on_an_empty_cluster_it_makes_all_that_the_charts_need_and_tests_it(run: Callable[..., Ran]) -> None:
    code, asked, said = run("shop", "r.example/crossdock")
    assert code == 0, said
    verbs = [" ".join(each.split()[:3]) for each in asked]
    order = ["kubectl create namespace", "crossdock identity create", "helm upgrade --install", "helm test crossdock"]
    assert [verbs.index(each) for each in order] == sorted(verbs.index(each) for each in order)
    assert "kubectl label namespace shop pod-security.kubernetes.io/enforce=restricted" in asked
    assert "kubectl create -f -" in asked
    assert any("global.image.registry=r.example/crossdock" in each for each in asked)
    assert json.dumps(asked).count("--namespace shop") == 3


def test_identities_that_were_made_elsewhere_stay(run: Callable[..., Ran]) -> None:
    code, asked, said = run("shop", "r.example/crossdock", namespace=True, secret=True)
    assert code == 0, said
    assert "they stay" in said
    assert [each for each in asked if "identity" in each or "-f -" in each or "create namespace" in each] == []


def test_without_a_registry_nothing_is_done(run: Callable[..., Ran]) -> None:
    code, asked, said = run("shop", "")
    assert (code, asked) == (2, [])
    assert "REGISTRY says where the images are" in said
