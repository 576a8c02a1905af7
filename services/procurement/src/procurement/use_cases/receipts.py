"""A warehouse's report of what arrived: booked as reported; what it breaks becomes a discrepancy or an exception."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.errors import Conflict

from procurement.domain.announcing import OrderBook
from procurement.domain.booking import Booking
from procurement.domain.discrepancies import like_another
from procurement.domain.matching import NoticeBook
from procurement.domain.receipt import Receipt, ReceiptTerms
from procurement.domain.refusals import ReceiptNumberReused
from procurement.ports import NoticeName, OrderName, UnitOfWork, Work
from procurement.use_cases.commands import RecordReceipt
from procurement.use_cases.compliance import hold_uncertified
from procurement.use_cases.deadlines import watch_answer, watch_arrival, watch_promises
from procurement.use_cases.naming import NO_BUSINESS_UNIT, Mint, location_of, received_for
from procurement.use_cases.purchase_orders import tell_warehouses
from procurement.use_cases.supplier_invoices import match_waiting


@dataclass(frozen=True, slots=True)
class RecordedReceipt:
    receipt: Receipt
    repeated: bool = False


async def record_receipt(command: RecordReceipt, uow: UnitOfWork, mint: Mint) -> RecordedReceipt:
    """Books the receipt once. Raises ReceiptNumberReused for other content under a used number, LocationUnknown,
    LocationOfAnotherSystem, ItemUnknown, UnitNotConvertible."""
    terms = command.terms
    async with uow(command.origin) as work:
        known = await work.receipts.claim(terms.system, terms.number)
        if known is not None:
            if known.content != terms.fingerprint:
                raise ReceiptNumberReused(terms.system, terms.number)
            work.note(keys=known.keys, transaction_ids=known.transaction_ids)
            work.note(outcome="duplicate", reason="repeated")
            return RecordedReceipt(known, repeated=True)
        booking = await _prepare(work, terms, mint(), command.role)
        booking.run()
        if first := await work.receipts.like(terms.goods):
            booking.receipt.concerns.append(like_another(booking.receipt, first))
        await hold_uncertified(work, booking, mint)
        work.receipts.add(booking.receipt)
        await _follow_up(work, booking)
        return RecordedReceipt(booking.receipt)


async def _prepare(work: Work, terms: ReceiptTerms, receipt_id: str, role: str) -> Booking:
    """Locks the orders first, then the notices."""
    location = await location_of(work, terms.location_id, terms.system)
    names = {NoticeName(each.ship_notice_id, each.ship_notice_number) for each in terms.lines} - {NoticeName()}
    ids = await work.ship_notices.orders_of(names)
    found = await work.purchase_orders.lock(
        {OrderName(each.purchase_order_id, each.purchase_order_number) for each in terms.lines} - {OrderName()}, ids
    )
    orders = received_for(found, {*ids, *(each.purchase_order_id for each in terms.lines)}, location.business_unit)
    book = OrderBook(orders)
    notices = await work.ship_notices.lock(names, book.by_id)
    named = [each for each in notices if {NoticeName(each.ship_notice_id), NoticeName("", each.number)} & names]
    if any(order_id not in book.by_id for notice in named for order_id in notice.purchase_order_ids):
        raise Conflict("a ship notice was replaced meanwhile")
    unit = next((each.business_unit for each in orders), location.business_unit or NO_BUSINESS_UNIT)
    supplier_id = next((each.supplier_id for each in orders), "")
    receipt = Receipt(
        receipt_id=receipt_id,
        business_unit=unit,
        terms=terms,
        recorded_at=work.now,
        express=any(each.express for each in orders),
    )
    items = await work.master_data.items({each.sku for each in terms.lines}, terms.received_at.date())
    tolerances = await work.policies.tolerances(unit, supplier_id, location.location_id)
    return Booking(receipt, book, NoticeBook(notices), items, tolerances, role)


async def _follow_up(work: Work, booking: Booking) -> None:
    """The warehouse knows what it has received. It is told what comes on order again because a notice ended short."""
    receipt = booking.receipt
    work.note(keys=receipt.keys, transaction_ids=receipt.transaction_ids)
    for notice in booking.notices.notices:
        await watch_arrival(work, notice)
    for order in booking.touched:
        await watch_answer(work, order)
        await watch_promises(work, order)
    await tell_warehouses(work, booking.back_on_order)
    await match_waiting(work, booking.touched)
