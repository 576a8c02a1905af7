"""What the owner of shards remembers of stock, and how it is read again.

A version stands beside everything: the row's own, by which the statement proves that nothing moved, and the shard's,
which every foreign write raises and which tells that better locations may have appeared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from crossdock_kit.driver import Driver

from inventory.domain.holding_back import NOTHING_HELD_BACK, HeldBack
from inventory.domain.movement import StockKey
from inventory.store.holding_back import of_row
from inventory.store.shards import shard_of

MOST_SHELVES = 200_000


class ShelfKey(NamedTuple):
    """An item of one owner, wherever it lies."""

    tenant: str
    sku: str
    business_unit: str


class Shard(NamedTuple):
    tenant: str
    shard: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """A stock row as it was read or left."""

    available: Decimal
    version: int
    event_version: int
    held_back: HeldBack = NOTHING_HELD_BACK


def shard_key(key: ShelfKey) -> Shard:
    return Shard(key.tenant, shard_of(key.tenant, key.sku))


_VERSIONS = """
SELECT tenant, shard, version FROM shard JOIN unnest($1::text[], $2::int2[]) AS w (tenant, shard) USING (tenant, shard)
"""
_ROWS = """
SELECT tenant, sku, location_id, business_unit, available, version, event_version, safety, safety_rule,
  channels
FROM stock JOIN unnest($1::text[], $2::text[], $3::text[]) AS w (tenant, sku, business_unit)
  USING (tenant, sku, business_unit)
"""
_LOCKED_ROWS = f"{_ROWS} ORDER BY tenant, sku, location_id, business_unit FOR UPDATE OF stock"


@dataclass(slots=True)
class Memory:
    shelves: dict[ShelfKey, dict[str, Remembered]] = field(default_factory=dict)
    shards: dict[Shard, int] = field(default_factory=dict)
    selective: set[ShelfKey] = field(default_factory=set)
    """Shelves of which some channels are promised less."""

    def missing(self, keys: Iterable[ShelfKey]) -> set[ShelfKey]:
        return {key for key in keys if key not in self.shelves}

    def forget(self, keys: Iterable[ShelfKey]) -> None:
        for key in keys:
            self.shelves.pop(key, None)

    def forget_all(self) -> None:
        self.shelves.clear()
        self.shards.clear()

    def forget_others(self, owned: Collection[int]) -> None:
        """Keeps only what belongs to these shards."""
        self.shelves = {key: shelf for key, shelf in self.shelves.items() if shard_key(key).shard in owned}
        self.shards = {key: version for key, version in self.shards.items() if key.shard in owned}

    async def load(self, driver: Driver, keys: Collection[ShelfKey], *, locked: bool = True) -> None:
        """Reads the shelves; `locked` locks their rows in key order until the end of the transaction."""
        shards = sorted({shard_key(key) for key in keys})
        # Before the rows: a write that commits in between is then noticed as a change rather than overlooked.
        versions = dict.fromkeys(shards, 0)
        for row in await driver.fetch(_VERSIONS, [s.tenant for s in shards], [s.shard for s in shards]):
            versions[Shard(row["tenant"], row["shard"])] = row["version"]
        self._take_versions(versions)
        wanted = sorted(keys)
        rows = await driver.fetch(
            _LOCKED_ROWS if locked else _ROWS,
            [k.tenant for k in wanted],
            [k.sku for k in wanted],
            [k.business_unit for k in wanted],
        )
        self.shelves.update({key: {} for key in wanted})
        for row in rows:
            shelf = self.shelves[ShelfKey(row["tenant"], row["sku"], row["business_unit"])]
            shelf[row["location_id"]] = Remembered(row["available"], row["version"], row["event_version"], of_row(row))
        self.selective.difference_update(wanted)
        self.selective.update(
            key for key in wanted if any(row.held_back.channels for row in self.shelves[key].values())
        )

    def open_to(self, channel: str, key: ShelfKey, left: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        """Of what is left on a shelf, that which the channel may have."""
        if key not in self.selective:
            return left
        shelf = self.shelves[key]
        return {place: free - shelf[place].held_back.besides_safety(channel) for place, free in left.items()}

    def learn(self, left: Iterable[tuple[StockKey, Remembered]]) -> None:
        """What a batch leaves behind; what is newer already stays."""
        for key, row in left:
            shelf = self.shelves.get(ShelfKey(key.tenant, key.sku, key.business_unit))
            if shelf is not None and (key.location_id not in shelf or shelf[key.location_id].version < row.version):
                shelf[key.location_id] = row

    def _take_versions(self, versions: dict[Shard, int]) -> None:
        moved = {shard for shard, version in versions.items() if self.shards.get(shard) != version}
        if moved or len(self.shelves) > MOST_SHELVES:
            self.shelves = {key: shelf for key, shelf in self.shelves.items() if shard_key(key) not in moved}
        if len(self.shelves) > MOST_SHELVES:
            self.shelves.clear()
        self.shards.update(versions)
