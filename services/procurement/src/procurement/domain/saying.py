"""Words of which the newest counts, by the clock of who says them.

A local time that was written as UTC is wrong by hours; a word of next month, a slip of the pen or worse, would silence
all that are said until then, and nobody would hear of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossdock_kit.errors import Refused

CLOCKS_AGREE_WITHIN = timedelta(days=1)


@dataclass
class SaidInTheFuture(Refused):
    """It would count as newer than everything that is said until then."""

    system: str
    said_at: str


def refuse_the_future(system: str, said_at: datetime, now: datetime) -> None:
    """Raises SaidInTheFuture."""
    if said_at > now + CLOCKS_AGREE_WITHIN:
        raise SaidInTheFuture(system, said_at.isoformat())
