"""Appointments at docks: the warehouse's word in, what stands and how doors are used out."""

from __future__ import annotations

from datetime import date, time, timedelta

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import dock_pb2, inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire
from crossdock_kit.errors import InvalidFields, Violation

from procurement.domain.dock import AppointmentTerms, DockAppointment
from procurement.domain.refusals import FieldMissing
from procurement.domain.ship_notice import Appointed
from procurement.ports import DockDays, DockUse, NoticeName
from procurement.use_cases.commands import RecordDockAppointment
from procurement.wire.ownership import owned
from procurement.wire.purchase_order import origin

LONGEST = timedelta(days=92)


def record_dock_appointment(request: service_pb2.RecordDockAppointmentRequest) -> RecordDockAppointment:
    request, not_owned = owned(request, request.origin)
    source = origin(request.origin, not_owned)
    if source.occurred_at is None:
        raise FieldMissing("origin.occurred_at")
    cancelled = request.state == dock_pb2.APPOINTMENT_STATE_CANCELLED
    if not cancelled and not request.ship_notices:
        raise FieldMissing("ship_notices")
    on, begins, ends = _times(request.window)
    terms = AppointmentTerms(
        system=source.system,
        number=request.number,
        location_id=request.location_id,
        on=on,
        begins=begins,
        ends=ends,
        said_at=source.occurred_at,
        zone=request.window.zone,
        door=request.door,
        cancelled=cancelled,
    )
    return RecordDockAppointment(source, terms, tuple(_name(each) for each in request.ship_notices))


def _times(window: values_pb2.DeliveryWindow) -> tuple[date, time, time]:
    """The day, and from when to when."""
    first, last = dates_wire.day(window, "from_date"), dates_wire.day(window, "to_date")
    if first is None or not window.from_time or not window.to_time:
        raise FieldMissing("window, with from_date, from_time and to_time")
    begins, ends = time.fromisoformat(window.from_time), time.fromisoformat(window.to_time)
    if (last is not None and last != first) or ends <= begins:
        said = "an appointment lies in one day and ends after it begins"
        raise InvalidFields((Violation("window", said, "dock_appointment.window"),))
    return first, begins, ends


def _name(message: dock_pb2.ShipNoticeRef) -> NoticeName:
    if not (message.ship_notice_id or message.number):
        raise FieldMissing("ship_notices.number")
    return NoticeName(message.ship_notice_id, message.number)


def days(request: service_pb2.GetDockUseRequest) -> DockDays:
    first, last = dates_wire.day(request, "from_date"), dates_wire.day(request, "to_date")
    if first is None or last is None:
        raise FieldMissing("from_date" if first is None else "to_date")
    if not timedelta(0) <= last - first <= LONGEST:
        said = f"{last} is not within {LONGEST.days} days from the first day, {first}"
        raise InvalidFields((Violation("to_date", said, "dock_use.period"),))
    return DockDays(request.location_id, first, last)


def appointment(found: DockAppointment) -> dock_pb2.DockAppointment:
    terms = found.terms
    return dock_pb2.DockAppointment(
        appointment_id=found.appointment_id,
        business_unit=found.business_unit,
        system=terms.system,
        number=terms.number,
        location_id=terms.location_id,
        state=dock_pb2.APPOINTMENT_STATE_CANCELLED if terms.cancelled else dock_pb2.APPOINTMENT_STATE_BOOKED,
        window=_window(terms),
        door=terms.door,
        said_at=dates_wire.timestamp(terms.said_at),
        ship_notices=[
            dock_pb2.ShipNoticeRef(ship_notice_id=each.ship_notice_id, number=each.number)
            for each in found.ship_notices
        ],
    )


def appointed(found: Appointed | None) -> inbound_pb2.NoticeAppointment | None:
    if found is None:
        return None
    return inbound_pb2.NoticeAppointment(
        appointment_id=found.appointment_id, number=found.number, window=_window(found), door=found.door
    )


def _window(found: AppointmentTerms | Appointed) -> values_pb2.DeliveryWindow:
    return values_pb2.DeliveryWindow(
        from_date=dates_wire.date_message(found.on),
        to_date=dates_wire.date_message(found.on),
        from_time=f"{found.begins:%H:%M}",
        to_time=f"{found.ends:%H:%M}",
        zone=found.zone,
    )


def use(found: DockUse) -> dock_pb2.DockUse:
    return dock_pb2.DockUse(
        on=dates_wire.date_message(found.on),
        door=found.door,
        appointments=found.appointments,
        booked_minutes=found.booked_minutes,
        arrived=found.arrived,
    )
