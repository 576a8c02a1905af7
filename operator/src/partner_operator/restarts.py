"""When a connector that does not come up is begun anew: after n·n + n minutes, counted from zero once it is healthy.

Pure. The numbers are Strimzi's: 2, 6, 12, 20, 30 and 42 minutes, then somebody has to look.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MOST = 7


@dataclass(frozen=True, slots=True)
class Restarts:
    """`number` since it was last healthy; `after` is set while it is broken; `last` is when it was last begun anew."""

    number: int = 0
    after: datetime | None = None
    last: datetime | None = None


def wait_before(number: int) -> timedelta:
    """Before the restart of this number, counted from 1."""
    return timedelta(minutes=number * number + number)


def next_restart(told: Restarts, *, broken: bool, now: datetime) -> Restarts:
    if not broken:
        return replace(told, number=0, after=None)
    if told.after is None:
        return replace(told, after=now + wait_before(told.number + 1))
    if now < told.after or told.number + 1 >= MOST:
        return told
    number = told.number + 1
    return Restarts(number, now + wait_before(number + 1), now)
