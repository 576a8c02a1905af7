"""`make new-service` makes a service that is typed and linted, passes its own tests and starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from charted.assembly import assembled
from charted.helm import helm
from charted.rendering import rendered
from crossdock_local.control import bring_down, bring_up
from crossdock_local.place import find_checkout, place_of

pytestmark = pytest.mark.lasting(60)

NAME = "stock_count"
NEIGHBOUR = "procurement"
LISTS = ("pyproject.toml", ".importlinter", "skaffold.yaml")
CHART = "stock-count"
COPIED_FILES = (*LISTS, "buf.yaml", "docs/features.tsv", "tests/conftest.py")
COPIED_FOLDERS = ("proto", "tools", "tests/contracts", "charts", "operator/alerts", "operator/crd", "operator/rbac")
LINKED_LIBRARIES = ("kit", "local")
WORKSPACE = find_checkout()
KNOWN = WORKSPACE / ".mypy_cache"


def copy_workspace(root: Path) -> None:
    """What the generator and the generated code need; the libraries are used where they are."""
    for name in COPIED_FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(WORKSPACE / name, root / name)
    for name in COPIED_FOLDERS:
        shutil.copytree(WORKSPACE / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "libs").mkdir()
    for name in LINKED_LIBRARIES:
        (root / "libs" / name).symlink_to(WORKSPACE / "libs" / name)


def environment_of(root: Path) -> dict[str, str]:
    sources = [root / "libs" / "contracts" / "src", root / "services" / NAME / "src", root / "tools"]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, sources)),
        "PYTHONSAFEPATH": "1",
        "CROSSDOCK_CHECKOUT": str(root),
        "CROSSDOCK_HOME": str(root / "data"),
    }


def run(root: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=root, env=environment_of(root), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def root(stack_folder: Path) -> Path:
    """A workspace with the new service in it."""
    root = stack_folder / "workspace"
    copy_workspace(root)
    run(root, "-c", f"import new_service, pathlib; new_service.make({NAME!r}, pathlib.Path.cwd())")
    run(root, "tools/proto.py", "generate")
    run(root, "tools/charts.py", "write")
    run(root, "-c", "import new_service, os, pathlib; new_service.write_goldens(pathlib.Path.cwd(), dict(os.environ))")
    return root


def test_its_contract_is_fresh_and_passes_buf(root: Path) -> None:
    assert "buf lint found nothing" in run(root, "tools/proto.py", "check")


def test_it_passes_ruff_and_mypy(root: Path) -> None:
    made = [f"services/{NAME}", f"tests/{NAME}"]
    run(root, "-m", "ruff", "check", *made)
    run(root, "-m", "ruff", "format", "--check", *made)
    cache = root / "mypy-cache"
    if KNOWN.exists():
        # What `make types` knows of other packages holds here too; of everything mypy compares the hashes.
        shutil.copytree(KNOWN, cache)
    assert "Success" in run(root, "-m", "mypy", f"--cache-dir={cache}", *made)


def test_the_lists_of_the_workspace_name_it(root: Path) -> None:
    layers = (root / ".importlinter").read_text()
    assert layers.count(f"\n    {NAME}\n") == layers.count(f"\n    {NEIGHBOUR}\n") > 0
    assert f"/services/{NAME}/src" in (root / "pyproject.toml").read_text()
    images = [each["image"] for each in yaml.safe_load((root / "skaffold.yaml").read_text())["build"]["artifacts"]]
    assert images.count(f"crossdock/{NAME}") == 1


def test_its_chart_is_known_to_the_umbrella_and_renders(root: Path, tmp_path: Path) -> None:
    whole = assembled(tmp_path, root / "charts")
    assert "0 chart(s) failed" in helm("lint", "--strict", str(whole / CHART))
    shown = rendered(whole / "crossdock")
    told = shown.environment(CHART)
    assert told["CROSSDOCK_SERVICE"] == NAME
    assert told["CROSSDOCK_DATABASE_URL"] == f"{CHART}-servers/database-url"
    [container] = shown.one("Deployment", CHART)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"crossdock/{NAME}:0.1.0"
    without = rendered(whole / "crossdock", "--set", f"{CHART}.enabled=false")
    assert [each for each in without.objects if CHART in each["metadata"]["name"]] == []
    assert "stale" not in run(root, "tools/charts.py", "check")


def test_it_is_released_and_forwarded_like_its_neighbour(root: Path) -> None:
    text = (root / "skaffold.yaml").read_text()
    skaffold = yaml.safe_load(text)
    ports = {each["resourceName"]: each["localPort"] for each in skaffold["portForward"]}
    assert CHART in ports
    assert len(set(ports.values())) == len(ports)
    mentions = text.count(CHART) + text.count(NAME)
    assert mentions == text.count(NEIGHBOUR)


def test_its_own_tests_pass(root: Path) -> None:
    assert " passed" in run(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/{NAME}")


def test_it_obeys_the_laws_of_contracts_and_services(root: Path) -> None:
    assert " passed" in run(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contracts")


def test_it_starts_in_the_stack(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = root / "services" / NAME / "pyproject.toml"
    path = "{checkout}/services/stock_count/src:{checkout}/libs/contracts/src"
    project.write_text(f'{project.read_text()}\n[tool.crossdock.environment]\nPYTHONPATH = "{path}"\n')
    monkeypatch.setenv("CROSSDOCK_CHECKOUT", str(root))
    monkeypatch.setenv("CROSSDOCK_HOME", str(root / "data"))
    place = place_of(find_checkout())
    try:
        state = bring_up(place, lambda _: None)
        assert [service.name for service in state.of_kind("service")] == [NAME]
    finally:
        bring_down(place)


@pytest.mark.parametrize("name", ["", "Returns", "json", "class", "operator", "procurement", "a-b", "../evil"])
def test_a_name_that_cannot_be_a_services_is_refused(name: str) -> None:
    command = [sys.executable, "tools/new_service.py", name]
    refused = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "NAME=" in refused.stderr


@pytest.fixture(scope="module")
def stack_folder() -> Iterator[Path]:
    own = place_of(WORKSPACE)
    own.prepare()
    folder = own.folder("scratch", 0o711) / f"new-service-{os.getpid()}"
    folder.mkdir(mode=0o711)
    yield folder
    shutil.rmtree(folder)
