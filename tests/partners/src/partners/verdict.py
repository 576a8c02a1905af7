"""Compares the end of a day with what the day's file requires, and the books of all partners with each other.

`lost` counts documents that one side sent and that never had their effect at the other; `differences` are sentences.
Both come from what the partners themselves hold, asked one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.procurement.v1 import purchase_order_pb2 as po

from partners.acknowledged import unacknowledged
from partners.books import ItemCard
from partners.cast import DayCast
from partners.conductor import ENDED
from partners.day import Day, Line, Order
from partners.invoiced import told_differences, verdict_differences
from partners.journal import RECEIPTS, Journal
from partners.sales.verdict import SalesRow, SalesVerdict
from partners.stock.verdict import StockVerdict
from partners.suite import Suite

ZERO = Decimal(0)
PHYSICAL = {
    inventory.ACCOUNT_SELLABLE: "sellable",
    inventory.ACCOUNT_STAGED: "staged",
    inventory.ACCOUNT_QUARANTINED: "quarantined",
    inventory.ACCOUNT_DAMAGED: "damaged",
    inventory.ACCOUNT_RETURNED: "returned",
}
# Which partner keeps which of a line's quantities.
KEPT = {
    "erp": ("ordered", "confirmed", "received"),
    "supplier": ("ordered", "confirmed", "shipped"),
    "wms": ("received", "damaged"),
    "crossdock": ("ordered", "confirmed", "shipped", "received", "damaged", "on_hand", "quarantined"),
}
# How warehouses are told what to expect, and what they say that they received.
ADVICE = ("wms_a.expected_receipt", "wms_b.expected_receipt", "x12.943")
Fault = tuple[str, str, str]


@dataclass(slots=True)
class Row:
    """A line of the closing table."""

    order: Order
    state: str = "unknown"
    revision: int = 0
    confirmed: Decimal = ZERO
    shipped: Decimal = ZERO
    received: Decimal = ZERO
    on_hand: Decimal = ZERO
    seconds: float = 0.0
    settled: bool = False
    excepted: bool = False


@dataclass(slots=True)
class Verdict:
    """Of the whole day; `sold` is that of the orders alone."""

    sold: SalesVerdict = field(default_factory=SalesVerdict)
    rows: list[Row] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    stock: StockVerdict = field(default_factory=StockVerdict)

    @property
    def passed(self) -> bool:
        return not self.lost and not self.differences and all(row.settled for row in self._all)

    @property
    def _all(self) -> list[Row | SalesRow]:
        return [*self.rows, *self.sold.rows]

    @property
    def closing_line(self) -> str:
        settled = sum(row.settled for row in self._all)
        excepted = sum(row.excepted for row in self._all)
        orders = f"{len(self.sold.rows)} orders from {self.sold.channels} channels"
        return (
            f"demo: {len(self._all)} transactions ({len(self.rows)} purchase orders, {orders}), "
            f"{settled} settled, {excepted} with an open exception, "
            f"{len(self.lost)} lost, {len(self.differences)} differences"
        )


async def judge(
    day: Day, cast: DayCast, suite: Suite, cards: Mapping[str, ItemCard], sold: SalesVerdict, stock: StockVerdict
) -> Verdict:
    """Asks everybody and compares; the judges of the orders and of the stock have spoken before."""
    verdict = Verdict(sold, stock=stock)
    exceptions = [row for row in await suite.open_exceptions() if not sold.transactions & set(row.transaction_ids)]
    skus = {line.sku for order in day.orders for line in order.lines}
    movements = [row for sku in sorted(skus) for row in await suite.movements(sku)]
    on_hand = _physical_by_transaction(movements)
    for order in day.orders:
        found = await suite.purchase_order(order.number, order.business_unit)
        known = found.purchase_order
        mine = [row for row in exceptions if known.purchase_order_id in row.transaction_ids]
        row = _row(order, known, bool(mine))
        verdict.rows.append(row)
        held = {line.number: _crossdock(known, line, on_hand, cards) for line in order.lines}
        row.on_hand = sum((each["on_hand"] for each in held.values()), ZERO)
        verdict.differences += _head_differences(order, known, mine)
        verdict.differences += _line_differences(order, cast, held)
        verdict.differences += told_differences(order, cast)
        verdict.differences += verdict_differences(order, found)
    verdict.differences += _stray_differences(day, exceptions, verdict.rows)
    verdict.differences += [f"ledger: {each}" for each in await suite.ledger_differences()]
    verdict.differences += _doubled(cast)
    verdict.differences += _before_its_batch(day, cast)
    verdict.differences += await unacknowledged(cast, suite)
    verdict.differences += [*sold.differences, *stock.differences]
    verdict.lost = [*_lost(cast.journal), *sold.lost]
    return verdict


def _row(order: Order, known: po.PurchaseOrder, excepted: bool) -> Row:
    def total(name: str) -> Decimal:
        return sum((Decimal(getattr(line, name) or "0") for line in known.lines), ZERO)

    return Row(
        order,
        _state(known),
        known.revision,
        confirmed=total("confirmed_quantity"),
        shipped=total("shipped_quantity"),
        received=total("received_quantity"),
        seconds=(known.updated_at.ToNanoseconds() - known.created_at.ToNanoseconds()) / 1e9,
        settled=known.state in ENDED or excepted,
        excepted=excepted,
    )


def _state(known: po.PurchaseOrder) -> str:
    return po.PurchaseOrderState.Name(known.state).removeprefix("PURCHASE_ORDER_STATE_").lower()


def _physical_by_transaction(movements: Iterable[inventory.Movement]) -> dict[tuple[str, str, str], Decimal]:
    """Base quantity by (transaction, SKU, physical bucket), from the ledger."""
    found: dict[tuple[str, str, str], Decimal] = {}
    for row in movements:
        amount = Decimal(row.quantity.value)
        for account, sign in ((row.to, 1), (getattr(row, "from"), -1)):
            if account in PHYSICAL:
                key = (row.transaction_id, row.sku, PHYSICAL[account])
                found[key] = found.get(key, ZERO) + sign * amount
    return found


def _crossdock(
    known: po.PurchaseOrder, line: Line, on_hand: Mapping[tuple[str, str, str], Decimal], cards: Mapping[str, ItemCard]
) -> dict[str, Decimal]:
    """What the suite holds of one line, in the line's unit."""
    found = next((each for each in known.lines if each.line_number == line.number), None)
    if found is None:
        return dict.fromkeys(KEPT["crossdock"], ZERO)
    card = cards[line.sku]
    buckets = {
        bucket: card.in_unit(amount, line.unit)
        for (transaction, sku, bucket), amount in on_hand.items()
        if transaction == known.purchase_order_id and sku == line.sku
    }
    return {
        # A cancelled line keeps what it was ordered for; its buyer holds nothing of it on order any more.
        "ordered": ZERO if found.state == po.LINE_STATE_CANCELLED else Decimal(found.ordered.value or "0"),
        "confirmed": Decimal(found.confirmed_quantity or "0"),
        "shipped": Decimal(found.shipped_quantity or "0"),
        "received": Decimal(found.received_quantity or "0"),
        "damaged": Decimal(found.damaged_quantity or "0"),
        "on_hand": sum(buckets.values(), ZERO),
        "quarantined": buckets.get("quarantined", ZERO),
    }


