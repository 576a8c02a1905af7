"""An order with everything that must survive a translation, and the events that announce it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connector.code_book import Asked, CodeBook, Known
from connector.domain.revision import Stamp
from connector.mappings.model import Packing, Partner, Reading, Writing
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2
from google.type.date_pb2 import Date

AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


def quantity(value: str, unit: str = "EA") -> values_pb2.Quantity:
    return values_pb2.Quantity(value=value, unit=unit)


def day(month: int, of_month: int) -> Date:
    return Date(year=2026, month=month, day=of_month)


def order(**changes: Any) -> purchase_order_pb2.PurchaseOrder:
    facts: dict[str, Any] = {
        "purchase_order_id": "0190c0de-0000-7000-8000-000000000001",
        "business_unit": "EU01",
        "number": "4500000001",
        "revision": 1,
        "system_revision": "1",
        "supplier_id": "SUP-NORDIC",
        "currency": "EUR",
        "incoterms": "FCA Rotterdam",
        "ordered_on": day(11, 2),
        "ship_to_id": "WH-EAST",
        "lines": [bolts(), gloves()],
    }
    return purchase_order_pb2.PurchaseOrder(**(facts | changes))


def bolts() -> purchase_order_pb2.PurchaseOrderLine:
    return purchase_order_pb2.PurchaseOrderLine(
        line_id="line-10",
        line_number="10",
        sku="A1001",
        supplier_item="ND-77",
        description="Hex bolt M8",
        ordered=quantity("100"),
        open_quantity="100",
        price=values_pb2.UnitPrice(money=values_pb2.Money(amount="12.5", currency="EUR"), unit="EA", per="100"),
        requested_window=values_pb2.DeliveryWindow(
            from_date=day(11, 10), to_date=day(11, 12), from_time="08:00", to_time="16:30", zone="Europe/Berlin"
        ),
        requested=[
            purchase_order_pb2.ScheduleLine(schedule_id="s1", quantity=quantity("60"), date=day(11, 10)),
            purchase_order_pb2.ScheduleLine(schedule_id="s2", quantity=quantity("40"), date=day(11, 17)),
        ],
    )


def gloves() -> purchase_order_pb2.PurchaseOrderLine:
    return purchase_order_pb2.PurchaseOrderLine(
        line_id="line-20",
        line_number="20",
        sku="A1004",
        description="Work glove L",
        ordered=quantity("5", "XCS"),
        open_quantity="5",
        ship_to_id="WH-SOUTH",
    )


def released(of: purchase_order_pb2.PurchaseOrder | None = None) -> events_pb2.PurchaseOrderReleased:
    of = of or order()
    return events_pb2.PurchaseOrderReleased(purchase_order_id=of.purchase_order_id, number=of.number, purchase_order=of)


def known() -> Known:
    """The crosswalk and master data of the samples."""
    return Known(
        meanings={
            ("item", "VP", "ND-77"): "A1001",
            ("item", "", "AT-1001"): "A1001",
            ("item", "", "770001"): "A1001",
            ("item", "", "770004"): "A1004",
            ("location", "", "1010"): "WH-EAST",
            ("location", "", "EAST1"): "WH-EAST",
            ("location", "", "S-07"): "WH-SOUTH",
            ("party", "", "V100010"): "SUP-NORDIC",
            ("unit", "", "ST"): "EA",
            ("unit", "", "KAR"): "XCS",
            ("unit", "", "EACH"): "EA",
            ("unit", "", "CASE"): "XCS",
        },
        own_codes={},
        names={
            ("item", "A1001"),
            ("item", "A1004"),
            ("location", "WH-EAST"),
            ("location", "WH-SOUTH"),
            ("party", "SUP-NORDIC"),
        },
        aliases={("item", "04061230010012"): "A1001", ("location", "0614141000012"): "WH-EAST"},
        packings={"A1001": Packing("EA"), "A1004": Packing("EA", {"XCS": Decimal(12)})},
    )


def codes(*, x12: bool = False, own: dict[tuple[str, str], str] | None = None) -> CodeBook:
    found = known()
    for (kind, name), code in (own or {}).items():
        found.own_codes[kind, "", name] = code  # type: ignore[index]
    return CodeBook(x12=x12, known=found, loaded=_Everything())


class _Everything(set[Asked]):
    """Nothing is left to load."""

    def __contains__(self, asked: object) -> bool:
        return True


def partner(role: options_pb2.Role.ValueType = options_pb2.ROLE_SUPPLIER, **changes: Any) -> Partner:
    facts: dict[str, Any] = {
        "name": "sup-nordic",
        "role": role,
        "system": "",
        "party_id": "SUP-NORDIC",
        "business_unit": "EU01",
    }
    return Partner(**(facts | changes))


def reading(of: Partner | None = None, *, x12: bool = False, written: datetime = AT) -> Reading:
    return Reading(of or partner(), codes(x12=x12), "000000001/0001", AT, Stamp(written, 1))


def writing(of: Partner | None = None, *, x12: bool = False, own: dict[tuple[str, str], str] | None = None) -> Writing:
    return Writing(of or partner(), codes(x12=x12, own=own), "0190c0de-0000-7000-8000-0000000000ee", 3, AT)
