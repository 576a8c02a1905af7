"""214: a carrier reports where a shipment is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar

from crossdock_edi.binding import Document, children, element, texts
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, TIME
from crossdock_edi.x12.freight import (
    FREIGHT_PARTY,
    FreightParty,
    LadingReference,
    OrderDetail,
    Weight,
)
from crossdock_edi.x12.parts import (
    Marks,
)

_LAYOUT = f"""
B10 !
L11 *
MAN *
K1 *
{FREIGHT_PARTY}
MS3 12
LX: *
  AT7: *
    MS1
    MS2
    M7 *
  L11 *
  MAN *
  Q7 *
  K1 *
  AT5 *
  AT8 *
  OID: *
    LAD *
  CD3: *
    L11 *
    AT7: *
      MS1
      MS2
    NM1
    Q7
    AT8
    MAN *
  PRF: *
    N1 *
  SPO: *
    SDQ *
"""
SPEC = SetSpec("X12", "214", "shipment status", parse_layout("214", _LAYOUT), group="QM")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """AT7 with its place (MS1) and equipment (MS2). Either `status` or `appointment` is given.

    Without `time_code` the time is local to the place.
    """

    status: str = element("AT7", 1)
    reason: str = element("AT7", 2)
    appointment: str = element("AT7", 3)
    appointment_reason: str = element("AT7", 4)
    on: date | None = element("AT7", 5, convert=DATE)
    at: time | None = element("AT7", 6, convert=TIME)
    time_code: str = element("AT7", 7)
    city: str = element("MS1", 1)
    region: str = element("MS1", 2)
    country: str = element("MS1", 3)
    longitude: str = element("MS1", 4)
    latitude: str = element("MS1", 5)
    equipment_carrier: str = element("MS2", 1)
    equipment: str = element("MS2", 2)
    equipment_type: str = element("MS2", 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusGroup:
    """LX: statuses with the references and weights that they hold for."""

    line: str = element("LX", 1, required=True)
    events: tuple[StatusEvent, ...] = children(StatusEvent)
    references: tuple[LadingReference, ...] = children(LadingReference)
    marks: tuple[Marks, ...] = children(Marks)
    remarks: tuple[str, ...] = texts("K1", 1, 2)
    weights: tuple[Weight, ...] = children(Weight)
    orders: tuple[OrderDetail, ...] = children(OrderDetail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentStatus(Document):
    """`pro_number` is the carrier's, `shipment` the shipper's number."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "214"
    SPEC: ClassVar[SetSpec] = SPEC

    pro_number: str = element("B10", 1)
    shipment: str = element("B10", 2)
    carrier: str = element("B10", 3)
    references: tuple[LadingReference, ...] = children(LadingReference)
    remarks: tuple[str, ...] = texts("K1", 1, 2)
    parties: tuple[FreightParty, ...] = children(FreightParty)
    service_carrier: str = element("MS3", 1)
    service_sequence: str = element("MS3", 2)
    service_mode: str = element("MS3", 4)
    groups: tuple[StatusGroup, ...] = children(StatusGroup)

    @property
    def events(self) -> tuple[StatusEvent, ...]:
        return tuple(event for group in self.groups for event in group.events)
