"""Numbers that a partner sees rise without end: interchange, group, set. Given once, in the document's transaction."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from crossdock_kit import json_rows
from crossdock_kit.driver import Driver

from connector.codecs.x12_document import Numbers

# In the order of the partners, so that two batches that number for several do not wait for each other in a circle.
_TAKE = """
INSERT INTO control_number AS c (tenant, partner, scope, last)
SELECT tenant, partner, 'interchange', wanted FROM json_to_recordset($1::json)
  AS r(tenant text, partner text, wanted bigint) ORDER BY tenant, partner
ON CONFLICT (tenant, partner, scope) DO UPDATE SET last = c.last + excluded.last RETURNING tenant, partner, last
"""
_LARGEST = 999_999_999
Partner = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """Numbers for some documents of each partner, given out in order."""

    _left: dict[Partner, deque[int]]

    def next(self, tenant: str, partner: str) -> Numbers:
        number = self._left[tenant, partner].popleft()
        return Numbers(interchange=number, group=number, message=1)


async def take_all(driver: Driver, partners: Iterable[Partner]) -> Taken:
    """As many as each is named; a rolled back transaction gives them back. After nine digits they begin anew."""
    wanted = Counter(partners)
    if not wanted:
        return Taken({})
    rows = json_rows.encode({"tenant": t, "partner": p, "wanted": n} for (t, p), n in wanted.items())
    last = {(row["tenant"], row["partner"]): row["last"] for row in await driver.fetch(_TAKE, rows)}
    return Taken({key: deque(map(_wrapped, range(last[key] - n + 1, last[key] + 1))) for key, n in wanted.items()})


def _wrapped(number: int) -> int:
    return (number - 1) % _LARGEST + 1
