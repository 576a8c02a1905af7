"""Gives up a held message: it counts as applied, without effect, and its aggregate goes on behind it.

What an operator decides here is decided for one consumer alone. If versions before the message never came, they are
given up with it only where that is what the message waits for.
"""

from __future__ import annotations

from uuid import UUID

from crossdock_kit.driver import Driver
from crossdock_kit.errors import Refused
from crossdock_kit.exceptions import NothingLeft
from crossdock_kit.subscriptions import held, inbox

_LOCK = f"""
SELECT h.tenant, h.aggregate, h.version, h.why, coalesce(w.version, 0) AS reached,
  (SELECT min(e.version) FROM held e WHERE e.consumer = h.consumer AND e.tenant = h.tenant
     AND e.aggregate = h.aggregate AND e.why <> '{held.DISOWNED}') AS first
FROM held h
LEFT JOIN LATERAL (
  SELECT version FROM watermark
  WHERE consumer = h.consumer AND tenant = h.tenant AND aggregate = h.aggregate FOR UPDATE
) w ON true
WHERE h.consumer = $1 AND h.event_id = $2 FOR UPDATE OF h
"""  # noqa: S608 - one constant of this package


class BehindAnother(Refused):
    """An earlier held version of the same aggregate is the one to decide about."""


async def discard(driver: Driver, consumer: str, event_id: UUID) -> str:
    """What was given up, in words. Raises NothingLeft when it is held no more, BehindAnother."""
    row = await driver.fetchrow(_LOCK, consumer, event_id)
    if row is None:
        raise NothingLeft(f"message {event_id} is held no more")
    if row["why"] == held.DISOWNED:
        await held.remove(driver, consumer, [event_id])
        return f"version {row['version']} of {row['aggregate']}, which its owner does not know, is given up"
    if row["first"] < row["version"]:
        raise BehindAnother(f"version {row['first']} of {row['aggregate']} is held before it")
    key = (row["tenant"], row["aggregate"])
    if row["version"] > row["reached"] + 1:
        missing = f"versions {row['reached'] + 1} to {row['version'] - 1} of {row['aggregate']} are given up"
        await inbox.advance(driver, consumer, {key: row["version"] - 1})
        await held.lift_park(driver, consumer, key)
        return f"{missing}; version {row['version']} is applied"
    await inbox.advance(driver, consumer, {key: row["version"]})
    await held.remove(driver, consumer, [event_id])
    await held.lift_park(driver, consumer, key)
    return f"version {row['version']} of {row['aggregate']} is given up; what waited behind it goes on"
