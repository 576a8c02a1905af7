"""One run: a fresh stack, the world, the load, the faults of a seed, the quiet after them, the verdict."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crossdock_local.admission import admit
from crossdock_local.identity import EVERYTHING, Caller, Issuer
from crossdock_local.surroundings import partner_secrets
from inventory.domain.reservation import State
from partners.cast import Cast
from partners.day import Day
from partners.suite import Suite, reached

from faults import answers, evidence, world
from faults.calls import Clients
from faults.checkers import judged
from faults.checkers.finding import Trial
from faults.command_line import CommandLine
from faults.failover import Failover
from faults.history import History
from faults.lag import publish_lag
from faults.nemesis import Nemesis
from faults.outage import Outage
from faults.overload import Overload
from faults.partner_side import at_their_doors, new_secrets
from faults.plan import OUTAGE, Outcome, Plan
from faults.restore import Restore
from faults.schedule import SMALL_DISKS, Fault, planned
from faults.settling import Settling
from faults.stack import REPLICATED, TENANTS, FaultStack, Setting, fault_stack
from faults.tally import Tally
from faults.ways.scene import Injected, Scene

log = logging.getLogger(__name__)
RELEASES_AT_ONCE = 6
ALONE = {"restore": "F23", "failover": "F10", "overload": "F22"}
TARGETS = {"restore": "procurement", "failover": "postgres", "overload": "inventory"}
LEARN_SECONDS = 120.0
LAPSE_SECONDS = 20.0
MUTANTS_SECONDS = 60.0
Say = Callable[[str], None]


async def play(plan: Plan, folder: Path, say: Say) -> Outcome:
    """`folder` receives the history and the logs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "commands.txt").unlink(missing_ok=True)
    began = time.monotonic()
    async with fault_stack(
        Setting(plan.mutant, small_disks=bool(SMALL_DISKS & plan.counts.keys())), keep_logs=folder / "logs"
    ) as stack:
        say(f"seed {plan.seed}: stack ready in {time.monotonic() - began:.0f} s")
        history = History.in_file(folder / "history.jsonl")
        day = world.day_of(plan.seed, plan.orders, TENANTS[0])
        async with _stage(stack, day, history) as stage:
            outcome = await stage.play(plan, folder, say)
        history.close()
    return outcome


