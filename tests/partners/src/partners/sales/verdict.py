"""Compares the end of each order with what the day requires, and what channel, ERP, warehouse and carrier hold of it
with Crossdock's books.

Like the judge of the buying side: `lost` is what one side sent and the other never had, `differences` are sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import posting_pb2, sales_order_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.ops.v1 import ops_service_pb2 as ops

from partners.erp import Erp
from partners.journal import ISSUES, Journal
from partners.sales.books import ZERO
from partners.sales.cast import SalesCast
from partners.sales.day import SalesDay, SalesLine, SalesOrder
from partners.sales.desk import Found, SalesDesk
from partners.sales.edi_customer import PARTNER as EDI
from partners.sales.held import HELD, KEPT, LEFT, Books, books_of, crossdock_book
from partners.sales.money import money_differences
from partners.sales.play import ended
from partners.sales.shop import PARTNER as SHOP

SHELVES = (
    inventory.ACCOUNT_SELLABLE,
    inventory.ACCOUNT_STAGED,
    inventory.ACCOUNT_QUARANTINED,
    inventory.ACCOUNT_DAMAGED,
    inventory.ACCOUNT_RETURNED,
)


@dataclass(slots=True)
class SalesRow:
    """A line of the closing table; `seconds` from the order to its last change."""

    order: SalesOrder
    state: str = "unknown"
    promised: Decimal = ZERO
    allocated: Decimal = ZERO
    shipped: Decimal = ZERO
    milestone: str = "-"
    invoiced: Decimal = ZERO
    seconds: float = 0.0
    settled: bool = False
    excepted: bool = False


@dataclass(slots=True)
class SalesVerdict:
    rows: list[SalesRow] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    transactions: set[str] = field(default_factory=set)

    @property
    def channels(self) -> int:
        return len({row.order.channel for row in self.rows})


async def judge(
    day: SalesDay, cast: SalesCast, erp: Erp, desk: SalesDesk, journal: Journal, exceptions: list[ops.Exception]
) -> SalesVerdict:
    """Asks everybody and compares."""
    verdict = SalesVerdict()
    if not day.orders:
        return verdict
    known, books, won = await desk.known(), books_of(cast, erp), dict[str, int]()
    for order in day.orders:
        if (head := known.get((order.channel, order.number))) is None:
            verdict.rows.append(SalesRow(order))
            verdict.differences.append(f"{order.number}: Crossdock does not know it")
            continue
        found = await desk.read(head)
        mine = [each for each in exceptions if found.order.order_id in each.transaction_ids]
        verdict.transactions.add(found.order.order_id)
        row = _row(order, found, bool(mine))
        verdict.rows.append(row)
        end = _end(order, row)
        if order.contest:
            won[order.contest] = won.get(order.contest, 0) + (end is order.end)
        verdict.differences += _head_differences(order, end, row, mine)
        verdict.differences += _line_differences(order, end, books, crossdock_book(found))
        verdict.differences += _unheard(order, end, cast)
        verdict.differences += _untraceable(order, cast)
        verdict.differences += _carried_on(order, found, cast)
        verdict.differences += money_differences(order, end, erp, cast)
    verdict.differences += [
        f"{name}: {times} have won, one unit was there" for name, times in won.items() if times != 1
    ]
    verdict.differences += _of_nobody(day, books, known)
    verdict.differences += [
        f"the ERP was asked for {each} before what it follows" for each in erp.sales.out_of_sequence
    ]
    verdict.differences += _doubled(erp)
    verdict.differences += [each async for each in _stock_differences(day, cast, desk)]
    verdict.lost = list(_lost(journal, erp))
    return verdict


def _row(order: SalesOrder, found: Found, excepted: bool) -> SalesRow:
    schedules = [each for line in found.lines for each in line.schedules]

    def sum_of(states: set[Any]) -> Decimal:
        return sum((Decimal(each.quantity.value) for each in schedules if each.state in states), ZERO)

    head = found.order
    invoices = [each for each in found.postings if each.kind == posting_pb2.POSTING_KIND_INVOICE and each.number]
    pending = any(each.state != posting_pb2.POSTING_STATE_POSTED for each in found.postings)
    return SalesRow(
        order,
        sales_order_pb2.OrderState.Name(head.state).removeprefix("ORDER_STATE_").lower(),
        promised=sum((Decimal(each.quantity.value) for each in schedules if each.supply), ZERO),
        allocated=sum_of(HELD),
        shipped=sum_of(LEFT),
        milestone=_milestone(found),
        invoiced=sum((Decimal(each.totals.gross.amount) for each in invoices), ZERO),
        seconds=(head.updated_at.ToNanoseconds() - head.created_at.ToNanoseconds()) / 1e9,
        settled=excepted or (ended(order, head) and not pending and not found.awaiting_credit),
        excepted=excepted,
    )


def _milestone(found: Found) -> str:
    """The last one that the slowest of its shipments has reached."""
    if not found.shipments:
        return "-"
    none = shipment_pb2.MILESTONE_UNSPECIFIED
    slowest = min(max((each.milestone for each in of.milestones), default=none) for of in found.shipments)
    return shipment_pb2.Milestone.Name(slowest).removeprefix("MILESTONE_").lower() if slowest != none else "-"


def _end(order: SalesOrder, row: SalesRow) -> Mapping[str, Any]:
    """Of a contest's order the end that fits its state; which of them has won is nobody's to say before."""
    if order.otherwise is not None and row.state == order.otherwise["state"]:
        return order.otherwise
    return order.end


def _head_differences(
    order: SalesOrder, end: Mapping[str, Any], row: SalesRow, mine: list[ops.Exception]
) -> Iterator[str]:
    state = end.get("state", "delivered")
    if row.state != state:
        yield f"{order.number}: state is {row.state}, required {state}"
    required = {(each["code"], each["owner"]) for each in end.get("exceptions", ())}
    found = {(each.code, each.owner) for each in mine}
    yield from (f"{order.number}: no open exception {' '.join(each)}" for each in sorted(required - found))
    yield from (
        f"{order.number}: open exception {' '.join(each)} is not in the day" for each in sorted(found - required)
    )


def _line_differences(
    order: SalesOrder,
    end: Mapping[str, Any],
    books: Books,
    crossdock: Mapping[str, Mapping[str, Decimal]],
) -> Iterator[str]:
    channel = order.channel if order.channel in (SHOP, EDI) else "typed"
    for line in order.lines:
        required = _required(line, end)
        for who in (channel, "erp", "wms", "carrier", "crossdock"):
            own = {**required, **_decimals(end.get(who, {}), line)}
            for name in KEPT[who]:
                if who == "crossdock":
                    held = crossdock.get(line.number, {}).get(name, ZERO)
                else:
                    held = books[who][name].get((order.number, line.number), ZERO)
                if held != own[name]:
                    where = f"{order.number} line {line.number}"
                    system = order.channel if who == channel else who
                    yield f"{where}: {name} is {held:f} at {system}, required {own[name]:f}"


def _required(line: SalesLine, end: Mapping[str, Any]) -> dict[str, Decimal]:
    """What is not said follows from what is: all that was ordered left, arrived and was invoiced."""
    said = _decimals(end.get("lines", {}), line)
    issued = said.get("issued", line.quantity)
    shipped = said.get("shipped", issued)
    returned = said.get("returned", ZERO)
    usual = {
        "ordered": line.quantity,
        "issued": issued,
        "shipped": shipped,
        "delivered": shipped,
        "invoiced": shipped,
        "returned": returned,
        "credited": returned,
    }
    return usual | said


def _decimals(lines: Mapping[Any, Mapping[str, Any]], line: SalesLine) -> dict[str, Decimal]:
    return {name: Decimal(str(value)) for name, value in lines.get(int(line.number), {}).items()}


def _unheard(order: SalesOrder, end: Mapping[str, Any], cast: SalesCast) -> Iterator[str]:
    """What the shop's customer, or the customer on EDI, must have been told on the way."""
    for line in order.lines:
        key = order.number, line.number
        heard = cast.shop.heard.get(key, [])
        yield from (f"{order.number}: the shop never heard {word}" for word in end.get("told", ()) if word not in heard)
        if order.channel == EDI:
            confirmed = _decimals(end.get("confirmed", {}), line).get("quantity", line.quantity)
            if cast.customer.confirmed.get(key, ZERO) != confirmed:
                said = cast.customer.confirmed.get(key, ZERO)
                yield f"{order.number} line {line.number}: confirmed is {said:f} at {EDI}, required {confirmed:f}"


