"""What a line is about and how it is packed: numbers and descriptions of items, measures, packages and their marks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from crossdock_edi.binding import children, element, values
from crossdock_edi.edifact.parts import DateTime, PlainReference, Quantity
from crossdock_edi.values import DECIMAL, INTEGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance:
    """QVR: by how much a quantity differs (21 ordered), and why (4221: AC over, BP, CP short)."""

    quantity: Decimal | None = element("QVR", 1, 1, convert=DECIMAL)
    qualifier: str = element("QVR", 1, 2)
    discrepancy: str = element("QVR", 2)
    reason: str = element("QVR", 3, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemNumbers:
    """PIA: further numbers of the item; SA seller's, BP or IN buyer's, EN GTIN-13, NB lot."""

    function: str = element("PIA", 1, required=True)
    first: str = element("PIA", 2, 1)
    first_type: str = element("PIA", 2, 2)
    second: str = element("PIA", 3, 1)
    second_type: str = element("PIA", 3, 2)
    third: str = element("PIA", 4, 1)
    third_type: str = element("PIA", 4, 2)
    fourth: str = element("PIA", 5, 1)
    fourth_type: str = element("PIA", 5, 2)
    fifth: str = element("PIA", 6, 1)
    fifth_type: str = element("PIA", 6, 2)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Type and number of each."""
        each = (
            (self.first_type, self.first),
            (self.second_type, self.second),
            (self.third_type, self.third),
            (self.fourth_type, self.fourth),
            (self.fifth_type, self.fifth),
        )
        return tuple(pair for pair in each if any(pair))


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """IMD: what the item is, free (type F) or coded."""

    type: str = element("IMD", 1)
    characteristic: str = element("IMD", 2, 1)
    code: str = element("IMD", 3, 1)
    code_list: str = element("IMD", 3, 2)
    agency: str = element("IMD", 3, 3)
    text: str = element("IMD", 3, 4)
    more_text: str = element("IMD", 3, 5)
    language: str = element("IMD", 3, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """MEA: a measured value with its unit."""

    purpose: str = element("MEA", 1, required=True)
    dimension: str = element("MEA", 2, 1)
    significance: str = element("MEA", 2, 2)
    unit: str = element("MEA", 3, 1)
    value: Decimal | None = element("MEA", 3, 2, convert=DECIMAL)
    low: Decimal | None = element("MEA", 3, 3, convert=DECIMAL)
    high: Decimal | None = element("MEA", 3, 4, convert=DECIMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """GIN: numbers of things; BJ = SSCC, BX = batch, BN = serial."""

    qualifier: str = element("GIN", 1, required=True)
    first: str = element("GIN", 2, 1)
    first_to: str = element("GIN", 2, 2)
    second: str = element("GIN", 3, 1)
    second_to: str = element("GIN", 3, 2)
    third: str = element("GIN", 4, 1)
    third_to: str = element("GIN", 4, 2)
    fourth: str = element("GIN", 5, 1)
    fourth_to: str = element("GIN", 5, 2)
    fifth: str = element("GIN", 6, 1)
    fifth_to: str = element("GIN", 6, 2)

    def numbers(self) -> tuple[str, ...]:
        return tuple(one for one in (self.first, self.second, self.third, self.fourth, self.fifth) if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """PCI and the numbers under it."""

    instruction: str = element("PCI", 1)
    marks: tuple[str, ...] = values("PCI", 1, 10, 2)
    references: tuple[PlainReference, ...] = children(PlainReference)
    dates: tuple[DateTime, ...] = children(DateTime)
    quantities: tuple[Quantity, ...] = children(Quantity)
    identities: tuple[Identity, ...] = children(Identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """PAC and its group: how many packages of which kind."""

    packages: int | None = element("PAC", 1, convert=INTEGER)
    level: str = element("PAC", 2, 1)
    type: str = element("PAC", 3, 1)
    type_list: str = element("PAC", 3, 2)
    agency: str = element("PAC", 3, 3)
    type_text: str = element("PAC", 3, 4)
    measurements: tuple[Measurement, ...] = children(Measurement)
    quantities: tuple[Quantity, ...] = children(Quantity)
    marks: tuple[Mark, ...] = children(Mark)
