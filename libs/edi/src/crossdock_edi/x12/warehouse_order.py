"""940: an order to a warehouse to ship."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, children, element, pairs, texts
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DECIMAL
from crossdock_edi.x12.freight import (
    WAREHOUSE_PARTY,
    FreightContact,
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
W05 !
{WAREHOUSE_PARTY}
N9 *
G61 *
G62 *
NTE *
W09 *
W66
W6 *
LX: ! *
  MAN *
  N9 *
  W01: *
    G69 5
    N9 *
    W20
    QTY *
    AMT *
    G66
    SLN *
    LM: *
      LQ *
    N1: *
      N2 *
      N3 *
      N4 *
W76
"""
SPEC = SetSpec("X12", "940", "warehouse shipping order", parse_layout("940", _LAYOUT), group="OW")


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseOrderItem(WithItemIds):
    """W01: what to ship, how much."""

    quantity: Decimal | None = element("W01", 1, convert=DECIMAL)
    unit: str = element("W01", 2)
    upc_case: str = element("W01", 3)
    item_ids: tuple[ItemId, ...] = pairs("W01", 4, 7, ItemId)
    freight_class: str = element("W01", 8)
    lot: str = element("W01", 13)
    descriptions: tuple[str, ...] = texts("G69", 1, 1)
    notes: tuple[Note, ...] = children(Note)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseOrderLine:
    """LX and what is under its number."""

    line: str = element("LX", 1, required=True)
    marks: tuple[Marks, ...] = children(Marks)
    items: tuple[WarehouseOrderItem, ...] = children(WarehouseOrderItem)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseShippingOrder(Document):
    """`status` N original, F cancel, R replace, as agreed. `depositor_order` is the order of the goods' owner."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "940"
    SPEC: ClassVar[SetSpec] = SPEC

    status: str = element("W05", 1, required=True)
    depositor_order: str = element("W05", 2, required=True)
    order_number: str = element("W05", 3)
    link_sequence: str = element("W05", 4)
    parties: tuple[WarehouseParty, ...] = children(WarehouseParty)
    notes: tuple[Note, ...] = children(Note)
    contacts: tuple[FreightContact, ...] = children(FreightContact)
    dates: tuple[Instant, ...] = children(Instant)
    remarks: tuple[Remark, ...] = children(Remark)
    freight_payment: str = element("W66", 1)
    transport_mode: str = element("W66", 2)
    routing: str = element("W66", 5)
    carrier: str = element("W66", 10)
    lines: tuple[WarehouseOrderLine, ...] = children(WarehouseOrderLine)
    total_quantity: Decimal | None = element("W76", 1, convert=DECIMAL)
    total_weight: Decimal | None = element("W76", 2, convert=DECIMAL)
    weight_unit: str = element("W76", 3)
    total_volume: Decimal | None = element("W76", 4, convert=DECIMAL)
    volume_unit: str = element("W76", 5)
