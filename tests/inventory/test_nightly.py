"""The nightly snapshot: all stock of the last midnight as files, once for each tenant and night."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit.database import transaction
from crossdock_kit.row_files import Form
from crossdock_kit.service import run
from crossdock_kit.settings import SettingsError
from crossdock_local.databases import ServiceUrls
from inventory import __main__ as wiring
from inventory import nightly
from inventory.domain.reports import Snapshot
from inventory.queries import snapshot as snapshots
from inventory.settings import InventorySettings
from inventory_stage import Stage


@pytest.fixture
def settings(urls: ServiceUrls, tmp_path: Path) -> InventorySettings:
    return InventorySettings(
        service="inventory", database_url=urls.database, tenants=("acme", "globex"), snapshot_folder=tmp_path
    )


@pytest.fixture
async def midnight(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The database's now stands for it."""
    monkeypatch.setattr(snapshots, "SETTLED_AFTER", timedelta(0))
    [row] = await stage.fetch("SELECT clock_timestamp() AS now")
    now: datetime = row["now"]
    monkeypatch.setattr(nightly, "_MIDNIGHT", f"SELECT '{now.isoformat()}'::timestamptz")
    return now


@pytest.fixture
async def sku(stage: Stage) -> str:
    """Ten of it lay there at midnight, if asked for before."""
    found = f"A-{uuid4().hex[:8]}"
    await stage.know(found)
    await stage.stock(found, 10)
    return found


@pytest.mark.feature("F099")
async def test_a_night_is_a_file_for_each_tenant_with_what_lay_there_at_midnight(
    stage: Stage, settings: InventorySettings, sku: str, midnight: datetime, tmp_path: Path
) -> None:
    await stage.stock(sku, 4)
    await nightly.write_nightly(stage.engine, settings)
    day = midnight.astimezone(UTC).date().isoformat()
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        f"stock-{tenant}-{day}.{ending}" for tenant in ("acme", "globex") for ending in ("csv", "json")
    ]
    about = json.loads((tmp_path / f"stock-acme-{day}.json").read_text())
    content = (tmp_path / about["file"]).read_bytes()
    assert about["sha256"] == hashlib.sha256(content).hexdigest()
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert about["rows"] == len(rows)
    assert [each["sellable"] for each in rows if each["sku"] == sku] == ["10"], "not what came after midnight"
    assert json.loads((tmp_path / f"stock-globex-{day}.json").read_text())["rows"] == 0


async def test_midnight_is_that_of_utc_whatever_zone_a_session_has(stage: Stage) -> None:
    async with transaction(stage.engine, ["acme"]) as tx:
        await tx.driver.execute("SET LOCAL TIME ZONE 'Asia/Tokyo'")
        found: datetime = await tx.driver.fetchval(nightly._MIDNIGHT)
    assert found.astimezone(UTC).time() == time(0)


@pytest.mark.feature("F099")
@pytest.mark.usefixtures("midnight")
async def test_a_night_that_is_there_is_not_written_again_and_one_that_broke_off_is(
    stage: Stage, settings: InventorySettings, sku: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings, tenants=("acme",), snapshot_form=Form.JSONL)

    async def broken(*_: Any) -> Any:
        yield await anext(snapshots.snapshot(stage.engine, Snapshot("acme")))
        raise OSError("the disk is full")

    monkeypatch.setattr(nightly, "snapshot", broken)
    with pytest.raises(OSError, match="full"):
        await nightly.write_nightly(stage.engine, settings)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(nightly, "snapshot", snapshots.snapshot)
    await nightly.write_nightly(stage.engine, settings)
    before = {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()}
    assert len(before) == 2
    await nightly.write_nightly(stage.engine, settings)
    assert {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()} == before


@pytest.mark.usefixtures("midnight")
async def test_so_many_nights_stay_and_another_tenants_are_its_own(
    stage: Stage, settings: InventorySettings, tmp_path: Path
) -> None:
    old = [f"stock-acme-2026-01-0{day}" for day in range(1, 5)]
    others = ["stock-acme-west-2026-01-01.json", "stock-globex-2026-01-01.json", "notes.txt"]
    for name in (*(f"{each}.{ending}" for each in old for ending in ("csv", "json")), *others):
        (tmp_path / name).write_text("{}")
    await nightly.write_nightly(stage.engine, replace(settings, tenants=("acme",), snapshot_keep=3))
    left = {each.name for each in tmp_path.iterdir()}
    assert {each for each in left if "acme-2026-01" in each} == {
        f"{each}.{e}" for each in old[2:] for e in ("csv", "json")
    }
    assert left >= set(others)
    await nightly.write_nightly(stage.engine, replace(settings, tenants=("acme",), snapshot_keep=0))
    assert {each.name for each in tmp_path.iterdir()} == left


async def test_without_a_folder_or_a_tenant_it_says_what_is_missing(stage: Stage, settings: InventorySettings) -> None:
    for lacking in ({"snapshot_folder": None}, {"tenants": ()}):
        with pytest.raises(SettingsError, match="SNAPSHOT_FOLDER"):
            await nightly.write_nightly(stage.engine, replace(settings, **lacking))


def test_the_image_knows_the_program_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wiring.SERVICE.programs == {"snapshot": nightly.write_nightly}
    for name in [each for each in os.environ if each.startswith("CROSSDOCK_")]:
        monkeypatch.delenv(name)
    with pytest.raises(SystemExit, match="CROSSDOCK_DATABASE_URL is not set"):
        run(wiring.SERVICE, ["snapshot"])
    with pytest.raises(SystemExit, match="knows `migrate`, `snapshot` or nothing, not shot"):
        run(wiring.SERVICE, ["shot"])
