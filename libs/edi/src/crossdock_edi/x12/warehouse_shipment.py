"""945: a warehouse shipped what a 940 ordered, whole or in part."""

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
    Marks,
    Note,
    Remark,
)

_LAYOUT = f"""
W06 !
{WAREHOUSE_PARTY}
N9 *
G61 *
G62 *
NTE *
W27
W28
W10
LX: ! *
  MAN *
  N9 *
  W12: *
    G69 5
    N9 *
    QTY *
    MEA *
    AMT *
    R4
    N1: *
      N2 *
      N3 *
      N4 *
    SLN *
W03
"""
SPEC = SetSpec("X12", "945", "warehouse shipping advice", parse_layout("945", _LAYOUT), group="SW")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedItem(WithItemIds):
    """W12: `status` CC shipped complete, CP shipped in part, as agreed."""

    status: str = element("W12", 1, required=True)
    ordered: Decimal | None = element("W12", 2, convert=DECIMAL)
    shipped: Decimal | None = element("W12", 3, convert=DECIMAL)
    difference: Decimal | None = element("W12", 4, convert=DECIMAL)
    unit: str = element("W12", 5)
    upc_case: str = element("W12", 6)
    item_ids: tuple[ItemId, ...] = pairs("W12", 7, 8, ItemId)
    lot: str = element("W12", 9)
    weight: Decimal | None = element("W12", 10, convert=DECIMAL)
    weight_qualifier: str = element("W12", 11)
    descriptions: tuple[str, ...] = texts("G69", 1, 1)
    notes: tuple[Note, ...] = children(Note)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedPackage:
    """LX: a package or line, with its marks (MAN GM = SSCC)."""

    line: str = element("LX", 1, required=True)
    marks: tuple[Marks, ...] = children(Marks)
    items: tuple[ShippedItem, ...] = children(ShippedItem)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseShippingAdvice(Document):
    """One 940 may be answered by several of these."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "945"
    SPEC: ClassVar[SetSpec] = SPEC

    reporting: str = element("W06", 1, required=True)
    depositor_order: str = element("W06", 2)
    shipped_on: date | None = element("W06", 3, convert=DATE)
    shipment: str = element("W06", 4)
    agent_shipment: str = element("W06", 5)
    order_number: str = element("W06", 6)
    parties: tuple[WarehouseParty, ...] = children(WarehouseParty)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[Instant, ...] = children(Instant)
    remarks: tuple[Remark, ...] = children(Remark)
    transport_mode: str = element("W27", 1)
    carrier: str = element("W27", 2)
    routing: str = element("W27", 3)
    freight_payment: str = element("W27", 4)
    packages: tuple[ShippedPackage, ...] = children(ShippedPackage)
    total_shipped: Decimal | None = element("W03", 1, convert=DECIMAL)
    total_weight: Decimal | None = element("W03", 2, convert=DECIMAL)
    weight_unit: str = element("W03", 3)
