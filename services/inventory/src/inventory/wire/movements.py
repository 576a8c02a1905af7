"""A movement of the ledger as events and answers show it."""

from __future__ import annotations

from uuid import UUID

from crossdock.inventory.v1 import inventory_service_pb2 as api

from inventory.domain.movement import Movement
from inventory.wire.values import instant_out, quantity_out


def movement_out(movement_id: UUID, movement: Movement) -> api.Movement:
    out = api.Movement(
        movement_id=str(movement_id),
        sku=movement.key.sku,
        location_id=movement.key.location_id,
        lot=movement.lot,
        business_unit=movement.key.business_unit,
        to=int(movement.target),  # type: ignore[arg-type]
        quantity=quantity_out(movement.quantity, movement.unit),
        reason=movement.reason,
        document=movement.document.name,
        occurred_at=instant_out(movement.document.occurred_at),
        posting_state="pending" if movement.document.posting_key else "none",
        transaction_id=movement.document.transaction_id,
        **{"from": int(movement.source)},  # type: ignore[arg-type]
    )
    if movement.said is not None:
        out.document_quantity.CopyFrom(quantity_out(movement.said.value, movement.said.unit))
    return out
