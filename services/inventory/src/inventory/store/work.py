"""Inventory's unit of work: the kit's transaction with a ledger, reservations and supply on it.

Booking locks, writes and announces: what may be promised is one event for each row that changed, and stock that a
report of fact took below its promises becomes an exception that somebody owns.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crossdock_kit.context import Cause, cause
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.unit_of_work import UnitOfWork as KitUnitOfWork
from crossdock_kit.unit_of_work import Work as KitWork

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.events import AvailabilityChanged, Fact
from inventory.domain.lots import FreeLot
from inventory.domain.movement import Movement, StockKey
from inventory.domain.quantity import plain
from inventory.store import ledger
from inventory.store.ledger import STOCK_ACCOUNTS, StockRow, column
from inventory.store.master_data import StoredMasterData, StoredPostings
from inventory.store.reservations import StoredReservations
from inventory.store.supply import StoredSupply
from inventory.wire.facts import event_of

Record = Mapping[str, Any]
PROMISED_BEYOND_STOCK = "PROMISED_BEYOND_STOCK"
STOCK_BELOW_ZERO = "STOCK_BELOW_ZERO"

_LOTS = """
SELECT l.* FROM lot_stock l JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[])
  AS k (tenant, sku, location_id, business_unit) USING (tenant, sku, location_id, business_unit)
