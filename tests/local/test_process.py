"""A child process: its log, its end, and that it never outlives whoever started it."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from crossdock_local import process
from crossdock_local.process import Child, Died, Program


def a_child(tmp_path: Path, code: str, grace_seconds: float = 30.0) -> Child:
    command = [sys.executable, "-I", "-u", "-c", code]
    return Child(Program("child", command, tmp_path / "child.log", grace_seconds=grace_seconds))


async def never_ready() -> None:
    raise ConnectionRefusedError("nobody listens")


async def test_a_child_that_ends_before_it_is_ready_is_reported_with_what_it_said(tmp_path: Path) -> None:
    child = a_child(tmp_path, "raise SystemExit('no shelf')")
    child.start()
    with pytest.raises(Died, match="no shelf"):
        await child.wait_until(never_ready, 30)


async def test_the_end_of_the_log_is_that_of_the_last_start(tmp_path: Path) -> None:
    (tmp_path / "child.log").write_text("from an earlier life\n")
    child = a_child(tmp_path, "print('hello')")
    child.start()
    await child.wait()
    assert child.log_tail() == "hello"


async def test_a_large_log_is_put_aside_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LARGEST_LOG_BYTES", 10)
    (tmp_path / "child.log").write_text("more than ten bytes\n")
    child = a_child(tmp_path, "print('hello')")
    child.start()
    await child.wait()
    assert (tmp_path / "child.log").read_text() == "hello\n"
    assert (tmp_path / "child.log.1").read_text() == "more than ten bytes\n"


async def test_a_child_that_ignores_the_request_to_end_is_ended_after_its_grace(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"
    child = a_child(tmp_path, code, grace_seconds=0.2)
    child.start()
    while "deaf" not in child.log_tail():
        await asyncio.sleep(0.01)
    await child.stop()
    assert child.exit_code == -signal.SIGKILL


async def test_a_paused_child_can_still_be_stopped(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; print('up'); time.sleep(600)")
    child.start()
    while "up" not in child.log_tail():
        await asyncio.sleep(0.01)
    child.pause()
    await child.stop()
    assert child.exit_code == -signal.SIGTERM
