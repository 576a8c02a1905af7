"""From a message to its typed document and back, whatever set it is. Adding a set is one module and one row here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crossdock_edi.binding import Document
from crossdock_edi.dialect import Dialect
from crossdock_edi.edifact.application_error import ApplicationAdvice as ApplicationReport
from crossdock_edi.edifact.despatch_advice import DespatchAdvice
from crossdock_edi.edifact.despatch_advice import ReceivingAdvice as ReceivingReport
from crossdock_edi.edifact.inventory_report import InventoryReport
from crossdock_edi.edifact.invoice import Invoice as EdifactInvoice
from crossdock_edi.edifact.orders import OrderChange, OrderResponse, Orders
from crossdock_edi.edifact.remittance import Remittance as EdifactRemittance
from crossdock_edi.edifact.syntax_report import SyntaxReport
from crossdock_edi.edifact.transport import TransportInstruction, TransportStatus
from crossdock_edi.errors import UnknownDocument, UnreadableValues
from crossdock_edi.findings import Finding
from crossdock_edi.interchange import Message
from crossdock_edi.record_reading import read_record
from crossdock_edi.record_writing import Written, write_record
from crossdock_edi.x12.application_advice import ApplicationAdvice
from crossdock_edi.x12.credit_adjustment import CreditDebitAdjustment
from crossdock_edi.x12.freight_invoice import FreightInvoice
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment
from crossdock_edi.x12.implementation_acknowledgment import ImplementationAcknowledgment
from crossdock_edi.x12.inventory_adjustment import InventoryAdjustment
from crossdock_edi.x12.inventory_advice import InventoryAdvice
from crossdock_edi.x12.invoice import Invoice
from crossdock_edi.x12.load_tender import LoadTender, TenderResponse
from crossdock_edi.x12.order_acknowledgment import PurchaseOrderAcknowledgment
from crossdock_edi.x12.order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgment
from crossdock_edi.x12.purchase_order import PurchaseOrder
from crossdock_edi.x12.receiving_advice import ReceivingAdvice
from crossdock_edi.x12.remittance import Remittance
from crossdock_edi.x12.return_authorization import ReturnAuthorization
from crossdock_edi.x12.ship_notice import ShipNotice
from crossdock_edi.x12.shipment_status import ShipmentStatus
from crossdock_edi.x12.stock_transfer import StockTransferReceipt, StockTransferShipment
from crossdock_edi.x12.warehouse_order import WarehouseShippingOrder
from crossdock_edi.x12.warehouse_shipment import WarehouseShippingAdvice

_DOCUMENTS: tuple[type[Document], ...] = (
    ApplicationReport,
    DespatchAdvice,
    ReceivingReport,
    InventoryReport,
    EdifactInvoice,
    OrderChange,
    OrderResponse,
    Orders,
    EdifactRemittance,
    SyntaxReport,
    TransportInstruction,
    TransportStatus,
    PurchaseOrder,
    PurchaseOrderAcknowledgment,
    PurchaseOrderChange,
    PurchaseOrderChangeAcknowledgment,
    ShipNotice,
    FunctionalAcknowledgment,
    ApplicationAdvice,
    CreditDebitAdjustment,
    FreightInvoice,
    ImplementationAcknowledgment,
    InventoryAdjustment,
    InventoryAdvice,
    Invoice,
    LoadTender,
    TenderResponse,
    ReceivingAdvice,
    Remittance,
    ReturnAuthorization,
    ShipmentStatus,
    StockTransferReceipt,
    StockTransferShipment,
    WarehouseShippingOrder,
    WarehouseShippingAdvice,
)
DOCUMENTS: Mapping[tuple[str, str], type[Document]] = {(one.STANDARD, one.TYPE): one for one in _DOCUMENTS}


def parse(message: Message) -> Document:
    """The typed document. Raises `UnknownDocument`, `UnreadableValues` (a finding for each value), `LimitExceeded`."""
    document, found = parse_tolerantly(message)
    if found:
        raise UnreadableValues(found)
    return document


def parse_tolerantly(message: Message) -> tuple[Document, tuple[Finding, ...]]:
    """The typed document with unreadable values left empty, and a finding for each of them."""
    kind = DOCUMENTS.get((message.standard, message.type))
    if kind is None:
        raise UnknownDocument(message.standard, message.type)
    body = message.segments[1 : -1 if message.trailer is not None else None]
    document, unmapped, found = read_record(kind, body, message.control_number, kind.SPEC.body)
    return replace(document, unmapped=unmapped), found


def body_of(document: Document, dialect: Dialect) -> list[Written]:
    """The segments between header and trailer."""
    return list(write_record(document, dialect, document.SPEC.body))


def as_mapping(value: Any) -> Any:
    """A document as plain data for JSON: names as keys, numbers and dates as text, what is empty left out."""
    if isinstance(value, tuple):
        return [as_mapping(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        items = ((name, getattr(value, name)) for name in value.__dataclass_fields__ if name != "unmapped")
        return {name: as_mapping(one) for name, one in items if one not in (None, "", ())}
    return value if value is None or isinstance(value, int | str) else str(value)
