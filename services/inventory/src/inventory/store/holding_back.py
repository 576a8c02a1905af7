"""Safety stock and channel buffers as the policy table says them, written to the stock rows that they concern.

Rules are effective-dated, so what a row keeps changes without anybody writing to it: whoever makes a row asks, and a
loop asks again for all rows whenever other rules are in force. The row keeps the version of the rule that decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
from crossdock_kit import policy
from crossdock_kit.driver import Driver
from crossdock_kit.policy import PolicyBook, Scope

from inventory.domain.holding_back import NO_CHANNEL, NOTHING_HELD_BACK, HeldBack, Kept, held_back
from inventory.domain.movement import StockKey
from inventory.domain.quantity import ZERO, of_rule, plain
from inventory.store.master_data import StoredMasterData, described
from inventory.store.shards import shards_of

POLICY = "inventory.safety_stock"
"""Its value: {"quantity": "10"}, in the item's base unit. The partner of its scope is a sales channel."""

Row = Mapping[str, Any] | asyncpg.Record
_KEY = "tenant, sku, location_id, business_unit"


def of_row(row: Row) -> HeldBack:
    """As a stock row keeps it."""
    safety, channels = row["safety"], row["channels"]
    if not safety and channels == "{}":
        return NOTHING_HELD_BACK
    kept = {name: Kept(Decimal(quantity), rule) for name, (quantity, rule) in json.loads(channels).items()}
    return HeldBack(Kept(safety, row["safety_rule"]), kept or NO_CHANNEL)


class Rules:
    """The rules of one tenant at one instant. `unreadable` are versions whose value is no quantity: they keep nothing,
    and somebody must hear of it."""

    def __init__(self, book: PolicyBook, at: datetime) -> None:
        self._book, self._at = book, at
        self.in_force = tuple(rule for rule in book.of(POLICY) if rule.in_force(at))
        self.ever = bool(book.of(POLICY))
        self.channels = tuple(sorted({rule.scope.partner for rule in self.in_force} - {""}))
        self.unreadable = [rule.version for rule in self.in_force if of_rule(rule.value) is None]

    @property
    def fingerprint(self) -> tuple[int, ...]:
        return tuple(sorted(rule.version for rule in self.in_force))

    def resolve(self, key: StockKey, category: str) -> HeldBack:
        place = Scope(business_unit=key.business_unit, item_category=category, location=key.location_id)
        safety = self._kept(place)
        if not self.channels:
            return HeldBack(safety)
        return held_back(safety, {name: self._kept(_in(place, name)) for name in self.channels})

    def _kept(self, place: Scope) -> Kept:
        decided = self._book.decide(POLICY, place, self._at, None)
        return Kept(of_rule(decided.value) or ZERO, decided.version)


def _in(place: Scope, channel: str) -> Scope:
    return replace(place, partner=channel)


async def rules_of(driver: Driver, tenant: str, at: datetime) -> Rules:
    return Rules(await policy.read(driver, tenant, [POLICY]), at)


_CATEGORIES = f"""
SELECT k.sku, i.category FROM unnest($2::text[]) AS k (sku) {described("k")}
"""  # noqa: S608


async def units(driver: Driver, tenant: str, skus: Iterable[str]) -> dict[str, str]:
    known = await StoredMasterData(driver).known(tenant, skus)
    return {sku: item.base_unit for sku, item in known.items()}


async def wanted(driver: Driver, keys: Iterable[StockKey], at: datetime) -> dict[StockKey, HeldBack]:
    """What the rules in force keep of each of these rows; rows of which they keep nothing are missing."""
    by_tenant: dict[str, list[StockKey]] = {}
    for key in keys:
        by_tenant.setdefault(key.tenant, []).append(key)
    found: dict[StockKey, HeldBack] = {}
    for tenant, its in sorted(by_tenant.items()):
        rules = await rules_of(driver, tenant, at)
        if rules.in_force:
            found |= await resolved(driver, rules, its)
    return {key: held for key, held in found.items() if held != NOTHING_HELD_BACK}


async def resolved(driver: Driver, rules: Rules, keys: Sequence[StockKey]) -> dict[StockKey, HeldBack]:
    """What the rules keep of each of these rows of one tenant."""
    rows = await driver.fetch(_CATEGORIES, keys[0].tenant, [key.sku for key in keys])
    categories = {row["sku"]: row["category"] for row in rows}
    return {key: rules.resolve(key, categories.get(key.sku) or "") for key in keys}


_WRITE = f"""
WITH wanted AS MATERIALIZED (
  SELECT {_KEY}, safety, safety_rule, channels FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],
    $5::numeric[], $6::int8[], $7::text[]) AS w ({_KEY}, safety, safety_rule, channels)
), bumped AS (
  INSERT INTO shard (tenant, shard, version)
  SELECT tenant, shard, 1 FROM unnest($8::text[], $9::int2[]) AS h (tenant, shard) ORDER BY tenant, shard
  ON CONFLICT (tenant, shard) DO UPDATE SET version = shard.version + 1
)
UPDATE stock s SET safety = w.safety, safety_rule = w.safety_rule, channels = w.channels,
  version = s.version + 1, event_version = s.event_version + $10::int
FROM wanted w WHERE s.tenant = w.tenant AND s.sku = w.sku AND s.location_id = w.location_id
  AND s.business_unit = w.business_unit
RETURNING s.*
"""  # noqa: S608


async def write(driver: Driver, changes: Mapping[StockKey, HeldBack], *, announced: bool) -> list[asyncpg.Record]:
    """Sets what rows keep, under the lock on them, and gives them as they are then. `announced`: an event follows."""
    ordered = sorted(changes.items())
    columns = [list(each) for each in zip(*(_row(key, held) for key, held in ordered), strict=True)]
    shards = shards_of(key for key, _ in ordered)
    owners = [tenant for tenant, _ in shards], [shard for _, shard in shards]
    return list(await driver.fetch(_WRITE, *columns, *owners, int(announced)))


def _row(key: StockKey, held: HeldBack) -> tuple[object, ...]:
    channels = {name: (plain(kept.quantity), kept.rule) for name, kept in held.channels.items()}
    return (*key, held.safety.quantity, held.safety.rule, json.dumps(channels))


_PAGE = f"""
SELECT {_KEY}, safety, safety_rule, channels FROM stock
WHERE tenant = $1 AND (sku, location_id, business_unit) > ($2, $3, $4)
ORDER BY sku, location_id, business_unit LIMIT $5
"""  # noqa: S608


async def page(driver: Driver, after: StockKey, size: int) -> list[tuple[StockKey, HeldBack]]:
    """What rows of a tenant keep now, in key order behind a key."""
    rows = await driver.fetch(_PAGE, *after, size)
    return [(StockKey(*(row[name] for name in StockKey._fields)), of_row(row)) for row in rows]
