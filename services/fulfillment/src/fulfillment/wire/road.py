"""Delivery's facts as what they mean for order lines; None where they mean nothing for them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from crossdock.delivery.events.v1 import events_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock_kit.dates_wire import instant

from fulfillment.domain.on_the_road import DELIVERED, DISPATCHED, OUT_FOR_DELIVERY, Word
from fulfillment.use_cases.delivering import Departure
from fulfillment.wire.values import number

_MILESTONES = {
    shipment_pb2.MILESTONE_DISPATCHED: DISPATCHED,
    shipment_pb2.MILESTONE_OUT_FOR_DELIVERY: OUT_FOR_DELIVERY,
    shipment_pb2.MILESTONE_DELIVERED: DELIVERED,
}
"""Those that lines come to; a delay, an estimate and an exception stand beside them."""


def departure(fact: events_pb2.ShipmentDispatched) -> Departure:
    gone: dict[str, Decimal] = defaultdict(Decimal)
    for line in fact.lines:
        gone[line.line_id] += number(line.quantity.value)
    return Departure(_reached(fact, "dispatched_at", DISPATCHED), gone)


def reached(fact: events_pb2.MilestoneReached) -> Word | None:
    if fact.milestone == shipment_pb2.MILESTONE_DELAYED:
        return Word(fact.shipment_id, instant(fact, "at"), delayed=True)
    milestone = _MILESTONES.get(fact.milestone)
    return _reached(fact, "at", milestone) if milestone else None


def _reached(
    fact: events_pb2.ShipmentDispatched | events_pb2.MilestoneReached, instant_of: str, milestone: str
) -> Word:
    return Word(
        fact.shipment_id,
        instant(fact, instant_of),
        reached=milestone,
        carrier=fact.carrier,
        tracking_number=fact.tracking_number,
    )


def corrected(fact: events_pb2.MilestoneCorrected) -> Word | None:
    """Another instant of the same milestone moves nothing."""
    milestone = None if fact.HasField("new_at") else _MILESTONES.get(fact.milestone)
    return Word(fact.shipment_id, taken_back=milestone) if milestone else None


def on_time_again(fact: events_pb2.DelayEnded) -> Word:
    return Word(fact.shipment_id, delayed=False)


def foretold(fact: events_pb2.EtaChanged) -> Word:
    return Word(fact.shipment_id, foretold=True, eta=instant(fact, "new_eta"))


def failed(fact: events_pb2.DeliveryExceptionRaised) -> Word:
    """What its carrier brings back never arrived: refused goods alone are not on their way yet."""
    comes_back = fact.trouble == shipment_pb2.TROUBLE_RETURNED
    return Word(fact.shipment_id, instant(fact, "at"), trouble=fact.exception_id, comes_back=comes_back)


def settled(fact: events_pb2.DeliveryExceptionResolved) -> Word:
    return Word(fact.shipment_id, settled=fact.exception_id)
