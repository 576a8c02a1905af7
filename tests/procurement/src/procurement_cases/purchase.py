"""One purchase as its partners know it, all that is stored of it, and what has to hold of both after every step.

The partners' side is kept by who plays them and never read from what is tested (trade: C4, C10, C11).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from crossdock.procurement.events.v1 import events_pb2
from crossdock_kit.database import Engine, transaction
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Receipt
from procurement.domain.ship_notice import ShipNotice
from procurement.domain.supplier_invoice import SupplierInvoice
from procurement.store import rows
from procurement.use_cases.deadlines import CHASE, NOT_ARRIVED, UNDECIDED

from procurement_cases.judging import PASSES, Claimed, Known, Limits, fraction, outcome

SKUS = {"10": "BOLT", "20": "NUT", "30": "BOLT"}
DIRECT = "30"
"""This line goes straight to a customer."""
LIMITS = Limits(Fraction(2), Fraction(10), Fraction(0))
"""As they are where no rule says otherwise."""
_HEADS = {
    "purchase_order": "SELECT * FROM purchase_order WHERE number = $1",
    "ship_notice": "SELECT * FROM ship_notice WHERE number LIKE $1 || '-%' ORDER BY ship_notice_id",
    "receipt": "SELECT * FROM receipt WHERE number LIKE $1 || '-%' ORDER BY receipt_id",
    "supplier_invoice": "SELECT * FROM supplier_invoice WHERE number LIKE $1 || '-%' ORDER BY invoice_id",
}
_LINES = {
    "purchase_order": "SELECT * FROM purchase_order_line WHERE purchase_order_id = ANY($1) ORDER BY position",
    "ship_notice": "SELECT * FROM ship_notice_line WHERE ship_notice_id = ANY($1) ORDER BY ship_notice_id, line_id",
    "receipt": "SELECT * FROM receipt_line WHERE receipt_id = ANY($1) ORDER BY receipt_id, line_id",
    "supplier_invoice": "SELECT * FROM supplier_invoice_line WHERE invoice_id = ANY($1) ORDER BY invoice_id, line_id",
}
_KEYS = {"purchase_order": "purchase_order_id", "ship_notice": "ship_notice_id", "receipt": "receipt_id"}
_OPEN = "SELECT code, subject, owner, transaction_ids FROM exception WHERE resolved_at IS NULL ORDER BY 1, 2"
_TIMERS = "SELECT kind, subject, transaction_ids FROM timer ORDER BY 1, 2"
_GOODS = "SELECT body FROM journal WHERE type LIKE '%.GoodsReceived' AND aggregate = ANY($1::text[])"
_GAPS = """
SELECT aggregate FROM journal GROUP BY aggregate
HAVING min(version) <> 1 OR max(version) <> count(*) OR count(DISTINCT version) <> count(*)
"""
_COUNTED = ("journal", "delivery", "exception", "timer", "receipt", "ship_notice", "supplier_invoice")
_COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in _COUNTED)


@dataclass(slots=True)
class Purchase:
    """`moment` is in hours after the day of the order; `sent` what notices announce now, by number; `judged` the
    invoices by their own number."""

    number: str
    moment: float = 0
    placed: set[str] = field(default_factory=set)
    prices: dict[str, Fraction] = field(default_factory=dict)
    received: Counter[str] = field(default_factory=Counter)
    receipts: int = 0
    sent: dict[str, tuple[str, int]] = field(default_factory=dict)
    invoices: dict[str, tuple[str, Claimed]] = field(default_factory=dict)
    judged: dict[str, str] = field(default_factory=dict)
    passed: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    def later(self) -> float:
        self.moment += 1
        return self.moment

    def delivered(self, line: str) -> Fraction:
        direct = sum(amount for of, amount in self.sent.values() if of == line == DIRECT)
        return Fraction(self.received[line] + direct)

    def judge(self) -> None:
        """What has not passed is matched again, the oldest first."""
        for name, (line, claimed) in self.invoices.items():
            if self.judged.get(name) not in PASSES:
                self.judged[name] = outcome(claimed, self._known(line), LIMITS)
                if self.judged[name] in PASSES:
                    self.passed[line] += claimed.base(SKUS[line])

    def _known(self, line: str) -> Known | None:
        if line not in self.placed:
            return None
        return Known(SKUS[line], self.prices[line], self.delivered(line), self.passed[line])


@dataclass(frozen=True, slots=True)
class Stored:
    """`raw` is everything, to compare two moments; `order` is None while there is none."""

    raw: Mapping[str, list[dict[str, Any]]]
    order: PurchaseOrder | None
    notices: dict[str, ShipNotice]
    receipts: list[Receipt]
    invoices: dict[str, SupplierInvoice]
    goods: list[events_pb2.GoodsReceived]

    @property
    def lines(self) -> list[OrderLine]:
        return self.order.lines if self.order else []

    @property
    def timers(self) -> set[tuple[str, str]]:
        return {(row["kind"], row["subject"]) for row in self.raw["timer"]}

    def concerned(self, code: str, subject: str) -> bool:
        return any((row["code"], row["subject"]) == (code, subject) and row["owner"] for row in self.raw["open"])


async def stored(engine: Engine, number: str, tenant: str = "acme") -> Stored:
    async with transaction(engine, [tenant]) as tx:
        raw = {name: await tx.driver.fetch(sql, number) for name, sql in _HEADS.items()}
        for name, sql in _LINES.items():
            key = _KEYS.get(name, "invoice_id")
            raw[f"{name}_line"] = await tx.driver.fetch(sql, [row[key] for row in raw[name]])
        for name, sql in {"open": _OPEN, "timer": _TIMERS, "counts": _COUNTS, "gaps": _GAPS}.items():
            raw[name] = await tx.driver.fetch(sql)
        goods = await tx.driver.fetch(_GOODS, [f"receipt/{row['receipt_id']}" for row in raw["receipt"]])

    def of(name: str, head: Any) -> list[Any]:
        key = _KEYS.get(name, "invoice_id")
        return [row for row in raw[f"{name}_line"] if row[key] == head[key]]

    orders = [rows.read_order(each, of("purchase_order", each)) for each in raw["purchase_order"]]
    notices = [rows.read_notice(each, of("ship_notice", each)) for each in raw["ship_notice"]]
    invoices = [rows.read_invoice(each, of("supplier_invoice", each)) for each in raw["supplier_invoice"]]
    return Stored(
        raw={name: [dict(row) for row in found] for name, found in raw.items()},
        order=orders[0] if orders else None,
        notices={each.ship_notice_id: each for each in notices},
        receipts=[rows.read_receipt(each, of("receipt", each)) for each in raw["receipt"]],
        invoices={each.number: each for each in invoices},
        goods=[events_pb2.GoodsReceived.FromString(row["body"]) for row in goods],
    )


def events_are_numbered_without_a_gap(seen: Stored, purchase: Purchase) -> None:
    assert seen.raw["gaps"] == []


def what_was_received_is_what_receipts_and_movements_say(seen: Stored, purchase: Purchase) -> None:
    assert len(seen.receipts) == len(seen.goods) == purchase.receipts
    told = [line for each in seen.goods for line in each.receipt.lines]
    for line in seen.lines:
        mine = [each for receipt in seen.receipts for each in receipt.lines if each.order_line_id == line.line_id]
        fitting = sum((each.base for each in mine if each.terms.sku == line.sku), Decimal(0))
        moved = [each for each in told if (each.purchase_order_line_id, each.sku) == (line.line_id, line.sku)]
        assert line.received == fitting == purchase.received[line.line_number], line.line_number
        assert sum((Decimal(each.base_quantity) for each in moved), Decimal(0)) == line.received


def what_is_on_its_way_is_what_open_notices_announce(seen: Stored, purchase: Purchase) -> None:
    for line in seen.lines:
        announced = [each for notice in seen.notices.values() if notice.open for each in notice.lines]
        mine = [each for each in announced if each.order_line_id == line.line_id and each.counts_on_order]
        assert line.in_transit == sum((each.remaining for each in mine), Decimal(0)), line.line_number


def an_order_stands_where_its_lines_stand(seen: Stored, purchase: Purchase) -> None:
    assert {each.line_number for each in seen.lines} == purchase.placed
    if seen.order is not None:
        [head] = seen.raw["purchase_order"]
        assert head["state"] == seen.order.state.value
        assert [row["state"] for row in seen.raw["purchase_order_line"]] == [each.state.value for each in seen.lines]
        for line in seen.lines:
            assert line.price is not None
            assert fraction(line.price.amount) == purchase.prices[line.line_number], line.line_number


def each_invoice_comes_to_what_the_rule_says(seen: Stored, purchase: Purchase) -> None:
    assert set(seen.invoices) == set(purchase.invoices)
    for name, invoice in seen.invoices.items():
        [line] = invoice.lines
        expected = purchase.judged[name]
        assert line.outcome.value == expected, (name, line)
        assert (invoice.state.value == "ready") == (expected in PASSES)
        assert (invoice.state.value == "awaiting_receipt") == (expected == "no_receipt")
        raised = seen.concerned(f"INVOICE_{line.outcome.name}", f"supplier_invoice/{invoice.invoice_id}/{line.line_id}")
        assert raised == (expected not in PASSES)
    for found in seen.lines:
        assert found.invoiced == purchase.passed[found.line_number]
        if found.line_number != DIRECT:
            assert found.invoiced <= found.delivered, "more is to be paid than has arrived"


def what_has_not_ended_is_watched(seen: Stored, purchase: Purchase) -> None:
    order = seen.order
    if order is None:
        return
    chased = {(wait.kind, order.purchase_order_id) for wait in CHASE} & seen.timers
    assert bool(chased) == order.awaits_answer
    for line in order.lines:
        assert ((UNDECIDED, line.line_id) in seen.timers) == (line.proposed is not None)
    for notice in seen.notices.values():
        assert ((NOT_ARRIVED, notice.ship_notice_id) in seen.timers) == (notice.open and notice.comes_here)
    if not order.finished:
        about = [*seen.raw["timer"], *seen.raw["open"]]
        assert any(order.purchase_order_id in row["transaction_ids"] for row in about), "it waits for ever unseen"


LAWS: tuple[Callable[[Stored, Purchase], None], ...] = (
    events_are_numbered_without_a_gap,
    what_was_received_is_what_receipts_and_movements_say,
    what_is_on_its_way_is_what_open_notices_announce,
    an_order_stands_where_its_lines_stand,
    each_invoice_comes_to_what_the_rule_says,
    what_has_not_ended_is_watched,
)
