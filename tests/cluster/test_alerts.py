"""The alerts of connectors: promtool reads the rules, and each alert fires on its symptom and on nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane.binaries import MODULE, need
from crossdock_local.place import find_checkout

RULES = find_checkout() / "operator" / "alerts" / "partner-connectors.yaml"
LABELS = {"k8s_namespace_name": "p", "crossdock_partner_id": "a", "crossdock_tenant_id": "t"}


def promtool(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(need("promtool")), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_the_rules_are_rules(tmp_path: Path) -> None:
    done = promtool("check", "rules", str(RULES), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def fires(alert: dict[str, Any]) -> dict[str, Any]:
    """What promtool is to see after four hours of the symptom."""
    kept = {each for found in re.findall(r"by \(([^)]*)\)", alert["expr"]) for each in found.split(", ")}
    about = {name: value for name, value in LABELS.items() if name in kept}
    summary = alert["annotations"]["summary"].replace("{{ $labels.crossdock_partner_id }}", "a")
    annotations = alert["annotations"] | {"summary": summary.replace("{{ $value }}", "2")}
    expected = [{"exp_labels": alert["labels"] | about, "exp_annotations": annotations}]
    return {"eval_time": "4h", "alertname": alert["alert"], "exp_alerts": expected}


def tried(folder: Path, rules: str) -> subprocess.CompletedProcess[str]:
    tests = yaml.safe_load((MODULE / "alerts.test.yaml").read_text())
    healthy, sick = tests["tests"]
    assert {each["alertname"] for each in healthy["alert_rule_test"]} == {each["alert"] for each in alerts()}
    sick["alert_rule_test"] = [fires(each) for each in alerts()]
    (folder / "rules.yaml").write_text(rules)
    (folder / "tests.yaml").write_text(yaml.safe_dump(tests))
    return promtool("test", "rules", "tests.yaml", folder=folder)


def test_each_alert_fires_on_its_symptom_and_on_nothing_else(tmp_path: Path) -> None:
    done = tried(tmp_path, RULES.read_text())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("position", range(len(alerts())), ids=[each["alert"] for each in alerts()])
def test_an_alert_that_never_fires_is_noticed(position: int, tmp_path: Path) -> None:
    broken = yaml.safe_load(RULES.read_text())
    broken["groups"][0]["rules"][position]["expr"] = "vector(0) > 1"
    assert tried(tmp_path, yaml.safe_dump(broken)).returncode != 0
