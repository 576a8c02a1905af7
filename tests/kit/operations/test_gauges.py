"""What waits and what is wrong can be read as numbers without a name in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from crossdock_kit import timers
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Dead, Retry
from crossdock_kit.gauges import Gauges, Values
from crossdock_kit.telemetry import names
from crossdock_kit.timers import NewTimer
from kit_schema import TENANTS
from kit_schema.outbound import Partner


def by_label(values: Values) -> dict[str, float]:
    return {"/".join(labels.values()): value for value, labels in values}


@pytest.mark.feature("F288")
async def test_backlog_exceptions_and_silent_partners_are_counted_over_all_tenants(engine: Engine) -> None:
    gauges, partner = Gauges(engine, TENANTS), Partner(engine)
    before = await gauges.read()
    assert by_label(before[names.EXCEPTIONS]) == {"transient": 0, "business": 0, "partner": 0, "bug": 0}
    await partner.write(partner.new("A", "A1"), partner.new("B", "B1"), partner.new("C", "C1"))
    leased = await partner.lease(limit=2)
    await partner.report(leased[0], Dead("no such item"))
    await partner.report(leased[1], Retry("UNAVAILABLE"))
    await partner.do("UPDATE breaker SET state = 'open' WHERE partner = $1")
    late = NewTimer(tenant="globex", kind="k", subject="s", due_at=datetime.now(UTC) - timedelta(hours=1))
    async with transaction(engine, TENANTS) as tx:
        await timers.set_timers(tx.driver, [late])
    found = await gauges.read()
    backlog, age = by_label(found[names.BACKLOG]), by_label(found[names.BACKLOG_AGE])
    assert (backlog["undelivered"], backlog["timers_overdue"]) == (3, 1)
    assert age["timers_overdue"] >= 3600
    assert by_label(found[names.EXCEPTIONS])["partner"] == 1
    assert by_label(found[names.BREAKERS]) == {"": 1}
    assert partner.name not in str(found)
