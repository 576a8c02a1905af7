"""Returns and reports on them as rows and back. Whoever writes a return of an order holds the head of that order."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from crossdock_kit.database.claims import claimed
from crossdock_kit.database.planning import fetch_for_values
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row

from fulfillment.domain.customer_return import CustomerReturn, ReturnLine
from fulfillment.domain.return_lifecycle import State
from fulfillment.domain.return_report import BookedReport, ReportKind
from fulfillment.ports import ReturnPage

_PLAIN = (
    "return_id",
    "number",
    "business_unit",
    "order_id",
    "order_number",
    "customer_id",
    "reason",
    "credits_asked",
    "credits_posted",
    "event_version",
    "watched",
    "created_at",
)
_REPORT = ("location_id", "number", "content", "return_id", "order_id", "unauthorized")
_CLAIM = """
SELECT * FROM customer_return WHERE tenant = $1 AND number = $3 AND (order_id = $2 OR order_id = '')
ORDER BY order_id DESC LIMIT 1 FOR UPDATE
"""
_GET = "SELECT * FROM customer_return WHERE tenant = $1 AND return_id = $2 FOR UPDATE"
_FIND = "SELECT * FROM customer_return WHERE tenant = $1 AND {} ORDER BY created_at, return_id LIMIT 1000"
_FIND_REPORT = "SELECT * FROM return_report WHERE tenant = $1 AND kind = $2 AND location_id = $3 AND number = $4"
_PAGE = """
SELECT * FROM customer_return WHERE tenant = $1 AND ($2 = '' OR order_id = $2) AND ($3 = '' OR state = $3)
  AND (NOT $4 OR state = 'inspected' OR credits_posted < credits_asked)
  AND ($5::timestamptz IS NULL OR (created_at, return_id) > ($5, $6))
ORDER BY created_at, return_id LIMIT $7
"""


class ReturnRows:
    """What this work made or read to change is the same object until its end."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self._held: dict[str, CustomerReturn] = {}

    def add(self, found: CustomerReturn) -> None:
        self._held[found.return_id] = found

    async def claim(self, order_id: str, number: str) -> CustomerReturn | None:
        await claimed(self._driver, self._tenant, "customer_return", number)
        return self._hold(await self._driver.fetchrow(_CLAIM, self._tenant, order_id, number))

    async def get(self, return_id: str) -> CustomerReturn | None:
        return self._held.get(return_id) or self._hold(await self._driver.fetchrow(_GET, self._tenant, return_id))

    async def find(self, *, return_id: str = "", number: str = "", order_id: str = "") -> list[CustomerReturn]:
        """By whatever is given; at most a thousand."""
        given = {"return_id": return_id, "number": number, "order_id": order_id}
        named = {column: value for column, value in given.items() if value}
        if not named:
            raise ValueError("a return is found by something")
        # A statement for what is given: one for all ways to find it would read all returns.
        where = " AND ".join(f"{column} = ${at}" for at, column in enumerate(named, 2))
        rows = await self._driver.fetch(_FIND.format(where), self._tenant, *named.values())
        return [read_return(row) for row in rows]

    async def page(self, page: ReturnPage) -> list[CustomerReturn]:
        state, after = page.state.value if page.state else "", page.after or (None, "")
        place = (page.order_id, state, page.awaiting_credit, *after, page.size)
        return [read_return(row) for row in await fetch_for_values(self._driver, _PAGE, self._tenant, *place)]

    async def claim_report(self, kind: ReportKind, location_id: str, number: str) -> BookedReport | None:
        await claimed(self._driver, self._tenant, "return_report", kind.value, location_id, number)
        row = await self._driver.fetchrow(_FIND_REPORT, self._tenant, kind.value, location_id, number)
        return row and BookedReport(kind=ReportKind(row["kind"]), **{name: row[name] for name in _REPORT})

    def _hold(self, row: Any) -> CustomerReturn | None:
        return None if row is None else self._held.setdefault(row["return_id"], read_return(row))


def return_row(found: CustomerReturn) -> Row:
    return {name: getattr(found, name) for name in _PLAIN} | {
        "state": found.state.value,
        "lines": [_line(each) for each in found.lines.values()],
    }


def read_return(row: Any) -> CustomerReturn:
    lines = _lines(row["lines"] or ())
    return CustomerReturn(**{name: row[name] for name in _PLAIN}, state=State(row["state"]), lines=lines)


def report_row(report: BookedReport) -> Row:
    return {name: getattr(report, name) for name in _REPORT} | {"kind": report.kind.value}


def _line(line: ReturnLine) -> Row:
    return {
        "line": line.line_number,
        "sku": line.sku,
        "unit": line.unit,
        "sums": [str(line.authorized), str(line.received), str(line.inspected)],
    }


def _lines(values: Iterable[Any]) -> dict[tuple[str, str], ReturnLine]:
    return {
        (each["line"], each["sku"]): ReturnLine(each["line"], each["sku"], each["unit"], *map(Decimal, each["sums"]))
        for each in values
    }
