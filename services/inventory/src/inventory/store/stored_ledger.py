"""The ledger of one open work: it locks, books and announces.

What may be promised is one event for each row that changed, and stock that a report of fact took below its promises
becomes an exception that somebody owns (`row_exceptions`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crossdock_kit.context import cause
from crossdock_kit.unit_of_work import Work as KitWork

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.events import AvailabilityChanged
from inventory.domain.expired import ExpiredLot
from inventory.domain.held import HeldThen, held_then
from inventory.domain.holding_back import HeldBack
from inventory.domain.inbound import Received
from inventory.domain.lots import FreeLot, has_expired
from inventory.domain.movement import Movement, StockKey
from inventory.domain.quantity import ZERO
from inventory.domain.stock_move import Place
from inventory.ports import HeldBackPage
from inventory.store import holding_back, ledger
from inventory.store.causes import Causes
from inventory.store.holding_back import POLICY
from inventory.store.ledger import STOCK_ACCOUNTS, StockRow, column
from inventory.store.moved_since import moved_since
from inventory.store.row_exceptions import RowExceptions, transactions_of
from inventory.store.stock_moves import note_waiting, waiting_of
from inventory.wire.facts import event_of

Record = Mapping[str, Any]
_LOTS = """
SELECT l.* FROM lot_stock l JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[])
  AS k (tenant, sku, location_id, business_unit) USING (tenant, sku, location_id, business_unit)
