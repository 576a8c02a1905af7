"""What may be promised now, from a cache in front of the balances: asked far more often than stock moves.

An answer says which version of the balance it was read from. It may be older than the newest by the moment that a
change takes to reach the cache, and by the cache's `keep` at most if it never does; promises are never made from it.
Losing the cache loses nothing but time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from crossdock_kit.database import Engine, transaction
from crossdock_kit.versioned_cache import Entry, VersionedCache

from inventory.domain.holding_back import Available, HeldBack, Kept
from inventory.domain.movement import StockKey
from inventory.domain.quantity import plain
from inventory.queries.stock import Row, Where
from inventory.store.holding_back import of_row
from inventory.store.master_data import described

TELLING_SECONDS = 0.02
"""How long changes are gathered before the cache hears of them."""


class _Place(NamedTuple):
    location_id: str
    business_unit: str


_ROWS = f"""
SELECT s.sku, s.location_id, s.business_unit, s.available, s.version, s.safety, s.safety_rule,
  s.channels, coalesce(i.base_unit, '') AS unit
FROM stock s {described("s")} WHERE s.tenant = $1 AND s.sku = ANY ($2::text[])
"""  # noqa: S608


@dataclass(slots=True, eq=False)
class Availability:
    """One for each process. Keep `run` running: it tells the cache what changed."""

    engine: Engine
    cache: VersionedCache
    _changed: dict[tuple[str, str], dict[_Place, int]] = field(default_factory=dict)

    async def of(self, skus: Sequence[str], where: Where) -> list[Available]:
        """By item, location and owner."""
        groups = {_group(where.tenant, sku): sku for sku in skus}
        cached = await self.cache.read(groups)
        found = {groups[name]: [_shown(groups[name], *each) for each in its.items()] for name, its in cached.items()}
        missing = [sku for sku in groups.values() if sku not in found]
        if missing:
            found |= await self._read(where.tenant, missing)
        places = set(where.locations)
        return [
            each
            for sku in sorted(found)
            for each in sorted(found[sku], key=lambda its: (its.location_id, its.business_unit))
            if (not places or each.location_id in places) and where.business_unit in ("", each.business_unit)
        ]

    async def _read(self, tenant: str, skus: Sequence[str]) -> dict[str, list[Available]]:
        async with transaction(self.engine, (tenant,)) as tx:
            rows = await tx.driver.fetch(_ROWS, tenant, list(skus))
        found: dict[str, list[Available]] = {sku: [] for sku in skus}
        for row in rows:
            found[row["sku"]].append(_of_row(row))
        await self.cache.fill({_group(tenant, sku): dict(map(_entry, its)) for sku, its in found.items()})
        return found

    def changed(self, rows: Iterable[tuple[StockKey, int]]) -> None:
        """These rows have these versions now. Does not wait."""
        for key, version in rows:
            places = self._changed.setdefault((key.tenant, key.sku), {})
            place = _Place(key.location_id, key.business_unit)
            places[place] = max(version, places.get(place, 0))

    async def run(self) -> None:
        """Until cancelled; what was told by then still reaches the cache."""
        try:
            while True:
                await asyncio.sleep(TELLING_SECONDS)
                await self.tell()
        finally:
            await self.tell()

    async def tell(self) -> None:
        changed, self._changed = self._changed, {}
        await self.cache.outdate(
            {
                _group(*item): {_name(place): version for place, version in places.items()}
                for item, places in changed.items()
            }
        )


def _group(tenant: str, sku: str) -> str:
    # The tenant is never empty and its length stands before it: no two pairs have one name.
    return f"{len(tenant)}:{tenant}:{sku}"


def _name(place: _Place) -> str:
    return json.dumps(place)


def _of_row(row: Row) -> Available:
    sku, location_id, business_unit = row["sku"], row["location_id"], row["business_unit"]
    return Available(sku, location_id, business_unit, row["available"], row["unit"], row["version"], of_row(row))


def _entry(its: Available) -> tuple[str, Entry]:
    held = its.held_back
    channels = {name: _kept_out(kept) for name, kept in held.channels.items()}
    value = json.dumps([plain(its.free), its.unit, _kept_out(held.safety), channels])
    return _name(_Place(its.location_id, its.business_unit)), Entry(its.version, value)


def _shown(sku: str, name: str, entry: Entry) -> Available:
    free, unit, safety, channels = json.loads(entry.value)
    held = HeldBack(_kept_in(safety), {channel: _kept_in(kept) for channel, kept in channels.items()})
    place = _Place(*json.loads(name))
    return Available(sku, place.location_id, place.business_unit, Decimal(free), unit, entry.version, held)


def _kept_out(kept: Kept) -> tuple[str, int]:
    return plain(kept.quantity), kept.rule


def _kept_in(written: Sequence[str | int]) -> Kept:
    return Kept(Decimal(written[0]), int(written[1]))
