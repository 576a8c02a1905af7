"""What the envelope of a fact says beside its order: every business key by which people look for it."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import Message

from fulfillment.domain import events
from fulfillment.wire.events import to_message

MOST_ITEMS = 25
"""A fact about more items than these is found by its order alone: keys are for people who look for one thing."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message and its keys; the store adds tenant, version, instants and origin."""

    message: Message
    keys: tuple[str, ...]


def announcement(event: events.Event) -> Announcement:
    skus = tuple(dict.fromkeys(f"sku:{sku}" for sku in _skus(event)))
    place = _place(event)
    return Announcement(to_message(event), (*event.order.keys, *place, *(skus if len(skus) <= MOST_ITEMS else ())))


def _place(event: events.Event) -> tuple[str, ...]:
    match event:
        case events.OrderReleased(location_id=place) | events.OrderReleaseRecalled(location_id=place):
            return (f"location:{place}",)
        case _:
            return ()


def _skus(event: events.Event) -> list[str]:
    match event:
        case (
            events.OrderSubmitted(lines=lines)
            | events.OrderCheckRequested(lines=lines)
            | events.OrderLinesAppended(lines=lines)
            | events.OrderAcknowledged(lines=lines)
            | events.OrderChanged(lines=lines)
        ):
            return [each.sku for each in lines]
        case events.OrderLineChanged(line=line):
            return [line.sku]
        case events.OrderCancellationRequested(compensations=found):
            return [each.step.line.sku for each in found]
        case events.OrderOpened() | events.OrderAccepted() | events.OrderCheckDecided() | events.OrderRejected():
            return []
        case _:
            return [each.line.sku for each in event.steps]
