"""What fulfillment refuses, as facts with fields. The reason code is the class name in upper snake case.

ITEM_UNKNOWN, UNIT_NOT_CONVERTIBLE and PARTY_UNKNOWN are cured by master data: whoever handed in the order tries it
again when the catalog has spoken.
"""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.errors import Conflict, Invalid, NotFound, Refused, Violation


@dataclass
class QuantityInvalid(Invalid):
    """Not a number, not more than zero, or finer than six places; `violations` say where, if that is known."""

    value: str
    violations: tuple[Violation, ...] = ()


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


@dataclass
class LineNumberTwice(Refused):
    """The order has another line of this number."""

    line_number: str


@dataclass
class CurrencyMixed(Refused):
    """A price is in another currency than its order."""

    line_number: str
    currency: str
    order_currency: str


@dataclass
class ChargeNotPositive(Invalid):
    """A charge is more than nothing: what is taken off is taken off the price."""

    amount: str


@dataclass
class ItemUnknown(Refused):
    sku: str


@dataclass
class UnitNotConvertible(Refused):
    sku: str
    unit: str


@dataclass
class PartyUnknown(Refused):
    """No such party, or it is no customer."""

    party_id: str


@dataclass
class OrderUnknown(NotFound):
    order: str


@dataclass
class OrderAmbiguous(Refused):
    """Several channels gave this number; the channel must be named."""

    number: str


@dataclass
class OrderNumberReused(Refused):
    """The channel sent the number again with other content. An order is never changed by its repeat."""

    channel: str
    number: str


@dataclass
class OrderNotOpen(Refused):
    """Lines can be appended and submitted only while the order is open."""

    number: str
    state: str


@dataclass
class OrderBeingChecked(Refused):
    """What is asked of others is about the order as it stands: it can be cancelled, and changed once it is accepted."""

    number: str


@dataclass
class CheckUnknown(NotFound):
    check: str


@dataclass
class AllocationUnknown(NotFound):
    """Nobody was asked this."""

    allocation: str


@dataclass
class NotTheAllocator(Refused):
    """Who decides which stock serves an order is decided when it is placed."""

    number: str
    role: str
    allocator: str


@dataclass
class AllocationAnswered(Refused):
    """The question was answered otherwise before, and that is what inventory was asked to bind."""

    allocation: str


@dataclass
class AllocatedAboveOrder(Refused):
    """More of a line than was asked for: whose the rest is cannot be told."""

    line_number: str
    wanted: str
    said: str


@dataclass
class PlaceMayNotServe(Refused):
    """The order names the places that may serve it."""

    number: str
    location_id: str


@dataclass
class CheckDecided(Refused):
    """The check stands otherwise: another answer to what is decided, or a hold that is none."""

    check: str
    state: str


@dataclass
class PriceDiffers(Refused):
    """The channel showed another price than the authority, and is not trusted with it."""

    line_number: str
    shown: str
    authority: str


@dataclass
class CustomerClosed(Refused):
    """Master data says that nothing is sold to this customer any more."""

    customer_id: str


@dataclass
class OrderWithoutLines(Refused):
    number: str


@dataclass
class TooManyLines(Refused):
    number: str
    lines: int
    most: int


@dataclass
class LinesMissing(Refused):
    """The order has not as many lines as its channel counted."""

    number: str
    counted: int
    found: int


@dataclass
class LineUnknown(NotFound):
    number: str
    line_number: str


@dataclass
class LineIsAnother(Refused):
    """A change says of a line that there is what cannot be changed of it: its item, its unit or its price."""

    line_number: str
    what: str


@dataclass
class NothingChanges(Refused):
    """A change that names no line and no day."""

    number: str


@dataclass
class OrderAlreadyShipped(Refused):
    """Something of it has left: it can come back as a return, and cannot be cancelled."""

    number: str
    what: str


@dataclass
class OrderOutdated(Conflict):
    """The order changed since the state that the change was decided on."""

    etag: str
    current: str


@dataclass
class ReportNumberReused(Refused):
    """The warehouse sent the number again with other content: a corrupted repeat or another report, which cannot be
    told."""

    location_id: str
    number: str


@dataclass
class LocationUnknown(Refused):
    """Cured by master data."""

    location_id: str


@dataclass
class LocationOfAnotherSystem(Refused):
    """A warehouse's system reports for its own places only."""

    location_id: str
    system: str
    owner: str


@dataclass
class ReturnUnknown(NotFound):
    wanted: str


@dataclass
class ReturnAmbiguous(Refused):
    """Several orders have a return of this number; the id must be named."""

    number: str


@dataclass
class ReturnNumberReused(Refused):
    """The order has a return of this number for something else."""

    number: str


@dataclass
class NotDelivered(Refused):
    """Only what was delivered, and is under no other return, can come back."""

    number: str
    line_number: str
    missing: str


@dataclass
class PostingUnknown(NotFound):
    posting_id: str


@dataclass
class PostingNotDue(Refused):
    """Something that it follows is not in the ERP's books: asked for now, it would come out of sequence."""

    posting_id: str


@dataclass
class NothingLeftToCredit(Refused):
    """All of the invoice is credited by other notes."""

    posting_id: str


@dataclass
class PostedUnderAnotherNumber(Refused):
    """The ERP has posted it and says now something else: a second document, or a mix-up, which cannot be told."""

    posting_id: str
    number: str
    said: str


@dataclass
class TotalsMissing(Invalid):
    """An invoice or a credit note is posted with net, tax and gross."""

    posting_id: str


@dataclass
class InvoiceNotPosted(Refused):
    """Only what the ERP has posted as an invoice can be credited."""

    posting_id: str
    state: str


@dataclass
class CurrencyOfAnotherInvoice(Refused):
    invoice: str
    currency: str
    invoice_currency: str


@dataclass
class PaymentNothing(Invalid):
    """A payment of zero says nothing."""

    number: str


@dataclass
class PaymentNumberReused(Refused):
    """The ERP's payment of this number cleared another amount of the invoice."""

    number: str
    invoice: str
    amount: str
    said: str


@dataclass
class MoreTakenBackThanPaid(Refused):
    """What is taken back was not paid, or the report of the payment is still on its way."""

    invoice: str
    paid: str
    taken_back: str


@dataclass
class CreditNotPositive(Invalid):
    amount: str


@dataclass
class CreditAboveInvoice(Refused):
    """All credit notes of an invoice together never exceed it."""

    invoice: str
    gross: str
    credited: str
    wanted: str


@dataclass
class CreditNumberReused(Refused):
    """The order has a credit request of this number for something else."""

    number: str
