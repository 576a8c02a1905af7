"""A circuit breaker per partner: after some failures in a row nobody calls for a while, then one call probes.

The rules are pure; the row is shared by all workers of a partner and judged by the database's clock. It must not know
what a call is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

from crossdock_kit import json_rows
from crossdock_kit.driver import Driver

Partner = tuple[str, str]


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Opens after `failures` in a row; the pause doubles with each failed probe up to `longest`."""

    failures: int = 5
    pause: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Breaker:
    """`openings` counts how often it opened since the partner was last heard."""

    state: Literal["closed", "open", "half_open"] = "closed"
    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None
    probe_until: datetime | None = None


class Admission(Enum):
    ALL = "all"
    PROBE = "probe"
    NONE = "none"


def admission(breaker: Breaker, now: datetime) -> Admission:
    """Whether calls may be made: all, one probe, or none. A probe whose carrier died is given out again."""
    if breaker.state == "closed":
        return Admission.ALL
    rests_until = breaker.open_until if breaker.state == "open" else breaker.probe_until
    return Admission.PROBE if rests_until is None or rests_until <= now else Admission.NONE


def probing(breaker: Breaker, until: datetime) -> Breaker:
    """One call is under way until then."""
    return replace(breaker, state="half_open", probe_until=until)


def after_failure(breaker: Breaker, now: datetime, policy: BreakerPolicy) -> Breaker:
    failures = breaker.failures + 1
    if breaker.state == "open" or (breaker.state == "closed" and failures < policy.failures):
        return replace(breaker, failures=failures)
    pause = min(policy.longest, policy.pause * 2 ** min(breaker.openings, 20))
    return Breaker("open", failures, breaker.openings + 1, now + pause)


_LOAD = """
SELECT g.tenant, g.partner, b.state, b.failures, b.openings, b.open_until, b.probe_until
FROM json_to_recordset($1::json) AS g(tenant text, partner text)
JOIN breaker b ON b.tenant = g.tenant AND b.partner = g.partner ORDER BY 1, 2
"""


async def load(driver: Driver, partners: Sequence[Partner], *, lock: bool = False) -> dict[Partner, Breaker]:
    """The breakers of partners, closed where there is no row; `lock` keeps the rows until the transaction ends."""
    given = json_rows.encode({"tenant": tenant, "partner": partner} for tenant, partner in sorted(set(partners)))
    rows = await driver.fetch(_LOAD + ("FOR UPDATE OF b" if lock else ""), given)
    found = {(row["tenant"], row["partner"]): Breaker(*tuple(row)[2:]) for row in rows}
    return {partner: found.get(partner, Breaker()) for partner in partners}


_ENSURE = """
INSERT INTO breaker (tenant, partner, state)
SELECT tenant, partner, 'closed' FROM json_to_recordset($1::json) AS g(tenant text, partner text) ORDER BY 1, 2
ON CONFLICT (tenant, partner) DO NOTHING
"""


async def load_to_change(driver: Driver, partners: Sequence[Partner]) -> dict[Partner, Breaker]:
    """Locked rows that exist: what two workers report at once is counted one after the other."""
    given = json_rows.encode({"tenant": tenant, "partner": partner} for tenant, partner in sorted(set(partners)))
    await driver.execute(_ENSURE, given)
    return await load(driver, partners, lock=True)


_SAVE = """
UPDATE breaker b SET state = r.state, failures = r.failures, openings = r.openings, open_until = r.open_until,
  probe_until = r.probe_until, changed_at = now()
FROM json_to_recordset($1::json) AS r(tenant text, partner text, state text, failures int, openings int,
  open_until timestamptz, probe_until timestamptz)
WHERE b.tenant = r.tenant AND b.partner = r.partner
"""


async def save(driver: Driver, breakers: dict[Partner, Breaker]) -> None:
    rows = [asdict(breaker) | {"tenant": t, "partner": p} for (t, p), breaker in sorted(breakers.items())]
    await driver.execute(_SAVE, json_rows.encode(rows))


_CLOSE = """
UPDATE breaker b SET state = 'closed', failures = 0, openings = 0, open_until = NULL, probe_until = NULL,
  changed_at = now()
FROM json_to_recordset($1::json) AS r(tenant text, partner text)
WHERE b.tenant = r.tenant AND b.partner = r.partner AND (b.state <> 'closed' OR b.failures > 0)
RETURNING b.tenant, b.partner
"""


async def heard(driver: Driver, partners: Sequence[Partner]) -> list[Partner]:
    """Notes that partners answered; those whose breaker was not untroubled. Writes nothing in the usual case."""
    given = json_rows.encode({"tenant": tenant, "partner": partner} for tenant, partner in sorted(set(partners)))
    return [(row["tenant"], row["partner"]) for row in await driver.fetch(_CLOSE, given)]
