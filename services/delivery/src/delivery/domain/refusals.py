"""What delivery refuses, as facts with fields. The reason code is the class name in upper snake case."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.errors import Conflict, Invalid, NotFound, Refused


@dataclass
class FieldMissing(Invalid):
    """The message leaves out what this purpose needs."""

    field: str


@dataclass
class FieldNotOwned(Refused):
    """The document writes what belongs to another role."""

    field: str
    role: str
    owners: str


@dataclass
class ShipmentUnknown(NotFound):
    """No shipment of that id or number."""

    name: str


@dataclass
class ShipmentNumberReused(Refused):
    """There is a shipment of this number with another content."""

    number: str


@dataclass
class ShipmentOutdated(Conflict):
    """It was decided on a state that is no longer."""

    expected: str
    current: str


@dataclass
class ShipmentKeptBack(Refused):
    """Tax, credit or export of an order of it is not final: nobody may label or carry it yet."""

    number: str


@dataclass
class TrackingNumberTaken(Refused):
    """The number is that of another shipment."""

    tracking_number: str
    shipment: str


@dataclass
class CarrierAlreadyAssigned(Refused):
    """Another carrier has it already, or it is on the road."""

    number: str
    carrier: str


@dataclass
class ShipmentNotStoppable(Refused):
    """It is delivered or over, or its carrier could not stop it: it can only come back."""

    number: str
    state: str


@dataclass
class CallOffNotAsked(Refused):
    """Nobody has asked that it be carried no further."""

    number: str


@dataclass
class MilestoneNotReached(Refused):
    """There is nothing to take back."""

    number: str
    milestone: str


@dataclass
class TooManyProofsWaiting(Refused):
    """So many proofs of this system are of shipments that nobody knows: it names numbers that are none of ours."""

    system: str
    most: int


@dataclass
class VocabularyUnknown(Invalid):
    """None of the vocabularies that the table speaks."""

    vocabulary: str


@dataclass
class MeaningContradicts(Invalid):
    """Only a fact reaches a milestone, and only an estimate foretells one."""

    carrier_code: str
    why: str
