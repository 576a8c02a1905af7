"""A booking of carriage from a supplier to us: kept with its order, and moving the day of what it fetches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from procurement.domain.announcing import OrderBook
from procurement.domain.carriage import BookingState, book
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import PurchaseOrderAmbiguous, PurchaseOrderUnknown
from procurement.domain.saying import refuse_the_future
from procurement.domain.ship_notice import CarrierEta
from procurement.ports import OrderName, UnitOfWork
from procurement.use_cases.commands import RecordInboundBooking
from procurement.use_cases.inbound_eta import move_announced
from procurement.use_cases.purchase_orders import tell_warehouses


@dataclass(frozen=True, slots=True)
class RecordedBooking:
    order: PurchaseOrder
    repeated: bool = False


async def record_inbound_booking(command: RecordInboundBooking, uow: UnitOfWork) -> RecordedBooking:
    """The newest word counts; one that was said before it changes nothing, nor does the same again. What was booked is
    also the carrier's word on shipments of its names, announced or not.

    Raises PurchaseOrderUnknown, PurchaseOrderAmbiguous, SaidInTheFuture.
    """
    booking, references = command.booking, command.references
    async with uow(command.origin) as work:
        refuse_the_future(booking.system, booking.said_at, work.now)
        await work.carrier_etas.claim(references)
        names = await work.ship_notices.carried_as(references) if references else []
        found = await work.purchase_orders.lock([command.order], await work.ship_notices.orders_of(names))
        order = _meant(found, command.order)
        work.note(keys=order.keys, transaction_ids=(order.purchase_order_id,))
        if not book(order, booking):
            work.note(outcome="duplicate", reason="known")
            return RecordedBooking(order, repeated=True)
        await tell_warehouses(work, [order])
        if booking.state is BookingState.BOOKED and booking.expected_on is not None and references:
            eta = CarrierEta(booking.expected_on, booking.said_at, booking.system)
            if await work.carrier_etas.keep(references, eta):
                await move_announced(work, OrderBook(found), names, eta)
        return RecordedBooking(order)


def _meant(found: Sequence[PurchaseOrder], name: OrderName) -> PurchaseOrder:
    """Orders of shipments that are carried under the same names are locked beside it."""
    if name.purchase_order_id:
        own = [each for each in found if each.purchase_order_id == name.purchase_order_id]
    else:
        own = [each for each in found if each.number == name.number]
        own = [each for each in own if name.business_unit in {"", each.business_unit}]
    if not own:
        raise PurchaseOrderUnknown(name.number or name.purchase_order_id)
    if len(own) > 1:
        raise PurchaseOrderAmbiguous(name.number)
    return own[0]