def _untraceable(order: SalesOrder, cast: SalesCast) -> Iterator[str]:
    """The shop's customer was told of each parcel that left, by the numbers that stand on it, and of no other."""
    if order.channel != SHOP:
        return
    left = {
        (parcel.shipment, parcel.carrier, parcel.tracking)
        for carrier in cast.carriers.values()
        for parcel in carrier.parcels
        if parcel.order == order.number and set(carrier.said.get(parcel.shipment, ())) - {"pre_transit"}
    }
    told = cast.shop.sendings.get(order.number, set())
    yield from (f"{order.number}: the shop never heard of parcel {' '.join(each)}" for each in sorted(left - told))
    yield from (f"{order.number}: no carrier has parcel {' '.join(each)}" for each in sorted(told - left))


def _carried_on(order: SalesOrder, found: Found, cast: SalesCast) -> Iterator[str]:
    """What was called off is carried by nobody: its TMS has voided the label, and delivery knows it."""
    if not order.called_off:
        return
    if not found.shipments:
        yield f"{order.number}: it was called off before anything was packed"
    for each in found.shipments:
        if each.state != shipment_pb2.SHIPMENT_STATE_CANCELLED or each.number not in cast.tms.voided:
            state = shipment_pb2.ShipmentState.Name(each.state).removeprefix("SHIPMENT_STATE_").lower()
            yield f"{order.number}: shipment {each.number} is {state}, required cancelled, its label voided by the TMS"


