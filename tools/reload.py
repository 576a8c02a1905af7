"""The first process of the development images: runs a service from a copy that may be written to, anew at each change.

The image itself is read-only, so `skaffold dev` writes edited files into the copy. Stdlib only: it stands in the images
of services alone. Given words (`migrate`), it runs the service once with them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

LOOK_EVERY_SECONDS = 0.5
GRACE_SECONDS = 40.0


class Told(Exception):
    """To end."""


def told(number: int, frame: FrameType | None) -> None:
    raise Told


def seen(folder: Path) -> dict[Path, int]:
    """Each source with the instant of its last change."""
    found = {}
    for path in folder.rglob("*.py"):
        try:
            found[path] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue  # Replaced while we looked.
    return found


def ended(child: subprocess.Popen[bytes]) -> int:
    child.terminate()
    try:
        return child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def changed(copy: Path, before: dict[Path, int]) -> None:
    """Returns when a source is another one; a service that ended by itself waits for that, too."""
    while seen(copy) == before:
        time.sleep(LOOK_EVERY_SECONDS)


def run(image: Path, copy: Path, module: str, words: list[str]) -> int:
    shutil.copytree(image, copy, dirs_exist_ok=True)
    environment = os.environ | {"PYTHONPATH": f"{copy / 'src'}:{copy / 'libs'}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", module, *words]
    if words:
        return subprocess.run(command, env=environment, check=False).returncode
    signal.signal(signal.SIGTERM, told)
    while True:
        before = seen(copy)
        child = subprocess.Popen(command, env=environment)
        try:
            changed(copy, before)
        except (Told, KeyboardInterrupt):
            return ended(child)
        ended(child)
        print(f"{module} begins anew", flush=True)


if __name__ == "__main__":
    folders = (Path(os.environ.get("RELOAD_IMAGE", "/app")), Path(os.environ.get("RELOAD_COPY", "/tmp/app")))  # noqa: S108 - a volume of the pod's own
    sys.exit(run(*folders, sys.argv[1], sys.argv[2:]))
