"""What procurement refuses, as facts with fields. The reason code is the class name in upper snake case.

Refusals that master data can cure are ITEM_UNKNOWN, UNIT_NOT_CONVERTIBLE, LOCATION_UNKNOWN and PARTY_UNKNOWN: whoever
handed in the document tries it again when the catalog has spoken.
"""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.errors import Conflict, Invalid, NotFound, Refused, Violation

# --- the request itself


@dataclass
class QuantityInvalid(Invalid):
    """Not a number, not more than zero, or finer than six places; `violations` say where, if that is known."""

    value: str
    violations: tuple[Violation, ...] = ()

    def __str__(self) -> str:
        broken = "; ".join(f"{each.field} {each.description}" for each in self.violations)
        return f"{broken}: {self.value}" if broken else super().__str__()


@dataclass
class SchedulesDoNotSum(Invalid):
    line_number: str
    ordered: str
    scheduled: str


@dataclass
class LineNumberTwice(Invalid):
    line_number: str


@dataclass
class FieldMissing(Invalid):
    """The message leaves out what this purpose needs."""

    field: str


@dataclass
class FieldInvalid(Invalid):
    """A value that no calendar, clock or count has."""

    field: str
    value: str


@dataclass
class FieldNotOwned(Refused):
    """The document writes what belongs to another role."""

    field: str
    role: str
    owners: str


# --- master data


@dataclass
class ItemUnknown(Refused):
    sku: str


@dataclass
class UnitNotConvertible(Refused):
    sku: str
    unit: str


@dataclass
class LocationUnknown(Refused):
    location_id: str


@dataclass
class PartyUnknown(Refused):
    party_id: str


# --- orders and answers


@dataclass
class PurchaseOrderUnknown(NotFound):
    number: str


@dataclass
class PurchaseOrderAmbiguous(Refused):
    """Several ERPs gave this number; the business unit must be named."""

    number: str


@dataclass
class RevisionAmbiguous(Refused):
    """Two documents of the same instant and revision differ: which one is in force cannot be told."""

    number: str
    system_revision: str


@dataclass
class LineAlreadyShipped(Refused):
    """Goods of the line are on their way or have arrived: its item cannot become another."""

    line_number: str


@dataclass
class SupplierChanged(Refused):
    """An order is one supplier's commitment; another supplier needs another order."""

    number: str
    supplier_id: str


@dataclass
class SupplierMismatch(Refused):
    number: str
    supplier_id: str


@dataclass
class ObsoleteRevision(Refused):
    number: str
    answered: int
    current: int


@dataclass
class RevisionUnknown(Refused):
    """The answer names a revision that was never announced."""

    number: str
    answered: int
    current: int


@dataclass
class RevisionUndecidable(Refused):
    """It cannot be told which revision is answered, and the lines differ from the one in force."""

    number: str
    current: int


@dataclass
class AnswerOvertaken(Refused):
    """A later answer of the supplier to the same lines is in force."""

    number: str


@dataclass
class LineUnknown(Refused):
    number: str
    line: str


@dataclass
class LineAmbiguous(Refused):
    """Several lines of the order are of this item, and the document names no line."""

    number: str
    line: str


@dataclass
class AnsweredItemDiffers(Refused):
    """The line of that number is of another item than the answer names: the supplier may count lines in its own way."""

    number: str
    line: str
    ordered: str
    answered: str


@dataclass
class ConfirmedBeyondOrder(Refused):
    line_number: str
    ordered: str
    confirmed: str


@dataclass
class AnswerContradictory(Refused):
    """One line is answered with several prices or items at once."""

    line_number: str


@dataclass
class NothingToDecide(Refused):
    line_number: str


@dataclass
class DecisionOutdated(Conflict):
    """The order changed since the state that the buyer decided on."""

    etag: str
    current: str


# --- blanket orders


@dataclass
class BlanketTermsInvalid(Invalid):
    """Ends before it begins, or names a line or an item twice."""

    field: str
    value: str


@dataclass
class BlanketOrderUnknown(NotFound):
    number: str


@dataclass
class BlanketOrderAmbiguous(Refused):
    """Several ERPs or business units gave this number; they must be named."""

    number: str


@dataclass
class BlanketExpired(Refused):
    """Nothing may be called off on that day, or any more at all."""

    number: str
    on: str
    valid_to: str


@dataclass
class BlanketItemUnknown(Refused):
    number: str
    sku: str


@dataclass
class BlanketBeyondAgreed(Refused):
    """In base units."""

    number: str
    sku: str
    wanted: str
    left: str


@dataclass
class ReleaseNumberReused(Refused):
    """The number stands for another release, or for an order of the ERP."""

    number: str


# --- ship notices and receipts


@dataclass
class ShipNoticeUnknown(NotFound):
    number: str


@dataclass
class ShipNoticeReused(Refused):
    """The number came again with other content, and does not say that it replaces."""

    number: str


@dataclass
class ShipNoticeAlreadyReceived(Refused):
    """Goods of the notice have arrived: it can be neither replaced nor cancelled."""

    number: str


@dataclass
class ShipNoticeNamesNothing(Refused):
    """No line of the notice names an order and a line that we know."""

    number: str
    reasons: str


@dataclass
class ReceiptUnknown(NotFound):
    number: str


@dataclass
class ReceiptNumberReused(Refused):
    """The number came again with other content: a corrupted repeat or another receipt, which cannot be told."""

    system: str
    number: str


@dataclass
class LocationOfAnotherSystem(Refused):
    """A warehouse system reports for a place that another system runs."""

    location_id: str
    system: str
    owner: str


# --- dock appointments


@dataclass
class ShipNoticeAmbiguous(Refused):
    """Several suppliers gave a shipment that number, and the warehouse does not say whose it means."""

    number: str


@dataclass
class AppointmentUnknown(NotFound):
    """Cancelled without naming a shipment, and never booked here."""

    number: str


@dataclass
class AppointmentElsewhere(Refused):
    """The shipment goes to another place than the one that gives it a time."""

    appointment: str
    location_id: str
    ship_notice: str
    ship_to_id: str


@dataclass
class AppointmentContradictory(Refused):
    """Two different things said of one appointment at the same instant."""

    system: str
    number: str


# --- certificates


@dataclass
class CertificateNumberReused(Refused):
    """The supplier has certified something else under this number."""

    supplier_id: str
    number: str


# --- supplier invoices


@dataclass
class SupplierInvoiceUnknown(NotFound):
    number: str


@dataclass
class VerdictOfAnotherUnit(Refused):
    """No part of the invoice is this business unit's."""

    number: str
    business_unit: str


@dataclass
class InvoiceClosed(Refused):
    """It is ready or rejected: there is nothing left to decide."""

    number: str
    state: str


@dataclass
class InvoiceLineUnknown(Refused):
    number: str
    line: str


@dataclass
class NothingToAccept(Refused):
    """The line, or the charges, do not differ or have passed."""

    line: str


@dataclass
class VarianceNotAcceptable(Refused):
    """Order or unit are not known, or goods lack a certificate: that has another owner."""

    line: str
    outcome: str


@dataclass
class InvoiceDecisionOutdated(Conflict):
    """The invoice changed since the state that was decided on."""

    etag: str
    current: str


@dataclass
class InvoiceNumberReused(Refused):
    """The number came again for the same day and total, with other lines."""

    supplier_id: str
    number: str