def _of_nobody(day: SalesDay, books: Books, known: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    """Orders in somebody's book, or in Crossdock's, that no channel placed."""
    mine = {order.number for order in day.orders}
    for who, of_system in books.items():
        strange = {number for book in of_system.values() for number, _ in book} - mine
        yield from (f"{number} is in the book of {who}, and nobody ordered it" for number in sorted(strange))
    yield from (f"{number} of {channel} is nobody's order" for channel, number in sorted(known) if number not in mine)


def _doubled(erp: Erp) -> Iterator[str]:
    seen: dict[tuple[str, str, str], int] = {}
    for each in erp.sales.booked.values():
        if each["posting"] != "change":
            key = each["order"], each["posting"], each["reference"]
            seen[key] = seen.get(key, 0) + 1
    yield from (f"{' '.join(key)} was posted {times} times" for key, times in sorted(seen.items()) if times > 1)


async def _stock_differences(day: SalesDay, cast: SalesCast, desk: SalesDesk) -> Any:
    """What lies on the shelves, and what the shop shows of it."""
    for sku in sorted({each.sku for each in day.stock}):
        on_hand = await desk.on_hand(sku)
        for place, issued in cast.issued.items():
            counted = _counted(day, issued, cast.restocked.get(place, {}), sku, place)
            held = sum((on_hand.get(place, {}).get(account, ZERO) for account in SHELVES), ZERO)
            if counted != held:
                yield f"{sku} at {place}: {held:f} on hand in Crossdock, {counted:f} in the warehouse"
        shown, promisable = cast.shop.on_show(sku), await desk.promisable(sku, SHOP)
        if shown != max(promisable, ZERO):
            yield f"{sku}: the shop shows {shown:f}, {promisable:f} can be promised"


def _counted(
    day: SalesDay, issued: Mapping[Any, Decimal], restocked: Mapping[Any, Decimal], sku: str, place: str
) -> Decimal:
    """By the warehouse's own account: what was there and was found, less what it issued, with what came back."""
    found = [order.found for order in day.orders if order.found]
    began = sum((each.quantity for each in (*day.stock, *found) if (each.sku, each.location) == (sku, place)), ZERO)
    lines = {(order.number, line.number) for order in day.orders for line in order.lines if line.sku == sku}
    out = sum((quantity for key, quantity in issued.items() if key in lines), ZERO)
    return began - out + sum((quantity for key, quantity in restocked.items() if key in lines), ZERO)


def _lost(journal: Journal, erp: Erp) -> Iterator[str]:
    """Documents sent on one side whose effect never came to the other."""
    booked: dict[str, set[str]] = {}
    for each in erp.sales.booked.values():
        booked.setdefault(each["posting"], set()).add(each["reference"])
    known = {each["order"] for each in erp.sales.booked.values() if each["posting"] == "order"}
    sold = {e.key for e in journal if e.direction == "sent" and e.kind in ("shop.order", "x12.850")}
    issued = {e.key for e in journal if e.direction == "sent" and e.kind in ISSUES}
    inspected = [e.key for e in journal if e.direction == "sent" and e.kind == "wms_a.return_inspection"]
    back = {key.removeprefix("RI-") for key in inspected}
    yield from (f"order {key} never reached the ERP" for key in sorted(sold - known))
    yield from (f"goods issue {key} never reached the ERP" for key in sorted(issued - booked.get("shipment", set())))
    yield from (f"return {key} was never credited" for key in sorted(back - booked.get("credit", set())))
