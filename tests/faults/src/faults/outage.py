"""The ERP is away for thirty minutes of load, told in seconds: nobody in a warehouse may wait for it.

Suppliers ship and warehouses count meanwhile. When the ERP is back, each receipt is posted there once, each document's
deliveries in their order, and the timeline of every order shows the attempts and the posting.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
from crossdock.ops.v1 import ops_service_pb2 as ops
from partners.cast import Cast
from partners.day import Order
from partners.suite import Suite

from faults import world
from faults.checkers.finding import Finding, Trial
from faults.command_line import CommandLine
from faults.schedule import Fault
from faults.ways.scene import Injected

BEGINS, SECONDS_PER_MINUTE, MINUTES = 20.0, 3.0, 30
LASTS = SECONDS_PER_MINUTE * MINUTES
PLAYS = BEGINS + LASTS + 20.0
BOOKED_SECONDS = 120.0
_BOOKED = """
SELECT r.number FROM procurement.receipt r
WHERE EXISTS (SELECT FROM inventory.movement m WHERE m.posting_key = 'receipt/' || r.receipt_id)
"""
_CONFIRMATION = """
SELECT delivery_id, idempotency_key FROM connector.delivery
WHERE partner = $1 AND kind = 'json.order_confirmation' AND state = 'waiting' AND attempts = 0 AND keys && $2::text[]
ORDER BY position DESC LIMIT 1
"""
RECEIPT, POSTING = "wms_a.receipt", "json.goods_receipt"


@dataclass
class Outage:
    """One run's outage: its fault, what is set up for it, what is asked before the services stop, the verdict."""

    orders: Sequence[Order]
    taken_back: str = ""
    timelines: dict[str, Sequence[ops.Step]] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    injected: Injected | None = None
    finding: Finding = field(default_factory=lambda: Finding("OUT", "an outage of the ERP"))

    def set_up(self, cast: Cast) -> None:
        """The suppliers take their time, each another one, so that goods arrive all through the outage."""
        for place, supplier in enumerate(cast.suppliers.values(), 1):
            # They answer first and ship then, and take that time for both.
            supplier.faults.delay_seconds = (BEGINS + LASTS * place / len(cast.suppliers)) / 2

    async def play(self, cast: Cast, database: str, command: CommandLine) -> None:
        """The ERP comes back when its time is over and all that was counted by then stands in the ledger: if that had
        waited for the ERP, it would wait for ever."""
        await asyncio.sleep(BEGINS)
        self.injected = Injected(Fault(BEGINS, "F17", "silent", world.ERP, LASTS), BEGINS)
        cast.erp.faults.silent = True
        await asyncio.sleep(LASTS * 0.6)
        await self._as_in_the_runbook(database, command)
        await asyncio.sleep(LASTS * 0.4)
        for supplier in cast.suppliers.values():
            supplier.faults.silent = True
        waiting = await self._waiting(cast, database)
        self.finding.blame(f"receipt {number} waits for the ERP" for number in waiting)
        self.injected.ended_at = datetime.now(UTC)
        cast.erp.faults.silent = False
        for supplier in cast.suppliers.values():
            supplier.faults.silent = False

    async def _as_in_the_runbook(self, database: str, command: CommandLine) -> None:
        """Every command of docs/runbooks/partner-away.md while the ERP is away; one confirmation is taken back."""
        listed = await command.run("deliveries")
        self.finding.look(world.ERP not in listed, "the command line shows nothing that waits for the ERP")
        raised = json.loads(await command.run("exceptions", "--json"))
        named = [each["exceptionId"] for each in raised if each.get("subject") == f"partner/{world.ERP}"]
        self.finding.look(not named, "no exception names the partner that is away")
        for exception_id in named[:1]:
            await command.run("exceptions", "retry", exception_id, "--reason", "the ERP is said to be back")
        await command.run("replay", "--partner", world.ERP)
        row = await self._confirmation(database)
        self.finding.look(row is None, "no confirmation waits for the ERP")
        if row is not None:
            self.taken_back = row["idempotency_key"]
            await command.run("deliveries", "cancel", str(row["delivery_id"]), "--reason", "sent by hand")

    async def _confirmation(self, database: str) -> Any:
        """Of an order for which nobody waits until the ERP knows."""
        plain = [f"po:{order.number}" for order in self.orders if order.scene not in ("amended", "cancelled")]
        connection = await asyncpg.connect(database, timeout=10)
        try:
            return await connection.fetchrow(_CONFIRMATION, world.ERP, plain)
        finally:
            await connection.close()

    async def _waiting(self, cast: Cast, database: str) -> set[str]:
        """Receipts that warehouses have reported and the ledger lacks, after a while in which it may catch up."""
        connection = await asyncpg.connect(database, timeout=10)
        until = asyncio.get_running_loop().time() + BOOKED_SECONDS
        try:
            while True:
                sent = {e.key for e in cast.journal if e.direction == "sent" and e.kind == RECEIPT}
                booked = {row["number"] for row in await connection.fetch(_BOOKED)}
                if sent <= booked or asyncio.get_running_loop().time() > until:
                    return sent - booked
                await asyncio.sleep(0.5)
        finally:
            await connection.close()

    async def ask(self, suite: Suite, trial: Trial) -> None:
        for order in trial.day.orders:
            desk = suite.desks["procurement"]
            found = await suite.call(desk.FindTransactions, ops.FindTransactionsRequest(key=order.number))
            names = [match.transaction_id for match in found.transactions if match.root_key == f"po:{order.number}"]
            self.timelines[order.number] = await _steps(suite, names) if names else []

    def judge(self, trial: Trial) -> Finding:
        finding, away = self.finding, self.injected
        if away is None or away.ended_at is None:
            finding.blame(["the outage did not end"])
            return finding
        span = (away.began_at, away.ended_at)
        counted = _warehouses(trial, finding, span)
        _postings(trial, finding, span, counted)
        came = any(entry.partner == world.ERP and entry.note == self.taken_back for entry in trial.cast.journal)
        finding.look(bool(self.taken_back) and came, "the ERP got the confirmation that was taken back")
        _in_order(trial, finding)
        self._timelines(trial, finding, span[1], counted)
        self.figures["receipts during the outage"] = len(counted)
        return finding

    def _timelines(self, trial: Trial, finding: Finding, back_at: datetime, counted: Collection[str]) -> None:
        """An order whose goods came during the outage shows when they were received and when the ERP was told."""
        rows = trial.evidence.receipt_lines
        orders = {row["purchase_order_number"] for row in rows if row["number"] in counted}
        shown = 0
        for number in sorted(orders & self.timelines.keys()):
            steps = [step for step in self.timelines[number] if step.name == POSTING and step.kind == "delivery"]
            posted = [step for step in steps if step.outcome == "advanced" and step.at.ToNanoseconds() >= _ns(back_at)]
            finding.look(not posted, f"the timeline of {number} does not show its posting after the outage")
            shown += bool(posted)
        self.figures["timelines that show the posting after the outage"] = shown


