"""The ledger in PostgreSQL: movements and the balances that they leave, written by one statement.

Rows are locked in the order of their keys before anything is decided; a stock row comes before its lots, then the
pipeline, then the version of its shard, by which a shard's owner learns of writes that are not its own. A row's
version, and its shard's, rises with what may be promised of it: a commitment, an allocation or a pick moves balances
and disturbs nobody who decides what to promise. Sums are checked in the same transaction: a balance that does not
follow from its movements is a bug and stops it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import asyncpg
from crossdock_kit.driver import Driver
from crossdock_kit.ids import uuid7

from inventory.domain.accounts import BY_LOT, PROMISED, Account, lot_of
from inventory.domain.holding_back import HeldBack
from inventory.domain.movement import Movement, StockKey
from inventory.domain.quantity import ZERO
from inventory.store.holding_back import of_row
from inventory.store.shards import shards_of

STOCK_ACCOUNTS = (
    Account.SELLABLE,
    Account.QUARANTINED,
    Account.DAMAGED,
    Account.RETURNED,
    Account.STAGED,
    Account.RESERVED,
    Account.COMMITTED,
    Account.ALLOCATED,
    Account.CUSTOMER,
    Account.ADJUSTMENT,
    Account.SCRAP,
)
LOT_ACCOUNTS = tuple(sorted(BY_LOT))
PIPELINE_ACCOUNTS = (Account.ON_ORDER, Account.IN_TRANSIT, Account.SUPPLIER)


def column(account: Account) -> str:
    return account.name.lower()


class LedgerBroken(Exception):
    """A balance does not follow from its movements. Nothing of the transaction may stay."""


@dataclass(frozen=True, slots=True)
class StockRow:
    """A stock row as it stands under its lock."""

    key: StockKey
    available: Decimal
    version: int
    event_version: int
    held: dict[Account, Decimal]
    held_back: HeldBack

    @property
    def uncovered(self) -> Decimal:
        """How much more is promised than is sellable; what is held back may be used up without breaking a promise."""
        return sum((self.held[account] for account in PROMISED), ZERO) - self.held[Account.SELLABLE]

    @property
    def below_zero(self) -> list[Account]:
        """What is staged or returned is left out: goods that are known to have gone on are owed there until the word of
        their pick, or of their coming back, has come."""
        owned = BY_LOT - {Account.STAGED, Account.RETURNED}
        return [account for account, quantity in self.held.items() if quantity < 0 and account in owned]


@dataclass(frozen=True, slots=True)
class Booked:
    """What a booking left: the rows as they are now, what was available in them before, and the movements' ids."""

    rows: list[StockRow]
    before: dict[StockKey, Decimal]
    movements: list[tuple[UUID, Movement]]

    @property
    def changed(self) -> list[StockRow]:
        return [row for row in self.rows if row.available != self.before[row.key]]


_KEYS = "unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS k (tenant, sku, location_id, business_unit)"
_KEY = "tenant, sku, location_id, business_unit"
_COLUMNS = ", ".join(column(account) for account in STOCK_ACCOUNTS)

_MAKE = f"INSERT INTO stock ({_KEY}) SELECT {_KEY} FROM {_KEYS} ORDER BY {_KEY} ON CONFLICT DO NOTHING"  # noqa: S608
_LOCK = f"""
SELECT {_KEY}, available, version, event_version, safety, safety_rule, channels, {_COLUMNS}
FROM stock JOIN {_KEYS} USING ({_KEY})
ORDER BY {_KEY} FOR UPDATE OF stock
"""  # noqa: S608


def _key_columns(keys: Iterable[StockKey]) -> list[list[str]]:
    return [list(each) for each in zip(*keys, strict=True)]


