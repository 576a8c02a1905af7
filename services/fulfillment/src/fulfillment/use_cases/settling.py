"""What the ERP says was paid of its invoices: a report, booked once, whether its invoice is known by then or not."""

from __future__ import annotations

from dataclasses import replace

from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.posting import Posting, order_of
from fulfillment.domain.posting_lifecycle import FINANCE
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.refusals import PaymentNothing, PaymentNumberReused
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.settling import Payment
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.commands import RecordPayment

UNMATCHED = "PAYMENT_UNMATCHED"


async def record_payment(command: RecordPayment, uow: UnitOfWork) -> tuple[Posting | None, SalesOrder | None, bool]:
    """The invoice with its order, None while nobody knows it, and whether the payment was booked before. Raises
    PaymentNothing, PaymentNumberReused and what the invoice itself refuses."""
    paid = command.payment
    if paid.amount == ZERO:
        raise PaymentNothing(paid.number)
    async with uow(command.origin) as work:
        work.note(keys=paid.keys)
        posting_id = await _invoice_of(paid, work)
        orders = await work.sales_orders.lock([order_of(posting_id)]) if posting_id else []
        invoice = await work.postings.get(posting_id) if orders else None
        if orders:
            work.note(keys=orders[0].keys, transaction_ids=(orders[0].order_id,))
        if known := await work.payments.known(paid):
            if (known.amount, known.currency) != (paid.amount, paid.currency):
                raise PaymentNumberReused(paid.number, paid.invoice, str(known.amount), str(paid.amount))
            work.note(outcome="duplicate", reason="repeated")
            return invoice, orders[0] if orders else None, True
        if invoice is None:
            await work.payments.add(paid)
            work.tell(_unmatched(paid))
            return None, None, False
        invoice.pay(paid)
        await work.payments.add(replace(paid, posting_id=posting_id))
        await work.put_posting(invoice, orders[0])
        return invoice, orders[0], False


async def _invoice_of(paid: Payment, work: Work) -> str:
    """Looked for again once nobody else can post it: else the payment and the invoice could miss each other."""
    found = await work.payments.invoice(paid.system, paid.invoice)
    if not found:
        await work.payments.claim(paid.system, paid.invoice)
        found = await work.payments.invoice(paid.system, paid.invoice)
    return found


async def settle_posted(invoice: Posting, work: Work) -> None:
    """An invoice that is posted just now takes what was paid of it before anybody knew it. What it cannot take stays
    with finance."""
    await work.payments.claim(invoice.system, invoice.number)
    for paid in await work.payments.waiting(invoice.system, invoice.number):
        if invoice.takes(paid):
            invoice.pay(paid)
            await work.payments.matched(paid, invoice.posting_id)
            invoice.settled.append(identity(UNMATCHED, paid.subject))


def _unmatched(paid: Payment) -> Concern:
    return Concern(
        code=UNMATCHED,
        owner=FINANCE,
        subject=paid.subject,
        summary=f"{paid.system}: payment {paid.number} of {paid.amount} {paid.currency} is for invoice {paid.invoice},"
        " which nobody knows yet",
        keys=paid.keys,
    )
