"""Claims on natural keys, and the small things that every repository does alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from crossdock_kit.driver import Driver

_CLAIM = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def claimed(driver: Driver, tenant: str, *natural_key: str) -> None:
    """Nobody else holds this natural key until the work ends. A lock of its own, because the row may not be there."""
    await driver.execute(_CLAIM, "\x1f".join((tenant, *natural_key)))


def grouped(records: Iterable[Any], column: str) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for record in records:
        groups[record[column]].append(record)
    return groups
