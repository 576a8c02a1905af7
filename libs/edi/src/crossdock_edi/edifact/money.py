"""Amounts, prices, taxes, charges and terms of payment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from crossdock_edi.binding import children, element
from crossdock_edi.edifact.parts import DateTime
from crossdock_edi.values import DECIMAL


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
