"""The lives of order lines, as planning and reporting read them."""

from __future__ import annotations

from crossdock.fulfillment.v1 import fulfillment_service_pb2 as service_pb2
from crossdock.fulfillment.v1 import sales_order_pb2 as pb
from crossdock_kit.dates_wire import date_message, timestamp
from crossdock_kit.paging import Page, page_of

from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import LifecyclePage
from fulfillment.wire.sales_order import SCHEDULE_STATES, line_schedule, order_line


def page(request: service_pb2.ListLineLifecyclesRequest) -> tuple[LifecyclePage, Page]:
    asked = page_of(request)
    after = (asked.after[0], int(asked.after[1])) if asked.after else ("", 0)
    return LifecyclePage(request.business_unit, request.channel, request.order_id, asked.size, after), asked


def place_of(line: OrderLine) -> tuple[str, str]:
    return line.order_id, str(line.position)


def lifecycle(order: SalesOrder, line: OrderLine) -> pb.LineLifecycle:
    bare = order_line(line)
    bare.ClearField("schedules")
    terms = order.terms
    return pb.LineLifecycle(
        order_id=order.order_id,
        order_number=terms.number,
        business_unit=terms.business_unit,
        channel=terms.channel,
        customer_id=terms.customer_id,
        ordered_on=date_message(terms.ordered_on),
        requested_on=date_message(terms.requested_on),
        line=bare,
        schedules=[_schedule(line, each) for each in line.schedules],
    )


def _schedule(line: OrderLine, schedule: Schedule) -> pb.ScheduleLifecycle:
    # Of states that were passed in one breath the one that comes first in a life stands first.
    places = list(SCHEDULE_STATES)
    reached = sorted(schedule.reached.items(), key=lambda each: (each[1], places.index(each[0])))
    return pb.ScheduleLifecycle(
        schedule=line_schedule(line, schedule),
        reached=[pb.StateReached(state=SCHEDULE_STATES[state], at=timestamp(at)) for state, at in reached],
    )
