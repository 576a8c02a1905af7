"""What the ERP answers to postings, and what is asked for next; credit notes and what is asked for again."""

from __future__ import annotations

from fulfillment.domain.posting import Kind, Posting, due, order_of, posting_id
from fulfillment.domain.posting_lifecycle import State
from fulfillment.domain.refusals import (
    CreditNumberReused,
    NothingLeftToCredit,
    OrderUnknown,
    PostingNotDue,
    PostingUnknown,
)
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import UnitOfWork, Work
from fulfillment.use_cases.booking import ask, heard, invoice_of, to_the_books
from fulfillment.use_cases.commands import RecordPosting, RequestCredit
from fulfillment.use_cases.owing import owe


async def record_posting(command: RecordPosting, uow: UnitOfWork) -> tuple[Posting, SalesOrder, bool]:
    """The posting, its order, and whether the answer was there before. Raises PostingUnknown and what the posting
    itself refuses."""
    async with uow(command.origin) as work:
        found, order = await _known(command.posting_id, work)
        work.note(keys=order.keys, transaction_ids=(order.order_id,))
        before = found.state
        if not found.answer(command.said, order.terms.currency):
            work.note(outcome="duplicate", reason="repeated")
            return found, order, True
        await heard(found, before, order, work)
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
        made.cause = command.reason
        await work.put_posting(invoice, locked[0])
        await owe(made, locked[0], work)
        return made, locked[0], False


async def ask_again(wanted: str, work: Work) -> Posting:
    """Somebody wants the ERP to be asked once more, or now for what has waited. Raises PostingUnknown,
    TransitionUnknown, PostingNotDue, NothingLeftToCredit, and CreditAboveInvoice where others have been credited since
    it was refused."""
    found, order = await _known(wanted, work)
    if found.state is State.WAITING:
        await _ask_first(found, order, work)
        return found
    invoice = await invoice_of(found, work)
    if invoice is not None and found.state is State.REFUSED and found.wanted is not None:
        invoice.grant(found.wanted)
        await work.put_posting(invoice, order)
    await to_the_books(found, order, work)
    await work.put_posting(found, order)
    return found


async def _ask_first(found: Posting, order: SalesOrder, work: Work) -> None:
    """It has never been asked for: only in its turn, and by the same rules as when that comes by itself."""
    if not due([found], frozenset(await work.postings.posted(found.follows))):
        raise PostingNotDue(found.posting_id)
    await ask(found, order, work)
    if found.state is State.WAITING:
        raise NothingLeftToCredit(found.posting_id)
    await work.put_posting(found, order)


async def _known(wanted: str, work: Work) -> tuple[Posting, SalesOrder]:
    orders = await work.sales_orders.lock([order_of(wanted)])
    found = await work.postings.get(wanted) if orders else None
    if found is None:
        raise PostingUnknown(wanted)
    return found, orders[0]
