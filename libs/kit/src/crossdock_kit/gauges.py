"""What waits and what is wrong, as gauges: read from the service's tables now and then, exported by whoever collects.

Counts over all tenants; a label never names a tenant, a partner or an id. It must not know the trade.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import FailureClass, Unavailable
from crossdock_kit.telemetry import metrics, names

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
Values = list[tuple[float, Mapping[str, str]]]

_WAITING = """
SELECT 'unpublished' AS kind, count(*) AS n, coalesce(now() - min(recorded_at), '0') AS age FROM pending
UNION ALL
SELECT 'held', count(*), coalesce(now() - min(held_at), '0') FROM held
UNION ALL
SELECT 'undelivered', count(*), coalesce(now() - min(created_at), '0') FROM delivery
WHERE state IN ('waiting', 'leased', 'dead')
UNION ALL
SELECT 'timers_overdue', count(*), coalesce(now() - min(due_at), '0') FROM timer WHERE due_at <= now()
UNION ALL
SELECT 'unsealed', count(*), '0' FROM audit_pending
"""
_WRONG = "SELECT failure_class, count(*) AS n FROM exception WHERE resolved_at IS NULL GROUP BY failure_class"
_SILENT = "SELECT count(*) FROM breaker WHERE state <> 'closed'"


@dataclass(eq=False)
class Gauges:
    """Keep `run` running. A class of failures without an open exception is reported as zero, not left out."""

    engine: Engine
    tenants: Sequence[str]
    _values: dict[str, Values] = field(default_factory=dict)
    _observed: bool = False

    async def run(self) -> None:
        """Until cancelled. While the database is away the last values stand."""
        if not self._observed:
            self._observed = True
            for name in (names.BACKLOG, names.BACKLOG_AGE, names.EXCEPTIONS, names.BREAKERS):
                metrics.observe(name, self._reader(name), "s" if name == names.BACKLOG_AGE else "")
        while True:
            try:
                await self.read()
            except Unavailable as error:
                log.warning("gauges stand still: %s", error.code)
            await asyncio.sleep(EVERY_SECONDS)

    async def read(self) -> Mapping[str, Values]:
        """All values as of now."""
        async with transaction(self.engine, self.tenants) as tx:
            waiting = await tx.driver.fetch(_WAITING)
            wrong = {row["failure_class"]: row["n"] for row in await tx.driver.fetch(_WRONG)}
            silent = await tx.driver.fetchval(_SILENT)
        kinds = [{names.BACKLOG_KIND: row["kind"]} for row in waiting]
        self._values = {
            names.BACKLOG: [(row["n"], kind) for row, kind in zip(waiting, kinds, strict=True)],
            names.BACKLOG_AGE: [
                (row["age"].total_seconds(), kind)
                for row, kind in zip(waiting, kinds, strict=True)
                if row["kind"] != "unsealed"
            ],
            names.EXCEPTIONS: [(wrong.get(each.value, 0), {names.FAILURE_CLASS: each.value}) for each in FailureClass],
            names.BREAKERS: [(silent, {})],
        }
        return self._values

    def _reader(self, name: str) -> Callable[[], Iterable[tuple[float, Mapping[str, str]]]]:
        return lambda: self._values.get(name, ())
