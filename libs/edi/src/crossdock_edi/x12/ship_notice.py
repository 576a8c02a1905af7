"""856: an advance ship notice. Its HL levels form a tree by parent number, never by their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, pairs, texts
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL, TIME
from crossdock_edi.x12.lookups import WithItemIds
from crossdock_edi.x12.parts import (
    Carrier,
    Charge,
    Contact,
    DateReference,
    Description,
    Equipment,
    FobTerms,
    ItemId,
    Marks,
    Measurement,
    Pack,
    Packaging,
    Party,
    Reference,
    Totals,
    date_of,
    party_of,
)

_LAYOUT = """
BSN !
DTM 10
HL: ! *
  LIN
  SN1
  SLN *
  PRF
  PO4
  PID *
  MEA 40
  PWK 25
  PKG 25
  TD1 20
  TD5 12
  TD3 12
  TD4 5
  TSD
  REF *
  PER 3
  LFH *
  CLD: *
    REF *
    DTP
  MAN *
  DTM 10
  FOB
  PAL
  N1: *
    N2 2
    N3 2
    N4
    REF *
    PER 3
    FOB
  SDQ *
  ETD *
  CUR
  SAC: *
    CUR
  MSG *
  ITD
  EFI *
  LM: *
    LQ *
  V1: *
