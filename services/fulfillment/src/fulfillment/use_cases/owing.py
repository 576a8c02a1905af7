"""What the ERP is owed of orders: postings, made when something arises and asked for once all before them is posted.

Whoever touches postings holds the head of their order, so that what follows a posting is asked for exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence

from fulfillment.domain.allocating import Pair
from fulfillment.domain.billing_lifecycle import BILLING_DESK
from fulfillment.domain.billing_lifecycle import State as Billing
from fulfillment.domain.concerns import Concern
from fulfillment.domain.crediting import by_invoice, turned_back
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.drop_shipment import DropShipment
from fulfillment.domain.lifecycle import RETURNS_DESK
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.posting import Evidence, Kind, Posting, PostingLine, due, posting, posting_id
from fulfillment.domain.posting_lifecycle import State
from fulfillment.domain.posting_lines import bought, by_line, changed, issued, ordered, sent
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Booking, Shipment
from fulfillment.ports import Work
from fulfillment.use_cases.booking import ask
from fulfillment.use_cases.commands import BillShipment

FIRST_PART = 1
ISSUE = "ISSUE"
SHIPMENT_UNKNOWN_TO_BILL = "BILLING_WITHOUT_GOODS_ISSUE"
CREDIT_WITHOUT_GOODS_ISSUE = "CREDIT_WITHOUT_GOODS_ISSUE"


async def owe(made: Posting, order: SalesOrder, work: Work) -> None:
    made.created_at = work.now
    work.postings.add(made)
    if due([made], frozenset(await work.postings.posted(made.follows))):
        await ask(made, order, work)
    await work.put_posting(made, order)


async def owe_order(order: SalesOrder, work: Work) -> None:
    """The parts of an accepted order that are loaded: created in the ERP before anything else of it."""
    for part in sorted({line.part for line in order.lines.values()}):
        made = posting(order.order_id, Kind.ORDER, str(part), [ordered(line) for line in order.of_part(part)])
        made.charges = order.terms.charges if part == FIRST_PART else ()
        await owe(made, order, work)
    await owe_purchases(order, work)


async def owe_purchases(order: SalesOrder, work: Work) -> None:
    """What suppliers ship straight to the customer, for each of them: the ERP orders it, behind the customer's order.
    Each says how much is wanted in all, so that it replaces the one before."""
    for (part, supplier_id), lines in bought(order).items():
        before = await work.postings.purchases(order.order_id, part)
        made = posting(
            order.order_id,
            Kind.PURCHASE,
            f"{part}-{len(before) + 1}",
            lines,
            follows=[posting_id(order.order_id, Kind.ORDER, str(part)), *before[-1:]],
        )
        made.reference, made.supplier_id = str(part), supplier_id
        await owe(made, order, work)


async def owe_changes(order: SalesOrder, work: Work) -> None:
    """What is wanted of an accepted order now, where that has changed: told before its facts are, the newest last."""
    if not order.accepted:
        return
    for part, found in changed(order).items():
        before = await work.postings.changes(order.order_id, part)
        made = posting(
            order.order_id,
            Kind.CHANGE,
            f"{part}-{len(before) + 1}",
            found.postings(),
            follows=_told_of(order.order_id, part, before),
        )
        made.reference, made.cause = str(part), found.reason[:200]
        await owe(made, order, work)
    await owe_purchases(order, work)


def _told_of(order_id: str, part: int, changes: list[str]) -> list[str]:
    """The newest that the ERP is told of a part."""
    return [posting_id(order_id, Kind.ORDER, str(part)), *changes[-1:]]


async def owe_shipment(booking: Booking, work: Work) -> None:
    """What left by a goods issue, for each of its orders; with its invoice where the terms already allow that."""
    issue = Evidence(ISSUE, booking.terms.number, booking.terms.happened_at)
    for order in booking.orders:
        if lines := issued(booking, order):
            made = await _shipped(order, booking.report.report_id, lines, work)
            made.reference, made.shipment_id = booking.terms.number, booking.report.shipment_id
            await _owe_with_invoice(made, order, work, shipment=booking.shipment, issue=issue)


async def owe_drop_shipment(found: DropShipment, work: Work) -> None:
    """What left with a supplier's shipment, for each of its orders, as `owe_shipment` does for a warehouse's."""
    for order in found.moved_orders:
        made = await _shipped(order, found.notice.ship_notice_id, sent(found.of_order(order)), work)
        made.reference, made.shipment_id = found.notice.number, found.shipment.shipment_id
        made.supplier_id = found.notice.supplier_id
        issue = Evidence(ISSUE, found.notice.number, work.now)
        await _owe_with_invoice(made, order, work, shipment=found.shipment, issue=issue)


async def _shipped(order: SalesOrder, key: str, lines: Sequence[tuple[OrderLine, PostingLine]], work: Work) -> Posting:
    """Behind the newest that the ERP is told of each part that something of is in it."""
    follows: list[str] = []
    for part in dict.fromkeys(line.part for line, _ in lines):
        follows += _told_of(order.order_id, part, await work.postings.changes(order.order_id, part))
    made = posting(order.order_id, Kind.SHIPMENT, key, [said for _, said in lines], follows=follows)
    made.billing = Billing.NOT_BILLABLE
    return made


async def _owe_with_invoice(
    made: Posting, order: SalesOrder, work: Work, *, shipment: Shipment | None, issue: Evidence
) -> None:
    """By what its shipment was billed already, or by its issue where that is all that the customer waits for."""
    billable = shipment is not None and shipment.billable
    by_issue = not billable and await work.billed_by_issue(order)
    evidence = shipment.billed_by if billable and shipment is not None else issue
    invoice = made.bill(evidence) if billable or by_issue else None
    await owe(made, order, work)
    if invoice is not None:
        await _owe_invoice(invoice, order, work)


async def _owe_invoice(invoice: Posting, order: SalesOrder, work: Work) -> None:
    """What the ERP has credited of it unasked, before there was anything to be invoiced, counts. What its customer pays
    besides goods is invoiced once, with the first of them."""
    if order.terms.charges and not order.charged_by:
        order.charged_by, invoice.charges = invoice.posting_id, order.terms.charges
        await work.put(order)
    for note in await work.postings.returned(order.order_id):
        if note.follows == (invoice.posting_id,) and note.state is State.POSTED:
            invoice.hear(note, State.WAITING)
    await owe(invoice, order, work)


async def bill(command: BillShipment, work: Work) -> None:
    """Each goods issue of a shipment is invoiced once; what is issued of it later is invoiced when it is."""
    before = {each.order_id for each in await work.postings.of_shipment(command.shipment_id)}
    await work.sales_orders.lock(before | set(command.order_ids))
    shipment = await work.warehouse_reports.lock_shipment(command.shipment_id)
    if shipment is None:
        work.tell(_nothing_issued(command))
        return
    shipment.billable = True
    shipment.billed_by = shipment.billed_by or command.evidence
    await work.put_shipment(shipment)
    for shipped in await work.postings.of_shipment(command.shipment_id):
        if invoice := shipped.bill(shipment.billed_by):
            [order] = await work.sales_orders.lock([shipped.order_id])
            await work.put_posting(shipped, order)
            await _owe_invoice(invoice, order, work)


async def owe_credits(order: SalesOrder, back: CustomerReturn, decided: Sequence[Pair], work: Work) -> int:
    """A credit note for each invoice that inspected goods were on, asked for once that is posted; none for what came
    back undelivered and was not invoiced yet, because it never will be. How many."""
    made: list[Posting] = []
    uninvoiced = ZERO
    for shipment_id in sorted({schedule.shipment_id for _, schedule in decided}):
        shipped = [each for each in await work.postings.of_shipment(shipment_id) if each.order_id == order.order_id]
        pairs = [(line, each) for line, each in decided if each.shipment_id == shipment_id]
        wanted = by_line(pairs)
        taken = turned_back(shipped, by_line(pair for pair in pairs if pair[1].came_undelivered))
        for each in shipped if taken else ():
            await work.put_posting(each, order)
        for number, quantity in taken.items():
            wanted[number] -= quantity
        lines, rest = by_invoice(wanted, shipped, await work.postings.returned(order.order_id))
        uninvoiced += rest
        for invoice_id, some in lines.items():
            key = f"{back.return_id}.{back.credits_asked + len(made) + 1}"
            note = posting(order.order_id, Kind.CREDIT, key, some, follows=[invoice_id])
            note.reference, note.cause, note.return_id = back.number, back.reason, back.return_id
            note.shipment_id = shipment_id
            await owe(note, order, work)
            made.append(note)
    if uninvoiced > ZERO:
        work.tell(_never_shipped(order, back))
    return len(made)


def _never_shipped(order: SalesOrder, back: CustomerReturn) -> Concern:
    return Concern(
        code=CREDIT_WITHOUT_GOODS_ISSUE,
        owner=RETURNS_DESK,
        subject=back.subject,
        summary=f"return {back.number} of order {order.terms.number} is more than goods issues say was shipped",
        transaction_ids=back.transaction_ids,
        keys=back.keys,
    )


def _nothing_issued(command: BillShipment) -> Concern:
    return Concern(
        code=SHIPMENT_UNKNOWN_TO_BILL,
        owner=BILLING_DESK,
        subject=f"outbound_shipment/{command.shipment_id}",
        summary=f"shipment {command.number} can be invoiced, and no warehouse has reported what is in it",
        transaction_ids=command.order_ids,
        keys=(f"shipment:{command.number}",),
    )
