"""Migrations of a service are one line: each follows one, and one alone is the newest."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from crossdock_local.place import find_checkout

SERVICES = sorted((find_checkout() / "services").glob("*/migrations/versions"))


def chain(folder: Path) -> dict[str | None, str]:
    """By what each follows; two that follow the same are a fork."""
    found: dict[str | None, str] = {}
    for path in sorted(folder.glob("*.py")):
        said = {
            target.id: ast.literal_eval(node.value)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}
        }
        assert path.name.startswith(f"{said['revision']}_"), path.name
        assert said["down_revision"] not in found, f"{path.name} follows what {found[said['down_revision']]} follows"
        found[said["down_revision"]] = said["revision"]
    return found


@pytest.mark.parametrize("folder", SERVICES, ids=lambda each: each.parts[-3])
def test_each_service_has_one_line_of_migrations(folder: Path) -> None:
    follows = chain(folder)
    walked, at = 0, follows.get(None)
    while at is not None:
        walked, at = walked + 1, follows.get(at)
    assert walked == len(follows), "all of them hang together"
    assert walked > 0


def test_all_services_are_looked_at() -> None:
    assert len(SERVICES) == len(list((find_checkout() / "services").glob("*/migrations")))
