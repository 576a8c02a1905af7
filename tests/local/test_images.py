"""Laws of the images, held without building one: pinned, unprivileged, complete."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from crossdock_local.declared import service_names
from crossdock_local.place import find_checkout

ROOT = find_checkout()
SERVICES = service_names(ROOT)
OPERATOR = "partner-operator"
LOCK = "requirements-services.lock"

# Packages that the image's lock does not name are not there, whoever else has installed them here.
IMPORT = """
import importlib, importlib.abc, importlib.metadata, re, sys
service, *locked = sys.argv[1:]
owners = importlib.metadata.packages_distributions()
named = {top: {re.sub(r"[-_.]+", "-", each).lower() for each in its} for top, its in owners.items()}
absent = {top for top, its in named.items() if its.isdisjoint(locked)}
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"the image has no {name}", name=name)
sys.meta_path.insert(0, Absent())
importlib.import_module(service)
assert "pytest" in absent and "grpc" not in absent
"""


def dockerfile(service: str) -> str:
    return (ROOT / "services" / service / "Dockerfile").read_text()


def instructions(service: str, verb: str) -> list[str]:
    return re.findall(rf"^{verb} (.+)$", dockerfile(service), re.MULTILINE)


def artifacts() -> dict[str, dict[str, Any]]:
    read = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
    return {each["image"].removeprefix("crossdock/"): each for each in read["build"]["artifacts"]}


def test_every_service_and_the_operator_are_artifacts_and_nothing_else_is() -> None:
    assert sorted(artifacts()) == sorted([*SERVICES, OPERATOR])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_all_that_it_is_shipped_and_explained_by(service: str) -> None:
    folder = ROOT / "services" / service
    assert artifacts()[service]["docker"]["dockerfile"] == f"services/{service}/Dockerfile"
    assert artifacts()[service]["context"] == "."
    assert (folder / "README.md").read_text().startswith(f"# {service}\n")
    assert list((folder / "migrations" / "versions").glob("0001_*.py"))
    assert (folder / "migrations" / "env.py").exists()
    assert (folder / "pyproject.toml").exists()


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_pinned_and_installs_only_what_is_locked_with_hashes(service: str) -> None:
    (base,) = instructions(service, "ARG")
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    assert {each.partition(" ")[0] for each in instructions(service, "FROM")} == {"${PYTHON_IMAGE}", "service"}
    installs = [each for each in dockerfile(service).splitlines() if "pip install" in each]
    assert [each.endswith(f"--require-hashes --no-deps -r {LOCK}") for each in installs] == [True]
    blocks = re.split(r"^(?=\S+==)", (ROOT / LOCK).read_text(), flags=re.MULTILINE)
    assert [each.split()[0] for each in blocks if "==" in each and "--hash=sha256:" not in each] == []


def test_all_images_stand_on_one_base() -> None:
    assert len({instructions(service, "ARG")[0] for service in SERVICES}) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_runs_unprivileged_and_leaves_probes_to_the_chart(service: str) -> None:
    assert instructions(service, "USER") == ["10001:10001"]
    assert instructions(service, "ENTRYPOINT")[0] == f'["python", "-m", "{service}"]'
    _, _, stage, developed, last = dockerfile(service).split("FROM ")[0:5]
    assert stage.startswith("${PYTHON_IMAGE} AS service\n")
    assert stage.index("\nUSER ") > stage.index("\nCOPY "), "root owns what it may not change"
    assert last == "service\n", "what is built without a target knows nothing of development"
    assert developed.startswith("service AS dev\n")
    assert instructions(service, "HEALTHCHECK") == []
    assert "PYTHONSAFEPATH=1" in dockerfile(service)


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_copied_into_an_image_suffices_to_import_the_service(service: str, tmp_path: Path) -> None:
    libraries = tmp_path / "libs"
    libraries.mkdir()
    for sources in (each.split() for each in instructions(service, "COPY") if each.endswith("/app/libs/")):
        for package in (each for source in sources[:-1] for each in (ROOT / source).iterdir()):
            (libraries / package.name).symlink_to(package)
    # Without the start-up of site no link of the workspace is followed: only what the image holds is there.
    paths = (ROOT / "services" / service / "src", libraries, sysconfig.get_path("purelib"))
    locked = re.findall(r"^([a-z0-9._-]+)==", (ROOT / LOCK).read_text(), re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", IMPORT, f"{service}.__main__", *locked],
        env={"PYTHONPATH": ":".join(map(str, paths)), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
