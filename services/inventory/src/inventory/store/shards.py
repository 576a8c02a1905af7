"""To which shard an item belongs: the unit that one owner decides for.

The function is part of what replicas agree on: all of them must compute the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache

from inventory.domain.movement import StockKey

SHARDS = 16


@lru_cache(maxsize=65_536)
def shard_of(tenant: str, sku: str) -> int:
    return zlib.crc32(f"{tenant}\x1f{sku}".encode()) % SHARDS


def shards_of(keys: Iterable[StockKey]) -> list[tuple[str, int]]:
    """Tenant and shard of each key, once, in the order in which they are locked."""
    return sorted({(key.tenant, shard_of(key.tenant, key.sku)) for key in keys})
