"""What the repository grants the operator, as a golden list: nobody widens it unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from crossdock_local.place import find_checkout

RBAC = find_checkout() / "operator" / "rbac" / "operator.yaml"
GOLDEN = Path(__file__).parent / "golden" / "permissions.txt"


def rules() -> list[tuple[str, dict[str, Any]]]:
    roles = yaml.safe_load_all(RBAC.read_text())
    return [(role["metadata"]["name"], rule) for role in roles for rule in role["rules"]]


def granted() -> list[str]:
    """A line for each verb on each resource."""
    return sorted(
        f"{role} {verb} {group}/{resource} {','.join(rule.get('resourceNames', ()))}".strip()
        for role, rule in rules()
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    )


def test_permissions_are_the_golden_ones(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--write-golden"):
        GOLDEN.write_text("".join(f"{each}\n" for each in granted()))
    assert granted() == GOLDEN.read_text().splitlines()


def test_nothing_is_granted_by_a_wildcard_and_nobody_gets_more_than_he_has() -> None:
    for _, rule in rules():
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert not {"escalate", "bind", "impersonate", "deletecollection"} & set(rule["verbs"])
        assert not {"pods/exec", "pods", "roles", "rolebindings", "clusterroles"} & set(rule["resources"])
        assert "nonResourceURLs" not in rule


def test_secrets_are_read_by_name_and_by_a_role_of_their_own() -> None:
    about_secrets = [(role, rule) for role, rule in rules() if "secrets" in rule["resources"]]
    [(role, rule)] = about_secrets
    assert (role, rule["verbs"], rule["resources"]) == ("partner-operator-secrets", ["get"], ["secrets"])
