"""Who may report, and when something was found: by the warehouse's clock, which may differ from ours a little, and not
by a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossdock_kit.errors import Refused

CLOCKS_AGREE_WITHIN = timedelta(hours=1)


@dataclass
class FieldNotOwned(Refused):
    """The report writes what belongs to another role."""

    field: str
    role: str
    owners: str


@dataclass
class ReportedFromTheFuture(Refused):
    """It would count as later than everything that is reported until then."""

    number: str
    at: str


def refuse_the_future(number: str, at: datetime, now: datetime) -> None:
    if at > now + CLOCKS_AGREE_WITHIN:
        raise ReportedFromTheFuture(number, at.isoformat())
