"""What the ERP has to post of orders: owed when it arises, asked for in its sequence, answered once.

Whoever touches postings holds the head of their order, so that what follows a posting is asked for exactly once.
"""

from __future__ import annotations

from dataclasses import replace

from fulfillment.domain.billing_lifecycle import BILLING_DESK
from fulfillment.domain.billing_lifecycle import State as Billing
from fulfillment.domain.concerns import Concern
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.posting import Kind, Posting, PostingLine, due, order_of, posting, posting_id
from fulfillment.domain.quantities import ZERO, Quantity
from fulfillment.domain.refusals import CreditNumberReused, OrderUnknown, PostingUnknown
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Booking
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.commands import BillShipment, RecordPosting, RequestCredit

SHIPMENT_UNKNOWN_TO_BILL = "BILLING_WITHOUT_GOODS_ISSUE"


async def owe_order(order: SalesOrder, work: Work) -> None:
    """The parts of an accepted order that are loaded: created in the ERP before anything else of it."""
    for part in sorted({line.part for line in order.lines.values()}):
        lines = [_ordered(line) for line in order.of_part(part)]
        await _owe(posting(order.order_id, Kind.ORDER, str(part), lines), order, work)


async def owe_shipment(booking: Booking, work: Work) -> None:
    """What left by a goods issue, for each of its orders; with its invoice where the terms already allow that."""
    for order in booking.orders:
        lines = _issued(booking, order)
        if not lines:
            continue
        parts = dict.fromkeys(line.part for line, _ in lines)
        made = posting(
            order.order_id,
            Kind.SHIPMENT,
            booking.report.report_id,
            [quantity for _, quantity in lines],
            follows=[posting_id(order.order_id, Kind.ORDER, str(part)) for part in parts],
        )
        made.reference, made.billing = booking.terms.number, Billing.NOT_BILLABLE
        made.shipment_id = booking.report.shipment_id
        billable = booking.shipment is not None and booking.shipment.billable
        invoice = made.bill() if billable or await work.billed_by_issue(order) else None
        await _owe(made, order, work)
        if invoice is not None:
            await _owe(invoice, order, work)


async def bill(command: BillShipment, work: Work) -> None:
    """Each goods issue of a shipment is invoiced once; what is issued of it later is invoiced when it is."""
    before = {each.order_id for each in await work.postings.of_shipment(command.shipment_id)}
    await work.sales_orders.lock(before | set(command.order_ids))
    shipment = await work.warehouse_reports.lock_shipment(command.shipment_id)
    if shipment is None:
        work.tell(_nothing_issued(command))
        return
    shipment.billable = True
    await work.put_shipment(shipment)
    for shipped in await work.postings.of_shipment(command.shipment_id):
        if invoice := shipped.bill():
            [order] = await work.sales_orders.lock([shipped.order_id])
            await work.put_posting(shipped, order)
            await _owe(invoice, order, work)


async def record_posting(command: RecordPosting, uow: UnitOfWork) -> tuple[Posting, SalesOrder, bool]:
    """The posting, its order, and whether the answer was there before. Raises PostingUnknown and what the posting
    itself refuses."""
    async with uow(command.origin) as work:
        found, order = await _known(command.posting_id, work)
        work.note(keys=order.keys, transaction_ids=(order.order_id,))
        if not found.answer(command.said, order.terms.currency):
            work.note(outcome="duplicate", reason="repeated")
            return found, order, True
        await work.put_posting(found, order)
        if found.number:
            await _after(found, order, work)
        return found, order, False


async def request_credit(command: RequestCredit, uow: UnitOfWork) -> tuple[Posting, SalesOrder, bool]:
    """The same number asks for the same credit note once. Raises OrderUnknown, PostingUnknown, CreditNumberReused and
    what the invoice itself refuses."""
    async with uow(command.origin) as work:
        locked = await work.sales_orders.lock([command.order_id])
        if not locked:
            raise OrderUnknown(command.order_id)
        work.note(keys=locked[0].keys, transaction_ids=(command.order_id,))
        known = await work.postings.get(posting_id(command.order_id, Kind.CREDIT, command.number))
        if known is not None:
            if (known.follows, known.wanted) != ((command.invoice_posting_id,), command.amount):
                raise CreditNumberReused(command.number)
            work.note(outcome="duplicate", reason="repeated")
            return known, locked[0], True
        invoice = await work.postings.get(command.invoice_posting_id)
        if invoice is None or invoice.order_id != command.order_id:
            raise PostingUnknown(command.invoice_posting_id)
        made = invoice.credit(command.number, command.amount)
        made.reason = command.reason
        await work.put_posting(invoice, locked[0])
        await _owe(made, locked[0], work)
        return made, locked[0], False


async def ask_again(wanted: str, work: Work) -> Posting:
    """Somebody wants the ERP to be asked once more. Raises PostingUnknown, TransitionUnknown."""
    found, order = await _known(wanted, work)
    found.request()
    await work.put_posting(found, order)
    return found


async def _known(wanted: str, work: Work) -> tuple[Posting, SalesOrder]:
    orders = await work.sales_orders.lock([order_of(wanted)])
    found = await work.postings.get(wanted) if orders else None
    if found is None:
        raise PostingUnknown(wanted)
    return found, orders[0]


async def _after(posted: Posting, order: SalesOrder, work: Work) -> None:
    """What a posting that is booked sets off: the order's number is kept, what was shipped is invoiced, and those that
    waited for it are asked for."""
    if posted.kind is Kind.ORDER and not order.erp_number:
        order.erp_system, order.erp_number = posted.system, posted.number
        await work.put(order)
    if posted.kind is Kind.INVOICE and (shipped := await work.postings.get(posted.follows[0])):
        shipped.invoiced()
        await work.put_posting(shipped, order)
    waiting = [each for each in await work.postings.waiting(order.order_id) if posted.posting_id in each.follows]
    done = await work.postings.posted({one for each in waiting for one in each.follows})
    for each in due(waiting, frozenset(done)):
        each.request()
        await work.put_posting(each, order)


async def _owe(made: Posting, order: SalesOrder, work: Work) -> None:
    made.created_at = work.now
    work.postings.add(made)
    if due([made], frozenset(await work.postings.posted(made.follows))):
        made.request()
    await work.put_posting(made, order)


def _ordered(line: OrderLine) -> PostingLine:
    return PostingLine(line.line_number, line.sku, line.quantity, line.price)


def _issued(booking: Booking, order: SalesOrder) -> list[tuple[OrderLine, PostingLine]]:
    """So much of each line, in its base unit. The price is for the unit in which it was ordered."""
    sums: dict[int, tuple[OrderLine, Quantity]] = {}
    for each in booking.outcome.handled:
        if each.order is order and each.line is not None:
            before = sums[each.line.position][1].value if each.line.position in sums else ZERO
            sums[each.line.position] = (each.line, Quantity(before + each.quantity, each.line.base_unit))
    return [(line, _shipped(line, quantity)) for line, quantity in sums.values()]


def _shipped(line: OrderLine, quantity: Quantity) -> PostingLine:
    price = line.price and replace(line.price, unit=line.price.unit or line.quantity.unit)
    return PostingLine(line.line_number, line.sku, quantity, price)


def _nothing_issued(command: BillShipment) -> Concern:
    return Concern(
        code=SHIPMENT_UNKNOWN_TO_BILL,
        owner=BILLING_DESK,
        subject=f"outbound_shipment/{command.shipment_id}",
        summary=f"shipment {command.number} can be invoiced, and no warehouse has reported what is in it",
        transaction_ids=command.order_ids,
        keys=(f"shipment:{command.number}",),
    )
