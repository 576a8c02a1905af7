"""Commands as callers mean them, free of how they travelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from procurement.domain.answer import Answer
from procurement.domain.blanket_order import BlanketDocument
from procurement.domain.carriage import Booking
from procurement.domain.compliance import CertificateTerms
from procurement.domain.dock import AppointmentTerms
from procurement.domain.quantities import Quantity
from procurement.domain.receipt import ReceiptTerms
from procurement.domain.roles import ERP, SUPPLIER, WMS
from procurement.domain.ship_notice import CarrierEta, NoticeTerms
from procurement.domain.supplier_invoice import InvoiceTerms, Verdict
from procurement.domain.terms import OrderDocument
from procurement.ports import BlanketName, CarrierReference, NoticeName, NoticePurpose, OrderName, Origin


@dataclass(frozen=True, slots=True)
class SubmitPurchaseOrder:
    origin: Origin
    document: OrderDocument


@dataclass(frozen=True, slots=True)
class AcknowledgePurchaseOrder:
    origin: Origin
    order: OrderName
    answer: Answer


@dataclass(frozen=True, slots=True)
class SubmitBlanketOrder:
    origin: Origin
    document: BlanketDocument


@dataclass(frozen=True, slots=True)
class CalledOffLine:
    sku: str
    quantity: Quantity
    on: date | None = None


@dataclass(frozen=True, slots=True)
class ReleaseBlanketOrder:
    """`role` is who calls off."""

    origin: Origin
    blanket: BlanketName
    release_number: str
    ordered_on: date
    ship_to_id: str
    lines: tuple[CalledOffLine, ...]
    express: bool = False
    role: str = ERP


@dataclass(frozen=True, slots=True)
class DecideProposedChange:
    """`etag` is the state that the buyer saw; empty decides on whatever it is."""

    purchase_order_id: str
    line_number: str
    accept: bool
    reason: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class RecordShipNotice:
    """`role` is who announces: here and below the owner in whose place the document speaks."""

    origin: Origin
    purpose: NoticePurpose
    terms: NoticeTerms
    role: str = SUPPLIER


@dataclass(frozen=True, slots=True)
class RecordReceipt:
    origin: Origin
    terms: ReceiptTerms
    role: str = WMS


@dataclass(frozen=True, slots=True)
class RecordInboundEta:
    """Of whatever shipments have these names."""

    origin: Origin
    references: tuple[CarrierReference, ...]
    eta: CarrierEta


@dataclass(frozen=True, slots=True)
class RecordInboundBooking:
    """Of the order of this name; `references` are what its shipment will be carried as."""

    origin: Origin
    order: OrderName
    booking: Booking
    references: tuple[CarrierReference, ...]


@dataclass(frozen=True, slots=True)
class RecordCertificate:
    origin: Origin
    terms: CertificateTerms
    role: str = SUPPLIER


@dataclass(frozen=True, slots=True)
class RecordDockAppointment:
    """`notices` are the shipments that come then; a cancellation need not name them."""

    origin: Origin
    terms: AppointmentTerms
    notices: tuple[NoticeName, ...]


@dataclass(frozen=True, slots=True)
class DecideInvoiceMatch:
    """Without lines and charges all that is open is accepted. `etag` is the state that was decided on, if it matters;
    `by` is the authenticated caller."""

    invoice_id: str
    accept: bool
    by: str
    reason: str
    line_ids: tuple[str, ...] = ()
    charges: bool = False
    etag: str = ""


@dataclass(frozen=True, slots=True)
class RecordInvoiceVerdict:
    """The invoice by our id, or by supplier and number. Without a business unit it is of the invoice's first."""

    origin: Origin
    invoice_id: str
    supplier_id: str
    number: str
    business_unit: str
    verdict: Verdict
    role: str = ERP


@dataclass(frozen=True, slots=True)
class RecordSupplierInvoice:
    origin: Origin
    terms: InvoiceTerms
