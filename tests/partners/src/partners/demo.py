"""The demo: a fresh stack, the built-in day, the table, the closing line."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from connector.profiles import read_profile
from crossdock.connector.v1 import partner_pb2
from crossdock_local.admission import admit
from crossdock_local.control import bring_down, bring_up
from crossdock_local.identity import EVERYTHING, Caller, Issuer
from crossdock_local.place import Place
from crossdock_local.secret_files import password
from crossdock_local.servers.postgres import ADMIN
from crossdock_local.state import StackState
from crossdock_local.surroundings import partner_secrets

from partners.cast import DayCast, Secrets, assembled
from partners.conductor import Conductor, item_cards
from partners.day import BUILT_IN, Day, load
from partners.sales import cast as sales_cast
from partners.sales import rules
from partners.sales import verdict as sales_verdict
from partners.sales.desk import at_the_desk
from partners.sales.play import SalesPlay
from partners.stock import verdict as stock_verdict
from partners.stock.desk import at_the_stock_desk
from partners.stock.play import StockPlay
from partners.suite import Suite, from_today, reached, read_master_data
from partners.verdict import Verdict, judge

DAY_FOLDER = BUILT_IN.parent
Say = Callable[[str], None]
Beside = Callable[[DayCast, sales_cast.SalesCast], Awaitable[None]]
"""What somebody does to the partners while the day is played."""


async def nothing(cast: DayCast, selling: sales_cast.SalesCast) -> None:
    """The day is played as it is written."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack as the demo uses it."""

    place: Place
    state: StackState

    @property
    def addresses(self) -> dict[str, str]:
        return {process.name: process.address for process in self.state.of_kind("service")}

    @property
    def ingress(self) -> str:
        """Where partners post to: the worker's HTTP listener."""
        worker = next(process for process in self.state.processes if "http" in process.listeners)
        return f"http://{worker.listeners['http']}"

    @property
    def transport(self) -> Path:
        return self.place.root / "services" / "connector" / "transport"

    @property
    def database(self) -> str:
        """The address of the database for its owner."""
        word = password(self.place.secrets, ADMIN)
        return f"postgresql://{ADMIN}:{word}@{self.state.address('postgres')}/{self.state.database}"

    def credentials(self) -> Sequence[tuple[str, str]]:
        caller = Caller("demo", tuple(self.state.tenants), EVERYTHING, None)
        token = Issuer(self.place.folder("identity")).mint(caller)
        return (("authorization", f"Bearer {token}"), ("x-crossdock-tenant", self.state.tenants[0]))

    def admit(self, partner: str) -> None:
        """A token with which the workers speak as the partner."""
        admit(self.place, self.state.tenants, partner)


@contextmanager
def fresh_stage(place: Place, say: Say, *, keep: bool) -> Iterator[Stage]:
    """Starts a stack without data and, unless it is kept, ends it and removes its data."""
    bring_down(place)
    place.remove()
    began = time.monotonic()
    os.environ["CROSSDOCK_HOME"] = str(place.root)
    try:
        state = bring_up(place, lambda step: say(f"starting {step}"))
        say(f"stack ready in {time.monotonic() - began:.1f} s, data in {place.root}")
        yield Stage(place, state)
    finally:
        if not keep:
            bring_down(place)
            place.remove()


def profiles_of(folder: Path) -> list[partner_pb2.PartnerProfile]:
    return [read_profile(path) for path in sorted(folder.glob("*.yaml"))]


async def play_day(stage: Stage, say: Say, day: Day | None = None, beside: Beside = nothing) -> Verdict:
    """Plays a day on a stage and judges its end. Raises what `beside` raises."""
    day = day or load()
    master_data = read_master_data(DAY_FOLDER / "master-data.yaml")
    late = read_master_data(DAY_FOLDER / "late-master-data.yaml")
    repacked = from_today(
        read_master_data(DAY_FOLDER / "repacked-master-data.yaml"), date.fromisoformat(day.ordered_on)
    )
    cards = item_cards(master_data) | item_cards(late)
    articles = {row["canonical"]: row["partner_code"] for row in master_data["crosswalk"]["wms-south"] if _is_item(row)}
    profiles = profiles_of(DAY_FOLDER / "partners")
    words = Secrets()
    words.write(partner_secrets(stage.place.secrets))
    for profile in profiles:
        stage.admit(profile.partner)
    await rules.put(stage.database, day.tenant, (*day.rules, *day.sales.rules))
    async with (
        reached(stage.addresses, stage.credentials) as suite,
        at_the_desk(suite, stage.addresses, day.business_unit) as desk,
        at_the_stock_desk(suite, stage.addresses, day.business_unit) as stock_desk,
        assembled(day, cards, articles, stage.ingress, stage.transport, words) as cast,
        sales_cast.assembled(day.sales, cast, stage.ingress, stage.transport, words) as selling,
    ):
        sales = SalesPlay(day.sales, selling, cast, desk, say)
        stock = StockPlay(day.stock, cast, stock_desk, say)
        conductor = Conductor(day, cast, suite, cards, late, repacked, say, sales, stock)
        await conductor.prepare(master_data, profiles)
        other = asyncio.ensure_future(beside(cast, selling))
        try:
            await conductor.play()
            await other
        finally:
            other.cancel()
        say("asking every partner what it holds")
        exceptions = await suite.open_exceptions()
        sold = await sales_verdict.judge(day.sales, selling, cast.erp, desk, cast.journal, exceptions)
        lies = await stock_verdict.judge(day.stock, cast.erp.stock, stock_desk, exceptions)
        return await judge(day, cast, suite, cards, sold, lies)


def _is_item(row: dict[str, Any]) -> bool:
    return bool(row["kind"] == "CODE_KIND_ITEM")


__all__ = ["Stage", "Suite", "fresh_stage", "play_day"]
