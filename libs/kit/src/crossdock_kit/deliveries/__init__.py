"""Calls to the outside as rows: each with its state, idempotency key, attempts, ordering key and result.

A row is written in the transaction that decides the call, and is carried out later by whoever leases it: the
dispatcher of the service itself, or a worker that has no database. Order is kept per ordering key; a stuck row blocks
only its key.
"""

from crossdock_kit.deliveries.model import (
    SERVICE_LIMITS,
    Dead,
    Declined,
    Delivered,
    Dropped,
    Leased,
    NewDelivery,
    Outcome,
    PartnerLimits,
    Report,
    Retry,
)
from crossdock_kit.deliveries.outgoing import enqueue
from crossdock_kit.deliveries.waking import wake

__all__ = [
    "SERVICE_LIMITS",
    "Dead",
    "Declined",
    "Delivered",
    "Dropped",
    "Leased",
    "NewDelivery",
    "Outcome",
    "PartnerLimits",
    "Report",
    "Retry",
    "enqueue",
    "wake",
]
