"""Packages that are packed and have not left, as JSON of their shipment's row and back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crossdock_kit.json_rows import Row

from fulfillment.domain.handling import Lot, Reported
from fulfillment.domain.quantities import Quantity, plain
from fulfillment.domain.warehouse_report import Package

_CONTENT = ("order_id", "order_number", "line_number", "sku", "unit")


def package_row(package: Package) -> Row:
    weight = package.gross_weight
    return {
        "sscc": package.sscc,
        "packaging": package.packaging,
        "weight": [str(weight.value), weight.unit] if weight else None,
        "contents": [_content_row(each) for each in package.contents],
    }


def read_package(row: Row) -> Package:
    weight = row["weight"]
    return Package(
        row["sscc"],
        row["packaging"],
        Quantity(Decimal(weight[0]), weight[1]) if weight else None,
        tuple(_read_content(each) for each in row["contents"]),
    )


def _content_row(content: Reported) -> Row:
    own = {name: getattr(content, name) for name in _CONTENT}
    return own | {"quantity": str(content.quantity), "lot": _lot_row(content.lot)}


def _read_content(row: Row) -> Reported:
    own = {name: row[name] for name in _CONTENT}
    return Reported(**own, quantity=plain(Decimal(row["quantity"])), lot=_read_lot(row["lot"]))


def _lot_row(lot: Lot | None) -> list[str] | None:
    return [lot.number, _day(lot.expires_on), _day(lot.made_on)] if lot else None


def _read_lot(row: list[str] | None) -> Lot | None:
    return Lot(row[0], _read_day(row[1]), _read_day(row[2])) if row else None


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
