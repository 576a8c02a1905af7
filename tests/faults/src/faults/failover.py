"""F10 with an asynchronous replica: the primary dies with commits that nobody else has. The loss is measured.

All services go back to the same moment, while the streams, the broker's acknowledgments and the partners stay in the
present. Nothing older than the lag may be missing, and with the runbook's commands everything comes to rest again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from partners.suite import Suite

from faults import by_hand, evidence
from faults.calls import Clients
from faults.checkers.calls import SERVICE_OF
from faults.checkers.finding import Finding
from faults.command_line import CommandLine
from faults.history import Operation
from faults.proxies import Toxic
from faults.replica import Replica
from faults.stack import FaultStack

ORDERS, CALLERS, PAUSE_SECONDS = 12, 4, 0.1
BEHIND_SECONDS = 6.0
_AUDITED = "SELECT request_id FROM {s}.audit WHERE request_id = ANY ($1::text[])"


@dataclass
class Failover:
    stack: FaultStack
    suite: Suite
    clients: Clients
    commands: Path
    """Receives the runbook's commands with what they printed."""
    finding: Finding = field(default_factory=lambda: Finding("F10", "a replica that was behind"))
    figures: dict[str, float] = field(default_factory=dict)

    async def play(self) -> None:
        orders = [await by_hand.placed(self.clients) for _ in range(ORDERS)]
        await by_hand.answered(self.clients, orders[: ORDERS // 2], self.finding)
        await by_hand.at_rest(self.suite)
        replica = await Replica.beside(self.stack)
        await replica.follow(synchronous=False)
        self.clients.placed[:] = orders[ORDERS // 2 :]
        behind_from = self.clients.history.now
        replica.link.toxic = Toxic(swallow_down=True)
        await self._load(BEHIND_SECONDS)
        died_at, began = self.clients.history.now, time.monotonic()
        await replica.take_over()
        self.figures["seconds until the replica took writes"] = round(time.monotonic() - began, 1)
        await self._measure(behind_from, died_at)
        await self._go_on()

    async def _load(self, seconds: float) -> None:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, over.set)
        await self.clients.run(CALLERS, PAUSE_SECONDS, over)

    async def _measure(self, behind_from: float, died_at: float) -> None:
        """By the audit rows of what callers were told is done: they were written with it."""
        accepted = [each for each in self.clients.history if each.outcome == "ok" and _request_id(each)]
        there = await self._there(accepted)
        lost = [each for each in accepted if _request_id(each) not in there]
        earlier = [each for each in lost if each.ended_at < behind_from]
        self.finding.facts += len(accepted)
        self.finding.blame(f"{each.what} {each.key} was accepted while the replica had everything" for each in earlier)
        self.finding.look(not lost, "the replica was not behind, so nothing was measured")
        self.figures["accepted while it was behind"] = sum(each.ended_at >= behind_from for each in accepted)
        self.figures["of these lost"] = len(lost)
        if lost:
            self.figures["loss window in seconds"] = round(died_at - min(each.ended_at for each in lost), 1)

    async def _there(self, accepted: Iterable[Operation]) -> set[str]:
        ids = [_request_id(each) for each in accepted]
        connection = await asyncpg.connect(self.stack.admin_database, timeout=10)
        try:
            pages = [await connection.fetch(_AUDITED.format(s=name), ids) for name in set(SERVICE_OF.values())]
        finally:
            await connection.close()
        return {row["request_id"] for rows in pages for row in rows}

    async def _go_on(self) -> None:
        """As docs/runbooks/restore.md says, for all services put back to one moment."""
        # Answers as soon as every service does, from the database that it has now.
        await self.suite.backlog()
        line = CommandLine(self.stack.place.root, self.clients.tenant, self.commands, self.finding)
        await line.ready()
        command = line.run
        await command("reconcile", "--from", "1h", "--run", "--reason", "the replica that took over was behind")
        await command("exceptions")
        self.figures["given up by hand"] = await by_hand.decided(self.suite, "what was applied stands")
        self.finding.look(not await self.suite.quiet(), await self._what_waits())
        await self.stack.stop_services()
        found = await evidence.gathered(self.stack)
        self.figures["events on streams that no journal knows"] = sum(
            len(set(rows.on_stream) - {str(event.event_id) for event in rows.journal})
            for rows in found.services.values()
        )
        self._compare(found)

    async def _what_waits(self) -> str:
        backlog = await self.suite.backlog()
        rows = {name: (each.held, each.unprocessed, each.undelivered) for name, each in backlog.items()}
        counts = ", ".join(f"{name} {row}" for name, row in rows.items() if any(row))
        waiting = "; ".join(await self.suite.unfinished())
        return f"still waits after everything was decided (held, unprocessed, undelivered): {counts}; {waiting[:2000]}"

    def _compare(self, found: evidence.Evidence) -> None:
        """Each consumer has come as far as the journal that there is now."""
        for service, rows in found.services.items():
            last = {(event.tenant, event.aggregate): event.version for event in _in_order(rows.journal)}
            for name, consumer in evidence.consumers_of(found.services, service):
                for (tenant, aggregate), version in last.items():
                    reached = found.services[name].watermarks.get((consumer, tenant, aggregate), 0)
                    self.finding.look(
                        reached < version, f"{consumer} has come to {reached} of {version} of {aggregate}"
                    )


def _request_id(operation: Operation) -> str:
    return getattr(operation.request, "request_id", "") if operation.what in SERVICE_OF else ""


def _in_order(journal: Sequence[evidence.Recorded]) -> list[evidence.Recorded]:
    return sorted(journal, key=lambda event: event.version)