async def _steps(suite: Suite, names: Sequence[str]) -> list[ops.Step]:
    found: list[ops.Step] = []
    for desk in suite.desks.values():
        answer = await suite.call(desk.ListSteps, ops.ListStepsRequest(transaction_ids=names, page_size=1000))
        found += answer.steps
    return found


def _warehouses(trial: Trial, finding: Finding, span: tuple[datetime, datetime]) -> set[str]:
    """Receipts that were counted while the ERP was away."""
    counted = {
        entry.key
        for entry in trial.cast.journal
        if entry.direction == "sent" and entry.kind == RECEIPT and span[0] <= entry.at <= span[1]
    }
    finding.facts += len(counted)
    finding.look(not counted, "nothing was received during the outage")
    return counted


def _postings(trial: Trial, finding: Finding, span: tuple[datetime, datetime], counted: Collection[str]) -> None:
    fresh: Counter[str] = Counter()
    for entry in trial.cast.journal:
        if entry.partner == world.ERP and entry.direction == "received" and entry.kind == POSTING:
            fresh[entry.key] += not entry.repeated
            finding.look(span[0] < entry.at < span[1], f"{entry.key} came to the ERP while it was away")
    for number in counted:
        finding.look(fresh[number] != 1, f"receipt {number} was posted {fresh[number]} times")


def _in_order(trial: Trial, finding: Finding) -> None:
    """What is about one business document came to the ERP in the order in which it was decided."""
    arrived: dict[str, int] = {}
    for place, entry in enumerate(trial.cast.journal):
        if entry.partner == world.ERP and entry.direction == "received":
            arrived.setdefault(entry.note, place)
    by_key: defaultdict[str, list[Any]] = defaultdict(list)
    for row in trial.evidence.services["connector"].deliveries:
        if row["partner"] == world.ERP and row["idempotency_key"] in arrived:
            by_key[row["ordering_key"]].append(row)
    for key, rows in by_key.items():
        places = [arrived[row["idempotency_key"]] for row in sorted(rows, key=lambda row: row["position"])]
        finding.look(places != sorted(places), f"what is about {key} came to the ERP in another order")


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1e9)
