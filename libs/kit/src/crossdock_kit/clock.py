"""Time as a port: whoever needs the present asks a Clock, so that a test can say what time it is.

Instants are aware and UTC. Leases, timers and recording times are judged by the database itself, because clocks of
several replicas differ; for the same reason a service asks the DatabaseClock for the present, not its machine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
