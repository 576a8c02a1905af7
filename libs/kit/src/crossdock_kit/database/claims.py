"""Claims on natural keys, and the small things that every repository does alike."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from crossdock_kit.driver import Driver

GROUPS = 256
# Each lock once and in one order, whatever names them, so that two never wait for each other.
_CLAIM = """
SELECT pg_advisory_xact_lock(k)
FROM (SELECT DISTINCT hashtextextended(name, 0) AS k FROM unnest($1::text[]) AS name ORDER BY k) AS sorted
"""


async def claimed(driver: Driver, tenant: str, *natural_key: str) -> None:
    """Nobody else holds this natural key until the work ends. A lock of its own, because the row may not be there."""
    await all_claimed(driver, tenant, [natural_key])


async def all_claimed(driver: Driver, tenant: str, natural_keys: Iterable[Iterable[str]]) -> None:
    """As `claimed`, for several keys at once."""
    await driver.execute(_CLAIM, ["\x1f".join((tenant, *key)) for key in natural_keys])


async def groups_claimed(driver: Driver, tenant: str, kind: str, names: Iterable[str]) -> None:
    """As `all_claimed`, where one work may claim thousands of names. The server's table of locks, which all sessions
    share, has room for some thousands altogether, so here a lock is that of many names: who claims one may have to wait
    for who claims another, and nobody holds more than GROUPS."""
    groups = {zlib.crc32(name.encode()) % GROUPS for name in names}
    await all_claimed(driver, tenant, [(kind, "group", str(each)) for each in groups])


def grouped(records: Iterable[Any], column: str) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for record in records:
        groups[record[column]].append(record)
    return groups
