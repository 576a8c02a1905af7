"""Reads of master data, straight from SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import NotFound
from crossdock_kit.personal_data import StoredPersonalData
from sqlalchemy import and_, any_, bindparam, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.sql.elements import ColumnElement

from catalog.domain.record import Record
from catalog.store.records import to_record
from catalog.store.tables import record
from catalog.wire.kinds import LOCATION
from catalog.wire.records import to_place

DEFAULT_PAGE = 100


@dataclass
class NoSuchRecord(NotFound):
    """Nothing of that kind and id is valid on that day."""

    kind: str
    id: str
    on: date


def _valid(on: date) -> ColumnElement[bool]:
    return and_(record.c.valid_from <= on, or_(record.c.valid_to.is_(None), record.c.valid_to > on))


async def get(engine: Engine, tenant: str, kind: str, subject_id: str, on: date) -> Record:
    """Raises NoSuchRecord."""
    query = select(record).where(
        record.c.tenant == tenant,
        record.c.kind == kind,
        record.c.subject_id == subject_id,
        record.c.key == "",
        _valid(on),
    )
    async with transaction(engine, (tenant,)) as tx:
        row = (await tx.connection.execute(query)).mappings().first()
    if row is None:
        raise NoSuchRecord(kind, subject_id, on)
    return to_record(dict(row))


async def around(engine: Engine, tenant: str, location: Record, on: date) -> list[Record]:
    """What a location stands within on that day, from the nearest to the widest; it ends where nothing is valid."""
    found, within = list[Record](), to_place(location).parent_id
    while within and within not in {location.subject.id, *(each.subject.id for each in found)}:
        try:
            found.append(await get(engine, tenant, LOCATION, within, on))
        except NoSuchRecord:
            break
        within = to_place(found[-1]).parent_id
    return found


async def personal_data(engine: Engine, tenant: str, personal_data_id: str) -> bytes | None:
    async with transaction(engine, (tenant,)) as tx:
        return await StoredPersonalData(tx.driver, tenant).read(personal_data_id)


async def page(engine: Engine, tenant: str, kind: str, on: date, *, after: str, size: int) -> Sequence[Record]:
    """Up to `size` records in the order of their ids, past `after`."""
    query = (
        select(record)
        .where(
            record.c.tenant == tenant,
            record.c.kind == kind,
            # Written out, for the index that has only those.
            record.c.key == literal_column("''"),
            record.c.subject_id > after,
            _valid(on),
        )
        .order_by(record.c.subject_id)
        .limit(size or DEFAULT_PAGE)
    )
    async with transaction(engine, (tenant,)) as tx:
        return [to_record(dict(row)) for row in (await tx.connection.execute(query)).mappings()]


async def entries(engine: Engine, tenant: str, partner: str, keys: Sequence[str], on: date) -> dict[str, Record]:
    """The crosswalk entries of one partner that are valid on a day, by their keys."""
    query = select(record).where(
        record.c.tenant == tenant,
        record.c.kind == "crosswalk",
        record.c.subject_id == partner,
        record.c.key == any_(bindparam("keys", list(keys), ARRAY(TEXT))),
        _valid(on),
    )
    async with transaction(engine, (tenant,)) as tx:
        found = [to_record(dict(row)) for row in (await tx.connection.execute(query)).mappings()]
    return {each.key: each for each in found}