async def play_alone(name: str, seed: int, folder: Path, say: Say) -> Outcome:
    """One of ALONE by itself, without other faults."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "commands.txt").unlink(missing_ok=True)
    async with fault_stack(Setting(proxied=name != "overload"), keep_logs=folder / "logs") as stack:
        say(f"seed {seed}: stack ready")
        history = History.in_file(folder / "history.jsonl")
        async with _stage(stack, world.day_of(seed, 0, TENANTS[0]), history) as stage:
            outcome = await stage.alone(name, seed, folder)
        history.close()
    return outcome


def plan_alone(name: str, seed: int) -> Plan:
    return Plan(seed=seed, orders=0, seconds=0, counts={ALONE[name]: 1}, scenario=name)


@asynccontextmanager
async def _stage(stack: FaultStack, day: Day, history: History) -> AsyncIterator[Stage]:
    """The suite by every way in, and the partners at their doors."""
    words = new_secrets()
    words.write(partner_secrets(stack.place.secrets))
    issuer = Issuer(stack.place.folder("identity"))
    for name in world.PARTNERS:
        admit(stack.place, TENANTS[:1], name)
    ingress = next(p.listeners["http"] for p in stack.state.processes if "http" in p.listeners)
    transport = stack.place.root / "services" / "connector" / "transport"
    async with AsyncExitStack() as opened:
        ways: dict[str, list[Suite]] = {}
        for tenant in TENANTS:
            caller = Caller("proof", (tenant,), EVERYTHING, None)
            for addresses in _ways(stack):
                credentials = _credentials(issuer, caller, tenant)
                ways.setdefault(tenant, []).append(await opened.enter_async_context(reached(addresses, credentials)))
        doors = at_their_doors(day, f"http://{ingress}", transport, words, history)
        cast = await opened.enter_async_context(doors)
        yield Stage(stack, day, history, cast, ways)


def _ways(stack: FaultStack) -> list[dict[str, str]]:
    """By the first process of each service, and by its replica where there is one."""
    addresses = stack.services
    first = {name: address for name, address in addresses.items() if not name.endswith("-2")}
    return [first, first | {name: addresses[f"{name}-2"] for name in REPLICATED}]


def _credentials(issuer: Issuer, caller: Caller, tenant: str) -> Callable[[], Sequence[tuple[str, str]]]:
    token = issuer.mint(caller)
    return lambda: (("authorization", f"Bearer {token}"), ("x-crossdock-tenant", tenant))


@dataclass
class Stage:
    """A stack with its world on it. `ways` are the callers' ways in, by tenant."""

    stack: FaultStack
    day: Day
    history: History
    cast: Cast
    ways: Mapping[str, list[Suite]]

    @property
    def suites(self) -> list[Suite]:
        return [ways[0] for ways in self.ways.values()]

    async def play(self, plan: Plan, folder: Path, say: Say) -> Outcome:
        outcome = Outcome(plan)
        settling = Settling(self.suites, self.cast)
        clients = [
            Clients(tenant, ways, self.history, plan.seed, orders=tenant == TENANTS[0])
            for tenant, ways in self.ways.items()
        ]
        await self._prepare(clients, settling)
        tally = Tally(self.stack, self._processes())
        await tally.begin()
        counting = asyncio.create_task(tally.run())
        nemesis = Nemesis(Scene(self.stack, self.cast, plan.seed), self.history)
        self.history.began = time.monotonic()
        say(f"seed {plan.seed}: load begins")
        outage = Outage(self.day.orders) if plan.scenario == OUTAGE else None
        if outage:
            outage.set_up(self.cast)
            record = folder / "commands.txt"
            line = CommandLine(self.stack.place.root, TENANTS[0], record, outage.finding)
            looking = asyncio.create_task(outage.play(self.cast, self.stack.admin_database, line))
        faults = [] if outage else planned(plan.seed, plan.counts, plan.seconds)
        marks = await self._load_and_harm(plan, clients, nemesis, faults)
        if outage:
            await looking
            nemesis.injected += [outage.injected] if outage.injected else []
        outcome.load_seconds = self.history.now
        await nemesis.heal()
        healed = time.monotonic()
        quiet = await settling.quiet(plan.patience_seconds, MUTANTS_SECONDS if plan.mutant else math.inf)
        outcome.quiet_seconds = time.monotonic() - healed
        said = "quiet" if quiet else "NOT quiet"
        say(f"seed {plan.seed}: {said} {outcome.quiet_seconds:.0f} s after the last fault")
        await tally.look()
        counting.cancel()
        asked = await settling.ask_again(self.history, plan.seed) if quiet else []
        await evidence.lapsed(self.stack, LAPSE_SECONDS)
        quiet = quiet and await settling.quiet(plan.patience_seconds)
        self._count(outcome, nemesis, tally)
        trial = Trial(self.day, self.history, evidence.Evidence(), self.cast, marks, asked)
        trial.quiet, trial.still_open = quiet, settling.still_open
        trial.recoveries, trial.waits = outcome.recoveries, outcome.waits
        await answers.services(self.stack, self.ways, trial)
        if outage:
            await outage.ask(self.suites[0], trial)
        # What still works would move while it is read.
        await self.stack.stop_services()
        trial.evidence = await evidence.gathered(self.stack)
        self._count_rows(outcome, trial)
        trial.publish_lag = outcome.publish_lag = publish_lag(trial.evidence.services, nemesis.injected)
        outcome.findings = judged(trial)
        if outage:
            outcome.findings.append(outage.judge(trial))
            outcome.figures = outage.figures
        return outcome

    async def alone(self, name: str, seed: int, folder: Path) -> Outcome:
        row = ALONE[name]
        outcome = Outcome(plan_alone(name, seed))
        clients = [Clients(tenant, ways, self.history, seed) for tenant, ways in self.ways.items()]
        await self._prepare(clients, Settling(self.suites, self.cast))
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
        outcome.transactions = sum(1 for each in self.history if each.outcome == "ok") + int(accepted)
        outcome.findings, outcome.figures = [played.finding], played.figures
        return outcome

    def _processes(self) -> dict[str, Suite]:
        """A way to each process, by which its counters are read."""
        first, second = next(iter(self.ways.values()))
        return {name: second if name.endswith("-2") else first for name in self.stack.services}

    async def _prepare(self, clients: list[Clients], settling: Settling) -> None:
        for ways in self.ways.values():
            await ways[0].load(world.master_data())
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
            await each.open_stock()

    async def _load_and_harm(
        self, plan: Plan, clients: list[Clients], nemesis: Nemesis, faults: list[Fault]
    ) -> dict[str, int]:
        """The movements that stood in the ledger in the middle of it all."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for each in clients:
                share = plan.clients if each.orders else max(1, plan.clients // 4)
                group.create_task(each.run(share, plan.pause_seconds, over))
            group.create_task(self._release(plan))
            harm = group.create_task(nemesis.run(faults))
            midway = group.create_task(self._midway(plan))
            await asyncio.sleep(plan.seconds)
            await harm
            over.set()
        return midway.result()

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

    def _count(self, outcome: Outcome, nemesis: Nemesis, tally: Tally) -> None:
        outcome.injected = nemesis.injected
        for each in nemesis.injected:
            row, took = each.fault.row, each.recovered_seconds
            if took is not None:
                outcome.recoveries[row] = max(took, outcome.recoveries.get(row, 0.0))
            for name, seconds in each.waits.items():
                outcome.waits[name] = max(seconds, outcome.waits.get(name, 0.0))
        outcome.counters = tally.since_start()
        outcome.operations = self.history.counts()
        outcome.transactions = sum(1 for each in self.history if each.outcome == "ok")
        for name in ("messages", "copied", "reordered", "dropped_acks"):
            outcome.tricks[name] = sum(getattr(each, name) for each in nemesis.scene.tricks)

    def _count_rows(self, outcome: Outcome, trial: Trial) -> None:
        """Cancelled after their release, and reservations that lapsed; what was parked; what was put back."""
        cancelled = sum(row["state"] == "cancelled" for row in trial.evidence.orders)
        lapsed = {row["reservation_id"] for row in trial.evidence.reservations if row["state"] == State.EXPIRED}
        outcome.counters["compensated"] = cancelled + len(lapsed)
        # What is written down outlives a kill, what a process has counted does not.
        outcome.counters["parked"] = sum(rows.parked for rows in trial.evidence.services.values())
        outcome.counters["reconciled"] = evidence.republished(trial.evidence.texts)
