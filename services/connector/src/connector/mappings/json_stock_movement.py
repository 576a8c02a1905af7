"""json.stock_movement, out: the ERP posts what a warehouse adjusted as a movement, once, and answers with its number.

It says what changed and why, never what is left: the ERP's balance is its own.
"""

from __future__ import annotations

from typing import Any

from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

_CONTRA = inventory.ACCOUNT_ADJUSTMENT


def write(event: events_pb2.StockAdjusted | events_pb2.AdjustmentDecided, writing: Writing) -> dict[str, Any]:
    first = event.movements[0]
    return {
        "documentType": "stockMovement",
        "movementId": event.adjustment_id,
        "companyCode": first.business_unit,
        "reference": event.number,
        "plant": writing.codes.location_code(first.location_id),
        "occurredAt": canonical.iso_instant(first.occurred_at),
        "approvedBy": event.decided_by if isinstance(event, events_pb2.AdjustmentDecided) else None,
        "lines": [_line(position, each, writing) for position, each in enumerate(event.movements, start=1)],
    }


def _line(position: int, movement: inventory.Movement, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    gained = getattr(movement, "from") == _CONTRA
    bucket = movement.to if gained else getattr(movement, "from")
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
