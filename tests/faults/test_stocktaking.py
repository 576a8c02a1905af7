"""The stocktakers' own load on a real inventory, without faults: its checker lets what is sound pass, and finds each
guard that is taken out, before a run of hours depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as control_grpc
from crossdock_kit.clock import SystemClock
from crossdock_kit.testing import start_service
from crossdock_local.migrated import MigratedDatabases
from faults import shelves, stocktaking, world
from faults.checkers.counted import counts_and_statements
from faults.checkers.finding import Finding, Trial
from faults.evidence import Evidence
from faults.history import History
from faults.mutants import MUTANTS
from faults.stocktaking import Stocktakers
from inventory.api import StockControlServicer
from inventory.domain.item import Item, Location
from inventory.ports import ItemRecord, LocationRecord
from inventory.store.master_data import StoredMasterData
from inventory.store.statements import StoredStatements
from inventory.use_cases import stock_reports
from inventory_stage import Stage, open_stage

pytestmark = pytest.mark.lasting(40)

TENANT, SEED, CALLS = "acme", 7, 240
TODAY = datetime.now(UTC).date()
LONGEST_SECONDS = 300


@pytest.fixture
async def stage(migrated: MigratedDatabases) -> AsyncIterator[Stage]:
    """Shelves whose case held twelve pieces until two days ago."""
    async with open_stage((await migrated.fresh("inventory")).urls) as found:
        day = shelves.changes_on(TODAY)
        spans = ((shelves.BEFORE, date.min, day), (shelves.SINCE, day, None))
        items = [
            ItemRecord(TENANT, Item(sku, shelves.PIECE, {shelves.CASE: case}, version=version), first, end)
            for sku in shelves.SHELVED
            for version, (case, first, end) in enumerate(spans, 1)
        ]
        places = [LocationRecord(TENANT, Location(site, world.UNIT, False, 1), date.min, None) for site in world.SITES]
        async with found.work(TENANT) as work:
            await work.master_data.put_items(items)
            await work.master_data.put_locations(places)
        yield found


async def played(stage: Stage) -> Trial:
    """So many calls of stocktakers, as the checkers get them."""
    history, enough = History(), asyncio.Event()
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    registration = (control_grpc.add_StockControlServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as server:
        desk = server.caller(control_grpc.StockControlServiceStub, tenant=TENANT)
        stocktakers = Stocktakers(TENANT, lambda: (), history, SEED, [desk], TODAY)
        async with asyncio.timeout(LONGEST_SECONDS), asyncio.TaskGroup() as group:
            group.create_task(stocktakers.run(0.0, enough))
            while len(history.operations) < CALLS:
                await asyncio.sleep(0.05)
            enough.set()
        reconciled = {site: await shown(desk, site) for site in world.SITES}
    movements = await stage.fetch("SELECT *, '' AS mark FROM movement")
    day: Any = SimpleNamespace(ordered_on=TODAY.isoformat())
    nobody: Any = SimpleNamespace()
    return Trial(day, history, Evidence(movements=movements), nobody, reconciled=reconciled)


async def shown(desk: Any, site: str) -> control.StockStatement:
    request = control.GetReconciliationRequest(location_id=site, business_unit=world.UNIT)
    found: control.StockStatement = (await desk.GetReconciliation(request)).statement
    return found


def made_up(trial: Trial) -> Sequence[Any]:
    return [row for row in trial.evidence.movements if "/made up for/" in row["document"]]


async def test_what_stocktakers_say_in_any_order_passes(stage: Stage) -> None:
    trial = await played(stage)
    found = counts_and_statements(trial)
    assert found.holds, str(found)
    assert made_up(trial), "nothing was told of the time before a count"
    assert trial.history.of("BookDifferences", "ok")


def without_standing_counts(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(stock_reports, "made_up_for", lambda *given: [])
    # A later count of a shelf hides it: behind each count there is something that it has seen.
    monkeypatch.setattr(stocktaking, "SEEN", 1.0)
    return "in the end, by the newest count"


def _mutant(name: str, owner: Any, guard: str) -> Callable[[pytest.MonkeyPatch], str]:
    def apply(monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("CROSSDOCK_SERVICE", "inventory")
        # Whatever the mutant puts there goes when this test ends.
        monkeypatch.setattr(owner, guard, getattr(owner, guard))
        MUTANTS[name].apply()
        return MUTANTS[name].words

    return apply


@pytest.mark.parametrize(
    "take_out",
    [
        pytest.param(without_standing_counts, id="standing counts"),
        pytest.param(_mutant("conversion of today", StoredMasterData, "known"), id="conversion of today"),
        pytest.param(_mutant("statement of now", StoredStatements, "compare"), id="statement of now"),
    ],
)
async def test_a_guard_that_is_taken_out_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, take_out: Callable[[pytest.MonkeyPatch], str]
) -> None:
    words = take_out(monkeypatch)
    found: Finding = counts_and_statements(await played(stage))
    assert any(words in each for each in found.violations), str(found)
