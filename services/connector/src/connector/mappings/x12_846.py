"""x12.846, in: what a warehouse holds at an instant, as its own system counts it.

BIA05 is a local time, and the profile's mapping names its zone ("zone"); without it the statement is refused rather
than guessed. The mapping also says which quantities are goods on a shelf ("quantities"), and whether what the statement
does not name is not there ("complete").
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock_edi.x12.inventory_advice import InventoryAdvice, StockLine

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, carrier_updates
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.stock_parts import stated
from connector.mappings.wms_a_stock import STOCK, named_bucket

# Available, committed, projected, on its way, protected, reserved, and limits of ordering: no goods on a shelf.
NOT_ON_A_SHELF = "NOT_ON_A_SHELF"
_OTHERS = ("33", "27", "29", "IQ", "XT", "XU", "77", "72", "73", "69", "57", "70")
QUANTITIES = {"17": "SELLABLE", "QH": "QUARANTINED", **dict.fromkeys(_OTHERS, NOT_ON_A_SHELF)}
LOT = ("LT",)
WAREHOUSE = ("WH", "SF")


def read(document: InventoryAdvice, reading: Reading) -> Command:
    as_of = _as_of(document, reading)
    lines = [found for line in document.lines for found in _stated(line, reading)]
    if not lines:
        raise DocumentFault("QTY", "a statement says how much is there of something")
    request = control.RecordStatementRequest(
        origin=reading.origin(occurred_at=as_of),
        number=document.number[:64],
        location_id=_location(document, reading),
        business_unit=reading.partner.business_unit,
        as_of=canonical.stamp(as_of),
        buckets=sorted({line.bucket for line in lines}),
        complete=reading.partner.options.get("complete") is True,
    )
    return stated(request, lines, "LIN")


def _as_of(document: InventoryAdvice, reading: Reading) -> datetime:
    if document.taken_on is None or document.taken_at is None:
        raise DocumentFault("BIA05", "day or time of the statement is missing")
    zone = reading.partner.options.get("zone")
    if not isinstance(zone, str):
        raise DocumentFault("BIA05", "a local time: the profile's mapping names no zone for it")
    return carrier_updates.at_zone(datetime.combine(document.taken_on, document.taken_at), zone, "BIA05")


def _location(document: InventoryAdvice, reading: Reading) -> str:
    found = document.party(*WAREHOUSE)
    if found is None or not found.id:
        raise DocumentFault("N104", f"no warehouse is named under {' or '.join(WAREHOUSE)}")
    return reading.codes.location(found.id, found.id_qualifier)


def _stated(line: StockLine, reading: Reading) -> Iterator[control.StatedStock]:
    sku = parts.resolved_item(line.item_ids, reading.codes, required=True)
    lot = next((each.value.strip() for each in line.item_ids if each.qualifier in LOT), "")
    for each in line.quantities:
        path = f"QTY02 of {sku or line.line}"
        bucket = reading.word("quantities", each.kind, QUANTITIES, (*STOCK, NOT_ON_A_SHELF))
        if bucket == NOT_ON_A_SHELF:
            continue
        if each.quantity is None:
            raise DocumentFault(path, "the quantity is missing")
        unit = reading.codes.unit(each.unit or line.unit)
        yield control.StatedStock(
            sku=sku,
            lot=lot[:64],
            bucket=named_bucket(bucket, "QTY01"),
            quantity=canonical.quantity(each.quantity, unit, path=path),
        )


MAPPING = Inbound("x12.846", read)