def _head_differences(order: Order, known: po.PurchaseOrder, mine: list[ops.Exception]) -> Iterator[str]:
    state, revision = order.end["state"], order.end.get("revision", 1)
    if _state(known) != state:
        yield f"{order.number}: state is {_state(known)}, required {state}"
    if known.revision != revision:
        yield f"{order.number}: revision is {known.revision}, required {revision}"
    required = {(e["code"], e["class"], e["owner"]) for e in order.end.get("exceptions", ())}
    found = {_fault(row) for row in mine}
    yield from (f"{order.number}: no open exception {' '.join(each)}" for each in sorted(required - found))
    yield from (
        f"{order.number}: open exception {' '.join(each)} is not in the day" for each in sorted(found - required)
    )


def _fault(row: ops.Exception) -> Fault:
    failure_class = ops.FailureClass.Name(row.failure_class).removeprefix("FAILURE_CLASS_").lower()
    return row.code, failure_class, row.owner


def _line_differences(order: Order, cast: DayCast, crossdock: Mapping[str, Mapping[str, Decimal]]) -> Iterator[str]:
    books = {
        "erp": cast.erp_of(order).book,
        "supplier": cast.suppliers[order.supplier].book,
        "wms": cast.warehouses[order.location].book,
    }
    for line in order.lines:
        required = {
            "ordered": line.quantity,
            "damaged": ZERO,
            "quarantined": ZERO,
            **_decimals(order.end["lines"], line),
        }
        for who, names in KEPT.items():
            held = crossdock[line.number] if who == "crossdock" else books[who].of(order.number, line.number)
            own = {**required, **_decimals(order.end.get(who, {}), line)}
            for name in names:
                if held.get(name, ZERO) != own[name]:
                    where = f"{order.number} line {line.number}"
                    yield f"{where}: {name} is {held.get(name, ZERO):f} at {who}, required {own[name]:f}"


