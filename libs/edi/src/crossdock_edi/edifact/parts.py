"""Segments and groups that many EDIFACT messages share, under the names that the trade gives them (D.96A, D.01B)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from crossdock_edi.binding import children, element, texts, values
from crossdock_edi.values import DECIMAL, INTEGER, moment_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTime:
    """DTM: a date or moment under a qualifier (137 document, 2 delivery requested, 11 despatched, 132 arrival).

    `value` is spelled as `format` says: 102 CCYYMMDD, 203 CCYYMMDDHHMM, 718 two dates. Times are local to their place.
    """

    qualifier: str = element("DTM", 1, 1, required=True)
    value: str = element("DTM", 1, 2)
    format: str = element("DTM", 1, 3)

    @classmethod
    def of(cls, qualifier: str, moment: date | datetime) -> DateTime:
        """A date in format 102, a date with time in format 203."""
        if isinstance(moment, datetime):
            return cls(qualifier=qualifier, value=f"{moment:%Y%m%d%H%M}", format="203")
        return cls(qualifier=qualifier, value=f"{moment:%Y%m%d}", format="102")

    @property
    def moment(self) -> datetime | None:
        """None if the format names no single moment or the value is none."""
        return moment_of(self.value, self.format)

    @property
    def on(self) -> date | None:
        moment = self.moment
        return moment.date() if moment else None

    @property
    def at(self) -> time | None:
        """The time of day, if the format has one."""
        moment = self.moment
        return moment.time() if moment and self.format in {"201", "203", "204"} else None


def date_of(dates: Iterable[DateTime], *qualifiers: str) -> DateTime | None:
    """The first date found under one of the qualifiers, in their order."""
    by_qualifier = {one.qualifier: one for one in reversed(tuple(dates))}
    return next((by_qualifier[qualifier] for qualifier in qualifiers if qualifier in by_qualifier), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """RFF and its dates: ON order, VN seller's order, DQ delivery note, LI line, AAK despatch advice."""

    qualifier: str = element("RFF", 1, 1, required=True)
    value: str = element("RFF", 1, 2)
    line: str = element("RFF", 1, 3)
    version: str = element("RFF", 1, 4)
    dates: tuple[DateTime, ...] = children(DateTime)


