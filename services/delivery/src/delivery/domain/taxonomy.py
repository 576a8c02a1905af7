"""Who looks after which kind of delivery exception; docs/milestones.md shows it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from delivery.domain.milestones import Fault, Trouble

DELIVERY_DESK, CLAIMS, ORDER_DESK, RETURNS_DESK, CUSTOMS_DESK = (
    "delivery-desk",
    "claims",
    "order-desk",
    "returns-desk",
    "customs-desk",
)

OWNERS: Mapping[Trouble, str] = MappingProxyType(
    {
        Trouble.ATTEMPTED: DELIVERY_DESK,
        Trouble.REFUSED: ORDER_DESK,
        Trouble.DAMAGED: CLAIMS,
        Trouble.LOST: CLAIMS,
        Trouble.SHORTAGE: CLAIMS,
        Trouble.HELD: DELIVERY_DESK,
        Trouble.CUSTOMS: CUSTOMS_DESK,
        Trouble.REDIRECTED: DELIVERY_DESK,
        Trouble.RETURNED: RETURNS_DESK,
        Trouble.CANCELLED: ORDER_DESK,
        Trouble.FAILED: DELIVERY_DESK,
    }
)


def owner_of(trouble: Trouble, fault: Fault) -> str:
    """What only the consignee can mend goes to whom the consignee has ordered from."""
    if fault is Fault.CONSIGNEE and OWNERS[trouble] == DELIVERY_DESK:
        return ORDER_DESK
    return OWNERS[trouble]
