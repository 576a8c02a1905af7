"""The day must end as required though processes are killed and stopped in the middle of it.

What is checked is the day's own verdict: the same stock, the same messages at the partners, nothing lost or doubled.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from crossdock_local.control import running_state
from crossdock_local.place import Place
from partners.day import Day, load
from partners.demo import Stage, fresh_stage, play_day
from partners.verdict import Verdict

VICTIMS = ("procurement", "inventory", "connector", "catalog", "connector-worker", "nats", "postgres")


def few_orders() -> Day:
    """Every scene and a handful of plain orders; the ERP's outage stays in."""
    day = load()
    plain = [order for order in day.orders if order.scene == "as ordered"][:8]
    scenes = [order for order in day.orders if order.scene != "as ordered"]
    return replace(day, orders=(*plain, *scenes))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    # Not pytest's own folder: the unprivileged user of PostgreSQL must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="crossdock-day-") as folder:
        Path(folder).chmod(0o711)
        monkeypatch.setenv("CROSSDOCK_HOME", f"{folder}/home")
        with fresh_stage(Place(Path(folder) / "home"), lambda line: None, keep=False) as running:
            yield running


def pid_of(stage: Stage, name: str) -> int:
    """The process of that name now; after a kill the supervisor starts another one."""
    pids = {process.name: process.pid for process in running_state(stage.place).processes}
    found = pids[name]
    assert found is not None
    return found


async def play_while(stage: Stage, harm: Callable[[], Awaitable[None]]) -> Verdict:
    """Plays the day; `harm` begins when the first goods have been posted."""
    begun = asyncio.Event()

    def say(line: str) -> None:
        if "posted at the ERP" in line and not line.endswith(" 0"):
            begun.set()

    async def nemesis() -> None:
        await begun.wait()
        await harm()

    task = asyncio.create_task(nemesis())
    verdict = await play_day(stage, say, few_orders())
    await asyncio.wait_for(task, 180)
    return verdict


def assert_passed(verdict: Verdict) -> None:
    assert verdict.differences == []
    assert verdict.lost == []
    assert all(row.settled for row in verdict.rows)


async def test_killing_every_process_in_the_middle_loses_and_doubles_nothing(stage: Stage) -> None:
    killed: list[str] = []

    async def harm() -> None:
        for name in VICTIMS:
            os.kill(pid_of(stage, name), signal.SIGKILL)
            killed.append(name)
            await asyncio.sleep(0.7)

    verdict = await play_while(stage, harm)
    assert killed == list(VICTIMS)
    assert_passed(verdict)


def second_process(stage: Stage, name: str) -> subprocess.Popen[bytes]:
    """A further replica of a service: the same environment, a port of its own."""
    environment = dict(
        part.split("=", 1)
        for part in Path(f"/proc/{pid_of(stage, name)}/environ").read_text().split("\0")
        if "=" in part
    )
    return subprocess.Popen(
        [sys.executable, "-m", name],
        env=environment | {"CROSSDOCK_LISTEN": "127.0.0.1:0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def test_a_relay_owner_stopped_for_a_minute_hands_over_and_does_nothing_twice(stage: Stage) -> None:
    replica = second_process(stage, "procurement")
    owner = pid_of(stage, "procurement")

    async def harm() -> None:
        os.kill(owner, signal.SIGSTOP)
        try:
            # The fault itself: the owner's locks must move to the replica and not come back with it.
            await asyncio.sleep(60)
        finally:
            os.kill(owner, signal.SIGCONT)

    try:
        assert_passed(await play_while(stage, harm))
    finally:
        with suppress(ProcessLookupError):
            replica.terminate()
        replica.wait(30)
