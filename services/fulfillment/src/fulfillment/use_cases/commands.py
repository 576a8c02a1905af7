"""Commands as callers mean them, free of how they travelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fulfillment.domain.check_lifecycle import Kind
from fulfillment.domain.posting import Evidence, Money, Posted
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.return_report import ReturnReport
from fulfillment.domain.revising import Revision
from fulfillment.domain.settling import Payment
from fulfillment.domain.terms import LineTerms, OrderTerms
from fulfillment.domain.warehouse_report import ReportTerms
from fulfillment.ports import OrderName, Origin


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """`consignee` is who receives it, as it is kept; empty if nothing was said. No lines where they follow in parts."""

    origin: Origin
    terms: OrderTerms
    consignee: bytes
    lines: tuple[LineTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class AppendLines:
    order: OrderName
    lines: tuple[LineTerms, ...]


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    order: OrderName
    line_count: int


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """`etag` is the state that the change was decided on; empty changes whatever it is."""

    origin: Origin
    order_id: str
    line_number: str
    wish: Quantity
    reason: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """`etag` as for a line."""

    origin: Origin
    order: OrderName
    revision: Revision
    etag: str = ""


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """`intercept`: carriers are asked to stop what has left and not arrived."""

    origin: Origin
    order: OrderName
    reason: str = ""
    etag: str = ""
    intercept: bool = False


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """What somebody answers to a check that was asked; `withdrawn` takes back that it passed."""

    origin: Origin
    check_id: str
    passed: bool
    answered_at: datetime
    reference: str = ""
    reason: str = ""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    order_id: str
    kind: Kind
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class LineAllocated:
    """So much of an order's line from one place, in any unit of the item."""

    line_number: str
    sku: str
    location_id: str
    quantity: Quantity
    lot: str = ""


@dataclass(frozen=True, slots=True)
class RecordAllocation:
    """What the allocator of an order answers to a question."""

    origin: Origin
    allocation_id: str
    lines: tuple[LineAllocated, ...]


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What a warehouse says that it did; quantities are in the units that it used."""

    origin: Origin
    terms: ReportTerms


@dataclass(frozen=True, slots=True)
class RecordPosting:
    """What the ERP answers to a posting that it was asked for, or has made by itself."""

    origin: Origin
    posting_id: str
    said: Posted


@dataclass(frozen=True, slots=True)
class RecordPayment:
    """What the ERP says was paid of one of its invoices."""

    origin: Origin
    payment: Payment


@dataclass(frozen=True, slots=True)
class RequestCredit:
    origin: Origin
    order_id: str
    invoice_posting_id: str
    number: str
    amount: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuthorizeReturn:
    """`lines` by number of the order's line, in any unit of the item."""

    origin: Origin
    order: OrderName
    number: str
    lines: tuple[tuple[str, Quantity], ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawReturn:
    origin: Origin
    return_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecordReturn:
    """What a warehouse says of goods that came back; quantities are in the units that it used."""

    origin: Origin
    report: ReturnReport


@dataclass(frozen=True, slots=True)
class BillShipment:
    """What the customer's terms wait for has happened to a shipment."""

    shipment_id: str
    number: str
    order_ids: tuple[str, ...]
    evidence: Evidence | None = None
