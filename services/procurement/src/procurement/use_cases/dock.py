"""A warehouse's word on when it takes shipments in: kept once, shown with the shipments, and the day that counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crossdock_kit.errors import Conflict

from procurement.domain.announcing import OrderBook
from procurement.domain.dock import DockAppointment
from procurement.domain.refusals import AppointmentUnknown, ShipNoticeAmbiguous, ShipNoticeUnknown
from procurement.domain.saying import refuse_the_future
from procurement.domain.ship_notice import ShipNotice
from procurement.ports import NoticeName, UnitOfWork, Work
from procurement.use_cases.commands import RecordDockAppointment
from procurement.use_cases.naming import NO_BUSINESS_UNIT, Mint, location_of
from procurement.use_cases.ship_notices import expected_anew


@dataclass(frozen=True, slots=True)
class RecordedAppointment:
    appointment: DockAppointment
    repeated: bool = False


async def record_dock_appointment(command: RecordDockAppointment, uow: UnitOfWork, mint: Mint) -> RecordedAppointment:
    """The newest word counts; one that was said before it changes nothing, nor does the same again.

    Raises LocationUnknown, LocationOfAnotherSystem, AppointmentUnknown, ShipNoticeUnknown, ShipNoticeAmbiguous,
    AppointmentElsewhere, AppointmentContradictory, SaidInTheFuture.
    """
    terms, named = command.terms, tuple((each.ship_notice_id, each.number) for each in command.notices)
    async with uow(command.origin) as work:
        refuse_the_future(terms.system, terms.said_at, work.now)
        location = await location_of(work, terms.location_id, terms.system)
        known = await work.dock_appointments.claim(terms.system, terms.number)
        if known is None and not command.notices:
            raise AppointmentUnknown(terms.number)
        unit = location.business_unit or NO_BUSINESS_UNIT
        appointment = known or DockAppointment(appointment_id=mint(), terms=terms, business_unit=unit)
        if not appointment.is_news(terms, named):
            work.note(keys=appointment.keys, transaction_ids=appointment.transaction_ids)
            work.note(outcome="duplicate", reason="repeated")
            return RecordedAppointment(appointment, repeated=True)
        before = {NoticeName("", each.number) for each in appointment.ship_notices}
        names = {*command.notices, *before}
        book = OrderBook(await work.purchase_orders.lock([], await work.ship_notices.orders_of(names)))
        notices = await work.ship_notices.lock(names, ())
        if any(order_id not in book.by_id for notice in notices for order_id in notice.purchase_order_ids):
            raise Conflict("a ship notice was replaced meanwhile")
        meant = list(dict.fromkeys(_meant(notices, each) for each in command.notices))
        appointment.take(terms, named, meant)
        work.dock_appointments.add(appointment)
        work.note(keys=appointment.keys, transaction_ids=appointment.transaction_ids)
        await _move(work, book, appointment, notices, meant)
        return RecordedAppointment(appointment)


def _meant(notices: Iterable[ShipNotice], name: NoticeName) -> ShipNotice:
    if name.ship_notice_id:
        found = [each for each in notices if each.ship_notice_id == name.ship_notice_id]
    else:
        found = [each for each in notices if each.number == name.number]
    if not found:
        raise ShipNoticeUnknown(name.number or name.ship_notice_id)
    if len(found) > 1:
        raise ShipNoticeAmbiguous(name.number)
    return found[0]


async def _move(
    work: Work, book: OrderBook, appointment: DockAppointment, notices: Iterable[ShipNotice], meant: list[ShipNotice]
) -> None:
    """Those that come then, and those that came then and do not any more, are expected on another day. What another
    appointment said of a shipment later stands."""
    for notice in notices:
        before, appointed = notice.appointed, appointment.appointed if notice in meant else None
        mine = before is not None and before.appointment_id == appointment.appointment_id
        newer = before is None or before.said_at < appointment.terms.said_at
        if not mine and not (appointed and newer):
            continue
        notice.appointed = appointed
        await expected_anew(work, book, notice)
