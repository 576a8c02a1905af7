"""What the envelope of a fact says: every business key by which people look for it, and the orders that it serves."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import Message

from procurement.domain import events
from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.compliance import Certificate, ComplianceHold
from procurement.domain.dock import DockAppointment
from procurement.domain.expected import ExpectedReceipt
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Receipt
from procurement.domain.ship_notice import ShipNotice
from procurement.domain.supplier_invoice import SupplierInvoice
from procurement.wire.events import to_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A message and what its envelope says; the store adds tenant, version, instants and origin."""

    message: Message
    aggregate_type: str
    aggregate_id: str
    business_unit: str
    subject: str
    keys: tuple[str, ...]
    transaction_ids: tuple[str, ...]
    express: bool
    transaction_type: str = ""
    root_key: str = ""


def announcement(event: events.Event) -> Announcement:  # noqa: PLR0911  one case for each kind of aggregate
    message = to_message(event)
    match event:
        case (
            events.ShipNoticeReceived(notice=notice)
            | events.ShipNoticeWithdrawn(notice=notice)
            | events.ShipNoticeClosed(notice=notice)
            | events.ShipNoticeEtaChanged(notice=notice)
        ):
            return _of_notice(message, notice)
        case events.BlanketOrderAgreed(blanket=blanket):
            return _of_blanket(message, blanket)
        case events.BlanketOrderReleased(blanket=blanket, purchase_order_id=order_id):
            return _of_blanket(message, blanket, order_id)
        case events.DockAppointmentChanged(appointment=appointment):
            return _of_appointment(message, appointment)
        case events.CertificateUploaded(certificate=certificate):
            return _of_certificate(message, certificate)
        case events.CertificateMissing(hold=hold) | events.ComplianceHoldReleased(hold=hold):
            return _of_hold(message, hold)
        case events.InboundExpected(expected=expected):
            return _of_expected(message, expected)
        case events.GoodsReceived(receipt=receipt) | events.DiscrepancyReported(receipt=receipt):
            return _of_receipt(message, receipt)
        case (
            events.SupplierInvoiceMatched(invoice=invoice)
            | events.SupplierInvoiceRepeated(invoice=invoice)
            | events.SupplierInvoiceDecided(invoice=invoice)
            | events.SupplierInvoiceVerdictGiven(invoice=invoice)
        ):
            return _of_invoice(message, invoice)
        case _:
            return _of_order(message, event.order)


def _of_order(message: Message, found: PurchaseOrder) -> Announcement:
    skus = dict.fromkeys(f"sku:{line.sku}" for line in found.lines)
    return Announcement(
        message=message,
        aggregate_type="purchase_order",
        aggregate_id=found.purchase_order_id,
        business_unit=found.business_unit,
        subject=found.number,
        keys=(*found.keys, *skus),
        transaction_ids=(found.purchase_order_id,),
        express=found.express,
        transaction_type="purchase_order",
        root_key=f"po:{found.number}",
    )


def _of_blanket(message: Message, found: BlanketOrder, order_id: str = "") -> Announcement:
    """An agreement is a transaction of its own; what an order calls off stands in the order's timeline too."""
    return Announcement(
        message=message,
        aggregate_type="blanket_order",
        aggregate_id=found.blanket_order_id,
        business_unit=found.terms.business_unit,
        subject=found.number,
        keys=found.keys,
        transaction_ids=(found.blanket_order_id, order_id) if order_id else (found.blanket_order_id,),
        express=False,
        transaction_type="blanket_order",
        root_key=f"blanket:{found.number}",
    )


def _of_notice(message: Message, notice: ShipNotice) -> Announcement:
    skus = dict.fromkeys(f"sku:{line.sku}" for line in notice.lines)
    return Announcement(
        message=message,
        aggregate_type="ship_notice",
        aggregate_id=notice.ship_notice_id,
        business_unit=notice.business_unit,
        subject=notice.number,
        keys=(*notice.keys, *skus),
        transaction_ids=notice.purchase_order_ids,
        express=notice.express,
    )


def _of_appointment(message: Message, found: DockAppointment) -> Announcement:
    return Announcement(
        message=message,
        aggregate_type="dock_appointment",
        aggregate_id=found.appointment_id,
        business_unit=found.business_unit,
        subject=found.number,
        keys=(f"appointment:{found.number}", *found.keys, f"location:{found.terms.location_id}"),
        transaction_ids=found.transaction_ids,
        express=found.express,
    )


def _of_certificate(message: Message, found: Certificate) -> Announcement:
    root = bool(found.root_id)
    return Announcement(
        message=message,
        aggregate_type="certificate",
        aggregate_id=found.certificate_id,
        business_unit=found.business_unit,
        subject=found.terms.number,
        keys=found.keys,
        transaction_ids=found.transaction_ids or (found.certificate_id,),
        express=False,
        transaction_type="certificate" if root else "",
        root_key=f"certificate:{found.terms.number}" if root else "",
    )


def _of_hold(message: Message, found: ComplianceHold) -> Announcement:
    return Announcement(
        message=message,
        aggregate_type="compliance_hold",
        aggregate_id=found.hold_id,
        business_unit=found.business_unit,
        subject=found.receipt_number,
        keys=found.keys,
        transaction_ids=(found.purchase_order_id,),
        express=found.express,
    )


def _of_expected(message: Message, expected: ExpectedReceipt) -> Announcement:
    return Announcement(
        message=message,
        aggregate_type="expected_receipt",
        aggregate_id=f"{expected.reference}@{expected.location_id}",
        business_unit=expected.business_unit,
        subject=expected.ship_notice_number or expected.reference,
        keys=(*expected.keys, f"location:{expected.location_id}"),
        transaction_ids=expected.transaction_ids,
        express=expected.express,
    )


def _of_receipt(message: Message, receipt: Receipt) -> Announcement:
    root = bool(receipt.root_id)
    return Announcement(
        message=message,
        aggregate_type="receipt",
        aggregate_id=receipt.receipt_id,
        business_unit=receipt.business_unit,
        subject=receipt.number,
        keys=receipt.keys,
        transaction_ids=receipt.transaction_ids,
        express=receipt.express,
        transaction_type="receipt" if root else "",
        root_key=f"receipt:{receipt.number}" if root else "",
    )


def _of_invoice(message: Message, invoice: SupplierInvoice) -> Announcement:
    root = bool(invoice.root_id)
    return Announcement(
        message=message,
        aggregate_type="supplier_invoice",
        aggregate_id=invoice.invoice_id,
        business_unit=invoice.business_unit,
        subject=invoice.number,
        keys=invoice.keys,
        transaction_ids=invoice.transaction_ids,
        express=False,
        transaction_type="supplier_invoice" if root else "",
        root_key=f"invoice:{invoice.number}" if root else "",
    )
