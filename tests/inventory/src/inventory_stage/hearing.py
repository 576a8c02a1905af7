"""Events as inventory's consumer hears them, on a real schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from crossdock_kit.events import Received
from google.protobuf.message import Message
from inventory.consumers import Consumers
from inventory.store.work import InventoryWork

from inventory_stage import UNIT, Stage, new_cause, some_cause


def event(message: Message, version: int = 1) -> Received[Any]:
    cause = new_cause(type(message).__name__)
    now = datetime.now(UTC)
    return Received(
        id=uuid4(),
        type=message.DESCRIPTOR.full_name,
        message=message,
        tenant="acme",
        business_unit=UNIT,
        aggregate_type="x",
        aggregate_id="y",
        version=version,
        subject="s",
        occurred_at=now,
        recorded_at=now,
        origin=None,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        transaction_ids=("po-1",),
        keys=("po:1",),
        express=False,
        traceparent="",
        cause=cause,
    )


async def hear(stage: Stage, *messages: Message) -> None:
    """Gives each to its handler, in this order, as the consumer would in one transaction."""
    handlers = {
        kind: handler
        for subscription in Consumers(InventoryWork).subscriptions()
        for kind, handler in subscription.handlers.items()
    }
    with some_cause():
        async with stage.uow.kit(tenants=("acme",)) as work:
            for message in messages:
                await handlers[type(message)]([event(message)], work)