"""
_EXPIRED = """
SELECT tenant, sku, location_id, business_unit, lot FROM lot_stock
WHERE tenant = $1 AND (sku, location_id, business_unit, lot) > ($2, $3, $4, $5) AND expires_on < $6 AND sellable > 0
ORDER BY sku, location_id, business_unit, lot LIMIT $7
"""


@dataclass(frozen=True, slots=True)
class About:
    """What an announcement of availability says besides the row."""

    unit: str
    occurred_at: datetime
    cause_id: str = ""
    transaction_ids: tuple[str, ...] = ()
    root: str = ""


Changed = Callable[[Iterable[tuple[StockKey, int]]], None]
"""Told after the commit which rows have which version now."""


def nobody_is_told(changed: Iterable[tuple[StockKey, int]]) -> None:
    """Where nothing is remembered of stock."""


class StoredLedger:
    """The ledger of one open work."""

    def __init__(self, work: KitWork, causes: Causes, changed: Changed) -> None:
        self._work = work
        self._causes = causes
        self._changed = changed
        self._exceptions = RowExceptions(work)
        self._locked: dict[StockKey, StockRow] = {}

    async def lock(self, keys: Iterable[StockKey]) -> None:
        rows = await ledger.lock(self._work.driver, set(keys) - self._locked.keys())
        self._locked |= rows
        fresh = [key for key, row in rows.items() if row.version == 0]
        if fresh:
            kept = await holding_back.wanted(self._work.driver, fresh, self._work.now)
            await self._keep(kept, announced=False)

    async def _keep(self, kept: Mapping[StockKey, HeldBack], *, announced: bool) -> list[StockRow]:
        if not kept:
            return []
        written = await holding_back.write(self._work.driver, kept, announced=announced)
        rows = sorted(map(ledger.stock_row, written), key=lambda row: row.key)
        self._locked |= {row.key: row for row in rows}
        self._tell_changed(rows)
        return rows

    async def rules_in_force(self, tenant: str) -> tuple[int, ...] | None:
        rules = await holding_back.rules_of(self._work.driver, tenant, self._work.now)
        return rules.fingerprint if rules.ever else None

    async def hold_back(self, after: StockKey, most: int) -> HeldBackPage:
        driver = self._work.driver
        found = await holding_back.page(driver, after, most)
        if not found:
            return HeldBackPage(None, 0)
        rules = await holding_back.rules_of(driver, after.tenant, self._work.now)
        self._exceptions.own_unreadable(rules, after.tenant)
        wanted = await holding_back.resolved(driver, rules, [key for key, _ in found])
        await self.lock(key for key, kept in found if wanted[key] != kept)
        changes = {key: wanted[key] for key in self._locked if wanted[key] != self._locked[key].held_back}
        rows = await self._keep(changes, announced=True)
        # A change of the policy is a transaction of its own: no order and no receipt caused it.
        about = About("", self._work.now, transaction_ids=(cause().correlation_id,), root=f"policy:{POLICY}")
        units = await holding_back.units(driver, after.tenant, {key.sku for key in changes})
        for row in rows:
            self._record(row, replace(about, unit=units.get(row.key.sku, "")))
        return HeldBackPage(found[-1][0] if len(found) == most else None, len(rows))

    async def held(self, keys: Iterable[StockKey]) -> dict[tuple[StockKey, str, Account], Decimal]:
        return {
            (key, row["lot"], account): row[column(account)]
            for key, row in await self._lots(keys)
            for account in PHYSICAL
        }

    async def expired_after(self, after: Place, most: int) -> list[Place]:
        key, lot = after
        rows = await self._work.driver.fetch(_EXPIRED, *key, lot, self._work.now.date(), most)
        return [(StockKey(*(row[name] for name in StockKey._fields)), row["lot"]) for row in rows]

    async def expired(self, keys: Iterable[StockKey]) -> list[ExpiredLot]:
        today = self._work.now.date()
        return [
            ExpiredLot(key, row["lot"], row["expires_on"], row["sellable"], row["allocated"])
            for key, row in await self._lots(keys)
            if has_expired(row["expires_on"], today) and row["sellable"] > 0
        ]

    async def to_put_away(self, keys: Iterable[StockKey]) -> dict[Place, Decimal]:
        return {(key, row["lot"]): row["to_put_away"] for key, row in await self._lots(keys)}

    async def held_at(self, keys: Iterable[StockKey], at: datetime) -> HeldThen:
        wanted = list(keys)
        since = await moved_since(self._work.driver, wanted, at, self._work.now)
        return held_then(await self.held(wanted), since)

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

    async def miss_lots(self, lines: Sequence[Received]) -> None:
        await self._exceptions.miss_lots(lines)

    async def book(self, movements: Sequence[Movement]) -> list[tuple[UUID, Movement]]:
        if not movements:
            return []
        await self.lock(each.key for each in movements if not {each.source, each.target}.isdisjoint(STOCK_ACCOUNTS))
        uncovered = {each.key: self._locked[each.key].uncovered for each in movements if each.key in self._locked}
        booked = await ledger.post(self._work.driver, movements, self._locked)
        self._locked |= {row.key: row for row in booked.rows}
        self._tell_changed(booked.rows)
        about = _by_key(movements)
        for row in booked.changed:
            self._announce(row, booked.before[row.key], about[row.key])
            await self._exceptions.look_uncovered(row, uncovered[row.key], about[row.key])
        for row in booked.rows:
            self._exceptions.look_below_zero(row, about[row.key])
        await self._look_at_lots(movements)
        return booked.movements

    async def _look_at_lots(self, movements: Sequence[Movement]) -> None:
        """What had been put away or released before it came has come."""
        if waiting := waiting_of(movements):
            for key, lot in await note_waiting(self._work.driver, waiting):
                self._exceptions.settle_moved(key, lot, Account.STAGED)
        into: dict[Place, Decimal] = {}
        for each in movements:
            if each.target is Account.QUARANTINED:
                into[each.key, each.lot] = into.get((each.key, each.lot), ZERO) + each.quantity
        if into:
            held = await self.held(key for key, _ in into)
            for (key, lot), came in into.items():
                now = held[key, lot, Account.QUARANTINED]
                if now - came < 0 <= now:
                    self._exceptions.settle_moved(key, lot, Account.QUARANTINED)

    def _announce(self, row: StockRow, before: Decimal, movements: Sequence[Movement]) -> None:
        last = movements[-1]
        document = last.document
        self._record(row, About(last.unit, document.occurred_at, document.cause_id, transactions_of(movements)))
        if row.uncovered <= 0 and before < 0:
            self._exceptions.settle_covered(row.key)

    def _record(self, row: StockRow, about: About) -> None:
        fact = AvailabilityChanged(
            key=row.key,
            available=row.available,
            unit=about.unit,
            as_of_version=row.version,
            event_version=row.event_version,
            transaction_ids=about.transaction_ids,
            occurred_at=about.occurred_at,
            held_back=row.held_back,
        )
        event = event_of(fact, self._work.now)
        because = self._causes.of(about.cause_id, event.transaction_ids)
        kind = "policy_change" if about.root else ""
        self._work.record(replace(event, because=because, transaction_type=kind, root_key=about.root))

    def _tell_changed(self, rows: Sequence[StockRow]) -> None:
        versions = [(row.key, row.version) for row in rows]
        self._work.after_commit(lambda: self._changed(versions))


def _by_key(movements: Sequence[Movement]) -> dict[StockKey, list[Movement]]:
    found: dict[StockKey, list[Movement]] = {}
    for each in movements:
        found.setdefault(each.key, []).append(each)
    return found
