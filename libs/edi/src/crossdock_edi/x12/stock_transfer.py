"""943: goods are on their way to a warehouse; 944: the warehouse received them, with exceptions."""

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

_SHIPMENT = f"""
W06 !
{WAREHOUSE_PARTY}
N9 *
G61 *
G62 *
NTE *
W27
W28
W10
W04: ! *
  G69 5
  N9 *
  W20
  NTE *
  N1: *
    N9 *
W03
"""
_RECEIPT = f"""
W17 !
{WAREHOUSE_PARTY}
N9 *
G61 *
G62 *
NTE *
W08
W07: ! *
  G69 5
  N9 *
  W20
  QTY *
  NTE *
  N1: *
    N9 *
  W13: *
    N9 *
W14
"""
SPEC_943 = SetSpec("X12", "943", "stock transfer shipment advice", parse_layout("943", _SHIPMENT), group="AR")
SPEC = SetSpec("X12", "944", "stock transfer receipt advice", parse_layout("944", _RECEIPT), group="RE")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferItem(WithItemIds):
    """W04: what was shipped. The segment has no place for a lot, which stands under N9 LT."""

    quantity: Decimal | None = element("W04", 1, convert=DECIMAL)
    unit: str = element("W04", 2)
    upc_case: str = element("W04", 3)
    item_ids: tuple[ItemId, ...] = pairs("W04", 4, 7, ItemId)
    descriptions: tuple[str, ...] = texts("G69", 1, 1)
    notes: tuple[Note, ...] = children(Note)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTransferShipment(Document):
    """943. `action` (element 306): 1 add, 2 change, 3 delete."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "943"
    SPEC: ClassVar[SetSpec] = SPEC_943

    reporting: str = element("W06", 1, required=True)
    depositor_order: str = element("W06", 2)
    shipped_on: date | None = element("W06", 3, convert=DATE)
    shipment: str = element("W06", 4)
    order_number: str = element("W06", 6)
    action: str = element("W06", 12)
    parties: tuple[WarehouseParty, ...] = children(WarehouseParty)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[Instant, ...] = children(Instant)
    remarks: tuple[Remark, ...] = children(Remark)
    transport_mode: str = element("W27", 1)
    carrier: str = element("W27", 2)
    routing: str = element("W27", 3)
    freight_payment: str = element("W27", 4)
    items: tuple[TransferItem, ...] = children(TransferItem)
    total_quantity: Decimal | None = element("W03", 1, convert=DECIMAL)
    total_weight: Decimal | None = element("W03", 2, convert=DECIMAL)
    weight_unit: str = element("W03", 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptException:
    """W13: a quantity that is not as announced, with its condition."""

    quantity: Decimal | None = element("W13", 1, convert=DECIMAL)
    unit: str = element("W13", 2)
    condition: str = element("W13", 3)
    notes: tuple[Note, ...] = children(Note)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedItem(WithItemIds):
    """W07 and its loop: what was received."""

    quantity: Decimal | None = element("W07", 1, convert=DECIMAL)
    unit: str = element("W07", 2)
    upc_case: str = element("W07", 3)
    item_ids: tuple[ItemId, ...] = pairs("W07", 4, 7, ItemId)
    lot: str = element("W07", 8)
    descriptions: tuple[str, ...] = texts("G69", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    exceptions: tuple[ReceiptException, ...] = children(ReceiptException)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTransferReceipt(Document):
    """944. `reporting` F full, P partial, as agreed."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "944"
    SPEC: ClassVar[SetSpec] = SPEC

    reporting: str = element("W17", 1, required=True)
    received_on: date | None = element("W17", 2, convert=DATE)
    receipt: str = element("W17", 3)
    depositor_order: str = element("W17", 4)
    shipment: str = element("W17", 5)
    parties: tuple[WarehouseParty, ...] = children(WarehouseParty)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[Instant, ...] = children(Instant)
    remarks: tuple[Remark, ...] = children(Remark)
    items: tuple[ReceivedItem, ...] = children(ReceivedItem)
    total_received: Decimal | None = element("W14", 1, convert=DECIMAL)