"""


def subject_of(key: StockKey) -> str:
    return f"stock/{key.business_unit}/{key.location_id}/{key.sku}"


class Causes:
    """Why each fact is recorded. In a consumer's batch it is the event that told it; in a call that serves several
    transactions each of them gets a step of its own, so that none stands in the timeline of another."""

    def __init__(self, events: Mapping[str, Cause]) -> None:
        self._events = events
        self._alone: dict[tuple[str, ...], Cause] = {}

    def of(self, cause_id: str, transaction_ids: tuple[str, ...]) -> Cause:
        if cause_id in self._events:
            return self._events[cause_id]
        if len(transaction_ids) > 1:
            return replace(cause(), transaction_ids=transaction_ids)
        if not self._alone:
            self._alone[transaction_ids] = cause()
        if transaction_ids not in self._alone:
            self._alone[transaction_ids] = replace(cause(), transaction_ids=transaction_ids)
        return self._alone[transaction_ids]


class StoredLedger:
    """The ledger of one open work."""

    def __init__(self, work: KitWork, causes: Causes) -> None:
        self._work = work
        self._causes = causes
        self._locked: dict[StockKey, StockRow] = {}

    async def lock(self, keys: Iterable[StockKey]) -> None:
        self._locked |= await ledger.lock(self._work.driver, set(keys) - self._locked.keys())

    async def held(self, keys: Iterable[StockKey]) -> dict[tuple[StockKey, str, Account], Decimal]:
        return {
            (key, row["lot"], account): row[column(account)]
            for key, row in await self._lots(keys)
            for account in PHYSICAL
        }

    async def free_lots(self, keys: Iterable[StockKey]) -> dict[StockKey, list[FreeLot]]:
        found: dict[StockKey, list[FreeLot]] = {}
        for key, row in await self._lots(keys):
            free = row["sellable"] - row["allocated"]
            found.setdefault(key, []).append(FreeLot(row["lot"], row["expires_on"], free))
        return found

    async def _lots(self, keys: Iterable[StockKey]) -> list[tuple[StockKey, Record]]:
        columns = [list(each) for each in zip(*sorted(set(keys)), strict=True)]
        rows = await self._work.driver.fetch(_LOTS, *columns)
        return [(StockKey(*(row[name] for name in StockKey._fields)), row) for row in rows]

    async def note_expiry(self, lots: Mapping[tuple[StockKey, str], date]) -> None:
        await ledger.note_expiry(self._work.driver, dict(lots))

    async def book(self, movements: Sequence[Movement]) -> list[tuple[UUID, Movement]]:
        if not movements:
            return []
        await self.lock(each.key for each in movements if not {each.source, each.target}.isdisjoint(STOCK_ACCOUNTS))
        booked = await ledger.post(self._work.driver, movements, self._locked)
        self._locked |= {row.key: row for row in booked.rows}
        about = _by_key(movements)
        for row in booked.changed:
            self._announce(row, booked.before[row.key], about[row.key])
        for row in booked.rows:
            self._look_below_zero(row, about[row.key])
        return booked.movements

    def _announce(self, row: StockRow, before: Decimal, movements: Sequence[Movement]) -> None:
        last = movements[-1]
        fact = AvailabilityChanged(
            key=row.key,
            available=row.available,
            unit=last.unit,
            as_of_version=row.version,
            event_version=row.event_version,
            transaction_ids=_transactions(movements),
            occurred_at=last.document.occurred_at,
        )
        event = event_of(fact, self._work.now)
        self._work.record(replace(event, because=self._causes.of(last.document.cause_id, event.transaction_ids)))
        if row.available < 0:
            self._raise(
                row.key, PROMISED_BEYOND_STOCK, "replenishment", f"{plain(-row.available)} short of promises", movements
            )
        elif before < 0:
            self._resolve(row.key, PROMISED_BEYOND_STOCK)

    def _look_below_zero(self, row: StockRow, movements: Sequence[Movement]) -> None:
        if row.below_zero:
            named = ", ".join(f"{account.name} {plain(row.held[account])}" for account in row.below_zero)
            self._raise(row.key, STOCK_BELOW_ZERO, "warehouse", f"below zero: {named}", movements)
        elif any(movement.target in PHYSICAL for movement in movements):
            self._resolve(row.key, STOCK_BELOW_ZERO)

    def _raise(self, key: StockKey, code: str, owner: str, what: str, movements: Sequence[Movement]) -> None:
        self._work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code=code,
                summary=f"{key.sku} at {key.location_id}: {what}",
                owner=owner,
                subject=subject_of(key),
                transaction_ids=_transactions(movements),
                keys=(f"sku:{key.sku}",),
                tenant=key.tenant,
            )
        )

    def _resolve(self, key: StockKey, code: str) -> None:
        self._work.resolve_exception(f"{code}:{subject_of(key)}", "stock covers it again", tenant=key.tenant)


def _by_key(movements: Sequence[Movement]) -> dict[StockKey, list[Movement]]:
    found: dict[StockKey, list[Movement]] = {}
    for each in movements:
        found.setdefault(each.key, []).append(each)
    return found


def _transactions(movements: Iterable[Movement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.document.transaction_id for each in movements if each.document.transaction_id))


class InventoryWork:
    """One open transaction under inventory's names. `causes`: the events that the work serves, by their ids."""

    def __init__(self, work: KitWork, causes: Mapping[str, Cause] | None = None) -> None:
        self._work = work
        self._causes = Causes(causes or {})
        self.ledger = StoredLedger(work, self._causes)
        self.reservations = StoredReservations(work.driver)
        self.supply = StoredSupply(work.driver)
        self.master_data = StoredMasterData(work.driver)
        self.postings = StoredPostings(work.driver)

    @property
    def now(self) -> datetime:
        return self._work.now

    def announce(self, fact: Fact, cause_id: str = "") -> None:
        event = event_of(fact, self._work.now)
        self._work.record(replace(event, because=self._causes.of(cause_id, event.transaction_ids)))


@dataclass(frozen=True, slots=True)
class InventoryUnitOfWork:
    """The kit's unit of work, opened as inventory's."""

    kit: KitUnitOfWork

    def __call__(self, *, tenants: Iterable[str]) -> AbstractAsyncContextManager[InventoryWork]:
        return self._opened(tenants)

    @asynccontextmanager
    async def _opened(self, tenants: Iterable[str]) -> AsyncIterator[InventoryWork]:
        async with self.kit(tenants=tenants) as work:
            yield InventoryWork(work)
