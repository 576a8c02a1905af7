"""`make proto-check` catches stale code, a contract against the house's rules, and a change that breaks a caller."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from crossdock_local.place import find_checkout

WORKSPACE = find_checkout()
MONEY = Path("proto/crossdock/common/v1/values.proto")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the contracts with today's state as their baseline."""
    for name in ("proto", "tools", "libs/contracts/src"):
        shutil.copytree(WORKSPACE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(WORKSPACE / "buf.yaml", tmp_path / "buf.yaml")
    run(tmp_path, "release")
    return tmp_path


def run(root: Path, verb: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/proto.py", verb]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def edit(root: Path, old: str, new: str) -> None:
    text = (root / MONEY).read_text()
    assert old in text
    (root / MONEY).write_text(text.replace(old, new, 1))


@pytest.mark.feature("F250")
def test_contracts_as_they_stand_pass(root: Path) -> None:
    checked = run(root, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "no breaking change against the baseline" in checked.stdout


@pytest.mark.feature("F250")
def test_a_field_that_goes_away_breaks_the_contract(root: Path) -> None:
    edit(root, "string currency = 2", "string coin = 2")
    run(root, "generate")
    checked = run(root, "check")
    assert checked.returncode == 1
    assert "currency" in checked.stdout + checked.stderr


def test_an_added_field_breaks_nothing(root: Path) -> None:
    edit(root, "message Money {", "message Money {\n  string note = 99;")
    run(root, "generate")
    assert run(root, "check").returncode == 0


def test_code_that_is_older_than_its_contract_is_stale(root: Path) -> None:
    edit(root, "message Money {", "message Money {\n  string note = 99;")
    checked = run(root, "check")
    assert checked.returncode == 1
    assert "crossdock/common/v1/values_pb2.py" in checked.stderr


def test_generated_code_without_a_contract_is_removed(root: Path) -> None:
    orphan = root / "libs/contracts/src/crossdock/gone/v1/gone_pb2.py"
    orphan.parent.mkdir(parents=True)
    orphan.write_text("")
    assert run(root, "check").returncode == 1
    run(root, "generate")
    assert not orphan.exists()
