"""A stack with its world on it: the load and the faults of a plan, the quiet after them, what they came to."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from partners.day import Day
from partners.sales.desk import SalesDesk
from partners.stock.desk import StockDesk
from partners.suite import Suite

from faults import answers, counts, evidence, world
from faults.broker_tricks import deliveries
from faults.calls import Clients
from faults.checkers import judged
from faults.checkers.finding import Trial
from faults.command_line import CommandLine
from faults.failover import Failover
from faults.history import History
from faults.invoicing import Invoicing
from faults.nemesis import Nemesis
from faults.outage import Outage
from faults.overload import Overload
from faults.partner_side import FaultCast
from faults.plan import OUTAGE, Outcome, Plan
from faults.restore import Restore
from faults.schedule import Fault
from faults.selling.coming_back import ComingBack
from faults.selling.load import Sellers
from faults.settling import Settling
from faults.stack import TENANTS, FaultStack
from faults.stocktaking import Stocktakers
from faults.tally import Tally
from faults.ways.scene import Injected, Scene

RELEASES_AT_ONCE = 6
ALONE = {"restore": "F23", "failover": "F10", "overload": "F22"}
TARGETS = {"restore": "procurement", "failover": "postgres", "overload": "inventory"}
LEARN_SECONDS = 300.0
LAPSE_SECONDS = 20.0
MUTANTS_SECONDS = 60.0
PROGRESS_SECONDS = 20.0
PLENTY = 40
BACK_PAUSE_SECONDS = 0.8
Say = Callable[[str], None]


def plan_alone(name: str, seed: int) -> Plan:
    return Plan(seed=seed, orders=0, seconds=0, counts={ALONE[name]: 1}, scenario=name)


@dataclass
class Stage:
    """A stack with its world on it. `ways` are the callers' ways in, by tenant; the first one sells at the `desk`, and
    counts at the `shelves`, inventory's by each of its processes."""

    stack: FaultStack
    day: Day
    history: History
    cast: FaultCast
    desk: SalesDesk
    shelves: Sequence[StockDesk]
    ways: Mapping[str, list[Suite]]

    @property
    def suites(self) -> list[Suite]:
        return [ways[0] for ways in self.ways.values()]

    async def play(self, outcome: Outcome, folder: Path, say: Say) -> None:
        """Fills in what the outcome's plan comes to."""
        plan, watch = outcome.plan, outcome.watch
        settling = Settling(self.suites, self.cast, self.desk, self.shelves[0])
        clients = [
            self._clients(tenant, plan.seed, orders=tenant == TENANTS[0], rush=plan.rush, baskets=plan.baskets)
            for tenant in self.ways
        ]
        await self._prepare(clients, settling, plan.scarce)
        watch.ended("preparing")
        tally = Tally(self.stack, self._processes())
        await tally.begin()
        counting = asyncio.create_task(tally.run())
        nemesis = Nemesis(Scene(self.stack, self.cast, plan.seed, plan.longest_fault_seconds), self.history)
        self.history.began = time.monotonic()
        say(f"seed {plan.seed}: load begins")
        outage = Outage(self.day.orders) if plan.scenario == OUTAGE else None
        if outage:
            outage.set_up(self.cast)
            record = folder / "commands.txt"
            line = CommandLine(self.stack.place.root, TENANTS[0], record, outage.finding)
            looking = asyncio.create_task(outage.play(self.cast, self.stack.admin_database, line))
        quiet = asyncio.Event()
        calling_off = asyncio.create_task(self._at_the_dock(plan, quiet))
        marks = await self._load_and_harm(plan, clients, nemesis, [] if outage else plan.faults(), say)
        if outage:
            await looking
            nemesis.injected += [outage.injected] if outage.injected else []
        outcome.load_seconds = self.history.now
        watch.ended("load")
        await nemesis.heal()
        trial = await self._settled(outcome, settling, marks, folder, say)
        quiet.set()
        await calling_off
        await tally.look()
        counting.cancel()
        counts.what_was_done(outcome, nemesis, tally, self.history)
        trial.recoveries, trial.waits = outcome.recoveries, outcome.waits
        await answers.services(self.stack, self.ways, trial)
        if plan.books:
            trial.reconciled = await answers.statements(self.shelves[0])
        if outage:
            await outage.ask(self.suites[0], trial)
        # What still works would move while it is read.
        await self.stack.stop_services()
        trial.evidence = await evidence.gathered(self.stack)
        watch.ended("reading")
        counts.what_came_of_it(outcome, trial)
        counts.what_waited_for_the_relay(outcome, trial)
        self._judge(outcome, trial, outage)
        violations = [told for each in outcome.violated for told in each.violations]
        if rows := evidence.told_of(violations, trial.evidence):
            (folder / "violated.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
        watch.ended("judging")

    def _judge(self, outcome: Outcome, trial: Trial, outage: Outage | None) -> None:
        plan = outcome.plan
        outcome.findings = judged(trial, sold=plan.sellers > 0, booked=plan.books)
        if plan.sellers:
            outcome.figures |= counts.called_off(self.cast)
        if outage:
            outcome.findings.append(outage.judge(trial))
            outcome.figures |= outage.figures

    async def _settled(
        self, outcome: Outcome, settling: Settling, marks: dict[str, int], folder: Path, say: Say
    ) -> Trial:
        """Waits until all is quiet, asks again what was asked, lets lapse what is about to."""
        plan, watch = outcome.plan, outcome.watch
        quiet = await settling.quiet(plan.patience_seconds, MUTANTS_SECONDS if plan.mutant else math.inf)
        outcome.quiet_seconds = watch.ended("settling")
        said = "quiet" if quiet else "NOT quiet"
        say(f"seed {plan.seed}: {said} {outcome.quiet_seconds:.0f} s after the last fault")
        if not quiet:
            waits = await evidence.what_waits(self.stack)
            (folder / "waits.txt").write_text("\n".join(waits) + "\n", encoding="utf-8")
        asked = await settling.ask_again(self.history, plan.seed) if quiet else []
        watch.ended("asking again")
        await evidence.lapsed(self.stack, LAPSE_SECONDS)
        quiet = quiet and await settling.quiet(plan.patience_seconds)
        watch.ended("lapsing")
        trial = Trial(self.day, self.history, evidence.Evidence(), self.cast, marks, asked)
        trial.quiet, trial.still_open = quiet, settling.still_open
        return trial

    async def alone(self, name: str, seed: int, folder: Path) -> Outcome:
        row = ALONE[name]
        outcome = Outcome(plan_alone(name, seed))
        clients = [self._clients(tenant, seed) for tenant in self.ways]
        await self._prepare(clients, Settling(self.suites, self.cast, self.desk, self.shelves[0]), PLENTY)
        first, second = self.suites
        commands = folder / "commands.txt"
        played: Restore | Failover | Overload = Overload(self.stack, first, second, seed)
        if name == "restore":
            played = Restore(self.stack, first, clients[0], commands)
        elif name == "failover":
            played = Failover(self.stack, first, clients[0], commands)
        began, at = time.monotonic(), datetime.now(UTC)
        await played.play()
        outcome.load_seconds = time.monotonic() - began
        outcome.injected = [Injected(Fault(0, row, name, TARGETS[name]), 0, began_at=at, ended_at=datetime.now(UTC))]
        outcome.operations = self.history.counts()
        accepted = played.figures.get("answered OK", 0)
        outcome.transactions = counts.transactions(self.history) + int(accepted)
        outcome.findings, outcome.figures = [played.finding], played.figures
        return outcome

    def _clients(self, tenant: str, seed: int, **of: Any) -> Clients:
        ways = self.ways[tenant]
        return Clients(tenant, ways[0].credentials, self.history, seed, ways, **of)

    def _books(self, seed: int) -> tuple[Stocktakers, Invoicing]:
        """Those who count and state, and those who ask for money."""
        who = (TENANTS[0], self.suites[0].credentials, self.history, seed)
        today = date.fromisoformat(self.day.ordered_on)
        counting = Stocktakers(*who, [each.control for each in self.shelves], today)
        return counting, Invoicing(*who, self.ways[TENANTS[0]], self.day, self.cast.erp.book)

    def _processes(self) -> dict[str, Suite]:
        """A way to each process, by which its counters are read."""
        first, second = next(iter(self.ways.values()))
        return {name: second if name.endswith("-2") else first for name in self.stack.services}

    async def _prepare(self, clients: list[Clients], settling: Settling, scarce: int) -> None:
        for ways in self.ways.values():
            await ways[0].load(world.master_data(date.fromisoformat(self.day.ordered_on)))
        for profile in world.profiles():
            if profile.partner in self.cast.urls:
                profile.transport.http.url = self.cast.urls[profile.partner]
            await self.suites[0].put_partner(profile)
        until = time.monotonic() + LEARN_SECONDS
        while not all([await suite.quiet() for suite in self.suites]):
            if time.monotonic() > until:
                raise TimeoutError("the services do not learn the master data")
            await asyncio.sleep(0.3)
        for each in clients:
            await each.open_stock(scarce)

    async def _at_the_dock(self, plan: Plan, quiet: asyncio.Event) -> None:
        """What gets its label late, as on a slow machine, is called off after the load as well. It draws its own."""
        if plan.sellers:
            who = (TENANTS[0], self.suites[0].credentials, self.history, -plan.seed)
            await Sellers(*who, self.desk, self.cast.yard.labelled).call_off_at_the_dock(quiet)

    async def _load_and_harm(
        self, plan: Plan, clients: list[Clients], nemesis: Nemesis, faults: list[Fault], say: Say
    ) -> dict[str, int]:
        """The movements that stood in the ledger in the middle of it all."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for each in clients:
                share = plan.clients if each.orders else max(1, plan.clients // 4)
                group.create_task(each.run(share, plan.pause_seconds, over))
            if plan.sellers:
                who = (TENANTS[0], self.suites[0].credentials, self.history, plan.seed)
                seller = Sellers(*who, self.desk, self.cast.yard.labelled)
                group.create_task(seller.run(plan.sellers, plan.sellers_pause_seconds, over))
                back = ComingBack(*who, self.desk, self.cast.carrier, self.cast.docks, seller.known)
                group.create_task(back.run(BACK_PAUSE_SECONDS, over))
            if plan.books:
                for books in self._books(plan.seed):
                    group.create_task(books.run(plan.books_pause_seconds, over))
            group.create_task(self._release(plan))
            harm = group.create_task(nemesis.run(faults))
            midway = group.create_task(self._midway(plan))
            telling = group.create_task(self._tell_progress(plan, nemesis, len(faults), say))
            await asyncio.sleep(plan.seconds)
            await harm
            over.set()
            telling.cancel()
        return midway.result()

    async def _tell_progress(self, plan: Plan, nemesis: Nemesis, faults: int, say: Say) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            done, calls = len(nemesis.injected), self.history.counts()
            say(
                f"seed {plan.seed}: {self.history.now:.0f} of {plan.seconds:.0f} s, {done} of {faults} faults over,"
                f" {calls.get('ok', 0)} calls answered, {calls.get('unknown', 0)} unknown,"
                f" {deliveries(nemesis.scene.tricks)} deliveries played with"
            )

    async def _midway(self, plan: Plan) -> dict[str, int]:
        await asyncio.sleep(plan.seconds / 2)
        while True:
            try:
                return await evidence.movement_marks(self.stack)
            except evidence.AWAY:
                await asyncio.sleep(0.3)

    async def _release(self, plan: Plan) -> None:
        """The ERP's orders, evenly over a part of the time."""
        at_once = asyncio.Semaphore(RELEASES_AT_ONCE)
        step = plan.release_share * plan.seconds / max(1, len(self.day.orders))

        async def release(place: int) -> None:
            await asyncio.sleep(place * step)
            async with at_once:
                await self.cast.erp.release(self.day.orders[place])

        await asyncio.gather(*(release(place) for place in range(len(self.day.orders))))