def reference_of(references: Iterable[Reference], *qualifiers: str) -> str:
    kept = tuple(references)
    return next((one.value for qualifier in qualifiers for one in kept if one.qualifier == qualifier), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainReference:
    """RFF where no date can belong to it."""

    qualifier: str = element("RFF", 1, 1, required=True)
    value: str = element("RFF", 1, 2)
    line: str = element("RFF", 1, 3)
    version: str = element("RFF", 1, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """COM: an address under a channel (TE telephone, EM mail, FX fax)."""

    address: str = element("COM", 1, 1, required=True)
    channel: str = element("COM", 1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """CTA and its addresses."""

    function: str = element("CTA", 1)
    id: str = element("CTA", 2, 1)
    name: str = element("CTA", 2, 2)
    communications: tuple[Communication, ...] = children(Communication)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """NAD and its group: role BY buyer, SU supplier, DP delivery party; agency 9 says that `id` is a GLN."""

    role: str = element("NAD", 1, required=True)
    id: str = element("NAD", 2, 1)
    id_list: str = element("NAD", 2, 2)
    agency: str = element("NAD", 2, 3)
    address_text: tuple[str, ...] = values("NAD", 1, 5, 3)
    name: tuple[str, ...] = values("NAD", 1, 5, 4)
    street: tuple[str, ...] = values("NAD", 1, 4, 5)
    city: str = element("NAD", 6)
    region: str = element("NAD", 7, 1)
    postal_code: str = element("NAD", 8)
    country: str = element("NAD", 9)
    references: tuple[PlainReference, ...] = children(PlainReference)
    contacts: tuple[Contact, ...] = children(Contact)


def party_of(parties: Iterable[Party], *roles: str) -> Party | None:
    kept = tuple(parties)
    return next((party for role in roles for party in kept if party.role == role), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """FTX: free text about a subject."""

    subject: str = element("FTX", 1, required=True)
    function: str = element("FTX", 2)
    code: str = element("FTX", 3, 1)
    lines: tuple[str, ...] = values("FTX", 1, 5, 4)
    language: str = element("FTX", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """QTY: 21 ordered, 12 despatched, 47 invoiced, 46 delivered, 113 to be delivered, 145 on hand."""

    qualifier: str = element("QTY", 1, 1, required=True)
    quantity: Decimal | None = element("QTY", 1, 2, convert=DECIMAL)
    unit: str = element("QTY", 1, 3)


def quantity_of(quantities: Iterable[Quantity], *qualifiers: str) -> Quantity | None:
    kept = tuple(quantities)
    return next((one for qualifier in qualifiers for one in kept if one.qualifier == qualifier), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance:
    """QVR: by how much a quantity differs (21 ordered), and why (4221: AC over, BP, CP short)."""

    quantity: Decimal | None = element("QVR", 1, 1, convert=DECIMAL)
    qualifier: str = element("QVR", 1, 2)
    discrepancy: str = element("QVR", 2)
    reason: str = element("QVR", 3, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """MOA: 203 line amount, 79 total of lines, 9 due, 77 invoice, 124 tax, 125 taxable, 8 charge."""

    qualifier: str = element("MOA", 1, 1, required=True)
    amount: Decimal | None = element("MOA", 1, 2, convert=DECIMAL)
    currency: str = element("MOA", 1, 3)


def amount_of(amounts: Iterable[Amount], qualifier: str) -> Decimal | None:
    return next((one.amount for one in amounts if one.qualifier == qualifier), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """PRI: AAA net, AAB gross, INV invoiced; per `basis` of `unit`."""

    qualifier: str = element("PRI", 1, 1)
    price: Decimal | None = element("PRI", 1, 2, convert=DECIMAL)
    kind: str = element("PRI", 1, 3)
    kind_qualifier: str = element("PRI", 1, 4)
    basis: Decimal | None = element("PRI", 1, 5, convert=DECIMAL)
    unit: str = element("PRI", 1, 6)


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
class Location:
    """LOC: a place under a qualifier (7 place of delivery, 5 departure, 8 destination)."""

    qualifier: str = element("LOC", 1, required=True)
    id: str = element("LOC", 2, 1)
    id_list: str = element("LOC", 2, 2)
    agency: str = element("LOC", 2, 3)
    name: str = element("LOC", 2, 4)
    first_related: str = element("LOC", 3, 1)
    second_related: str = element("LOC", 4, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Location):
    """LOC with its dates, where transport calls."""

    dates: tuple[DateTime, ...] = children(DateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """TAX and its amounts: 7 tax, type VAT, with its rate in percent."""

    function: str = element("TAX", 1, required=True)
    type: str = element("TAX", 2, 1)
    account: str = element("TAX", 3, 1)
    basis: str = element("TAX", 4)
    rate_id: str = element("TAX", 5, 1)
    rate: str = element("TAX", 5, 4)
    category: str = element("TAX", 6)
    amounts: tuple[Amount, ...] = children(Amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """CUX: 2 reference currency, 3 target, with what it is for (9 order, 4 invoice)."""

    usage: str = element("CUX", 1, 1)
    currency: str = element("CUX", 1, 2)
    qualifier: str = element("CUX", 1, 3)
    target_usage: str = element("CUX", 2, 1)
    target_currency: str = element("CUX", 2, 2)
    target_qualifier: str = element("CUX", 2, 3)
    rate: Decimal | None = element("CUX", 3, convert=DECIMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentage:
    """PCD: 12 discount, 3 allowance or charge."""

    qualifier: str = element("PCD", 1, 1, required=True)
    percent: Decimal | None = element("PCD", 1, 2, convert=DECIMAL)
    basis: str = element("PCD", 1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """PAT and what belongs to it."""

    type: str = element("PAT", 1, required=True)
    terms: str = element("PAT", 2, 1)
    reference: str = element("PAT", 3, 1)
    relation: str = element("PAT", 3, 2)
    period: str = element("PAT", 3, 3)
    periods: Decimal | None = element("PAT", 3, 4, convert=DECIMAL)
    dates: tuple[DateTime, ...] = children(DateTime)
    percentages: tuple[Percentage, ...] = children(Percentage)
    amounts: tuple[Amount, ...] = children(Amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTerms:
    """TOD: `terms` is an Incoterm (EXW, FCA, DAP, DDP) with the place in `locations`."""

    function: str = element("TOD", 1)
    payment: str = element("TOD", 2)
    terms: str = element("TOD", 3, 1)
    terms_list: str = element("TOD", 3, 2)
    agency: str = element("TOD", 3, 3)
    description: str = element("TOD", 3, 4)
    more_description: str = element("TOD", 3, 5)
    locations: tuple[Location, ...] = children(Location)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """TDT: stage 20 main carriage; mode 30 road, 10 sea, 40 air; carrier by its code."""

    stage: str = element("TDT", 1, required=True)
    journey: str = element("TDT", 2)
    mode: str = element("TDT", 3, 1)
    mode_text: str = element("TDT", 3, 2)
    means: str = element("TDT", 4, 1)
    means_text: str = element("TDT", 4, 2)
    carrier: str = element("TDT", 5, 1)
    carrier_list: str = element("TDT", 5, 2)
    carrier_agency: str = element("TDT", 5, 3)
    carrier_name: str = element("TDT", 5, 4)
    direction: str = element("TDT", 6)
    vehicle: str = element("TDT", 8, 1)
    vehicle_list: str = element("TDT", 8, 2)
    vehicle_agency: str = element("TDT", 8, 3)
    vehicle_name: str = element("TDT", 8, 4)
    locations: tuple[Stop, ...] = children(Stop)
    dates: tuple[DateTime, ...] = children(DateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """EQD: a container (CN), trailer (TE) or pallet."""

    type: str = element("EQD", 1, required=True)
    id: str = element("EQD", 2, 1)
    size: str = element("EQD", 3, 1)
    full: str = element("EQD", 6)
    seals: tuple[str, ...] = texts("SEL", 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """ALC: allowance (A) or charge (C)."""

    indicator: str = element("ALC", 1, required=True)
    number: str = element("ALC", 2, 1)
    settlement: str = element("ALC", 3)
    sequence: str = element("ALC", 4)
    service: str = element("ALC", 5, 1)
    service_list: str = element("ALC", 5, 2)
    service_agency: str = element("ALC", 5, 3)
    service_text: str = element("ALC", 5, 4)
    percentages: tuple[Percentage, ...] = children(Percentage)
    amounts: tuple[Amount, ...] = children(Amount)
    taxes: tuple[Tax, ...] = children(Tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """CNT: 1 sum of quantities, 2 number of lines."""

    qualifier: str = element("CNT", 1, 1, required=True)
    value: Decimal | None = element("CNT", 1, 2, convert=DECIMAL)
    unit: str = element("CNT", 1, 3)


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
