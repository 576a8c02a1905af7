"""What an order comes to in money: as its channel sold it, in the ERP's books, and on what its customer was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from partners.erp import Erp
from partners.sales.books import ZERO
from partners.sales.cast import SalesCast
from partners.sales.day import SalesOrder
from partners.sales.edi_customer import PARTNER as EDI
from partners.sales_ledger import net_of


def money_differences(order: SalesOrder, end: Mapping[str, Any], erp: Erp, cast: SalesCast) -> Iterator[str]:
    """Where the day says what it comes to, without tax: the ERP booked and invoiced that and no other sum, and what its
    customer on EDI was billed and refunded is what the ERP says."""
    if "net" not in end:
        return
    booked = [each for each in erp.sales.booked.values() if each["order"] == order.number]
    required = Decimal(end["net"])
    ordered = sum((net_of(each) for each in booked if each["posting"] == "order"), ZERO)
    invoiced = _sum(booked, "invoice", "net")
    for what, found in (("is booked in the ERP", ordered), ("is invoiced by the ERP", invoiced)):
        if found != required:
            yield f"{order.number}: {found:f} {what}, required {required:f}"
    if order.channel != EDI:
        return
    for what, told, kind in (
        ("billed", cast.customer.billed, "invoice"),
        ("refunded", cast.customer.refunded, "credit"),
    ):
        gross = _sum(booked, kind, "gross")
        if told[order.number] != gross:
            yield f"{order.number}: {told[order.number]:f} is {what} at {EDI}, required {gross:f}"


def _sum(booked: list[dict[str, Any]], kind: str, total: str) -> Decimal:
    return sum((Decimal(each["totals"][total]) for each in booked if each["posting"] == kind), ZERO)
