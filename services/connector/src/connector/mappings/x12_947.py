"""x12.947, in: stock that a warehouse found gone, spoiled or more than was booked, signed, each with its reason.

W1901 says why; the profile's mapping may say which of our reasons a code is ("reasons") and which stock it speaks of
("buckets", by code). Codes that say that goods changed from one state into another are refused: nothing came or went.
"""

from __future__ import annotations

from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock_edi.x12.inventory_adjustment import ADJUSTMENT_REASONS, AdjustedItem, InventoryAdjustment

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_order_parts as order_parts
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.wms_a_stock import REASONS

SELLABLE = "SELLABLE"


def read(document: InventoryAdjustment, reading: Reading) -> Command:
    number = (document.number or document.depositor_adjustment).strip()
    if not number:
        raise DocumentFault("W1502", "the adjustment has no number")
    lines = [_line(place, item, reading) for place, item in enumerate(document.items, 1)]
    if not lines:
        raise DocumentFault("W19", "an adjustment has at least one item")
    found_at = parts.instant_of(document.adjusted_on, document.dates, reading, "W1501")
    request = control.RecordStockReportRequest(
        origin=reading.origin(occurred_at=found_at),
        number=number[:64],
        location_id=parts.location_of(document.parties, reading),
        business_unit=reading.partner.business_unit,
        found_at=canonical.stamp(found_at),
        lines=lines,
    )
    keys = (f"adjustment:{request.number}", *dict.fromkeys(f"sku:{line.sku}" for line in lines))
    return Command(request, (), keys, len(lines))


def _line(place: int, item: AdjustedItem, reading: Reading) -> control.ReportedStock:
    path = f"W19 {place}"
    if item.quantity is None or not item.quantity:
        raise DocumentFault(f"W1902 of {path}", "nothing came or went")
    reasons = reading.partner.table("reasons", REASONS)
    if item.reason not in reasons:
        meaning = ADJUSTMENT_REASONS.get(item.reason, "unknown")
        raise DocumentFault(f"W1901 of {path}", f"{item.reason!r} ({meaning}) is none of {', '.join(reasons)}")
    bucket = reading.partner.table("buckets", {}).get(item.reason, SELLABLE)
    if f"ACCOUNT_{bucket}" not in inventory.Account.keys():  # noqa: SIM118  an enum wrapper, not a dict
        raise DocumentFault(f"W1901 of {path}", f"{bucket!r} is no stock that the profile's mapping can name")
    unit = reading.codes.unit(item.unit)
    return control.ReportedStock(
        sku=order_parts.resolved_item(item.item_ids, reading.codes, required=True),
        lot=(item.lot or parts.note_of(item.notes, parts.LOT))[:64],
        bucket=inventory.Account.Value(f"ACCOUNT_{bucket}"),
        change=canonical.quantity(item.quantity, unit, path=f"W1902 of {path}"),
        reason=reasons[item.reason],
    )


MAPPING = Inbound("x12.947", read)
