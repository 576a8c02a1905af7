"""Does to the running stack what the schedule says, and takes all of it back at the end.

Faults overlap, but one target suffers one at a time. Each is noted in the history with what came of it.
"""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

from faults.history import History
from faults.schedule import Fault
from faults.ways import WAYS, database, disks, partners
from faults.ways.scene import Injected, Scene


@dataclass
class Nemesis:
    scene: Scene
    history: History
    injected: list[Injected] = field(default_factory=list)
    _busy: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def run(self, faults: list[Fault]) -> None:
        """Returns when the last fault has been done and its target is back. Raises what the harness got wrong."""
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._at_its_time(fault))

    async def heal(self) -> None:
        """Whatever is still wrong is put right."""
        stack = self.scene.stack
        stack.proxies.rest()
        stack.poison.unlink(missing_ok=True)
        partners.behave(self.scene)
        disks.make_room(self.scene)
        for name in stack.names:
            stack.gates[name].set()
            self.scene.send_to_all(name, signal.SIGCONT)
            stack.clock_file(name).unlink(missing_ok=True)
            for armed in stack.crash_folder(name).glob("*"):
                armed.unlink(missing_ok=True)
        await database.writable(self.scene, yes=True)

    async def _at_its_time(self, fault: Fault) -> None:
        await asyncio.sleep(max(0.0, fault.at - self.history.now))
        async with self._busy[fault.target]:
            injected = Injected(fault, self.history.now)
            self.history.note("fault", what=str(fault))
            await WAYS[fault.how](self.scene, fault, injected)
            injected.ended_at = datetime.now(UTC)
            self.injected.append(injected)
            self.history.note("fault ended", what=str(fault), done=injected.done, recovered=injected.recovered_seconds)