def _decimals(lines: Mapping[Any, Mapping[str, Any]], line: Line) -> dict[str, Decimal]:
    return {name: Decimal(str(value)) for name, value in lines.get(int(line.number), {}).items()}


def _stray_differences(day: Day, exceptions: list[ops.Exception], rows: list[Row]) -> Iterator[str]:
    """Exceptions that belong to no order must be exactly those that the day names."""
    numbers = {f"po:{row.order.number}" for row in rows}
    strays = [row for row in exceptions if not numbers & set(row.keys)]
    required = {(each["key"], e["code"], e["class"], e["owner"]) for each in day.strays for e in each["exceptions"]}
    required |= {("", e["code"], e["class"], e["owner"]) for e in day.sales.exceptions}
    found = {(key, *_fault(row)) for row in strays for key in row.keys if key.startswith(("receipt:", "document:"))}
    found |= {("", *_fault(row)) for row in strays if not row.keys}
    yield from (f"no open exception {' '.join(each)}" for each in sorted(required - found))
    yield from (f"open exception {' '.join(each)} is not in the day" for each in sorted(found - required))


def _doubled(cast: DayCast) -> Iterator[str]:
    """Effects that a partner booked twice: each receipt is posted at the ERP once."""
    seen: dict[str, int] = {}
    for document in (*cast.erp.receipts.values(), *cast.batch_erp.receipts.values()):
        seen[document["warehouseReceipt"]] = seen.get(document["warehouseReceipt"], 0) + 1
    yield from (f"receipt {number} was posted {times} times" for number, times in sorted(seen.items()) if times > 1)


def _before_its_batch(day: Day, cast: DayCast) -> Iterator[str]:
    """Receipts that an ERP which takes them at its hours was given at another: before the end of the batch in which the
    warehouse reported them."""
    reported = {entry.key: entry.at for entry in cast.journal if _is(entry, "sent", *RECEIPTS)}
    for partner, terms in day.batch_erps.items():
        for entry in cast.journal.of(partner, "received", "json.goods_receipt"):
            midnight = (at := reported[entry.key]).replace(hour=0, minute=0, second=0, microsecond=0)
            every = timedelta(seconds=terms.every_seconds)
            if entry.at < midnight + ((at - midnight) // every + 1) * every:
                yield f"receipt {entry.key} was posted at {partner} before its batch"


def _lost(journal: Journal) -> Iterator[str]:
    """Documents sent on one side whose effect never came to the other."""
    orders = {e.key.partition("/")[0] for e in journal if _is(e, "sent", "json.purchase_order")}
    taken = {e.key for e in journal if _is(e, "received", "x12.850", "json.supplier_order")}
    answered = {e.key for e in journal if _is(e, "sent", "x12.855", "x12.865", "json.order_response")}
    confirmed = {e.key for e in journal if _is(e, "received", "json.order_confirmation")}
    shipped = {e.key for e in journal if _is(e, "sent", "x12.856", "json.ship_notice")}
    advised = {e.key for e in journal if _is(e, "received", *ADVICE)}
    received = {e.key for e in journal if _is(e, "sent", *RECEIPTS)}
    posted = {e.key for e in journal if _is(e, "received", "json.goods_receipt")}
    yield from (f"order {key} never reached its supplier" for key in sorted(orders - taken))
    yield from (f"the answer to {key} never reached the ERP" for key in sorted(answered - confirmed))
    yield from (f"ship notice {key} never reached a warehouse" for key in sorted(shipped - advised))
    yield from (f"receipt {key} never reached the ERP" for key in sorted(received - posted))


def _is(entry: Any, direction: str, *kinds: str) -> bool:
    return entry.direction == direction and entry.kind in kinds
