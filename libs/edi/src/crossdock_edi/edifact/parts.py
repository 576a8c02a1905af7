"""Who, when, which and how many: what nearly every EDIFACT message is made of, in the trade's names (D.96A, D.01B)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from crossdock_edi.binding import children, element, values
from crossdock_edi.values import DECIMAL, moment_of


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
class ControlTotal:
    """CNT: 1 sum of quantities, 2 number of lines."""

    qualifier: str = element("CNT", 1, 1, required=True)
    value: Decimal | None = element("CNT", 1, 2, convert=DECIMAL)
    unit: str = element("CNT", 1, 3)
