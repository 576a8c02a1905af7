"""Carriage of a supplier's goods that the buyer arranges: who fetches an order, when, and when it arrives.

One booking counts for an order at a time, by the newest word of whoever arranges the carriage. It must not know who is
asked for one, nor under which terms of delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING

from procurement.domain import events
from procurement.domain.concerns import PROCUREMENT, Concern
from procurement.domain.order_line import OrderLine
from procurement.domain.quantities import ZERO

if TYPE_CHECKING:
    from procurement.domain.purchase_order import PurchaseOrder

CARRIAGE_DECLINED = "CARRIAGE_DECLINED"


class BookingState(Enum):
    BOOKED = "booked"
    DECLINED = "declined"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Booking:
    """`pick_up_on` is a day at the supplier, `expected_on` one at the ship-to."""

    number: str
    state: BookingState
    said_at: datetime
    system: str
    carrier: str = ""
    carrier_reference: str = ""
    bill_of_lading: str = ""
    pick_up_on: date | None = None
    expected_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What is fetched now: all that was promised for a day up to `until`, and comes on `expected_on`."""

    until: date
    expected_on: date

    def arrives(self, promised: date | None) -> date | None:
        return self.expected_on if promised is not None and promised <= self.until else promised

    def moved(self, promised: date | None) -> date | None:
        """None where it comes as promised."""
        arrives = self.arrives(promised)
        return None if arrives == promised else arrives


def book(order: PurchaseOrder, booking: Booking) -> bool:
    """Whether it is news: the same, or what was said before, changes nothing."""
    known = order.booking
    if known is not None and known.said_at >= booking.said_at:
        return False
    order.booking = booking
    if booking.state is BookingState.DECLINED:
        order.concerns.append(nobody_carries(order))
    else:
        order.settled.append(nobody_carries(order).identity)
    order.events.append(events.PurchaseOrderCarriageChanged(order))
    return True


def booked_load(order: PurchaseOrder) -> Load | None:
    """The load takes what is due first, and what else is due by the day on which it is fetched. None where nothing is
    booked, or nothing is left to fetch on a day that is known."""
    booking = order.booking
    if booking is None or booking.state is not BookingState.BOOKED or booking.expected_on is None:
        return None
    days = [each.on for line in order.lines for each in line.open_promises if each.on is not None]
    if not days:
        return None
    return Load(max(min(days), booking.pick_up_on or date.min), booking.expected_on)


def expected_on(line: OrderLine, load: Load | None) -> date | None:
    """Of a line's next goods: what is on its way has its notice's day."""
    own = line.expected_on
    return own if load is None or line.in_transit > ZERO else load.arrives(own)


def nobody_carries(order: PurchaseOrder) -> Concern:
    booking = order.booking
    who = f" by {booking.system}: {booking.reason or 'no reason'}" if booking else ""
    return Concern(
        code=CARRIAGE_DECLINED,
        owner=PROCUREMENT,
        subject=f"purchase_order/{order.purchase_order_id}/carriage",
        summary=f"the carriage of order {order.number} of {order.supplier_id} was declined{who}",
        transaction_ids=(order.purchase_order_id,),
        keys=order.keys,
    )
