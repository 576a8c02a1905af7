"""Orders as rows and back, column by column. A row names every column of its table but the tenant."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

from crossdock_kit.json_rows import Row

from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import Offer, OrderLine, Schedule
from fulfillment.domain.quantities import Item, Quantity, plain
from fulfillment.domain.questions import Part
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Allocator, OrderTerms, Price, ShortageRule
from fulfillment.domain.warehouse_report import Kind, Shipment, WarehouseReport
from fulfillment.store.charge_rows import charge_rows, read_charges
from fulfillment.store.check_rows import check_row, read_check
from fulfillment.store.evidence_rows import evidence_row, read_evidence
from fulfillment.store.package_rows import package_row, read_package
from fulfillment.store.plan_rows import plan_row, read_plan

Record = Any
"""A row as asyncpg gives it, read by column name."""

_TERMS = (
    "business_unit",
    "channel",
    "number",
    "customer_id",
    "currency",
    "ordered_on",
    "requested_on",
    "same_day",
    "channel_confirmed",
    "customer_order_number",
    "ship_to_code",
    "ship_to_country",
    "consignee",
    "checkout",
)
_HEAD = (
    "order_id",
    "system",
    "content",
    "consignee_id",
    "erp_system",
    "erp_number",
    "submitted",
    "cancelled",
    "accepted",
    "net",
    "charged_by",
    "line_count",
    "version",
    "event_version",
    "created_at",
    "updated_at",
)
_LINE = (
    "order_id",
    "position",
    "line_number",
    "sku",
    "description",
    "base_unit",
    "factor",
    "total",
    "fingerprint",
    "supplier_id",
    "ordered_sku",
)
_SCHEDULE = (
    "number",
    "quantity",
    "location_id",
    "reservation_id",
    "promised_on",
    "supply",
    "reason",
    "cancel_requested",
    "shipment_id",
    "pick_reported",
    "pack_reported",
    "return_id",
    "owed_on",
    "turn_at",
    "released_as",
)
_REPORT = ("report_id", "location_id", "number", "content", "order_ids", "shipment_id", "unreleased_count")
_SHIPMENT = (
    "shipment_id",
    "location_id",
    "number",
    "business_unit",
    "event_version",
    "billable",
    "reached",
    "troubles",
    "supplier_id",
    "ship_notice_id",
    "carrier",
    "tracking_number",
    "coming_back",
    "eta",
    "delayed",
    "barred",
)
_PART = ("part", "attempt", "open", "shorts", "acknowledged", "watched")


def order_row(order: SalesOrder) -> Row:
    terms = {name: getattr(order.terms, name) for name in _TERMS}
    return (
        {name: getattr(order, name) for name in _HEAD}
        | terms
        | {
            "shortage": order.terms.shortage.value,
            "locations": order.terms.locations,
            "state": order.state.value,
            "counts": {state.value: count for state, count in order.counts.items() if count},
            "barred": order.barred,
            "turn_at": order.turn,
            "checks": [check_row(each) for each in order.checks.values()],
            "charges": charge_rows(order.terms.charges),
            "allocator": order.allocator.role,
            "allocator_location": order.allocator.location_id,
        }
    )


def line_row(line: OrderLine) -> Row:
    return {name: getattr(line, name) for name in _LINE} | {
        "quantity": line.quantity.value,
        "unit": line.quantity.unit,
        "price": _price(line.price),
        "offer": line.offer and {"sku": line.offer.sku, "price": _price(line.offer.price)},
        "tried": line.tried,
    }


def schedule_row(line: OrderLine, schedule: Schedule) -> Row:
    return {name: getattr(schedule, name) for name in _SCHEDULE} | {
        "order_id": line.order_id,
        "position": line.position,
        "sku": line.sku,
        "state": schedule.state.value,
        "reached": {state.value: at.isoformat() for state, at in schedule.reached.items()},
    }


def part_row(order_id: str, part: Part) -> Row:
    return {name: getattr(part, name) for name in _PART} | {"order_id": order_id, "plan": plan_row(part.plan)}


def read_order(row: Record) -> SalesOrder:
    terms = OrderTerms(
        **{name: row[name] for name in _TERMS},
        shortage=ShortageRule(row["shortage"]),
        locations=tuple(row["locations"]),
        charges=read_charges(row["charges"]),
    )
    counts = Counter({State(state): count for state, count in row["counts"].items()})
    checks = {each.kind: each for each in map(read_check, row["checks"] or ())}
    own = {name: row[name] for name in (*_HEAD, "turn_at")} | {"net": plain(row["net"])}
    allocator = Allocator(row["allocator"], row["allocator_location"])
    return SalesOrder(terms=terms, counts=counts, checks=checks, allocator=allocator, **own)


def read_line(row: Record) -> OrderLine:
    exact = {name: plain(row[name]) for name in ("factor", "total")}
    return OrderLine(
        **{name: row[name] for name in _LINE} | exact,
        quantity=Quantity(row["quantity"], row["unit"]),
        price=_read_price(row["price"]),
        offer=row["offer"] and Offer(row["offer"]["sku"], _read_price(row["offer"]["price"])),
        tried=tuple(row["tried"]),
    )


def read_schedule(row: Record) -> Schedule:
    own = {name: row[name] for name in _SCHEDULE} | {"quantity": plain(row["quantity"])}
    reached = {State(state): datetime.fromisoformat(at) for state, at in (row["reached"] or {}).items()}
    return Schedule(**own, state=State(row["state"]), reached=reached)


def read_part(row: Record) -> Part:
    return Part(**{name: row[name] for name in _PART}, plan=read_plan(row["plan"]))


def report_row(report: WarehouseReport) -> Row:
    return {name: getattr(report, name) for name in _REPORT} | {"kind": report.kind.value}


def read_report(row: Record) -> WarehouseReport:
    own = {name: row[name] for name in _REPORT} | {"order_ids": tuple(row["order_ids"])}
    return WarehouseReport(kind=Kind(row["kind"]), **own)


def shipment_row(shipment: Shipment) -> Row:
    packages = [package_row(each) for each in shipment.packages]
    billed_by = shipment.billed_by and evidence_row(shipment.billed_by)
    return {name: getattr(shipment, name) for name in _SHIPMENT} | {"packages": packages, "billed_by": billed_by}


def read_shipment(row: Record) -> Shipment:
    lists = {name: tuple(row[name]) for name in ("reached", "troubles", "coming_back", "barred")}
    packages = tuple(read_package(each) for each in row["packages"] or ())
    billed_by = read_evidence(row["billed_by"])
    return Shipment(**{name: row[name] for name in _SHIPMENT} | lists, packages=packages, billed_by=billed_by)


def read_item(row: Record) -> Item:
    factors = {unit: Decimal(base) for unit, base in row["factors"].items()}
    return Item(row["sku"], row["base_unit"], factors, row["category"], tuple(row["substitutes"]))


def _price(price: Price | None) -> Row | None:
    if price is None:
        return None
    return {"amount": str(price.amount), "currency": price.currency, "unit": price.unit, "per": price.per}


def _read_price(value: Row | None) -> Price | None:
    if value is None:
        return None
    return Price(Decimal(value["amount"]), value["currency"], value["unit"], value["per"])
