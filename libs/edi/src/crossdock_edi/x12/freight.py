"""Segments that transport and warehouse sets share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from crossdock_edi.binding import children, element, texts
from crossdock_edi.values import DATE, DECIMAL, INTEGER, TIME
from crossdock_edi.x12.parts import (
    Contact,
    Note,
    Remark,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LadingReference:
    """L11: a number of the shipment under a qualifier (BM bill of lading, PO order, CN carrier's PRO)."""

    value: str = element("L11", 1)
    qualifier: str = element("L11", 2)
    description: str = element("L11", 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """G62: a date and time under a qualifier each (10 requested ship, 38 ship no later, 02 delivery requested)."""

    qualifier: str = element("G62", 1)
    on: date | None = element("G62", 2, convert=DATE)
    time_qualifier: str = element("G62", 3)
    at: time | None = element("G62", 4, convert=TIME)
    time_code: str = element("G62", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightContact:
    """G61: whom to ask."""

    function: str = element("G61", 1, required=True)
    name: str = element("G61", 2)
    number_qualifier: str = element("G61", 3)
    number: str = element("G61", 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightParty:
    """The N1 loop of transport sets: SH shipper, CN consignee, BT bill to."""

    role: str = element("N1", 1, required=True)
    name: str = element("N1", 2)
    id_qualifier: str = element("N1", 3)
    id: str = element("N1", 4)
    more_names: tuple[str, ...] = texts("N2", 1, 2)
    address_lines: tuple[str, ...] = texts("N3", 1, 2)
    city: str = element("N4", 1)
    region: str = element("N4", 2)
    postal_code: str = element("N4", 3)
    country: str = element("N4", 4)
    references: tuple[LadingReference, ...] = children(LadingReference)
    notes: tuple[Note, ...] = children(Note)
    contacts: tuple[FreightContact, ...] = children(FreightContact)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseParty:
    """The N1 loop of warehouse sets: WH warehouse, ST ship to, DE depositor."""

    role: str = element("N1", 1, required=True)
    name: str = element("N1", 2)
    id_qualifier: str = element("N1", 3)
    id: str = element("N1", 4)
    more_names: tuple[str, ...] = texts("N2", 1, 2)
    address_lines: tuple[str, ...] = texts("N3", 1, 2)
    city: str = element("N4", 1)
    region: str = element("N4", 2)
    postal_code: str = element("N4", 3)
    country: str = element("N4", 4)
    contacts: tuple[Contact, ...] = children(Contact)


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentDetail:
    """N7 and its seals (M7)."""

    initial: str = element("N7", 1)
    number: str = element("N7", 2, required=True)
    weight: Decimal | None = element("N7", 3, convert=DECIMAL)
    weight_qualifier: str = element("N7", 4)
    type: str = element("N7", 11)
    seals: tuple[str, ...] = texts("M7", 1, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """AT8: weight, pieces and volume."""

    qualifier: str = element("AT8", 1)
    unit: str = element("AT8", 2)
    weight: Decimal | None = element("AT8", 3, convert=DECIMAL)
    pieces: int | None = element("AT8", 4, convert=INTEGER)
    handling_units: int | None = element("AT8", 5, convert=INTEGER)
    volume_unit: str = element("AT8", 6)
    volume: Decimal | None = element("AT8", 7, convert=DECIMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lading:
    """L5: what is carried."""

    line: str = element("L5", 1)
    description: str = element("L5", 2)
    commodity: str = element("L5", 3)
    commodity_qualifier: str = element("L5", 4)
    packaging: str = element("L5", 5)
    weights: tuple[Weight, ...] = children(Weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """OID: a purchase order that a stop serves."""

    reference: str = element("OID", 1)
    order_number: str = element("OID", 2)
    second_reference: str = element("OID", 3)
    unit: str = element("OID", 4)
    quantity: Decimal | None = element("OID", 5, convert=DECIMAL)
    weight_unit: str = element("OID", 6)
    weight: Decimal | None = element("OID", 7, convert=DECIMAL)
    volume_unit: str = element("OID", 8)
    volume: Decimal | None = element("OID", 9, convert=DECIMAL)
    ladings: tuple[Lading, ...] = children(Lading)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """S5 and its loop: where to go, when and for what. `reason` CL complete load, CU complete unload, LD, UL part."""

    sequence: int | None = element("S5", 1, convert=INTEGER)
    reason: str = element("S5", 2)
    weight: Decimal | None = element("S5", 3, convert=DECIMAL)
    weight_unit: str = element("S5", 4)
    units: Decimal | None = element("S5", 5, convert=DECIMAL)
    unit: str = element("S5", 6)
    references: tuple[LadingReference, ...] = children(LadingReference)
    dates: tuple[Instant, ...] = children(Instant)
    weights: tuple[Weight, ...] = children(Weight)
    remarks: tuple[Remark, ...] = children(Remark)
    parties: tuple[FreightParty, ...] = children(FreightParty)
    ladings: tuple[Lading, ...] = children(Lading)
    orders: tuple[OrderDetail, ...] = children(OrderDetail)


WAREHOUSE_PARTY = """
N1: *
  N2 2
  N3 2
  N4
  PER *
"""

FREIGHT_PARTY = """
N1: *
  N2 2
  N3 2
  N4
  L11 *
  N9 *
  PER *
  REF *
  G61 *
"""
