"""Commands as callers mean them, free of how they travelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from delivery.domain.carriage import Carriage, Terms
from delivery.domain.milestone_table import Meaning
from delivery.domain.milestones import Milestone
from delivery.ports import Origin, ShipmentName


@dataclass(frozen=True, slots=True)
class CreateShipment:
    """`content` is a hash of all that was said, to tell the same shipment from another under its number."""

    origin: Origin
    terms: Terms
    content: str


@dataclass(frozen=True, slots=True)
class AssignCarrier:
    origin: Origin
    name: ShipmentName
    carriage: Carriage
    eta: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeclineTender:
    origin: Origin
    name: ShipmentName
    carrier: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancelShipment:
    name: ShipmentName
    reason: str


@dataclass(frozen=True, slots=True)
class RecordCallOffAnswer:
    """`stopped`: it is carried no further."""

    origin: Origin
    name: ShipmentName
    stopped: bool
    reason: str


@dataclass(frozen=True, slots=True)
class NotWanted:
    """So much of lines, by their ids, that a shipment holds is not wanted any more. `on_its_way`: it has left, and is
    to be stopped; else its warehouse has stopped it."""

    shipment_id: str
    lines: Mapping[str, Decimal]
    on_its_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierUpdate:
    """One word of a carrier, as it said it, and what master data say that its code means."""

    carrier: str
    tracking_number: str
    shipment_number: str
    vocabulary: str
    code: str
    reason: str
    occurred_at: datetime
    estimated_at: datetime | None = None
    place: str = ""
    text: str = ""
    received_by: str = ""
    means: str = ""


@dataclass(frozen=True, slots=True)
class RecordCarrierUpdates:
    origin: Origin
    updates: tuple[CarrierUpdate, ...]


@dataclass(frozen=True, slots=True)
class CorrectMilestone:
    """`etag` is the state that it was decided on; empty corrects whatever it is."""

    name: ShipmentName
    milestone: Milestone
    reason: str
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProofOfDelivery:
    """`received_by` is who took it, as it is kept; empty if nobody said."""

    origin: Origin
    name: ShipmentName
    kind: str
    reference: str
    content_sha256: str
    delivered_at: datetime
    received_by: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class MapCarrierCode:
    partner: str
    vocabulary: str
    code: str
    meaning: Meaning
