"""What the steps of a reservation move in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from inventory.domain.lots import Pick
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.reservation import Reservation
from inventory.domain.reserving import Part
from inventory.domain.rules import UPDATE_RULES, Event


def key_of(reservation: Reservation, part: Part | Pick) -> StockKey:
    return StockKey(reservation.tenant, part.sku, part.location_id, reservation.business_unit)


def movements_of(
    reservation: Reservation, event: Event, parts: Sequence[Part | Pick], now: datetime
) -> Iterable[Movement]:
    """Those of one step, for the parts that were promised or the lots that were bound."""
    identity = str(reservation.reservation_id)
    document = Document(f"reservation/{identity}", now, transaction_id=identity, cause_id=identity)
    for part in parts:
        for source, target in UPDATE_RULES[event]:
            yield Movement(
                key=key_of(reservation, part),
                source=source,
                target=target,
                quantity=part.quantity,
                reason=event.name,
                document=document,
                lot=part.lot if isinstance(part, Pick) else "",
                unit=reservation.units[part.sku],
            )
