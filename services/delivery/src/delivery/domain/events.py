"""Facts that a shipment records. They point at what they tell of; the wire makes messages of them when a work ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from delivery.domain.milestones import Milestone, Trouble
from delivery.domain.scan import Scan

if TYPE_CHECKING:
    from delivery.domain.carriage import CallOff, Carriage
    from delivery.domain.shipment import Shipment


@dataclass(frozen=True, slots=True)
class ShipmentPlanned:
    shipment: Shipment
    at: datetime


@dataclass(frozen=True, slots=True)
class CarrierAssigned:
    shipment: Shipment
    carriage: Carriage
    at: datetime


@dataclass(frozen=True, slots=True)
class ShipmentCallOffRequested:
    shipment: Shipment
    at: datetime


@dataclass(frozen=True, slots=True)
class ShipmentCallOffAnswered:
    """`reason` is the carrier's, where it could not stop it."""

    shipment: Shipment
    call_off: CallOff
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ShipmentDispatched:
    """Both have spoken: the warehouse issued the goods of `issue_number`, and the carrier says that it left at `at`."""

    shipment: Shipment
    issue_number: str
    issued_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class BillingTriggered:
    """What the customer's terms wait for has happened: `basis` is dispatch or proof."""

    shipment: Shipment
    basis: str
    evidence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MilestoneReached:
    """`scan` is the evidence; `at` is when it happened there."""

    shipment: Shipment
    milestone: Milestone
    at: datetime
    scan: Scan


@dataclass(frozen=True, slots=True)
class MilestoneCorrected:
    """What was announced before holds no longer: `new_at` is when it happened instead, None if it did not."""

    shipment: Shipment
    milestone: Milestone
    old_at: datetime
    new_at: datetime | None
    reason: str

    @property
    def at(self) -> datetime:
        return self.new_at or self.old_at


@dataclass(frozen=True, slots=True)
class DelayEnded:
    shipment: Shipment
    at: datetime


@dataclass(frozen=True, slots=True)
class EtaChanged:
    """`old` is None for the first estimate, `new` where the last one was taken back."""

    shipment: Shipment
    old: datetime | None
    new: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryExceptionRaised:
    shipment: Shipment
    trouble: Trouble
    scan: Scan
    owner: str

    @property
    def at(self) -> datetime:
        return self.scan.occurred_at


@dataclass(frozen=True, slots=True)
class DeliveryExceptionResolved:
    shipment: Shipment
    exception_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows a delivery. Who received it and how they signed is personal data and stands apart, under an id."""

    kind: str
    reference: str
    content_sha256: str
    recipient_id: str


@dataclass(frozen=True, slots=True)
class ProofOfDeliveryReceived:
    shipment: Shipment
    evidence: Proof
    at: datetime


Event = (
    ShipmentPlanned
    | CarrierAssigned
    | ShipmentCallOffRequested
    | ShipmentCallOffAnswered
    | ShipmentDispatched
    | BillingTriggered
    | MilestoneReached
    | MilestoneCorrected
    | DelayEnded
    | EtaChanged
    | DeliveryExceptionRaised
    | DeliveryExceptionResolved
    | ProofOfDeliveryReceived
)
