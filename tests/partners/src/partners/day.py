"""The built-in day as data: who trades, what each partner does when, and the end that each transaction must reach.

A step belongs to one partner and fires once on what that partner itself has seen: `order:2` when revision 2 of the
order reached the supplier, `asn:SN-1` when the warehouse was told of that ship notice, `expected:PO` when it was told
of the order, `confirmed:1` when the ERP learned the supplier's first answer. Nothing fires by the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from partners.sales import day as sales_day
from partners.sales.day import SalesDay, Span
from partners.stock import day as stock_day
from partners.stock.day import StockScene

IN_DAYS = re.compile(r"\+\d{1,3}")
FIRST_ERP = "erp-eu"
BUILT_IN = Path(__file__).parents[2] / "day" / "inbound.yaml"


@dataclass(frozen=True, slots=True)
class Line:
    """One ordered line in the buyer's words: our SKU, Rec 20 unit, price per unit as text."""

    number: str
    sku: str
    quantity: Decimal
    unit: str
    price: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one partner does, once all of `on` (`when` in the file) has been seen; `facts` are in its own words."""

    on: tuple[str, ...]
    do: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    number: str
    supplier: str
    location: str
    scene: str
    lines: tuple[Line, ...]
    steps: Mapping[str, tuple[Step, ...]]
    end: Mapping[str, Any]
    express: bool = False
    # Whose order it is: the number alone does not tell.
    erp: str = FIRST_ERP
    business_unit: str = ""

    def steps_of(self, who: str) -> tuple[Step, ...]:
        return self.steps.get(who, ())


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """An ERP of another business unit that takes what is for it every so many seconds, from midnight UTC on."""

    business_unit: str
    every_seconds: int


@dataclass(frozen=True, slots=True)
class Day:
    tenant: str
    business_unit: str
    ordered_on: str
    orders: tuple[Order, ...]
    # Steps of the whole day: the ERP's outage, master data that comes late.
    events: tuple[Step, ...] = ()
    # Ends that belong to no order: receipts of nobody's order, documents that are refused.
    strays: tuple[Mapping[str, Any], ...] = ()
    # What a company decides and a day has to have decided: spans told in seconds, goods that need a certificate.
    rules: tuple[Span, ...] = ()
    # Further ERPs that place orders, by partner.
    batch_erps: Mapping[str, BatchTerms] = field(default_factory=dict)
    sales: SalesDay = field(default_factory=SalesDay)
    stock: tuple[StockScene, ...] = ()

    def order(self, number: str, location: str = "") -> Order | None:
        """The first of that number; of those that go to a place if one is named."""
        mine = (order for order in self.orders if order.number == number and location in ("", order.location))
        return next(mine, None)

    def of_supplier(self, partner: str) -> Iterator[Order]:
        return (order for order in self.orders if order.supplier == partner)


def _line(row: Mapping[str, Any], wanted: str) -> Line:
    return Line(
        number=str(row["line"]),
        sku=row["sku"],
        quantity=Decimal(str(row["qty"])),
        unit=row.get("unit", "EA"),
        price=str(row.get("price", "1.00")),
        wanted=str(row.get("wanted", wanted)),
    )


def read_step(row: Mapping[str, Any]) -> Step:
    when = row["when"]
    facts = {key: value for key, value in row.items() if key not in ("when", "do")}
    return Step(tuple(when) if isinstance(when, list) else (when,), row["do"], facts)


def _order(row: Mapping[str, Any], wanted: str, units: Mapping[str, str]) -> Order:
    partners = ("supplier_does", "warehouse_does", "erp_does", "buyer_does")
    return Order(
        number=str(row["po"]),
        supplier=row["supplier"],
        location=row["to"],
        scene=row.get("scene", "as ordered"),
        lines=tuple(_line(line, wanted) for line in row["lines"]),
        steps={who: tuple(read_step(step) for step in row[who]) for who in partners if who in row},
        end=row["end"],
        express=bool(row.get("express")),
        erp=row.get("erp", FIRST_ERP),
        business_unit=units[row.get("erp", FIRST_ERP)],
    )


def on_the_calendar(value: Any, today: date) -> Any:
    """The same data with each "+7" replaced by the date seven days after `today`."""
    if isinstance(value, dict):
        return {key: on_the_calendar(each, today) for key, each in value.items()}
    if isinstance(value, list):
        return [on_the_calendar(each, today) for each in value]
    if isinstance(value, str) and IN_DAYS.fullmatch(value):
        return (today + timedelta(days=int(value))).isoformat()
    return value


def load(path: Path = BUILT_IN, today: date | None = None) -> Day:
    """Reads a day, with the orders that are sold on it; raises KeyError naming what a row lacks."""
    today = today or datetime.now(UTC).date()
    text = on_the_calendar(yaml.safe_load(path.read_text(encoding="utf-8")), today)
    wanted, ordered_on, business_unit = str(text["wanted_by"]), str(text["ordered_on"]), text["business_unit"]
    batch = {name: BatchTerms(**terms) for name, terms in text.get("batch_erps", {}).items()}
    units = {FIRST_ERP: business_unit, **{name: terms.business_unit for name, terms in batch.items()}}
    sold = on_the_calendar(sales_day.content(), today)
    return Day(
        tenant=text["tenant"],
        business_unit=business_unit,
        ordered_on=ordered_on,
        orders=tuple(_order(row, wanted, units) for row in text["orders"]),
        events=tuple(read_step(row) for row in text.get("events", ())),
        strays=tuple(text.get("strays", ())),
        rules=tuple(Span(**row) for row in text.get("rules", ())),
        batch_erps=batch,
        sales=sales_day.load(sold, ordered_on=ordered_on, business_unit=business_unit),
        stock=stock_day.load(stock_day.content()),
    )
