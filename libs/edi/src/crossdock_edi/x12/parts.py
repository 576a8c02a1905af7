"""Segments and loops that many X12 transaction sets share, under the names that the trade gives them.

Positions are those of version 004010; 005010 has the same ones for everything bound here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from crossdock_edi.binding import children, element, pairs, texts
from crossdock_edi.values import DATE, DECIMAL, INTEGER, TIME, implied


@dataclass(frozen=True, slots=True)
class ItemId:
    """An item number under a qualifier: UP UPC-12, EN GTIN-13, UK GTIN-14, VP vendor's, BP buyer's, LT lot."""

    qualifier: str
    value: str


def item_id(ids: Iterable[ItemId], *qualifiers: str) -> str:
    """The first number found under one of the qualifiers, in their order; empty text if none is there."""
    by_qualifier = {one.qualifier: one.value for one in reversed(tuple(ids))}
    return next((by_qualifier[qualifier] for qualifier in qualifiers if qualifier in by_qualifier), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """REF: a number of the trade (CO customer order, BM bill of lading, CN carrier's PRO number, IV invoice)."""

    qualifier: str = element("REF", 1, required=True)
    value: str = element("REF", 2)
    description: str = element("REF", 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateReference:
    """DTM: a date, perhaps with a local time, or a period (format RD8: `20260101-20260105`)."""

    qualifier: str = element("DTM", 1, required=True)
    on: date | None = element("DTM", 2, convert=DATE)
    at: time | None = element("DTM", 3, convert=TIME)
    time_code: str = element("DTM", 4)
    period_format: str = element("DTM", 5)
    period: str = element("DTM", 6)


def date_of(dates: Iterable[DateReference], *qualifiers: str) -> DateReference | None:
    """The first date found under one of the qualifiers, in their order."""
    by_qualifier = {one.qualifier: one for one in reversed(tuple(dates))}
    return next((by_qualifier[qualifier] for qualifier in qualifiers if qualifier in by_qualifier), None)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and perhaps a local time; its zone is that of the place it speaks of."""

    on: date
    at: time | None = None


@dataclass(frozen=True, slots=True)
class DeliveryWindow:
    """Not before `earliest`, not after `latest`; either may be open."""

    earliest: Moment | None
    latest: Moment | None


def delivery_window(dates: Iterable[DateReference]) -> DeliveryWindow | None:
    """DTM 064 (do not deliver before) and 063 (do not deliver after)."""
    kept = tuple(dates)
    earliest, latest = _moment(date_of(kept, "064")), _moment(date_of(kept, "063"))
    return DeliveryWindow(earliest, latest) if earliest or latest else None


def _moment(found: DateReference | None) -> Moment | None:
    return Moment(found.on, found.at) if found is not None and found.on is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """PER: whom to ask, by telephone (TE), mail (EM) or fax (FX)."""

    function: str = element("PER", 1, required=True)
    name: str = element("PER", 2)
    first_qualifier: str = element("PER", 3)
    first_number: str = element("PER", 4)
    second_qualifier: str = element("PER", 5)
    second_number: str = element("PER", 6)
    third_qualifier: str = element("PER", 7)
    third_number: str = element("PER", 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The N1 loop: role (ST ship to, BT bill to, BY buyer, SU supplier, SF ship from), name, number, address."""

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
    location_qualifier: str = element("N4", 5)
    location: str = element("N4", 6)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)


def party_of(parties: Iterable[Party], *roles: str) -> Party | None:
    """The first party in one of the roles, in their order."""
    kept = tuple(parties)
    return next((party for role in roles for party in kept if party.role == role), None)


@dataclass(frozen=True, slots=True)
class Destination:
    """A place by its number, and how much of the line goes there, as it is written."""

    id: str
    quantity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """SDQ: where a line's quantity goes, ten places a segment; `id_qualifier` 92 is the buyer's own number of each."""

    unit: str = element("SDQ", 1, required=True)
    id_qualifier: str = element("SDQ", 2)
    places: tuple[Destination, ...] = pairs("SDQ", 3, 22, Destination)


@dataclass(frozen=True, slots=True, kw_only=True)
class FobTerms:
    """FOB: who pays the freight (PP, CC), and under what delivery terms.

    `terms_qualifier` 01 says that `terms` is an Incoterm (EXW, FCA, DAP, DDP); `terms_location` is its named place.
    """

    payment_method: str = element("FOB", 1, required=True)
    location_qualifier: str = element("FOB", 2)
    location: str = element("FOB", 3)
    terms_qualifier: str = element("FOB", 4)
    terms: str = element("FOB", 5)
    terms_location_qualifier: str = element("FOB", 6)
    terms_location: str = element("FOB", 7)
    risk_of_loss: str = element("FOB", 8)
    risk_description: str = element("FOB", 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """ITD: terms of payment. The discount amount has two implied decimals on the wire."""

    type: str = element("ITD", 1)
    basis_date: str = element("ITD", 2)
    discount_percent: Decimal | None = element("ITD", 3, convert=DECIMAL)
    discount_due: date | None = element("ITD", 4, convert=DATE)
    discount_days: int | None = element("ITD", 5, convert=INTEGER)
    net_due: date | None = element("ITD", 6, convert=DATE)
    net_days: int | None = element("ITD", 7, convert=INTEGER)
    discount_amount: Decimal | None = element("ITD", 8, convert=implied(2))
    description: str = element("ITD", 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """PID: what the item is, free (type F) or coded."""

    type: str = element("PID", 1, required=True)
    characteristic: str = element("PID", 2)
    agency: str = element("PID", 3)
    code: str = element("PID", 4)
    text: str = element("PID", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """TD5: who carries and how. With `id_qualifier` 2 the id is a SCAC."""

    sequence: str = element("TD5", 1)
    id_qualifier: str = element("TD5", 2)
    id: str = element("TD5", 3)
    mode: str = element("TD5", 4)
    routing: str = element("TD5", 5)
    status: str = element("TD5", 6)
    service_level: str = element("TD5", 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """TD1: packages, weight and volume of a shipment or order."""

    packaging: str = element("TD1", 1)
    packages: int | None = element("TD1", 2, convert=INTEGER)
    commodity_qualifier: str = element("TD1", 3)
    commodity: str = element("TD1", 4)
    description: str = element("TD1", 5)
    weight_qualifier: str = element("TD1", 6)
    weight: Decimal | None = element("TD1", 7, convert=DECIMAL)
    weight_unit: str = element("TD1", 8)
    volume: Decimal | None = element("TD1", 9, convert=DECIMAL)
    volume_unit: str = element("TD1", 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """TD3: trailer or container, and its seal."""

    type: str = element("TD3", 1)
    initial: str = element("TD3", 2)
    number: str = element("TD3", 3)
    weight_qualifier: str = element("TD3", 4)
    weight: Decimal | None = element("TD3", 5, convert=DECIMAL)
    weight_unit: str = element("TD3", 6)
    seal_status: str = element("TD3", 8)
    seal: str = element("TD3", 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """PO4: how an item is packed: `inner_packs` packs of `size` units each, gross weight and volume."""

    packs: int | None = element("PO4", 1, convert=INTEGER)
    size: Decimal | None = element("PO4", 2, convert=DECIMAL)
    unit: str = element("PO4", 3)
    packaging: str = element("PO4", 4)
    weight_qualifier: str = element("PO4", 5)
    gross_weight: Decimal | None = element("PO4", 6, convert=DECIMAL)
    weight_unit: str = element("PO4", 7)
    gross_volume: Decimal | None = element("PO4", 8, convert=DECIMAL)
    volume_unit: str = element("PO4", 9)
    length: Decimal | None = element("PO4", 10, convert=DECIMAL)
    width: Decimal | None = element("PO4", 11, convert=DECIMAL)
    height: Decimal | None = element("PO4", 12, convert=DECIMAL)
    dimension_unit: str = element("PO4", 13)
    inner_packs: int | None = element("PO4", 14, convert=INTEGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """MAN: marks and numbers. GM = SSCC-18 with its application identifier, CP = the carrier's package number."""

    qualifier: str = element("MAN", 1, required=True)
    number: str = element("MAN", 2)
    to_number: str = element("MAN", 3)
    second_qualifier: str = element("MAN", 4)
    second_number: str = element("MAN", 5)
    second_to_number: str = element("MAN", 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """SCH: a part of a line's quantity with its date (002 delivery requested, 067 current delivery)."""

    quantity: Decimal | None = element("SCH", 1, convert=DECIMAL)
    unit: str = element("SCH", 2)
    location_qualifier: str = element("SCH", 3)
    location: str = element("SCH", 4)
    date_qualifier: str = element("SCH", 5)
    on: date | None = element("SCH", 6, convert=DATE)
    at: time | None = element("SCH", 7, convert=TIME)
    second_date_qualifier: str = element("SCH", 8)
    second_on: date | None = element("SCH", 9, convert=DATE)
    second_at: time | None = element("SCH", 10, convert=TIME)
    request: str = element("SCH", 11)
    line: str = element("SCH", 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The N9 loop: a reference with free text behind it, such as routing or handling instructions."""

    qualifier: str = element("N9", 1, required=True)
    reference: str = element("N9", 2)
    description: str = element("N9", 3)
    on: date | None = element("N9", 4, convert=DATE)
    dates: tuple[DateReference, ...] = children(DateReference)
    messages: tuple[str, ...] = texts("MSG", 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """NTE: free text of a kind."""

    kind: str = element("NTE", 1)
    text: str = element("NTE", 2, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """MEA: a measured value, or a range from `low` to `high`."""

    reference: str = element("MEA", 1)
    qualifier: str = element("MEA", 2)
    value: Decimal | None = element("MEA", 3, convert=DECIMAL)
    unit: str = element("MEA", 4, 1)
    low: Decimal | None = element("MEA", 5, convert=DECIMAL)
    high: Decimal | None = element("MEA", 6, convert=DECIMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingInstruction:
    """PKG: how the goods are to be packed, free (type F) or coded."""

    type: str = element("PKG", 1)
    characteristic: str = element("PKG", 2)
    agency: str = element("PKG", 3)
    code: str = element("PKG", 4)
    text: str = element("PKG", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesRequirement:
    """CSH: what the buyer asks of the sale: no backorder (N), ship complete (SC), substitution allowed or not."""

    code: str = element("CSH", 1)
    action: str = element("CSH", 2)
    amount: Decimal | None = element("CSH", 3, convert=DECIMAL)
    account: str = element("CSH", 4)
    on: date | None = element("CSH", 5, convert=DATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subline:
    """SLN: a component of a line, such as one size of an assortment."""

    line: str = element("SLN", 1)
    relationship: str = element("SLN", 3)
    quantity: Decimal | None = element("SLN", 4, convert=DECIMAL)
    unit: str = element("SLN", 5, 1)
    unit_price: Decimal | None = element("SLN", 6, convert=DECIMAL)
    price_basis: str = element("SLN", 7)
    item_ids: tuple[ItemId, ...] = pairs("SLN", 9, 28, ItemId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """SAC: allowance (A) or charge (C). The amount has two implied decimals on the wire."""

    indicator: str = element("SAC", 1, required=True)
    code: str = element("SAC", 2)
    amount: Decimal | None = element("SAC", 5, convert=implied(2))
    percent_qualifier: str = element("SAC", 6)
    percent: Decimal | None = element("SAC", 7, convert=DECIMAL)
    rate: Decimal | None = element("SAC", 8, convert=DECIMAL)
    unit: str = element("SAC", 9)
    quantity: Decimal | None = element("SAC", 10, convert=DECIMAL)
    handling: str = element("SAC", 12)
    description: str = element("SAC", 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """AMT: a total (TT = total transaction amount)."""

    qualifier: str = element("AMT", 1, required=True)
    amount: Decimal | None = element("AMT", 2, convert=DECIMAL)
    credit_or_debit: str = element("AMT", 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """CTT: how many lines there are, and the hash total of their quantities."""

    lines: int | None = element("CTT", 1, convert=INTEGER)
    hash_total: Decimal | None = element("CTT", 2, convert=DECIMAL)
    weight: Decimal | None = element("CTT", 3, convert=DECIMAL)
    weight_unit: str = element("CTT", 4)
    volume: Decimal | None = element("CTT", 5, convert=DECIMAL)
    volume_unit: str = element("CTT", 6)
    description: str = element("CTT", 7)
    amounts: tuple[Amount, ...] = children(Amount)