async def lock(driver: Driver, keys: Iterable[StockKey]) -> dict[StockKey, StockRow]:
    """Locks the rows in key order, making those that are missing; what they hold cannot change until the end."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    columns = _key_columns(wanted)
    rows = await driver.fetch(_LOCK, *columns)
    if len(rows) < len(wanted):
        await driver.execute(_MAKE, *columns)
        rows = await driver.fetch(_LOCK, *columns)
    return {row.key: row for row in map(stock_row, rows)}


def stock_row(row: asyncpg.Record) -> StockRow:
    return StockRow(
        key=StockKey(row["tenant"], row["sku"], row["location_id"], row["business_unit"]),
        available=row["available"],
        version=row["version"],
        event_version=row["event_version"],
        held={account: row[column(account)] for account in STOCK_ACCOUNTS},
        held_back=of_row(row),
    )


def _sums(accounts: Sequence[Account]) -> str:
    return ", ".join(
        f"coalesce(sum(change) FILTER (WHERE account = {int(account)}), 0) AS {column(account)}" for account in accounts
    )


def _upsert(table: str, key: str, accounts: Sequence[Account]) -> str:
    columns = [column(account) for account in accounts]
    added = ", ".join(f"{each} = {table}.{each} + excluded.{each}" for each in columns)
    return (
        f"INSERT INTO {table} ({key}, {', '.join(columns)}) SELECT {key}, {_sums(accounts)} FROM legs"  # noqa: S608
        f" WHERE account IN ({_numbers(accounts)}) AND (SELECT count(*) FROM stocked) >= 0"
        f" GROUP BY {key} ORDER BY {key} ON CONFLICT ({key}) DO UPDATE SET {added}"
    )


def _numbers(accounts: Sequence[Account]) -> str:
    return ", ".join(str(int(each)) for each in accounts)


_ADDED = ", ".join(f"{column(each)} = s.{column(each)} + c.{column(each)}" for each in STOCK_ACCOUNTS)
_PROMISE_CHANGE = "c.sellable - c.reserved - c.committed - c.allocated"
_PROMISE_SIGNS = {Account.SELLABLE: 1} | dict.fromkeys(PROMISED, -1)
_POST = f"""
WITH given AS MATERIALIZED (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[],
    $9::int2[], $10::int2[], $11::numeric[], $12::text[], $13::numeric[], $14::text[], $15::text[], $16::text[],
    $17::text[], $18::text[], $19::text[], $20::text[], $21::timestamptz[])
  AS g (tenant, sku, location_id, business_unit, movement_id, lot, source_lot, target_lot, source, target, quantity,
    unit, said_quantity, said_unit, conversion, reason, document, posting_key, transaction_id, system, occurred_at)
), written AS (
  INSERT INTO movement (tenant, sku, location_id, business_unit, movement_id, lot, source, target, quantity,
    unit, said_quantity, said_unit, conversion, reason, document, posting_key, transaction_id, system, occurred_at)
  SELECT tenant, sku, location_id, business_unit, movement_id, lot, source, target, quantity,
    unit, said_quantity, said_unit, conversion, reason, document, posting_key, transaction_id, system, occurred_at
  FROM given
), legs AS MATERIALIZED (
  SELECT {_KEY}, source_lot AS lot, source AS account, -quantity AS change FROM given
  UNION ALL SELECT {_KEY}, target_lot, target, quantity FROM given
), changes AS MATERIALIZED (
  SELECT {_KEY}, {_sums(STOCK_ACCOUNTS)} FROM legs
  WHERE account IN ({_numbers(STOCK_ACCOUNTS)}) GROUP BY {_KEY}
), stocked AS (
  UPDATE stock s SET {_ADDED}, version = s.version + (({_PROMISE_CHANGE}) <> 0 OR s.version = 0)::int,
    event_version = s.event_version + (({_PROMISE_CHANGE}) <> 0)::int
  FROM changes c WHERE s.tenant = c.tenant AND s.sku = c.sku AND s.location_id = c.location_id
    AND s.business_unit = c.business_unit
  RETURNING s.*
), lots AS ({_upsert("lot_stock", _KEY + ", lot", LOT_ACCOUNTS)} RETURNING lot_stock.allocated
), piped AS ({_upsert("pipeline", _KEY, PIPELINE_ACCOUNTS)}
), bumped AS (
  INSERT INTO shard (tenant, shard, version)
  SELECT tenant, shard, 1 FROM unnest($22::text[], $23::int2[]) AS h (tenant, shard)
  WHERE EXISTS (SELECT FROM stocked) ORDER BY tenant, shard
  ON CONFLICT (tenant, shard) DO UPDATE SET version = shard.version + 1
)
SELECT s.*, (SELECT count(*) FROM lots WHERE allocated < 0) AS overdrawn_lots FROM stocked s
"""  # noqa: S608


async def post(driver: Driver, movements: Sequence[Movement], before: dict[StockKey, StockRow]) -> Booked:
    """Writes movements whose stock rows are locked (`before`), with every balance that they change."""
    named = [(uuid7(), movement) for movement in movements]
    touched = {each.key for each in movements if not {each.source, each.target}.isdisjoint(STOCK_ACCOUNTS)}
    if not touched <= before.keys():
        raise LedgerBroken(f"stock rows were not locked: {sorted(touched - before.keys())}")
    disturbed = {key for key in touched if before[key].version == 0} | _promises_changed(movements)
    rows = await driver.fetch(_POST, *_movement_columns(named), *_shard_columns(disturbed))
    booked = Booked(
        rows=sorted(map(stock_row, rows), key=lambda row: row.key),
        before={key: before[key].available for key in touched},
        movements=named,
    )
    _check(booked, touched, before, movements)
    if any(row["overdrawn_lots"] for row in rows):
        raise LedgerBroken("more was taken out of a lot's allocation than is in it")
    return booked


def _check(
    booked: Booked, touched: set[StockKey], before: dict[StockKey, StockRow], movements: Sequence[Movement]
) -> None:
    """Each row is what it was plus its movements, and the movements sum to zero."""
    if {row.key for row in booked.rows} != touched:
        raise LedgerBroken(f"balances without a row: {sorted(touched - {row.key for row in booked.rows})}")
    sums: dict[tuple[StockKey, Account], Decimal] = {}
    for each in movements:
        for account, change in ((each.source, -each.quantity), (each.target, each.quantity)):
            sums[each.key, account] = sums.get((each.key, account), ZERO) + change
    if sum(sums.values(), ZERO) != 0:
        raise LedgerBroken("movements do not sum to zero")
    for row in booked.rows:
        for account, quantity in row.held.items():
            if quantity != before[row.key].held[account] + sums.get((row.key, account), ZERO):
                raise LedgerBroken(f"{account.name} of {row.key} does not follow from its movements")


def _promises_changed(movements: Iterable[Movement]) -> set[StockKey]:
    """Rows of which more or less may be promised."""
    changes: dict[StockKey, Decimal] = {}
    for each in movements:
        change = (_PROMISE_SIGNS.get(each.target, 0) - _PROMISE_SIGNS.get(each.source, 0)) * each.quantity
        changes[each.key] = changes.get(each.key, ZERO) + change
    return {key for key, change in changes.items() if change}


def _shard_columns(touched: Iterable[StockKey]) -> tuple[list[str], list[int]]:
    shards = shards_of(touched)
    return [tenant for tenant, _ in shards], [shard for _, shard in shards]


def _movement_columns(named: Sequence[tuple[UUID, Movement]]) -> list[list[object]]:
    rows = [
        (
            *each.key,
            movement_id,
            each.lot,
            lot_of(each.source, each.lot),
            lot_of(each.target, each.lot),
            each.source,
            each.target,
            each.quantity,
            each.unit,
            each.said.value if each.said else None,
            each.said.unit if each.said else "",
            each.document.conversion,
            each.reason,
            each.document.name,
            each.document.posting_key,
            each.document.transaction_id,
            each.document.system,
            each.document.occurred_at,
        )
        for movement_id, each in named
    ]
    return [list(each) for each in zip(*rows, strict=True)]


_EXPIRY = f"""
INSERT INTO lot_stock ({_KEY}, lot, expires_on)
SELECT {_KEY}, lot, expires_on FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[])
  AS k ({_KEY}, lot, expires_on) ORDER BY {_KEY}, lot
ON CONFLICT ({_KEY}, lot) DO UPDATE SET expires_on = excluded.expires_on
"""  # noqa: S608


async def note_expiry(driver: Driver, lots: dict[tuple[StockKey, str], date]) -> None:
    """Keeps when a lot expires, as the last report said. Needs the lock on the stock row."""
    if lots:
        ordered = sorted(lots.items())
        columns = _key_columns(key for (key, _), _ in ordered)
        await driver.execute(_EXPIRY, *columns, [lot for (_, lot), _ in ordered], [day for _, day in ordered])
