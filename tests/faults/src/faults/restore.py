"""F23: procurement's database comes back from a backup, its stream and its consumers are newer.

What consumers know of work that the backup lacks must not be overwritten nor passed over in silence: they notice it at
the first event that contradicts it, park that order, and somebody decides. Then everything goes on.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from partners.suite import Suite

from faults import by_hand
from faults.calls import Clients
from faults.checkers.finding import Finding
from faults.command_line import CommandLine
from faults.past import Backup
from faults.stack import FaultStack

SERVICE, PROCESSES = "procurement", ("procurement", "procurement-2")
CONSUMERS = ("connector", "inventory")
ORDERS, LOST = 24, 16
NOTICE_SECONDS = 60.0
_FOREIGN = """
SELECT w.consumer, w.aggregate, w.version, w.parked_at IS NOT NULL AS parked,
  EXISTS (SELECT FROM {s}.inbox i WHERE i.consumer = w.consumer AND i.event_id = $2) AS seen,
  EXISTS (SELECT FROM {s}.held h WHERE h.consumer = w.consumer AND h.event_id = $2) AS held
FROM {s}.watermark w WHERE w.aggregate = $1 AND w.consumer LIKE '%/procurement'
"""


@dataclass
class Restore:
    stack: FaultStack
    suite: Suite
    clients: Clients
    commands: Path
    """Receives the runbook's commands with what they printed."""
    finding: Finding = field(default_factory=lambda: Finding("F23", "restored to the past"))
    figures: dict[str, float] = field(default_factory=dict)

    async def play(self) -> None:
        kept = [await by_hand.placed(self.clients) for _ in range(ORDERS)]
        await by_hand.at_rest(self.suite)
        async with self._database() as database:
            backup = Backup(SERVICE)
            await backup.take(database)
        await by_hand.answered(self.clients, kept[:LOST], self.finding)
        await by_hand.at_rest(self.suite)
        async with self._database() as database:
            lost = await database.fetch(
                "SELECT event_id, aggregate, version FROM procurement.journal j"
                " WHERE NOT EXISTS (SELECT FROM procurement_backup.journal b WHERE b.event_id = j.event_id)"
            )
            await self._go_back(backup, database)
        self.figures["events that the backup lacked"] = len(lost)
        self.finding.look(not lost, "nothing was lost by the restore, so nothing can be noticed")
        # The suppliers are asked again for what nobody knows any more.
        await by_hand.answered(self.clients, kept[:LOST], self.finding)
        await self._noticed({(row["aggregate"], row["version"]) for row in lost})
        await self._go_on()

    async def _go_back(self, backup: Backup, database: asyncpg.Connection) -> None:
        for name in PROCESSES:
            self.stack.gates[name].clear()
            await self.stack.processes[name].child.kill()
        await backup.put_back(database)
        for name in PROCESSES:
            self.stack.gates[name].set()
        until = time.monotonic() + by_hand.QUIET_SECONDS
        await asyncio.sleep(0.5)
        while not all(self.stack.ready(name) for name in PROCESSES):
            if time.monotonic() > until:
                raise TimeoutError("procurement does not come back")
            await asyncio.sleep(0.2)

    async def _noticed(self, lost: set[tuple[str, int]]) -> None:
        """Every event that is told in place of a lost one: held at a parked order, and somebody is told."""
        until = time.monotonic() + NOTICE_SECONDS
        wrong = await self._silent(lost)
        while (wrong or not self.figures["events in place of lost ones"]) and time.monotonic() < until:
            await asyncio.sleep(0.5)
            wrong = await self._silent(lost)
        self.finding.facts += int(self.figures["events in place of lost ones"])
        self.finding.look(not self.figures["events in place of lost ones"], "no order was told in another way")
        self.finding.blame(wrong)
        raised = await by_hand.contradictions(self.suite)
        self.figures["exceptions"] = len(raised)
        self.finding.look(not raised, "nobody was told")

    async def _silent(self, lost: set[tuple[str, int]]) -> list[str]:
        """Consumers that have passed over what is told in place of a lost event."""
        found: list[str] = []
        async with self._database() as database:
            rows = await database.fetch("SELECT event_id, aggregate, version FROM procurement.journal")
            again = [row for row in rows if (row["aggregate"], row["version"]) in lost]
            for row in again:
                for service in CONSUMERS:
                    marks = await database.fetch(_FOREIGN.format(s=service), row["aggregate"], row["event_id"])
                    found += [_sentence(row, mark) for mark in marks if not (mark["held"] and mark["parked"])]
        self.figures["events in place of lost ones"] = len(again)
        return found

    async def _go_on(self) -> None:
        """As docs/runbooks/restore.md says: looked at with the command line, then the second telling is given up, the
        oldest first; after that nothing may be left."""
        await self._as_in_the_runbook()
        self.figures["given up by hand"] = await by_hand.decided(self.suite, "the supplier's first answer stands")
        self.finding.look(not await self.suite.quiet(), "something still waits after everything was decided")

    async def _as_in_the_runbook(self) -> None:
        """Every command of the runbook, once."""
        command = CommandLine(self.stack.place.root, self.clients.tenant, self.commands, self.finding).run
        listed = json.loads(await command("exceptions", "--json"))
        known = sum(each["code"] == by_hand.CONTRADICTED for each in listed)
        self.finding.look(known != self.figures["exceptions"], f"the command line lists {known} exceptions")
        await command("status")
        await command("reconcile", "--from", "1h")
        await command("reconcile", "--from", "1h", "--run", "--reason", "procurement was restored")
        await command("replay", "--from", "1h")
        await command("deliveries")
        ids = iter([each["exceptionId"] for each in listed if each["code"] == by_hand.CONTRADICTED])
        told = await command("exceptions", "retry", next(ids), "--reason", "the consumer was restored as well")
        self.finding.look("applied again" not in told, f"a retry says: {told}")
        told = await command("exceptions", "discard", next(ids), "--reason", "the first answer stands")
        self.finding.look("given up" not in told, f"a discard says: {told}")

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.stack.admin_database, timeout=10)
        try:
            yield connection
        finally:
            await connection.close()


def _sentence(row: asyncpg.Record, mark: asyncpg.Record) -> str:
    state = ", ".join(f"{name} {mark[name]}" for name in ("seen", "held", "parked"))
    return f"{mark['consumer']} passed over version {row['version']} of {row['aggregate']}: {state}"
