"""947: a warehouse changed its stock, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, children, element, pairs, texts
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL
from crossdock_edi.x12.freight import (
    WAREHOUSE_PARTY,
    Instant,
    WarehouseParty,
)
from crossdock_edi.x12.lookups import WithItemIds
from crossdock_edi.x12.parts import (
    ItemId,
    Note,
    Remark,
)

_LAYOUT = f"""
W15 !
{WAREHOUSE_PARTY}
N9 *
G61 *
G62 *
NTE *
W19: ! *
  G69 5
  N9 *
  G62 *
  NTE *
  W20
  QTY *
  N1: *
    N2 *
    N3 *
    N4 *
"""
SPEC = SetSpec("X12", "947", "warehouse inventory adjustment", parse_layout("947", _LAYOUT), group="AW")

# Reasons of element 426 that warehouses use, in our words. The list is ours and open.
ADJUSTMENT_REASONS = {
    "05": "put on hold",
    "07": "dumped or destroyed",
    "54": "received more than reported before",
    "55": "taken off hold",
    "AA": "physical count",
    "AK": "transfer",
    "AR": "order shipment error",
    "AS": "recouped",
    "AU": "damaged in the facility",
    "AV": "damaged in transit",
    "AW": "product recall",
    "AX": "past its shelf life",
    "BK": "off specification",
    "BS": "downgraded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedItem(WithItemIds):
    """W19: a signed quantity with its reason."""

    reason: str = element("W19", 1, required=True)
    quantity: Decimal | None = element("W19", 2, convert=DECIMAL)
    unit: str = element("W19", 3)
    upc_case: str = element("W19", 4)
    item_ids: tuple[ItemId, ...] = pairs("W19", 5, 6, ItemId)
    lot: str = element("W19", 7)
    descriptions: tuple[str, ...] = texts("G69", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[Instant, ...] = children(Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryAdjustment(Document):
    """`number` is the warehouse's own, `depositor_adjustment` that of the goods' owner."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "947"
    SPEC: ClassVar[SetSpec] = SPEC

    adjusted_on: date | None = element("W15", 1, convert=DATE, required=True)
    number: str = element("W15", 2)
    depositor_adjustment: str = element("W15", 3)
    parties: tuple[WarehouseParty, ...] = children(WarehouseParty)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[Instant, ...] = children(Instant)
    remarks: tuple[Remark, ...] = children(Remark)
    items: tuple[AdjustedItem, ...] = children(AdjustedItem)
