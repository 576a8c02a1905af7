"""The orders of a day as data: who wants what on which channel, what warehouse and carrier say of it, and its end.

Who says nothing does the usual: the warehouse picks all, the carrier departs and delivers, the ERP invoices what left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

BUILT_IN = Path(__file__).parents[3] / "day" / "outbound.yaml"
USUAL_REPORTS = ("picked", "packed", "issued")
USUAL_WORDS = ("pre_transit", "in_transit", "out_for_delivery", "delivered")
USUAL_RETURN = ("received", "inspected")


@dataclass(frozen=True, slots=True)
class SalesLine:
    """One line in the base unit of its item; the price is one unit's, as text. `off` is taken off the whole line."""

    number: str
    sku: str
    quantity: Decimal
    price: str
    off: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Back:
    """What the customer sends back once it is delivered: quantities by line, and in which order they are reported."""

    number: str
    quantities: Mapping[str, Decimal]
    reports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """Stock that lies in a warehouse when the day begins."""

    sku: str
    location: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """`after` names what must have happened before it is placed: the numbers of orders whose stock is decided, or
    `away`, the outage of the ERP. `otherwise` is the end of an order that may lose a contest for the last unit. The
    shop sells `old_stock` by what it heard before the day; what is `found` comes to light once it was told to wait. The
    supplier that it `waits_for` acts on what its customer was told. It is `called_off` by its customer once its carrier
    has a label for it. Of the whole order so much is taken `off`, and for its `carriage` so much is paid."""

    number: str
    channel: str
    customer: str
    location: str
    carrier: str
    scene: str
    lines: tuple[SalesLine, ...]
    end: Mapping[str, Any]
    otherwise: Mapping[str, Any] | None = None
    contest: str = ""
    after: tuple[str, ...] = ()
    warehouse_says: tuple[str, ...] = USUAL_REPORTS
    carrier_says: tuple[str, ...] = USUAL_WORDS
    proven: bool = False
    no_backorder: bool = False
    back: Back | None = None
    old_stock: bool = False
    found: Opening | None = None
    waits_for: str = ""
    called_off: bool = False
    off: Decimal = Decimal(0)
    carriage: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Span:
    """A rule of a service's policy table; `partner` may be a customer or a carrier, as the rule means it."""

    service: str
    key: str
    value: Any
    partner: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class SalesDay:
    orders: tuple[SalesOrder, ...] = ()
    stock: tuple[Opening, ...] = ()
    rules: tuple[Span, ...] = ()
    # Open exceptions that belong to no order.
    exceptions: tuple[Mapping[str, str], ...] = ()
    ordered_on: str = ""
    business_unit: str = ""
    channels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def order(self, number: str) -> SalesOrder | None:
        return next((order for order in self.orders if order.number == number), None)

    def of_channel(self, name: str) -> list[SalesOrder]:
        return [order for order in self.orders if order.channel == name]


def load(text: Mapping[str, Any], *, ordered_on: str, business_unit: str) -> SalesDay:
    """From the content of a day's file; raises KeyError naming what a row lacks."""
    channels = text["channels"]
    return SalesDay(
        orders=tuple(_order(row, channels[row["channel"]]) for row in text["orders"]),
        stock=tuple(_opening(row) for row in text["stock"]),
        rules=tuple(Span(**row) for row in text.get("rules", ())),
        exceptions=tuple(text.get("exceptions", ())),
        ordered_on=ordered_on,
        business_unit=business_unit,
        channels=channels,
    )


def content(path: Path = BUILT_IN) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _order(row: Mapping[str, Any], channel: Mapping[str, str]) -> SalesOrder:
    after = row.get("after", ())
    return SalesOrder(
        number=str(row["order"]),
        channel=row["channel"],
        customer=row.get("customer", channel["customer"]),
        location=row.get("from", "WH-EAST"),
        carrier=row.get("carrier", channel["carrier"]),
        scene=row.get("scene", "as ordered"),
        lines=tuple(_line(each) for each in row["lines"]),
        end=row.get("end", {}),
        otherwise=row.get("otherwise"),
        contest=row.get("contest", ""),
        after=(after,) if isinstance(after, str) else tuple(after),
        warehouse_says=tuple(row.get("warehouse_says", USUAL_REPORTS)),
        carrier_says=tuple(row.get("carrier_says", USUAL_WORDS)),
        proven=bool(row.get("proven")),
        no_backorder=bool(row.get("no_backorder")),
        back=_back(row["back"]) if "back" in row else None,
        old_stock=bool(row.get("old_stock")),
        found=_opening(row["found"]) if "found" in row else None,
        waits_for=row.get("waits_for", ""),
        called_off=bool(row.get("called_off")),
        off=Decimal(row.get("discount", "0")),
        carriage=Decimal(row.get("carriage", "0")),
    )


def _line(row: Mapping[str, Any]) -> SalesLine:
    off = Decimal(row.get("discount", "0"))
    return SalesLine(str(row["line"]), row["sku"], Decimal(str(row["qty"])), str(row["price"]), off)


def _back(row: Mapping[str, Any]) -> Back:
    quantities = {str(line): Decimal(str(quantity)) for line, quantity in row["lines"].items()}
    return Back(row["number"], quantities, tuple(row.get("reports", USUAL_RETURN)))


def _opening(row: Mapping[str, Any]) -> Opening:
    return Opening(row["sku"], row["at"], Decimal(str(row["qty"])))
