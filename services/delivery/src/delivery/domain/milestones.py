"""The words in which a shipment's progress is told, whatever vocabulary its carrier speaks (trade: C1).

Milestones are what the ERP, channels and customer service hear; stages are kept inside, so that a ping can be traced.
"""

from __future__ import annotations

from enum import Enum


class Milestone(Enum):
    """In the order in which a shipment comes through them. DELAYED and EXCEPTION are overlays, not places."""

    DISPATCHED = "dispatched"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    EXCEPTION = "exception"


PLACES = (Milestone.DISPATCHED, Milestone.OUT_FOR_DELIVERY, Milestone.DELIVERED)


class Stage(Enum):
    """Where a shipment was last seen, in more words than others are told."""

    UNKNOWN = "unknown"
    BOOKED = "booked"
    ARRIVED_ORIGIN = "arrived_origin"
    LOADING = "loading"
    LOADED = "loaded"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    ARRIVED_STOP = "arrived_stop"
    CUSTOMS = "customs"
    HELD = "held"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    ARRIVED_DESTINATION = "arrived_destination"
    ATTEMPTED = "attempted"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class CodeClass(Enum):
    """A fact happened; an estimate only moves an ETA; an administrative word promotes nothing; FEED tells of the feed
    itself and not of the shipment; UNMAPPED is kept until somebody says what it means."""

    FACT = "fact"
    ESTIMATE = "estimate"
    ADMINISTRATIVE = "administrative"
    FEED = "feed"
    UNMAPPED = "unmapped"


class Trouble(Enum):
    """The taxonomy of delivery exceptions."""

    ATTEMPTED = "attempted"
    REFUSED = "refused"
    DAMAGED = "damaged"
    LOST = "lost"
    SHORTAGE = "shortage"
    HELD = "held"
    CUSTOMS = "customs"
    REDIRECTED = "redirected"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Fault(Enum):
    """Whose doing a reason is."""

    CARRIER = "carrier"
    CONSIGNEE = "consignee"
    SHIPPER = "shipper"
    CUSTOMS = "customs"
    EXTERNAL = "external"
    NEUTRAL = "neutral"
    UNKNOWN = "unknown"
