"""A posting on its way to the books, and what their answer sets off: the ERP is asked by document, ours answer at once.

What follows a posting is asked for as soon as it is booked, so that a whole chain may come to its end in one work.
"""

from __future__ import annotations

from fulfillment.domain import own_books
from fulfillment.domain.coming_back import credited
from fulfillment.domain.crediting import room, share
from fulfillment.domain.drop_shipping import purchase_booked
from fulfillment.domain.own_books import OwnBooks
from fulfillment.domain.posting import Kind, Posted, Posting, PostingLine, due
from fulfillment.domain.posting_lifecycle import CROSSDOCK, ERP, State
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.return_lifecycle import State as Returned
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Work
from fulfillment.use_cases.settling import settle_posted

MONEY = frozenset({Kind.INVOICE, Kind.CREDIT})


async def ask(made: Posting, order: SalesOrder, work: Work) -> None:
    """Asks for what nothing stands before any more. By now it is known what a return's credit note may come to."""
    if made.return_id and made.wanted is None and (invoice := await work.postings.get(made.follows[0])):
        if room(invoice) <= ZERO < invoice.credited:
            made.exhausted()
            return
        found = share(invoice, made.lines, await _credited_before(made, work))
        # What nothing was paid for comes to whatever the books say: they are asked for it all the same.
        if found is not None and found.amount > ZERO:
            made.wanted = found
            invoice.grant(found)
            await work.put_posting(invoice, order)
    await to_the_books(made, order, work)


async def _credited_before(made: Posting, work: Work) -> list[PostingLine]:
    """What of the same invoice came back earlier, and was credited by its share."""
    notes = [each for each in await work.postings.returned(made.order_id) if each.follows == made.follows]
    standing = [each for each in notes if each.wanted is not None and each.state is not State.REFUSED]
    return [line for each in standing if each is not made for line in each.lines]


async def to_the_books(made: Posting, order: SalesOrder, work: Work) -> None:
    """What is bought is always the ERP's: it is the one that orders it."""
    books = None if made.kind is Kind.PURCHASE else await work.own_books(order)
    if books is None:
        made.request()
        return
    before = made.state
    made.book(await _entry(books, made, order, work), order.terms.currency)
    await heard(made, before, order, work)


async def _entry(books: OwnBooks, made: Posting, order: SalesOrder, work: Work) -> Posted:
    """As our books say it. Invoices and credit notes are numbered without a gap."""
    if made.kind not in MONEY:
        number = order.terms.number if made.kind is Kind.ORDER else made.reference
        return Posted(own_books.SYSTEM, number, work.now)
    lines = await work.sales_orders.load_lines(order, {each.line_number for each in made.lines})
    totals = books.totals(made, lines, order.terms.currency)
    if totals is None:
        return Posted(own_books.SYSTEM, refusal=own_books.WORTH_UNKNOWN)
    number = own_books.numbered(books.prefix, await work.next_number(order.terms.business_unit, made.kind))
    return Posted(own_books.SYSTEM, number, work.now, totals)


async def heard(found: Posting, before: State, order: SalesOrder, work: Work) -> None:
    """It was `before` in another state than the answer has brought it to."""
    if found.kind is Kind.INVOICE and found.number:
        await settle_posted(found, work)
    await work.put_posting(found, order)
    if invoice := await invoice_of(found, work):
        invoice.hear(found, before)
        await work.put_posting(invoice, order)
    if found.number:
        await _after(found, order, work)


async def invoice_of(found: Posting, work: Work) -> Posting | None:
    """That a credit note is for."""
    return await work.postings.get(found.follows[0]) if found.kind is Kind.CREDIT else None


async def _after(posted: Posting, order: SalesOrder, work: Work) -> None:
    """What a posting that is booked sets off: the order's number is kept, what was shipped is invoiced, and those that
    waited for it are asked for."""
    if posted.kind is Kind.ORDER and not order.erp_number:
        order.erp_system, order.erp_number = posted.system, posted.number
        await work.put(order)
    if posted.kind is Kind.PURCHASE:
        await _purchase_booked(posted, order, work)
    if posted.kind is Kind.INVOICE and (shipped := await work.postings.get(posted.follows[0])):
        shipped.invoiced(CROSSDOCK if posted.system == own_books.SYSTEM else ERP)
        await work.put_posting(shipped, order)
    waiting = [each for each in await work.postings.waiting(order.order_id) if posted.posting_id in each.follows]
    done = await work.postings.posted({one for each in waiting for one in each.follows})
    for each in due(waiting, frozenset(done)):
        await ask(each, order, work)
        await work.put_posting(each, order)
    if posted.return_id:
        await _credited(posted.return_id, order, work)


async def _purchase_booked(posted: Posting, order: SalesOrder, work: Work) -> None:
    booked = {each.line_number: each.quantity.value for each in posted.lines}
    for number, line in (await work.sales_orders.load_lines(order, booked)).items():
        purchase_booked(order, line, booked[number])
    await work.put(order)


async def _credited(return_id: str, order: SalesOrder, work: Work) -> None:
    """The last credit note of a return ends it, for its order's lines, too."""
    if found := await work.returns.get(return_id):
        found.credit(posted=1)
        if found.state is Returned.CREDITED:
            numbers = {each.line_number for each in found.lines.values()}
            for line in (await work.sales_orders.load_lines(order, numbers)).values():
                credited(order, line, return_id)
            await work.put(order)
        await work.put_return(found, order)
