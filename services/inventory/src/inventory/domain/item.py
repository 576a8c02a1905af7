"""What inventory must know of an item and a location: units, lots, and where received goods wait.

Copies of master data; catalog owns the originals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from crossdock_kit.errors import Refused

from inventory.domain.quantity import LARGEST, Measure, as_decimal


@dataclass
class ItemUnknown(Refused):
    """Master data does not know the item, or not yet."""

    sku: str


@dataclass
class LocationUnknown(Refused):
    location_id: str


@dataclass
class UnitNotConvertible(Refused):
    """The item has no packaging level of that unit, or the result cannot be kept exactly."""

    sku: str
    unit: str
    base_unit: str


@dataclass(frozen=True, slots=True)
class Item:
    """`packaging`: base units in one unit of each level; a level is a property of the item, never global (C9).
    `version` is that of the master record, kept with every movement that it converted."""

    sku: str
    base_unit: str
    packaging: Mapping[str, Decimal]
    lot_controlled: bool = False
    category: str = ""
    version: int = 0

    def in_base_units(self, measure: Measure) -> Decimal:
        """Exact; raises UnitNotConvertible."""
        if measure.unit == self.base_unit:
            return measure.value
        level = self.packaging.get(measure.unit)
        converted = None if level is None else as_decimal(Fraction(measure.value) * Fraction(level))
        if converted is None or abs(converted) >= LARGEST:
            raise UnitNotConvertible(self.sku, measure.unit, self.base_unit)
        return converted


@dataclass(frozen=True, slots=True)
class Location:
    """`put_away`: received goods are staged here and become sellable by put-away. `system` is the instance that reports
    what happens here; empty where none is named."""

    location_id: str
    business_unit: str
    put_away: bool = False
    version: int = 0
    system: str = ""