CTT
"""
SPEC = SetSpec("X12", "856", "ship notice", parse_layout("856", _LAYOUT), group="SH", line="HL", hashed=("SN1", 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(WithItemIds):
    """One HL loop: `code` S shipment, O order, T pallet (tare), P carton (pack), I item.

    `change_sequence` and `release` of PRF say which revision of the order was shipped; `previous_quantity` is what was
    shipped to date.
    """

    id: str = element("HL", 1, required=True)
    parent: str = element("HL", 2)
    code: str = element("HL", 3, required=True)
    has_children: str = element("HL", 4)
    line: str = element("LIN", 1)
    item_ids: tuple[ItemId, ...] = pairs("LIN", 2, 31, ItemId)
    shipped_line: str = element("SN1", 1)
    quantity: Decimal | None = element("SN1", 2, convert=DECIMAL)
    unit: str = element("SN1", 3)
    previous_quantity: Decimal | None = element("SN1", 4, convert=DECIMAL)
    ordered_quantity: Decimal | None = element("SN1", 5, convert=DECIMAL)
    ordered_unit: str = element("SN1", 6)
    status: str = element("SN1", 8)
    order_number: str = element("PRF", 1)
    release: str = element("PRF", 2)
    change_sequence: str = element("PRF", 3)
    ordered_on: date | None = element("PRF", 4, convert=DATE)
    order_line: str = element("PRF", 5)
    contract: str = element("PRF", 6)
    order_type: str = element("PRF", 7)
    pack: Pack | None = child(Pack)
    measurements: tuple[Measurement, ...] = children(Measurement)
    descriptions: tuple[Description, ...] = children(Description)
    packaging: tuple[Packaging, ...] = children(Packaging)
    carriers: tuple[Carrier, ...] = children(Carrier)
    equipment: tuple[Equipment, ...] = children(Equipment)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    marks: tuple[Marks, ...] = children(Marks)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    dates: tuple[DateReference, ...] = children(DateReference)
    fob: FobTerms | None = child(FobTerms)
    parties: tuple[Party, ...] = children(Party)
    charges: tuple[Charge, ...] = children(Charge)

    def reference(self, qualifier: str) -> str:
        return next((one.value for one in self.references if one.qualifier == qualifier), "")

    @property
    def sscc(self) -> str:
        """The 18 digits under MAN GM or AA, without the application identifier 00 that may stand before them."""
        for mark in self.marks:
            if mark.qualifier in {"GM", "AA"}:
                return mark.number[2:] if len(mark.number) == 20 and mark.number.startswith("00") else mark.number
        return ""

    @property
    def lot(self) -> str:
        """LIN qualifier LT, else REF LT."""
        return self.item_id("LT") or self.reference("LT")

    @property
    def serials(self) -> tuple[str, ...]:
        """LIN qualifier SN, which has room for few, and every REF SE."""
        ids = [each.value for each in self.item_ids if each.qualifier == "SN"]
        return tuple(each for each in (*ids, *(its.value for its in self.references if its.qualifier == "SE")) if each)


@dataclass(frozen=True, slots=True)
class ShipLine(WithItemIds):
    """An item of a ship notice with what it inherits from the levels above it."""

    order_number: str
    release: str
    change_sequence: str
    order_line: str
    item_ids: tuple[ItemId, ...]
    quantity: Decimal | None
    unit: str
    lot: str
    pallet_sscc: str
    carton_sscc: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipNotice(Document):
    """`structure` (BSN05): 0001 shipment-order-pack-item, 0002 shipment-order-item-pack, 0004 shipment-order-item."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "856"
    SPEC: ClassVar[SetSpec] = SPEC

    purpose: str = element("BSN", 1, required=True)
    shipment: str = element("BSN", 2, required=True)
    created_on: date | None = element("BSN", 3, convert=DATE)
    created_at: time | None = element("BSN", 4, convert=TIME)
    structure: str = element("BSN", 5)
    type: str = element("BSN", 6)
    status_reason: str = element("BSN", 7)
    dates: tuple[DateReference, ...] = children(DateReference)
    levels: tuple[Level, ...] = children(Level)
    totals: Totals | None = child(Totals)

    @property
    def shipment_level(self) -> Level | None:
        """The first level of code S, where carrier, references and dates of the whole shipment are."""
        return next((level for level in self.levels if level.code == "S"), None)

    def reference(self, qualifier: str) -> str:
        """A reference of the shipment: BM bill of lading, CN carrier's PRO number."""
        return self.shipment_level.reference(qualifier) if self.shipment_level else ""

    def date(self, *qualifiers: str) -> DateReference | None:
        """A date of the shipment (011 shipped, 017 estimated delivery), from its level or before all levels."""
        level = self.shipment_level
        return (date_of(level.dates, *qualifiers) if level else None) or date_of(self.dates, *qualifiers)

    def party(self, *roles: str) -> Party | None:
        return party_of((party for level in self.levels for party in level.parties), *roles)

    def ancestors(self, level: Level) -> Iterator[Level]:
        """The levels above, nearest first; ends at a parent that does not exist or was met before."""
        return _ancestors(level, self._by_id())

    def below(self, level: Level) -> tuple[Level, ...]:
        return tuple(other for other in self.levels if other.parent == level.id and other.id != level.id)

    def orphans(self) -> tuple[Level, ...]:
        """Levels that name a parent which does not exist."""
        known = self._by_id()
        return tuple(level for level in self.levels if level.parent and level.parent not in known)

    def in_cycles(self) -> tuple[Level, ...]:
        """Levels that are their own ancestors."""
        by_id = self._by_id()
        cyclic: set[str] = set()
        settled: set[str] = set()
        for level in self.levels:
            path: dict[str, None] = {}
            current = level.id
            while current in by_id and current not in settled and current not in path:
                path[current] = None
                current = by_id[current].parent
            if current in path:
                ids = list(path)
                cyclic.update(ids[ids.index(current) :])
            settled.update(path)
        return tuple(level for level in self.levels if level.id in cyclic)

    def ship_lines(self) -> tuple[ShipLine, ...]:
        """Every item level, flat: its order (nearest PRF above), pallet and carton, quantity, lot.

        In a structure where packs lie beneath the item (0002), each item gives one line and the packs remain in
        `levels`.
        """
        by_id = self._by_id()
        return tuple(self._ship_line(level, by_id) for level in self.levels if level.code == "I")

    def _ship_line(self, level: Level, by_id: dict[str, Level]) -> ShipLine:
        above = [level, *_ancestors(level, by_id)]
        order = next((one for one in above if one.order_number), None)
        line = level.order_line or level.line or level.shipped_line or level.reference("LI")
        return ShipLine(
            order_number=order.order_number if order else "",
            release=order.release if order else "",
            change_sequence=order.change_sequence if order else "",
            order_line=line,
            item_ids=level.item_ids,
            quantity=level.quantity,
            unit=level.unit,
            lot=level.lot,
            pallet_sscc=next((one.sscc for one in above if one.code == "T" and one.sscc), ""),
            carton_sscc=next((one.sscc for one in above if one.code in {"P", "I"} and one.sscc), ""),
            level=level,
        )

    def _by_id(self) -> dict[str, Level]:
        return {level.id: level for level in reversed(self.levels)}


def _ancestors(level: Level, by_id: dict[str, Level]) -> Iterator[Level]:
    seen = {level.id}
    while level.parent and level.parent not in seen and level.parent in by_id:
        level = by_id[level.parent]
        seen.add(level.id)
        yield level
