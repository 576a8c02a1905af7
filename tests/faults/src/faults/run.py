"""One run: a fresh stack, the suite by every way in, the partners at their doors; what is played there is `stage`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from crossdock_local.admission import admit
from crossdock_local.identity import EVERYTHING, Caller, Issuer
from crossdock_local.surroundings import partner_secrets
from partners.day import Day
from partners.sales.desk import at_the_desk
from partners.stock.desk import at_the_stock_desk
from partners.suite import Suite, reached

from faults import world
from faults.history import History
from faults.partner_side import at_their_doors, new_secrets
from faults.plan import Outcome, Plan
from faults.schedule import CACHE_ROW, SMALL_DISKS
from faults.stack import REPLICATED, TENANTS, FaultStack, Setting, fault_stack
from faults.stage import Say, Stage


async def play(plan: Plan, folder: Path, say: Say) -> Outcome:
    """`folder` receives the history and the logs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "commands.txt").unlink(missing_ok=True)
    outcome = Outcome(plan)
    small, cache = bool(SMALL_DISKS & plan.counts.keys()), CACHE_ROW in plan.counts
    setting = Setting(plan.mutant, small_disks=small, cache_proxied=cache)
    async with fault_stack(setting, keep_logs=folder / "logs") as stack:
        say(f"seed {plan.seed}: stack ready in {outcome.watch.ended('start'):.0f} s")
        history = History.in_file(folder / "history.jsonl")
        day = world.day_of(plan.seed, plan.orders, TENANTS[0])
        async with _stage(stack, day, history) as stage:
            await stage.play(outcome, folder, say)
        history.close()
    outcome.watch.ended("stop")
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
        desk = await opened.enter_async_context(at_the_desk(ways[TENANTS[0]][0], stack.services, world.UNIT))
        shown = [
            await opened.enter_async_context(at_the_stock_desk(ways[TENANTS[0]][0], addresses, world.UNIT))
            for addresses in _ways(stack)
        ]
        yield Stage(stack, day, history, cast, desk, shown, ways)


def _ways(stack: FaultStack) -> list[dict[str, str]]:
    """By the first process of each service, and by its replica where there is one."""
    addresses = stack.services
    first = {name: address for name, address in addresses.items() if not name.endswith("-2")}
    return [first, first | {name: addresses[f"{name}-2"] for name in REPLICATED}]


def _credentials(issuer: Issuer, caller: Caller, tenant: str) -> Callable[[], Sequence[tuple[str, str]]]:
    token = issuer.mint(caller)
    return lambda: (("authorization", f"Bearer {token}"), ("x-crossdock-tenant", tenant))
