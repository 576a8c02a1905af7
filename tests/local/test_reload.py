"""The first process of the development images, run on a small service: edited files count, and it ends when told."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crossdock_local.place import find_checkout

SERVICE = "import signal, sys, time\nprint(sys.argv[1:], {word!r}, flush=True)\n{then}\n"
SERVE = "signal.pause()"
Reload = Callable[..., "subprocess.Popen[bytes]"]


def write(folder: Path, word: str, then: str = SERVE) -> None:
    (package := folder / "src" / "small").mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(SERVICE.format(word=word, then=then))


@pytest.fixture
def reload(tmp_path: Path) -> Iterator[Reload]:
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        told = {"RELOAD_IMAGE": str(tmp_path / "image"), "RELOAD_COPY": str(tmp_path / "copy"), "PYTHONSAFEPATH": "1"}
        command = [sys.executable, str(find_checkout() / "tools" / "reload.py"), "small", *words]
        with (tmp_path / "log").open("wb") as log:
            started.append(subprocess.Popen(command, env=told, stdout=log, stderr=log))
        return started[-1]

    yield start
    for each in started:
        if each.poll() is None:
            each.send_signal(signal.SIGTERM)
            each.wait(60)


def said(folder: Path, word: str) -> bool:
    until = time.monotonic() + 60
    while word not in (folder / "log").read_text():
        assert time.monotonic() < until, (folder / "log").read_text()
        time.sleep(0.05)
    return True


def test_an_edited_file_of_the_copy_begins_the_service_anew(reload: Reload, tmp_path: Path) -> None:
    write(tmp_path / "image", "first")
    running = reload()
    assert said(tmp_path, "first")
    write(tmp_path / "copy", "second", then="raise SystemExit(3)")
    assert said(tmp_path, "second")
    # It ended by itself; the next edit counts all the same.
    write(tmp_path / "copy", "third edition")
    assert said(tmp_path, "third edition")
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) in {0, -signal.SIGTERM, 256 - signal.SIGTERM}


def test_with_words_the_service_runs_once_and_its_end_is_the_end(reload: Reload, tmp_path: Path) -> None:
    write(tmp_path / "image", "once", then="raise SystemExit(7)")
    assert reload("migrate").wait(60) == 7
    assert "['migrate'] once" in (tmp_path / "log").read_text()
