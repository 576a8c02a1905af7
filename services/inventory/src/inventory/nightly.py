"""`python -m inventory snapshot`: a file for each tenant with all stock as of the last midnight in UTC, and its hash.

Run again it writes nothing that is there; a run that was ended leaves nothing that looks whole. Stock moves on
meanwhile: it is read page by page (queries/snapshot.py), and never from a service that serves.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock_kit.database import Engine, transaction
from crossdock_kit.row_files import Form, write_file
from crossdock_kit.settings import SettingsError

from inventory.domain.reports import Snapshot
from inventory.queries.snapshot import snapshot
from inventory.settings import InventorySettings
from inventory.wire.reports import snapshot_page

log = logging.getLogger(__name__)
_MIDNIGHT = "SELECT date_trunc('day', now(), 'UTC')"


async def write_nightly(engine: Engine, settings: InventorySettings) -> None:
    """Raises SettingsError, SnapshotNotSettled within the first minute of a day, OSError."""
    folder = settings.snapshot_folder
    if folder is None or not settings.tenants:
        raise SettingsError("CROSSDOCK_INVENTORY_SNAPSHOT_FOLDER and CROSSDOCK_TENANTS say what is written where")
    for tenant in settings.tenants:
        async with transaction(engine, (tenant,)) as tx:
            as_of: datetime = await tx.driver.fetchval(_MIDNIGHT)
        await _write(engine, tenant, as_of, folder, settings.snapshot_form)
        _forget(folder, tenant, settings.snapshot_keep)


async def _write(engine: Engine, tenant: str, as_of: datetime, folder: Path, form: Form) -> None:
    """The hash is written after the file: whoever finds it finds the whole file."""
    name = f"{_beginning(tenant)}{as_of.astimezone(UTC):%Y-%m-%d}"
    told = folder / f"{name}.json"
    if told.exists():
        log.info("%s is there already", told.name)
        return
    file = folder / f"{name}.{form.value}"
    said = await write_file(_pages(engine, Snapshot(tenant, as_of)), pb.SnapshotRow.DESCRIPTOR, file, form)
    part = told.with_name(f".{told.name}.part")
    part.write_text(json.dumps({"file": file.name} | said.plain) + "\n")
    part.replace(told)
    log.info("%s: %s rows as of %s", file.name, said.rows, said.as_of)


async def _pages(engine: Engine, wanted: Snapshot) -> AsyncIterator[tuple[datetime, Sequence[pb.SnapshotRow]]]:
    async for as_of, found in snapshot(engine, wanted):
        yield as_of, snapshot_page(as_of, found).rows


def _forget(folder: Path, tenant: str, keep: int) -> None:
    """All but the newest nights of the tenant; what says that a file is whole goes before the file."""
    nights = sorted(folder.glob(f"{_beginning(tenant)}????-??-??.json"))
    for told in nights[:-keep] if keep else []:
        told.unlink(missing_ok=True)
        for form in Form:
            told.with_suffix(f".{form.value}").unlink(missing_ok=True)


def _beginning(tenant: str) -> str:
    return f"stock-{tenant}-"
