"""Statements that are planned for the values at hand: those whose conditions may be left out.

All others are planned once for each connection (engine.SETTINGS). "All, or those of this order" planned once for both
reads all, however many there are; planned for the order that was asked for, it reads those of the order.
"""

from __future__ import annotations

import asyncpg

from crossdock_kit.driver import Driver

_FOR_VALUES = "SET LOCAL plan_cache_mode = force_custom_plan"
_AS_EVER = "SET LOCAL plan_cache_mode = force_generic_plan"


async def fetch_for_values(driver: Driver, statement: str, *values: object) -> list[asyncpg.Record]:
    """Inside a transaction. Two turns to the database more: for lists that somebody looks at, not for hot paths."""
    await driver.execute(_FOR_VALUES)
    rows = await driver.fetch(statement, *values)
    await driver.execute(_AS_EVER)
    return rows
