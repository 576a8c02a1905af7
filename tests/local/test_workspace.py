"""Laws of the tree that no linter knows."""

from __future__ import annotations

import ast
import csv
import importlib.util
import operator
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
from alembic.util import CommandError
from crossdock_local.declared import DeclaredService, declared_services, service_names
from crossdock_local.place import find_checkout

ROOT = find_checkout()


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=dict(os.environ) | environment, capture_output=True, text=True, check=False
    )


def imported_names(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def test_the_folder_named_operator_does_not_hide_pythons_module() -> None:
    forbidden = [ROOT / "operator" / name for name in ("__init__.py", "conftest.py", "tests")]
    assert [path for path in forbidden if path.exists()] == []
    outside = [path for path in (ROOT / "operator").rglob("*.py") if "src" not in path.relative_to(ROOT).parts]
    assert outside == []
    assert operator.itemgetter.__module__ == "operator"
    assert not hasattr(operator, "__path__")


def test_test_folders_are_no_packages() -> None:
    packages = [path for path in (ROOT / "tests").rglob("__init__.py") if "src" not in path.relative_to(ROOT).parts]
    assert packages == []


LOCKS = ("requirements.lock", "requirements-services.lock")


def pins(lock: str) -> dict[str, str]:
    """Name and version → what the lock says about it."""
    text = (ROOT / lock).read_text()
    blocks = re.findall(r"^[a-z][^ ]*==[^ ]+.*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)
    return {block.split()[0]: block for block in blocks}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_gives_hashes_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert len(pins(lock)) > 30
    assert [pin for pin, block in pins(lock).items() if "--hash=sha256:" not in block] == []


def test_images_hold_the_versions_that_the_tests_ran_with() -> None:
    workspace, services = (set(pins(lock)) for lock in LOCKS)
    assert services < workspace


@pytest.mark.parametrize("service", service_names(ROOT))
def test_an_image_holds_every_library_that_its_service_imports(service: str) -> None:
    source = ROOT / "services" / service / "src"
    used = {name.split(".")[0] for path in source.rglob("*.py") for name in imported_names(path)}
    dockerfile = (ROOT / "services" / service / "Dockerfile").read_text()
    assert "requirements-services.lock" in dockerfile
    needed = {"libs/contracts/src", "libs/kit/src"} | ({"libs/edi/src"} if "crossdock_edi" in used else set())
    assert [folder for folder in needed if folder not in dockerfile] == []


@pytest.mark.parametrize("service", declared_services(ROOT), ids=lambda service: service.name)
def test_who_listens_to_events_may_read_the_journals_that_they_come_from(service: DeclaredService) -> None:
    """Else it can neither catch up with the past nor find out what it missed."""
    listens = any("Subscription(" in file.read_text() for file in service.folder.glob("src/**/*.py"))
    assert "ops.journal.read" in service.permissions or not listens


def test_the_kit_knows_no_contract_of_a_context() -> None:
    kit = ROOT / "libs" / "kit" / "src"
    allowed = ("crossdock.options.", "crossdock.ops.")
    foreign = {
        f"{path.relative_to(kit)}: {name}"
        for path in kit.rglob("*.py")
        for name in imported_names(path)
        if name.startswith("crossdock.") and not name.startswith(allowed)
    }
    assert foreign == set()


def test_every_verb_of_the_makefile_lists_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"^\.PHONY: (\S+)", makefile, re.MULTILINE))
    listed = set(re.findall(r"^  make (\S+)", run("make").stdout, re.MULTILINE))
    assert {"setup", "test", "demo", "up", "down", "bench", "features", "new-service"} <= verbs
    assert listed == verbs


def test_the_feature_list_is_whole() -> None:
    with (ROOT / "docs" / "features.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len({row["id"] for row in rows}) == len(rows) == 415


def test_a_mark_that_names_no_feature_stops_the_run(tmp_path: Path) -> None:
    stray = tmp_path / "test_stray.py"
    stray.write_text("import pytest\n\n@pytest.mark.feature('F999')\ndef test_it() -> None: ...\n")
    conftest = str(ROOT / "tests" / "conftest.py")
    outcome = run(
        ".venv/bin/python", "-m", "pytest", "-q", "-c", "pyproject.toml", "--confcutdir=/", str(stray), conftest
    )
    assert outcome.returncode == pytest.ExitCode.USAGE_ERROR
    assert "F999" in outcome.stdout + outcome.stderr


def test_a_machine_without_a_suitable_python_gets_a_clear_message(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.9.18' && exit 0\nexit 1\n")
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    outcome = run("sh", "tools/find_python.sh", CROSSDOCK_PYTHON=str(old))
    assert outcome.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in outcome.stderr
    assert "Python 3.9.18" in outcome.stderr


MIGRATIONS = sorted(ROOT.glob("services/*/migrations/versions/*.py"))


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: f"{file.parents[2].name}/{file.stem}")
def test_a_migration_says_why_it_does_not_go_back_as_alembic_says_it(file: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"migration_{file.parents[2].name}_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(CommandError, match="only goes forward"):
        module.downgrade()
