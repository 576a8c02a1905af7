"""The LIN group as orders and their answers have it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from crossdock_edi.binding import children, element
from crossdock_edi.edifact.carriage import DeliveryTerms, Location
from crossdock_edi.edifact.goods import Description, Identity, ItemNumbers, Measurement, Package, Variance
from crossdock_edi.edifact.money import Amount, Charge, Price, Tax
from crossdock_edi.edifact.parts import DateTime, Party, PlainReference, Quantity, Reference, Text, quantity_of
from crossdock_edi.values import DECIMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What every LIN says: its number, what it does (1 add, 2 delete, 3 change, 5 accepted, 7 refused), its item."""

    line: str = element("LIN", 1)
    action: str = element("LIN", 2)
    item: str = element("LIN", 3, 1)
    item_type: str = element("LIN", 3, 2)
    subline_kind: str = element("LIN", 4, 1)
    parent_line: str = element("LIN", 4, 2)
    item_numbers: tuple[ItemNumbers, ...] = children(ItemNumbers)
    descriptions: tuple[Description, ...] = children(Description)
    measurements: tuple[Measurement, ...] = children(Measurement)
    quantities: tuple[Quantity, ...] = children(Quantity)

    def item_number(self, *types: str) -> str:
        """The first number found of one of the types, in their order; that of LIN counts as well."""
        each = [(self.item_type, self.item), *(pair for one in self.item_numbers for pair in one.pairs())]
        return next((number for kind in types for found, number in each if found == kind), "")

    def quantity(self, *qualifiers: str) -> Quantity | None:
        return quantity_of(self.quantities, *qualifiers)

    @property
    def description(self) -> str:
        return " ".join(one.text + one.more_text for one in self.descriptions if one.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledQuantity:
    """QTY under SCC, with its dates."""

    qualifier: str = element("QTY", 1, 1, required=True)
    quantity: Decimal | None = element("QTY", 1, 2, convert=DECIMAL)
    unit: str = element("QTY", 1, 3)
    dates: tuple[DateTime, ...] = children(DateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """SCC: a delivery schedule of a line."""

    status: str = element("SCC", 1, required=True)
    request: str = element("SCC", 2)
    frequency: str = element("SCC", 3, 1)
    texts: tuple[Text, ...] = children(Text)
    references: tuple[PlainReference, ...] = children(PlainReference)
    quantities: tuple[ScheduledQuantity, ...] = children(ScheduledQuantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine(Line):
    """A line of ORDERS, ORDRSP or ORDCHG with price, dates and schedules."""

    dates: tuple[DateTime, ...] = children(DateTime)
    amounts: tuple[Amount, ...] = children(Amount)
    identities: tuple[Identity, ...] = children(Identity)
    variances: tuple[Variance, ...] = children(Variance)
    texts: tuple[Text, ...] = children(Text)
    prices: tuple[Price, ...] = children(Price)
    references: tuple[Reference, ...] = children(Reference)
    packages: tuple[Package, ...] = children(Package)
    locations: tuple[Location, ...] = children(Location)
    taxes: tuple[Tax, ...] = children(Tax)
    parties: tuple[Party, ...] = children(Party)
    charges: tuple[Charge, ...] = children(Charge)
    delivery_terms: tuple[DeliveryTerms, ...] = children(DeliveryTerms)
    schedules: tuple[Schedule, ...] = children(Schedule)

    @property
    def ordered(self) -> Quantity | None:
        return self.quantity("21")

    @property
    def net_price(self) -> Decimal | None:
        return next((one.price for one in self.prices if one.qualifier == "AAA"), None)
