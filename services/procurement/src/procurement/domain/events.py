"""Facts that the aggregates record.

They point at the aggregate whose state they carry; the wire turns them into messages when the command ends, so that an
event shows the order as the command left it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement.domain.order_line import LineState, ProposedChange
from procurement.domain.outcomes import Outcome
from procurement.domain.quantities import Quantity
from procurement.domain.schedules import Promise
from procurement.domain.terms import Price

if TYPE_CHECKING:
    from procurement.domain.blanket_order import BlanketOrder
    from procurement.domain.chasing import ChaseStep
    from procurement.domain.compliance import Certificate, ComplianceHold
    from procurement.domain.dock import DockAppointment
    from procurement.domain.expected import ExpectedReceipt
    from procurement.domain.purchase_order import PurchaseOrder
    from procurement.domain.receipt import Discrepancy, Receipt
    from procurement.domain.ship_notice import ShipNotice, ShortLine
    from procurement.domain.supplier_invoice import MatchDecision, SupplierInvoice, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDelta:
    """What changed in one line. `on_order_change` is in base units, signed, at the location `ship_to_id`."""

    line_id: str
    line_number: str
    sku: str
    base_unit: str
    ship_to_id: str
    on_order_change: Decimal
    old_quantity: Quantity | None = None
    new_quantity: Quantity | None = None
    old_date: date | None = None
    new_date: date | None = None
    old_price: Price | None = None
    new_price: Price | None = None
    added: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChange:
    """One promise that moved, in base units. A change of what is on order stands in the first of a line's changes."""

    line_id: str
    line_number: str
    sku: str
    unit: str
    factor: Decimal
    base_unit: str
    ship_to_id: str
    on_order_change: Decimal
    schedule_id: str = ""
    old: Promise | None = None
    new: Promise | None = None


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What the supplier said of a line or a part of it; `confirmed` is the line's total, in the unit of the line."""

    line_id: str
    line_number: str
    outcome: Outcome
    code: str
    state: LineState
    confirmed: Decimal


@dataclass(frozen=True, slots=True)
class PurchaseOrderReleased:
    order: PurchaseOrder
    lines: tuple[LineDelta, ...]


@dataclass(frozen=True, slots=True)
class PurchaseOrderRevised:
    order: PurchaseOrder
    previous_revision: int
    lines: tuple[LineDelta, ...]


@dataclass(frozen=True, slots=True)
class PurchaseOrderCancelled:
    order: PurchaseOrder
    lines: tuple[LineDelta, ...]


@dataclass(frozen=True, slots=True)
class PurchaseOrderAcknowledged:
    order: PurchaseOrder
    revision: int
    answers: tuple[LineAnswer, ...]
    changes: tuple[ScheduleChange, ...]


@dataclass(frozen=True, slots=True)
class PurchaseOrderChangeProposed:
    order: PurchaseOrder
    line_id: str
    line_number: str
    proposed: ProposedChange


@dataclass(frozen=True, slots=True)
class PurchaseOrderChangeDecided:
    order: PurchaseOrder
    line_id: str
    line_number: str
    accepted: bool
    changes: tuple[ScheduleChange, ...]


@dataclass(frozen=True, slots=True)
class PurchaseOrderCarriageChanged:
    order: PurchaseOrder


@dataclass(frozen=True, slots=True)
class PurchaseOrderAnswerOverdue:
    order: PurchaseOrder
    step: ChaseStep


@dataclass(frozen=True, slots=True)
class PurchaseOrderReceived:
    order: PurchaseOrder
    receipt_id: str


@dataclass(frozen=True, slots=True)
class PurchaseOrderCompleted:
    order: PurchaseOrder


@dataclass(frozen=True, slots=True)
class ShipNoticeReceived:
    notice: ShipNotice


@dataclass(frozen=True, slots=True)
class ShipNoticeWithdrawn:
    notice: ShipNotice
    replaced: bool


@dataclass(frozen=True, slots=True)
class ShipNoticeClosed:
    notice: ShipNotice
    short_lines: tuple[ShortLine, ...]


@dataclass(frozen=True, slots=True)
class ShipNoticeEtaChanged:
    notice: ShipNotice


@dataclass(frozen=True, slots=True)
class DockAppointmentChanged:
    appointment: DockAppointment


@dataclass(frozen=True, slots=True)
class InboundExpected:
    expected: ExpectedReceipt


@dataclass(frozen=True, slots=True)
class GoodsReceived:
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class DiscrepancyReported:
    receipt: Receipt
    discrepancy: Discrepancy


@dataclass(frozen=True, slots=True)
class SupplierInvoiceMatched:
    invoice: SupplierInvoice


@dataclass(frozen=True, slots=True)
class SupplierInvoiceRepeated:
    invoice: SupplierInvoice
    system: str
    document: str


@dataclass(frozen=True, slots=True)
class SupplierInvoiceDecided:
    """`lines` and `charges` are what was accepted; of a rejection none."""

    invoice: SupplierInvoice
    accepted: bool
    decision: MatchDecision
    lines: tuple[str, ...]
    charges: bool


@dataclass(frozen=True, slots=True)
class SupplierInvoiceVerdictGiven:
    invoice: SupplierInvoice
    business_unit: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CertificateUploaded:
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class CertificateMissing:
    hold: ComplianceHold


@dataclass(frozen=True, slots=True)
class ComplianceHoldReleased:
    hold: ComplianceHold
    certificate_id: str


@dataclass(frozen=True, slots=True)
class BlanketOrderAgreed:
    blanket: BlanketOrder


@dataclass(frozen=True, slots=True)
class BlanketOrderReleased:
    """`called_off` is all that the order calls off now, by item in base units."""

    blanket: BlanketOrder
    purchase_order_id: str
    purchase_order_number: str
    called_off: tuple[tuple[str, Decimal], ...]


Event = (
    PurchaseOrderReleased
    | PurchaseOrderRevised
    | PurchaseOrderCancelled
    | PurchaseOrderAcknowledged
    | PurchaseOrderChangeProposed
    | PurchaseOrderChangeDecided
    | PurchaseOrderAnswerOverdue
    | PurchaseOrderCarriageChanged
    | PurchaseOrderReceived
    | PurchaseOrderCompleted
    | ShipNoticeReceived
    | ShipNoticeWithdrawn
    | ShipNoticeClosed
    | ShipNoticeEtaChanged
    | DockAppointmentChanged
    | CertificateUploaded
    | CertificateMissing
    | ComplianceHoldReleased
    | InboundExpected
    | GoodsReceived
    | DiscrepancyReported
    | SupplierInvoiceMatched
    | SupplierInvoiceDecided
    | SupplierInvoiceRepeated
    | SupplierInvoiceVerdictGiven
    | BlanketOrderAgreed
    | BlanketOrderReleased
)
