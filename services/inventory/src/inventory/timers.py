"""The cause of what inventory does by itself when time has passed."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from crossdock_kit.context import Cause


def timer_cause(name: str, tenant: str, now: datetime) -> Cause:
    identity = str(uuid4())
    return Cause(
        kind="timer",
        name=name,
        tenant=tenant,
        actor="inventory",
        correlation_id=identity,
        causation_id=identity,
        traceparent="",
        started_at=now,
    )
