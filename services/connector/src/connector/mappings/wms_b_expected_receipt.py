"""wms_b.expected_receipt, out: the same as for format A in other words: cases and loose units, epoch milliseconds,
the warehouse's own article numbers."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.procurement.events.v1 import events_pb2
from google.type.date_pb2 import Date

from connector.codecs.json_document import DocumentFault, epoch_ms
from connector.mappings import canonical
from connector.mappings.model import Outbound, Packing, Writing

CASE = "XCS"


def write(event: events_pb2.InboundExpected, writing: Writing) -> dict[str, Any]:
    return {
        "advice": {
            "key": event.reference,
            "rev": event.sequence,
            "void": event.withdrawn,
            "site": writing.codes.location_code(event.location_id),
            "notice": event.ship_notice_number,
            "vendor": writing.codes.party_code(event.supplier_id),
        },
        "goods": [_goods(line, writing) for line in event.lines],
    }


def _goods(line: events_pb2.ExpectedLine, writing: Writing) -> dict[str, Any]:
    return {
        "article": writing.codes.item_code(line.sku),
        "count": cases_and_units(line.quantity, writing.codes.packing(line.sku)),
        "purchase": {"po": line.purchase_order_number, "pos": line.line_number, "edition": line.revision},
        "etaMs": _day_ms(line.expected_on),
        "batch": _batch(line),
        "handling": {"pallet": line.pallet_sscc, "box": line.carton_sscc},
        "remarks": list(line.flags),
    }


def cases_and_units(quantity: values_pb2.Quantity, packing: Packing) -> dict[str, str]:
    """Whole cases and the rest in base units, exactly. An item without cases is all units."""
    number = Decimal(quantity.value)
    if quantity.unit != packing.base_unit:
        if quantity.unit not in packing.levels:
            raise DocumentFault("count", f"{quantity.unit} is no packaging of the item")
        number *= packing.levels[quantity.unit]
    size = packing.levels.get(CASE)
    cases = number // size if size else Decimal(0)
    rest = number - cases * size if size else number
    return {"cases": canonical.plain(cases), "units": canonical.plain(rest)}


def _day_ms(day: Date) -> int | None:
    found = canonical.from_day(day)
    return epoch_ms(datetime.combine(found, time(), UTC)) if found else None


def _batch(line: events_pb2.ExpectedLine) -> dict[str, Any] | None:
    if not line.lot.number:
        return None
    return {
        "id": line.lot.number,
        "bestBeforeMs": _day_ms(line.lot.expires_on),
        "madeMs": _day_ms(line.lot.made_on),
    }


MAPPING = Outbound("wms_b.expected_receipt", write)
