"""How long events waited for the relay while a long transaction was open and nothing else was wrong (F14).

From the journal's recording times and the broker's own: two clocks of one machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from faults.evidence import OfService
from faults.ways.scene import Injected

ROW = "F14"
AFTERMATH = timedelta(seconds=10)
Span = tuple[datetime, datetime]


def publish_lag(services: Mapping[str, OfService], injected: Sequence[Injected]) -> tuple[int, float] | None:
    """How many events that were, and the 99th percentile in seconds; None if the row was not played."""
    open_: list[Span] = []
    troubled: list[Span] = []
    for each in injected:
        if each.ended_at is not None and each.done:
            span = (each.began_at, each.ended_at)
            (open_ if each.fault.row == ROW else troubled).append(span)
    if not open_:
        return None
    calm = [(began - timedelta(seconds=1), ended + AFTERMATH) for began, ended in troubled]
    lags = sorted(_lags(services, open_, calm))
    return len(lags), lags[math.ceil(0.99 * len(lags)) - 1] if lags else 0.0


def _lags(services: Mapping[str, OfService], open_: Sequence[Span], troubled: Sequence[Span]) -> Iterable[float]:
    for rows in services.values():
        for event_id, recorded in rows.recorded_at.items():
            published = rows.published_at.get(str(event_id))
            if published is not None and _within(recorded, open_) and not _within(recorded, troubled):
                yield (published - recorded).total_seconds()


def _within(at: datetime, spans: Sequence[Span]) -> bool:
    return any(began <= at <= ended for began, ended in spans)
