"""What customers send back: authorised, reported by warehouses in any order, credited by what was inspected.

Whoever touches a return of an order holds the head of that order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from fulfillment.domain.allocating import Pair
from fulfillment.domain.coming_back import (
    ask_back,
    coming_back,
    credited,
    follow_return,
    let_be,
    never_arrived,
    settled,
    stranded,
    turn_back,
)
from fulfillment.domain.customer_return import CustomerReturn, LineKey
from fulfillment.domain.lifecycle import CARRIER
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.quantities import in_base
from fulfillment.domain.refusals import (
    ItemUnknown,
    LineUnknown,
    ReportNumberReused,
    ReturnNumberReused,
    ReturnUnknown,
)
from fulfillment.domain.return_lifecycle import State
from fulfillment.domain.return_report import BookedReport, ReportKind, Returned, ReturnReport
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Shipment
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.changing import decided_order
from fulfillment.use_cases.commands import AuthorizeReturn, RecordReturn, WithdrawReturn
from fulfillment.use_cases.owing import owe_credits
from fulfillment.use_cases.places import speaks_for

_ENDED = (State.CREDITED, State.CLOSED, State.WITHDRAWN)
_ENDS = {State.CREDITED: credited, State.CLOSED: settled}
"""What becomes of the lines of a return with it."""
UNDELIVERED = "UNDELIVERED"
"""Why something comes back that its carrier brings back."""
MOST_RETURNS = 100
"""Of one shipment of an order."""


async def authorize_return(command: AuthorizeReturn, uow: UnitOfWork) -> tuple[CustomerReturn, bool]:
    """The return, and whether it was authorised before. Raises OrderUnknown, OrderAmbiguous, LineUnknown,
    UnitNotConvertible, ReturnNumberReused, NotDelivered, TransitionNotOwned."""
    async with uow(command.origin) as work:
        order = await decided_order(command.order, "", work)
        found = await work.returns.claim(order.order_id, command.number)
        wanted = await _wanted(command, order, work)
        if found is not None and found.known:
            if {key: each.authorized for key, each in found.lines.items() if each.authorized} != {
                key: quantity for key, (quantity, _) in wanted.items()
            }:
                raise ReturnNumberReused(command.number)
            work.note(outcome="duplicate", reason="repeated")
            return found, True
        found = found or _new(command.number, order.terms.business_unit, work)
        _belongs(found, order)
        found.reason = command.reason
        found.authorize(wanted, command.origin.role)
        lines = await work.sales_orders.load_lines(order, {number for number, _ in wanted})
        for (number, _), (quantity, _) in wanted.items():
            ask_back(order, lines[number], quantity, found.return_id, command.origin.role)
        await _follow(found, order, work)
        return found, False


async def withdraw_return(command: WithdrawReturn, uow: UnitOfWork) -> CustomerReturn:
    """Raises ReturnUnknown, TransitionUnknown where all of it is back, TransitionNotOwned."""
    async with uow(command.origin) as work:
        found, order = await _known(command.return_id, work)
        work.note(keys=found.keys, transaction_ids=found.transaction_ids)
        found.reason = command.reason or found.reason
        found.withdraw(command.origin.role)
        if order is not None:
            for line in (await _lines(found, order, work)).values():
                let_be(order, line, found.return_id, command.origin.role)
        await _follow(found, order, work)
        return found


async def send_back(order: SalesOrder, shipment: Shipment, work: Work) -> bool:
    """What of a shipment did not arrive comes back by the word of its carrier: under the shipment's number, or by the
    return that a warehouse has reported and nobody authorised. Whether there is any; then the order is put."""
    pairs = stranded(order, shipment.shipment_id)
    if not pairs:
        return False
    found = await _unauthorized(order, work) or await _numbered(order, shipment.number, work)
    _belongs(found, order)
    found.reason = UNDELIVERED
    found.authorize(turn_back(pairs, found.return_id), CARRIER)
    await _follow(found, order, work)
    return True


async def let_go_on(order: SalesOrder, shipment: Shipment, work: Work) -> None:
    """It does not come back after all. What a warehouse has already, or somebody else asked for, is left as it is."""
    for return_id in sorted(coming_back(order, shipment.shipment_id)):
        found = await work.returns.get(return_id)
        if found is not None and found.reason == UNDELIVERED and found.state is State.AUTHORIZED:
            found.withdraw(CARRIER)
            for line in order.lines.values():
                let_be(order, line, return_id, CARRIER)
            await work.put_return(found, order)


async def _unauthorized(order: SalesOrder, work: Work) -> CustomerReturn | None:
    found = [each for each in await work.returns.find(order_id=order.order_id) if each.state is State.UNAUTHORIZED]
    return await work.returns.get(found[0].return_id) if len(found) == 1 else None


async def _numbered(order: SalesOrder, number: str, work: Work) -> CustomerReturn:
    """One that can still be authorised: a shipment that left in parts may come back in as many."""
    for again in range(1, MOST_RETURNS):
        found = await work.returns.claim(order.order_id, number if again == 1 else f"{number}/{again}")
        if found is None or found.state in (State.REQUESTED, State.UNAUTHORIZED):
            return found or _new(number if again == 1 else f"{number}/{again}", order.terms.business_unit, work)
    raise ReturnNumberReused(number)


async def record_return(command: RecordReturn, uow: UnitOfWork) -> tuple[BookedReport, bool]:
    """What was booked, and whether it was before. Raises ReportNumberReused, LocationUnknown, LocationOfAnotherSystem,
    ItemUnknown, UnitNotConvertible."""
    said = command.report
    async with uow(command.origin) as work:
        known = await work.returns.claim_report(said.kind, said.location_id, said.number)
        if known is not None:
            return _repeated(known, said, work), True
        await speaks_for(said.system, said.location_id, work)
        report = await _in_base_units(said, work)
        order = await _order_of(report, work)
        found = await _return_of(report, order, work)
        if order is not None:
            _belongs(found, order)
        told = [(found.line(each.line_number, each.sku, each.unit), each.quantity) for each in report.lines]
        if report.kind is ReportKind.RECEIPT:
            found.came_back(told)
        else:
            found.inspect(told)
        work.note(keys=found.keys, transaction_ids=found.transaction_ids)
        await _follow(found, order, work, report)
        surplus = any(line.surplus for line, _ in told)
        names = (report.kind, report.location_id, report.number, said.fingerprint)
        booked = BookedReport(*names, found.return_id, found.order_id, surplus)
        await work.keep_return_report(booked)
        return booked, False


async def _follow(
    found: CustomerReturn, order: SalesOrder | None, work: Work, report: ReturnReport | None = None
) -> None:
    """Lines of the order come to where the return is, and what was inspected of it is to be credited."""
    if order is not None:
        decided: list[Pair] = []
        lines = await _lines(found, order, work)
        for each in found.lines.values():
            if line := lines.get(each.line_number):
                decided += follow_return(order, line, each, found.return_id)
        found.credit(asked=await owe_credits(order, found, decided, work))
        if never_arrived(lines.values(), found.return_id):
            found.close()
        if end := _ENDS.get(found.state):
            for line in lines.values():
                end(order, line, found.return_id)
        await work.put(order)
    await work.put_return(found, order, report)


async def _lines(found: CustomerReturn, order: SalesOrder, work: Work) -> dict[str, OrderLine]:
    return dict(await work.sales_orders.load_lines(order, {each.line_number for each in found.lines.values()}))


async def _wanted(command: AuthorizeReturn, order: SalesOrder, work: Work) -> dict[LineKey, tuple[Decimal, str]]:
    """In base units, by line and item."""
    lines = await work.sales_orders.load_lines(order, {number for number, _ in command.lines})
    items = await work.master_data.items({each.sku for each in lines.values()})
    found: dict[LineKey, tuple[Decimal, str]] = {}
    for number, wish in command.lines:
        line = lines.get(number)
        if line is None:
            raise LineUnknown(order.terms.number, number)
        if line.sku not in items:
            raise ItemUnknown(line.sku)
        before, _ = found.get((number, line.sku), (Decimal(0), ""))
        quantity = in_base(wish.value, items[line.sku].factor(wish.unit))
        found[number, line.sku] = before + quantity, line.base_unit
    return found


def _new(number: str, business_unit: str, work: Work) -> CustomerReturn:
    return CustomerReturn(work.new_id(), number, business_unit, work.now)


def _belongs(found: CustomerReturn, order: SalesOrder) -> None:
    found.order_id, found.order_number = order.order_id, order.terms.number
    found.customer_id = order.terms.customer_id


async def _known(return_id: str, work: Work) -> tuple[CustomerReturn, SalesOrder | None]:
    seen = await work.returns.find(return_id=return_id)
    orders = await work.sales_orders.lock({each.order_id for each in seen if each.order_id})
    found = await work.returns.get(return_id)
    if found is None:
        raise ReturnUnknown(return_id)
    return found, orders[0] if orders else None


def _repeated(known: BookedReport, said: ReturnReport, work: Work) -> BookedReport:
    if known.content != said.fingerprint:
        raise ReportNumberReused(said.location_id, said.number)
    ids = (known.return_id, *((known.order_id,) if known.order_id else ()))
    work.note(transaction_ids=ids, outcome="duplicate", reason="repeated")
    return known


async def _in_base_units(said: ReturnReport, work: Work) -> ReturnReport:
    items = await work.master_data.items({each.sku for each in said.lines})

    def converted(line: Returned) -> Returned:
        item = items.get(line.sku)
        if item is None:
            raise ItemUnknown(line.sku)
        return replace(line, unit=item.base_unit, quantity=in_base(line.quantity, item.factor(line.unit)))

    return replace(said, lines=tuple(map(converted, said.lines)))


async def _order_of(report: ReturnReport, work: Work) -> SalesOrder | None:
    """By our id or its number; else that of the return. A number of several orders names none."""
    ids: Iterable[str] = [report.order_id] if report.order_id else ()
    if not ids and report.order_number:
        ids = (await work.warehouse_reports.order_ids([report.order_number])).get(report.order_number, ())
    elif not ids and report.return_number:
        ids = [each.order_id for each in await work.returns.find(number=report.return_number) if each.order_id]
    wanted = set(ids)
    locked = await work.sales_orders.lock(wanted) if len(wanted) == 1 else []
    return locked[0] if locked else None


async def _return_of(report: ReturnReport, order: SalesOrder | None, work: Work) -> CustomerReturn:
    """By its number; else the only one of the order that is under way and has these items; else a new one that nobody
    authorised."""
    order_id = order.order_id if order else ""
    if not report.return_number and order_id:
        skus = {each.sku for each in report.lines}
        under_way = [each for each in await work.returns.find(order_id=order_id) if each.state not in _ENDED]
        same = [each for each in under_way if skus <= {line.sku for line in each.lines.values()}]
        if len(same) == 1 and (found := await work.returns.get(same[0].return_id)):
            return found
    number = report.return_number or report.number
    found = await work.returns.claim(order_id, number)
    return found or _new(number, order.terms.business_unit if order else report.business_unit, work)
