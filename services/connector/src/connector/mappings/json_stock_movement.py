"""json.stock_movement, out: the ERP posts what a warehouse adjusted, or what quality decided, as a movement, once, and
answers with its number.

It says what changed and why, never what is left: the ERP's balance is its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

_CONTRA = inventory.ACCOUNT_ADJUSTMENT

Booked = events_pb2.StockAdjusted | events_pb2.AdjustmentDecided | events_pb2.QualityHoldChanged


def write(event: Booked, writing: Writing) -> dict[str, Any]:
    first = event.movements[0]
    return {
        "documentType": "stockMovement",
        "movementId": event.report_id if isinstance(event, events_pb2.QualityHoldChanged) else event.adjustment_id,
        "companyCode": first.business_unit,
        "reference": event.number,
        "plant": writing.codes.location_code(first.location_id),
        "occurredAt": canonical.iso_instant(first.occurred_at),
        "approvedBy": event.decided_by if isinstance(event, events_pb2.AdjustmentDecided) else None,
        "lines": [
            _line(position, each, bucket, writing)
            for position, (each, bucket) in enumerate(_sides(event.movements), start=1)
        ],
    }


def _sides(movements: Iterable[inventory.Movement]) -> Iterator[tuple[inventory.Movement, inventory.Account.ValueType]]:
    """Each bucket that a movement takes from or adds to: two where goods stay and change their state."""
    for each in movements:
        for bucket in (getattr(each, "from"), each.to):
            if bucket != _CONTRA:
                yield each, bucket


def _line(
    position: int, movement: inventory.Movement, bucket: inventory.Account.ValueType, writing: Writing
) -> dict[str, Any]:
    codes = writing.codes
    gained = movement.to == bucket
    return {
        "item": position,
        "material": codes.item_code(movement.sku),
        "direction": "increase" if gained else "decrease",
        "quantity": movement.quantity.value,
        "unit": codes.unit_code(movement.quantity.unit),
        "stockType": canonical.lower_name(inventory.Account.Name(bucket), "ACCOUNT_"),
        "lot": movement.lot or None,
        "reason": movement.reason,
    }


MAPPING = Outbound("json.stock_movement", write)
