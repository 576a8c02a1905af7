"""Where the reading of what is polled stands: one row for each kind of documents that a partner is asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit.driver import Driver
from crossdock_kit.errors import NotFound, Refused


@dataclass
class NotPolled(NotFound):
    """The partner's profile does not say that documents of this kind are fetched."""

    partner: str
    kind: str


@dataclass
class CursorElsewhere(Refused):
    """The reading stands neither where this page began nor where it ended: somebody put the cursor back."""

    partner: str
    kind: str


@dataclass(frozen=True, slots=True)
class Place:
    """`wait` is how long it is not its turn yet; `failures` are those in a row."""

    cursor: str
    wait: timedelta
    failures: int


@dataclass(frozen=True, slots=True)
class Step:
    """A page as it is booked: where the next one begins, or why this one could not be read."""

    cursor: str
    documents: int
    fault: str = ""
    code: str = ""


async def declare(driver: Driver, tenant: str, partner: str, kinds: Collection[str]) -> None:
    """Exactly these kinds are polled from now on. The cursor of one that is taken out stays for when it comes again."""
    await driver.execute(
        "UPDATE poll SET polled = kind = ANY($3) WHERE tenant = $1 AND partner = $2", tenant, partner, list(kinds)
    )
    await driver.execute(
        "INSERT INTO poll (tenant, partner, kind) SELECT $1, $2, unnest($3::text[]) ON CONFLICT DO NOTHING",
        tenant,
        partner,
        list(kinds),
    )


_PLACE = """
SELECT cursor, greatest(next_at - now(), interval '0') AS wait, failures FROM poll
WHERE tenant = $1 AND partner = $2 AND kind = $3 AND polled
"""


async def place(driver: Driver, tenant: str, partner: str, kind: str, *, lock: bool = False) -> Place:
    """Raises NotPolled."""
    row = await driver.fetchrow(_PLACE + (" FOR UPDATE" if lock else ""), tenant, partner, kind)
    if row is None:
        raise NotPolled(partner, kind)
    return Place(row["cursor"], row["wait"], row["failures"])


_RECORD = """
UPDATE poll SET cursor = $4, documents = documents + $5, failures = $6, fault = $7, code = $8, next_at = now() + $9,
  moved_at = CASE WHEN cursor <> $4 THEN now() ELSE moved_at END,
  polled_at = CASE WHEN $10 THEN now() ELSE polled_at END
WHERE tenant = $1 AND partner = $2 AND kind = $3
"""


async def record(
    driver: Driver, key: tuple[str, str, str], step: Step, *, failures: int, wait: timedelta, at_end: bool
) -> None:
    """`at_end` says that there was nothing more to read. The caller holds the row's lock."""
    await driver.execute(_RECORD, *key, step.cursor, step.documents, failures, step.fault, step.code, wait, at_end)


async def hurry(driver: Driver, tenant: str, partner: str, kind: str) -> bool:
    """Whether something failed that is tried again at once now."""
    return bool(
        await driver.fetchval(
            "UPDATE poll SET next_at = now() WHERE tenant = $1 AND partner = $2 AND kind = $3 AND polled"
            " AND failures > 0 RETURNING true",
            tenant,
            partner,
            kind,
        )
    )


_RESET = """
UPDATE poll p SET cursor = $4, moved_at = now(), next_at = now(), failures = 0, fault = '', code = ''
FROM (SELECT kind, cursor FROM poll WHERE tenant = $1 AND partner = $2 AND ($3 = '' OR kind = $3) AND polled
  ORDER BY kind FOR UPDATE) before
WHERE p.tenant = $1 AND p.partner = $2 AND p.kind = before.kind
RETURNING p.kind, before.cursor
"""


async def reset(driver: Driver, tenant: str, partner: str, kind: str, cursor: str) -> dict[str, str]:
    """Each kind with the cursor that it had. Raises NotPolled where there is none."""
    rows = await driver.fetch(_RESET, tenant, partner, kind, cursor)
    if not rows:
        raise NotPolled(partner, kind)
    return {row["kind"]: row["cursor"] for row in sorted(rows, key=lambda row: str(row["kind"]))}
