"""The record of repairs: who did what to which work, why, and what came of it. Append-only, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crossdock_kit.context import cause
from crossdock_kit.driver import Driver
from crossdock_kit.ids import uuid7
from crossdock_kit.unit_of_work import Work

_KEEP = """
INSERT INTO repair (tenant, repair_id, at, actor, verb, reason, asked, effects) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LIST = """
SELECT repair_id, at, actor, verb, reason, asked, effects FROM repair
WHERE (at, repair_id) < ($1, $2) ORDER BY at DESC, repair_id DESC LIMIT $3
"""
LATEST = (datetime.fromisoformat("9999-01-01T00:00:00+00:00"), UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    repair_id: UUID
    at: datetime
    actor: str
    verb: str
    reason: str
    asked: str
    effects: tuple[str, ...]


async def keep(work: Work, reason: str, asked: str, effects: Sequence[str]) -> None:
    """Written by the call under way, whose actor and method it names."""
    why = cause()
    await work.driver.execute(_KEEP, work.tenant, uuid7(), work.now, why.actor, why.name, reason, asked, list(effects))


async def list_page(driver: Driver, before: tuple[datetime, UUID], limit: int) -> list[Repair]:
    """The latest first."""
    rows = await driver.fetch(_LIST, *before, limit)
    return [Repair(**dict(row) | {"effects": tuple(row["effects"])}) for row in rows]
