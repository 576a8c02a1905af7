"""The library is of use to strangers: its wheel goes into an empty environment, without network, and works there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import crossdock_edi
import pytest

PROJECT = Path(crossdock_edi.__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"
UV = Path(sys.executable).with_name("uv")


def ran(*command: object, cwd: Path) -> str:
    """What a command prints in an environment that knows nothing of this checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "UV_"))}
    done = subprocess.run(
        [str(one) for one in command],
        cwd=cwd,
        env=kept | {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(cwd / "cache"), "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    ran(UV, "build", "--wheel", "--no-config", "--python", sys.executable, "--out-dir", folder, PROJECT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_needs_no_other_package_and_holds_no_test(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (metadata,) = (packed.read(name).decode() for name in packed.namelist() if name.endswith("/METADATA"))
        folders = {name.split("/")[0] for name in packed.namelist()}

    assert "Requires-Dist" not in metadata
    assert folders == {"crossdock_edi", "crossdock_edi-0.1.0.dist-info"}


def test_an_empty_environment_with_the_wheel_reads_checks_answers_and_converts(wheel: Path, tmp_path: Path) -> None:
    ran(sys.executable, "-I", "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    ran(UV, "pip", "install", "--no-config", "--python", python, wheel, cwd=tmp_path)
    order = SAMPLES / "x12" / "850.edi"

    installed = ran(python, "-I", "-c", "import crossdock_edi; print(crossdock_edi.__file__)", cwd=tmp_path)
    assert Path(installed.strip()).is_relative_to(tmp_path / "venv")
    assert ran(python, "-I", "-m", "crossdock_edi", "check", order, cwd=tmp_path) == ""
    assert "AK9*A*1*1*1~" in ran(python, "-I", "-m", "crossdock_edi", "ack", order, cwd=tmp_path)
    command = python.with_name("crossdock-edi")
    assert "850 purchase order 0001" in ran(command, "show", order, cwd=tmp_path)
    (read,) = json.loads(ran(command, "convert", order, "--to", "json", cwd=tmp_path))["interchanges"]
    assert read["documents"][0]["document"]["number"]
