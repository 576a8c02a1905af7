"""Does to the running stack what the schedule says, and takes all of it back at the end.

Faults overlap, but one target suffers one at a time. Each is noted in the history with what came of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from partners.cast import Cast
from partners.faults import Faults

from faults.broker_tricks import Tricks
from faults.history import History
from faults.proxies import Toxic
from faults.schedule import Fault
from faults.stack import FaultStack

log = logging.getLogger(__name__)
POINT_SECONDS = 6.0
RETURN_SECONDS = 90.0


@dataclass(slots=True)
class Injected:
    """A fault that was done, and how long its target took to be ready again; one that found no target is not `done`."""

    fault: Fault
    at: float
    done: bool = True
    recovered_seconds: float | None = None


@dataclass
class Nemesis:
    stack: FaultStack
    cast: Cast
    history: History
    seed: int
    injected: list[Injected] = field(default_factory=list)
    tricks: list[Tricks] = field(default_factory=list)
    _busy: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def run(self, faults: list[Fault]) -> None:
        """Returns when the last fault has been done and its target is back. Raises what the harness got wrong."""
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._at_its_time(fault))

    async def heal(self) -> None:
        """Whatever is still wrong is put right."""
        self.stack.proxies.rest()
        self.stack.poison.unlink(missing_ok=True)
        for faults in self._partners().values():
            faults.silent, faults.error, faults.delay_seconds = False, 0.0, 0.0
        for name in self.stack.names:
            self.stack.gates[name].set()
            self._send(name, signal.SIGCONT)
            for armed in self.stack.crash_folder(name).glob("*"):
                armed.unlink(missing_ok=True)
        await self._writable(True)

    async def _at_its_time(self, fault: Fault) -> None:
        await asyncio.sleep(max(0.0, fault.at - self.history.now))
        async with self._busy[fault.target]:
            injected = Injected(fault, self.history.now)
            self.history.note("fault", what=str(fault))
            await self._WAYS[fault.how](self, fault, injected)
            self.injected.append(injected)
            self.history.note("fault ended", what=str(fault), done=injected.done, recovered=injected.recovered_seconds)

    # --- processes

    async def _kill(self, fault: Fault, injected: Injected) -> None:
        gate = self.stack.gates[fault.target]
        gate.clear()
        injected.done = self._send(fault.target, signal.SIGKILL)
        await asyncio.sleep(fault.seconds)
        gate.set()
        await self._back(fault.target, injected)

    async def _terminate(self, fault: Fault, injected: Injected) -> None:
        injected.done = self._send(fault.target, signal.SIGTERM)
        await self._back(fault.target, injected)

    async def _stop(self, fault: Fault, injected: Injected) -> None:
        injected.done = self._send(fault.target, signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)
        self._send(fault.target, signal.SIGCONT)

    async def _crash(self, fault: Fault, injected: Injected) -> None:
        """Armed until somebody reaches the point; one that nobody reaches in time is no fault."""
        armed = self.stack.crash_folder(fault.target) / fault.detail
        armed.touch()
        for _ in range(int(POINT_SECONDS / 0.05)):
            await asyncio.sleep(0.05)
            if not armed.exists():
                await self._back(fault.target, injected)
                return
        with suppress(FileNotFoundError):
            armed.unlink()
            injected.done = False
            return
        await self._back(fault.target, injected)

    async def _back(self, name: str, injected: Injected) -> None:
        """Until the process that was ended is seen to be gone and another one is ready."""
        began = asyncio.get_running_loop().time()
        # The supervisor looks four times a second.
        await asyncio.sleep(0.3)
        while not self.stack.ready(name):
            await asyncio.sleep(0.05)
            if asyncio.get_running_loop().time() - began > RETURN_SECONDS:
                injected.recovered_seconds = RETURN_SECONDS
                return
        injected.recovered_seconds = asyncio.get_running_loop().time() - began

    def _send(self, name: str, number: signal.Signals) -> bool:
        pid = self.stack.pid(name)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    # --- links

    async def _hole(self, fault: Fault, injected: Injected) -> None:
        both = fault.detail == "both"
        toxic = Toxic(swallow_up=both or fault.detail == "up", swallow_down=both or fault.detail == "down")
        await self._poisoned_link(fault, toxic)

    async def _latency(self, fault: Fault, injected: Injected) -> None:
        await self._poisoned_link(fault, Toxic(latency_seconds=0.2, jitter_seconds=0.1))

    async def _bandwidth(self, fault: Fault, injected: Injected) -> None:
        await self._poisoned_link(fault, Toxic(bytes_per_second=8_000))

    async def _slice(self, fault: Fault, injected: Injected) -> None:
        await self._poisoned_link(fault, Toxic(slice_bytes=1))

    async def _corrupt(self, fault: Fault, injected: Injected) -> None:
        await self._poisoned_link(fault, Toxic(corrupt_one_byte=True))
        # What was sent with a wrong byte is not to be believed any longer than the link.
        self.stack.proxies.hops[fault.target].reset()

    async def _reset(self, fault: Fault, injected: Injected) -> None:
        injected.done = self.stack.proxies.hops[fault.target].reset() > 0

    async def _poisoned_link(self, fault: Fault, toxic: Toxic) -> None:
        hop = self.stack.proxies.hops[fault.target]
        hop.toxic = toxic
        await asyncio.sleep(fault.seconds)
        hop.toxic = Toxic()

    async def _play_tricks(self, fault: Fault, injected: Injected) -> None:
        hop = self.stack.proxies.hops[fault.target]
        hop.tricks = Tricks(self.seed + len(self.tricks))
        self.tricks.append(hop.tricks)
        await asyncio.sleep(fault.seconds)
        hop.tricks = None

    # --- servers

    async def _roll_back(self, fault: Fault, injected: Injected) -> None:
        """The disk as it was some seconds ago, as after a loss of power. The first kill only makes the copy whole."""
        copy = self.stack.place.root / "nats-before"
        await self._exchange(lambda: _copy(self.stack.store, copy), injected)
        await asyncio.sleep(fault.seconds)
        await self._exchange(lambda: _replace(self.stack.store, copy), injected)

    async def _exchange(self, work: Callable[[], None], injected: Injected) -> None:
        gate = self.stack.gates["nats"]
        gate.clear()
        child = self.stack.processes["nats"].child
        await child.kill()
        try:
            await asyncio.to_thread(work)
        finally:
            gate.set()
        await self._back("nats", injected)

    async def _end_backends(self, fault: Fault, injected: Injected) -> None:
        """Half of all sessions, drawn by the database."""
        statement = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < 0.5"
        )
        injected.done = await self._ask(statement)

    async def _read_only(self, fault: Fault, injected: Injected) -> None:
        injected.done = await self._writable(False)
        await asyncio.sleep(fault.seconds)
        while not await self._writable(True):
            await asyncio.sleep(0.2)

    async def _writable(self, yes: bool) -> bool:
        word = "off" if yes else "on"
        return await self._ask(f"ALTER SYSTEM SET default_transaction_read_only = {word}") and await self._ask(
            "SELECT pg_reload_conf()"
        )

    async def _ask(self, statement: str) -> bool:
        """Whether the database was there to obey."""
        try:
            connection = await asyncpg.connect(self.stack.admin_database, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        try:
            await connection.execute("SET default_transaction_read_only = off")
            await connection.execute(statement)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        finally:
            connection.terminate()
        return True

    async def _flush(self, fault: Fault, injected: Injected) -> None:
        injected.done = await self.stack.flush_cache()

    # --- partners and consumers

    async def _silent(self, fault: Fault, injected: Injected) -> None:
        await self._misbehaving(fault, lambda knobs, on: setattr(knobs, "silent", on))

    async def _errors(self, fault: Fault, injected: Injected) -> None:
        await self._misbehaving(fault, lambda knobs, on: setattr(knobs, "error", 0.7 if on else 0.0))

    async def _slow_partner(self, fault: Fault, injected: Injected) -> None:
        await self._misbehaving(fault, lambda knobs, on: setattr(knobs, "delay_seconds", 1.0 if on else 0.0))

    async def _misbehaving(self, fault: Fault, turn: Callable[[Faults, bool], None]) -> None:
        knobs = self._partners()[fault.target]
        turn(knobs, True)
        await asyncio.sleep(fault.seconds)
        turn(knobs, False)

    def _partners(self) -> dict[str, Faults]:
        doors = {"erp-eu": self.cast.erp.faults, **{name: each.faults for name, each in self.cast.suppliers.items()}}
        return doors | {each.partner: each.faults for each in self.cast.warehouses.values()}

    async def _poison(self, fault: Fault, injected: Injected) -> None:
        self.stack.poison.write_text(fault.detail)
        await asyncio.sleep(fault.seconds)
        self.stack.poison.unlink(missing_ok=True)

    _WAYS: dict[str, Callable[[Nemesis, Fault, Injected], Awaitable[None]]] = field(
        init=False,
        default_factory=lambda: {
            "kill": Nemesis._kill,
            "terminate": Nemesis._terminate,
            "stop": Nemesis._stop,
            "crash": Nemesis._crash,
            "black hole": Nemesis._hole,
            "latency": Nemesis._latency,
            "bandwidth": Nemesis._bandwidth,
            "slice": Nemesis._slice,
            "corrupt": Nemesis._corrupt,
            "reset": Nemesis._reset,
            "repeat and reorder": Nemesis._play_tricks,
            "roll back": Nemesis._roll_back,
            "end backends": Nemesis._end_backends,
            "read only": Nemesis._read_only,
            "flush": Nemesis._flush,
            "silent": Nemesis._silent,
            "errors": Nemesis._errors,
            "slow partner": Nemesis._slow_partner,
            "poison": Nemesis._poison,
        },
    )


def _copy(store: Path, copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(store, copy)


def _replace(store: Path, copy: Path) -> None:
    shutil.rmtree(store)
    shutil.copytree(copy, store)
