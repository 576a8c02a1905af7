"""What every way of doing harm works on, and what it leaves behind: the note of a fault that was done."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from crossdock_local.health import is_serving

from faults.broker_tricks import Tricks
from faults.evidence import AWAY
from faults.partner_side import FaultCast
from faults.schedule import Fault
from faults.stack import SERVERS, FaultStack

RETURN_SECONDS, LONGEST_SECONDS = 90.0, 240.0
PRESSURE = Path("/proc/pressure/cpu")
NEEDED = ("postgres", "nats")


@dataclass(slots=True)
class Injected:
    """A fault that was done, and how long its target took to be ready again; one that found no target is not `done`."""

    fault: Fault
    at: float
    done: bool = True
    recovered_seconds: float | None = None
    starved: float = 0.0
    """The part of the time that is measured in which somebody on this machine stood in line for a processor."""
    waits: dict[str, float] = field(default_factory=dict)
    """Seconds, by the names of `faults.waits`."""
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None


@dataclass
class Scene:
    stack: FaultStack
    cast: FaultCast
    seed: int
    longest_seconds: float = LONGEST_SECONDS
    """How long a fault waits for what it is there for; a mutant may have lost what would come of it."""
    tricks: list[Tricks] = field(default_factory=list)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"harm/{self.seed}")

    @property
    def folder(self) -> Path:
        """For copies that are put back later."""
        return self.stack.place.root

    def send(self, name: str, number: signal.Signals) -> bool:
        pid = self.stack.pid(name)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    def send_to_all(self, name: str, number: signal.Signals) -> bool:
        """To the process and to those that it started: a stopped postmaster alone keeps nobody from working."""
        sent = self.send(name, number)
        for child in children_of(self.stack.pid(name)):
            with suppress(ProcessLookupError):
                os.kill(child, number)
        return sent

    async def serves(self, name: str) -> bool:
        """Whether the process says that it may be sent work."""
        try:
            return await is_serving(self.stack.services[name])
        except ConnectionError:
            return False

    async def back(self, name: str, injected: Injected, former: int | None = None) -> None:
        """Until another process than the `former` is ready. What counts is the time in
        which it could: not while another fault keeps its broker or its database away, nor while it stood in line for a
        processor that others used."""
        clock, counted, line = asyncio.get_running_loop().time, 0.0, InLine()
        needs = [] if name in SERVERS else [server for server in NEEDED if server in self.stack.processes]
        while counted <= RETURN_SECONDS:
            pid = self.stack.pid(name)
            if self.stack.ready(name) and pid not in (None, former):
                break
            began, stood, could = clock(), in_line_seconds(pid), all(map(self.stack.ready, needs))
            await asyncio.sleep(0.05)
            if could:
                counted += max(0.0, clock() - began - max(0.0, in_line_seconds(pid) - stood))
        injected.recovered_seconds = counted
        injected.starved = line.share()

    async def patiently(self, seconds: float, happened: Callable[[], Awaitable[bool]]) -> None:
        """So many seconds, and on a machine that is starved longer, until the fault has done what it is there for."""
        await asyncio.sleep(seconds)
        until = asyncio.get_running_loop().time() + self.longest_seconds
        while not await happened() and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.5)

    async def number(self, query: str) -> int | None:
        """What the database counts; None while it is away."""
        try:
            connection = await asyncpg.connect(self.stack.admin_database, timeout=5)
        except AWAY:
            return None
        try:
            return int(await connection.fetchval(query))
        except AWAY:
            return None
        finally:
            connection.terminate()

    async def ask_database(self, statement: str) -> bool:
        """Whether the database was there to obey."""
        try:
            connection = await asyncpg.connect(self.stack.admin_database, timeout=5)
        except AWAY:
            return False
        try:
            await connection.execute("SET default_transaction_read_only = off")
            await connection.execute(statement)
        except AWAY:
            return False
        finally:
            connection.terminate()
        return True


class InLine:
    """In which part of the time since it was made somebody on this machine stood in line for a processor."""

    def __init__(self) -> None:
        self._began, self._pressure = time.monotonic(), pressure_seconds()

    def share(self) -> float:
        return (pressure_seconds() - self._pressure) / max(0.05, time.monotonic() - self._began)


def children_of(pid: int | None) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def in_line_seconds(pid: int | None) -> float:
    """How long the process has been ready to run without a processor, as the kernel counts it; 0 where it does not."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def pressure_seconds() -> float:
    """How long at least one process of the machine has stood in line for a processor; 0 where the kernel does not
    count it."""
    try:
        return int(PRESSURE.read_text().partition("total=")[2].split()[0]) / 1e6
    except (OSError, IndexError, ValueError):
        return 0.0
