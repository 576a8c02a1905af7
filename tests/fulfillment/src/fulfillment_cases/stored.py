"""All that the database holds of one order, read at one moment, for those who check it from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crossdock_kit.database import Engine, transaction
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.posting import Kind, Posting
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Shipment
from fulfillment.store import rows
from fulfillment.store.postings import read_posting
from fulfillment.store.returns import read_return

_OF_ORDER = {
    "sales_order": "SELECT * FROM sales_order WHERE order_id = $1",
    "order_line": "SELECT * FROM order_line WHERE order_id = $1 ORDER BY position",
    "line_schedule": "SELECT * FROM line_schedule WHERE order_id = $1 ORDER BY position, number",
    "order_part": "SELECT * FROM order_part WHERE order_id = $1 ORDER BY part",
    "posting": "SELECT * FROM posting WHERE order_id = $1 ORDER BY posting_id",
}
_RETURNS = "SELECT * FROM customer_return WHERE order_id = $1 OR return_id = ANY($2::text[]) ORDER BY return_id"
_SHIPMENTS = "SELECT * FROM outbound_shipment WHERE number = ANY($1::text[]) ORDER BY number"
_TIMERS = "SELECT kind, subject FROM timer WHERE subject LIKE $1 || '%' OR subject = ANY($2::text[])"
_OPEN = "SELECT code, subject, owner FROM exception WHERE resolved_at IS NULL ORDER BY 1, 2"
_GIVEN_BACK = "SELECT idempotency_key FROM delivery WHERE kind = 'inventory.give_back'"
_GAPS = """
SELECT aggregate, array_agg(version ORDER BY version) AS versions FROM journal GROUP BY aggregate
HAVING min(version) <> 1 OR max(version) <> count(*) OR count(DISTINCT version) <> count(*)
"""
_COUNTED = ("journal", "delivery", "exception", "timer", "warehouse_report", "return_report", "payment")
_COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in _COUNTED)


@dataclass(frozen=True, slots=True)
class Stored:
    """`raw` is everything, to compare two moments; the rest is the same as objects."""

    raw: dict[str, list[dict[str, Any]]]
    order: SalesOrder
    lines: list[OrderLine]
    postings: dict[str, Posting]
    returns: dict[str, CustomerReturn]
    shipments: dict[str, Shipment]
    open: dict[tuple[str, str], str]
    timers: frozenset[tuple[str, str]]
    given_back: frozenset[str]

    @property
    def schedules(self) -> list[tuple[OrderLine, Schedule]]:
        return [(line, each) for line in self.lines for each in line.schedules]

    def kind(self, kind: Kind) -> list[Posting]:
        return [each for each in self.postings.values() if each.kind is kind]

    def concerned(self, code: str, subject: str = "") -> bool:
        """Whether somebody owns an open exception of this code, of any subject where none is named."""
        return any(owner for (known, about), owner in self.open.items() if known == code and subject in {"", about})


async def stored(
    engine: Engine, order_id: str, *, tenant: str = "acme", returns: Sequence[str] = (), shipments: Sequence[str] = ()
) -> Stored:
    async with transaction(engine, [tenant]) as tx:
        raw = {name: await tx.driver.fetch(sql, order_id) for name, sql in _OF_ORDER.items()}
        raw["customer_return"] = await tx.driver.fetch(_RETURNS, order_id, list(returns))
        raw["outbound_shipment"] = await tx.driver.fetch(_SHIPMENTS, list(shipments))
        found_returns = [row["return_id"] for row in raw["customer_return"]]
        raw["timer"] = await tx.driver.fetch(_TIMERS, order_id, found_returns)
        raw["open"] = await tx.driver.fetch(_OPEN)
        raw["counts"] = await tx.driver.fetch(_COUNTS)
        raw["gaps"] = await tx.driver.fetch(_GAPS)
        given_back = await tx.driver.fetch(_GIVEN_BACK)
    plain = {name: [dict(row) for row in found] for name, found in raw.items()}
    return Stored(
        raw=plain,
        order=rows.read_order(raw["sales_order"][0]),
        lines=_lines(raw),
        postings={row["posting_id"]: read_posting(row) for row in raw["posting"]},
        returns={row["number"]: read_return(row) for row in raw["customer_return"]},
        shipments={row["number"]: rows.read_shipment(row) for row in raw["outbound_shipment"]},
        open={(row["code"], row["subject"]): row["owner"] for row in raw["open"]},
        timers=frozenset((row["kind"], row["subject"]) for row in raw["timer"]),
        given_back=frozenset(row["idempotency_key"].removeprefix("give_back:") for row in given_back),
    )


def _lines(raw: dict[str, Any]) -> list[OrderLine]:
    of_line: dict[int, list[Schedule]] = defaultdict(list)
    for row in raw["line_schedule"]:
        of_line[row["position"]].append(rows.read_schedule(row))
    lines = [rows.read_line(row) for row in raw["order_line"]]
    for line in lines:
        line.schedules = of_line[line.position]
    return lines


def total(quantities: Sequence[Decimal]) -> Decimal:
    return sum(quantities, Decimal(0))
