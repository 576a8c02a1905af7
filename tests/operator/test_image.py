"""The operator's image holds what the operator imports, under the same rules as the images of services."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from crossdock_local.place import find_checkout

ROOT = find_checkout()
DOCKERFILE = (ROOT / "operator" / "Dockerfile").read_text()
LOCK = (ROOT / "requirements-operator.lock").read_text()
# Packages that the image's lock does not name are not there, whoever else has installed them here.
IMPORT = """
import importlib, importlib.abc, importlib.metadata, re, sys
locked = sys.argv[1:]
owners = importlib.metadata.packages_distributions()
named = {top: {re.sub(r"[-_.]+", "-", each).lower() for each in its} for top, its in owners.items()}
absent = {top for top, its in named.items() if its.isdisjoint(locked)}
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"the image has no {name}", name=name)
sys.meta_path.insert(0, Absent())
importlib.import_module("partner_operator.main")
assert "pytest" in absent and "kopf" not in absent
import operator
assert operator.itemgetter and not hasattr(operator, "__path__")
"""


def pins(text: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==[^ ]+)", text, re.MULTILINE))


def test_the_image_holds_the_versions_that_the_tests_ran_with() -> None:
    assert pins(LOCK) < pins((ROOT / "requirements.lock").read_text())
    assert "://" not in LOCK


def test_it_stands_on_the_base_of_the_services_runs_unprivileged_and_never_by_a_path() -> None:
    neighbour = (ROOT / "services" / "connector" / "Dockerfile").read_text()
    base = re.compile(r"^ARG PYTHON_IMAGE=(.+)$", re.MULTILINE)
    assert base.findall(DOCKERFILE) == base.findall(neighbour)
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert "PYTHONSAFEPATH=1" in DOCKERFILE
    assert '"-m", "partner_operator.main"]' in DOCKERFILE


def test_what_is_copied_into_the_image_suffices_to_import_the_operator(tmp_path: Path) -> None:
    libraries = tmp_path / "libs"
    libraries.mkdir()
    copied = [line.split() for line in DOCKERFILE.splitlines() if line.endswith("/app/libs/")]
    for source in (each for line in copied for each in line[1:-1]):
        for package in (ROOT / source).iterdir():
            (libraries / package.name).symlink_to(package)
    paths = (ROOT / "operator" / "src", libraries, sysconfig.get_path("purelib"))
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", IMPORT, *(each.partition("==")[0] for each in pins(LOCK))],
        env={"PYTHONPATH": ":".join(map(str, paths)), "PATH": "/usr/bin:/bin", "CROSSDOCK_WORKER_IMAGE": "x:1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
