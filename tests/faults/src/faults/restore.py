"""F23: procurement's database comes back from a backup, its stream and its consumers are newer.

What consumers know of work that the backup lacks must not be overwritten nor passed over in silence: they notice it at
the first event that contradicts it, park that order, and somebody decides. Then everything goes on.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import asyncpg
import grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import repair_service_pb2 as repair
from partners.suite import Suite

from faults.calls import Clients
from faults.checkers.finding import Finding
from faults.command_line import CommandLine
from faults.past import Backup
from faults.stack import FaultStack

SERVICE, PROCESSES = "procurement", ("procurement", "procurement-2")
CONSUMERS = ("connector", "inventory")
CODE = "HISTORY_CONTRADICTED"
ORDERS, LOST = 24, 16
QUIET_SECONDS, NOTICE_SECONDS = 90.0, 60.0
Placed = tuple[str, str, str]
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
        kept = [await self._placed() for _ in range(ORDERS)]
        await self._quiet()
        async with self._database() as database:
            backup = Backup(SERVICE)
            await backup.take(database)
        await self._answered(kept[:LOST])
        await self._quiet()
        async with self._database() as database:
            lost = await database.fetch(
                "SELECT event_id, aggregate, version FROM procurement.journal j"
                " WHERE NOT EXISTS (SELECT FROM procurement_backup.journal b WHERE b.event_id = j.event_id)"
            )
            await self._go_back(backup, database)
        self.figures["events that the backup lacked"] = len(lost)
        self.finding.look(not lost, "nothing was lost by the restore, so nothing can be noticed")
        # The suppliers are asked again for what nobody knows any more.
        await self._answered(kept[:LOST])
        await self._noticed({(row["aggregate"], row["version"]) for row in lost})
        await self._go_on()

    async def _go_back(self, backup: Backup, database: asyncpg.Connection) -> None:
        for name in PROCESSES:
            self.stack.gates[name].clear()
            await self.stack.processes[name].child.kill()
        await backup.put_back(database)
        for name in PROCESSES:
            self.stack.gates[name].set()
        until = time.monotonic() + QUIET_SECONDS
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
        raised = [each for each in await self.suite.open_exceptions() if each.code == CODE]
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
        discarded = 0
        until = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < until:
            raised = [each for each in await self.suite.open_exceptions() if each.code == CODE]
            if not raised and await self.suite.quiet():
                break
            for each in raised:
                discarded += await self._discard(each)
            await asyncio.sleep(0.5)
        self.figures["given up by hand"] = discarded
        self.finding.look(not await self.suite.quiet(), "something still waits after everything was decided")

    async def _as_in_the_runbook(self) -> None:
        """Every command of the runbook, once."""
        command = CommandLine(self.stack.place.root, self.clients.tenant, self.commands, self.finding).run
        listed = json.loads(await command("exceptions", "--json"))
        known = sum(each["code"] == CODE for each in listed)
        self.finding.look(known != self.figures["exceptions"], f"the command line lists {known} exceptions")
        await command("status")
        await command("reconcile", "--from", "1h")
        await command("reconcile", "--from", "1h", "--run", "--reason", "procurement was restored")
        await command("replay", "--from", "1h")
        await command("deliveries")
        ids = iter([each["exceptionId"] for each in listed if each["code"] == CODE])
        told = await command("exceptions", "retry", next(ids), "--reason", "the consumer was restored as well")
        self.finding.look("applied again" not in told, f"a retry says: {told}")
        told = await command("exceptions", "discard", next(ids), "--reason", "the first answer stands")
        self.finding.look("given up" not in told, f"a discard says: {told}")

    async def _discard(self, raised: ops.Exception) -> bool:
        request = repair.DiscardExceptionRequest(
            request_id=str(uuid4()), exception_id=raised.exception_id, reason="the supplier's first answer stands"
        )
        try:
            await self.suite.call(self.suite.repairs[raised.service].DiscardException, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
            return False
        return True

    async def _placed(self) -> Placed:
        before = len(self.clients.placed)
        while len(self.clients.placed) == before:
            await self.clients.order("restore")
        return self.clients.placed[-1]

    async def _answered(self, orders: Sequence[Placed]) -> None:
        """Every order is answered by its supplier."""
        for order in orders:
            self.clients.placed[:] = [order]
            await self.clients.answer("restore")
            last = self.clients.history.operations[-1]
            self.finding.look(last.outcome != "ok", f"{order[0]} cannot be answered: {last.reason}")

    async def _quiet(self) -> None:
        until = time.monotonic() + QUIET_SECONDS
        while not await self.suite.quiet():
            if time.monotonic() > until:
                raise TimeoutError("the suite does not come to rest")
            await asyncio.sleep(0.3)

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
