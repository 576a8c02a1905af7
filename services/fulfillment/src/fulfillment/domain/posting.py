"""What the ERP is to put into its books of an order, in their sequence: the order, its changes, what was shipped,
invoice, credit.

A posting names those that it follows; it is asked for when all of them are posted, whatever order they arise in. Its id
is made of what it is of, so that it exists once. Numbers, tax and totals are the ERP's, or of books of our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum

from fulfillment.domain import billing_lifecycle, posting_lifecycle
from fulfillment.domain.billing_lifecycle import State as Billing
from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.posting_lifecycle import CROSSDOCK, ERP, FINANCE, State
from fulfillment.domain.quantities import ZERO, Quantity
from fulfillment.domain.refusals import (
    CreditAboveInvoice,
    CreditNotPositive,
    CurrencyOfAnotherInvoice,
    InvoiceNotPosted,
    MoreTakenBackThanPaid,
    PostedUnderAnotherNumber,
    TotalsMissing,
)
from fulfillment.domain.settling import Payment, Settlement
from fulfillment.domain.terms import Charge, Price

POSTING_REFUSED, TOTALS_DOUBTFUL = "POSTING_REFUSED", "POSTED_TOTALS_DOUBTFUL"
CREDITED_ABOVE_INVOICE, NOTHING_LEFT_TO_CREDIT = "CREDITED_ABOVE_INVOICE", "NOTHING_LEFT_TO_CREDIT"
PAID_ABOVE_INVOICE = "PAID_ABOVE_INVOICE"


class Kind(Enum):
    """In the sequence in which they come."""

    ORDER = "order"
    CHANGE = "change"
    PURCHASE = "purchase"
    SHIPMENT = "shipment"
    INVOICE = "invoice"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What a document comes to, as the ERP says."""

    net: Money
    tax: Money
    gross: Money

    @property
    def agree(self) -> bool:
        currencies = {self.net.currency, self.tax.currency, self.gross.currency}
        return len(currencies) == 1 and self.net.amount + self.tax.amount == self.gross.amount


@dataclass(frozen=True, slots=True)
class PostingLine:
    line_number: str
    sku: str
    quantity: Quantity
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """What the ERP answers: a number, with totals where it is about money, or why not."""

    system: str
    number: str = ""
    at: datetime | None = None
    totals: Totals | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the customer's terms waited for: `reference` of the issue, the supplier's notice or the proof."""

    basis: str
    reference: str
    at: datetime | None = None


class Fact(Enum):
    """What a posting announces; the wire says it with the posting as it stands."""

    REQUESTED = "requested"
    POSTED = "posted"
    REFUSED = "refused"
    SETTLED = "settled"
    """More or less of an invoice is settled than before."""


@dataclass(slots=True, eq=False)
class Posting:
    """`wanted` is what a credit note is to come to; `credited` what all credit notes of an invoice come to that are not
    refused, `noted` what those come to that are posted; `paid` what was paid of it. `reason` is the ERP's for refusing
    it, `cause` ours for wanting it. `supplier_id` is who ships straight to the customer. `charges` are what is paid
    besides its lines."""

    posting_id: str
    order_id: str
    kind: Kind
    reference: str
    lines: tuple[PostingLine, ...] = ()
    follows: tuple[str, ...] = ()
    shipment_id: str = ""
    state: State = State.WAITING
    attempt: int = 0
    number: str = ""
    system: str = ""
    posted_at: datetime | None = None
    totals: Totals | None = None
    reason: str = ""
    cause: str = ""
    return_id: str = ""
    supplier_id: str = ""
    charges: tuple[Charge, ...] = ()
    returned: tuple[PostingLine, ...] = ()
    """What of a shipment came back undelivered before it was invoiced."""
    wanted: Money | None = None
    credited: Decimal = ZERO
    noted: Decimal = ZERO
    paid: Decimal = ZERO
    billing: Billing | None = None
    evidence: Evidence | None = None
    event_version: int = 0
    created_at: datetime | None = None
    facts: list[Fact] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    cleared_by: list[Payment] = field(default_factory=list)
    """Payments of this work, which its facts are found by."""
    watched: tuple[str, str] = ("", "")
    """Its own state and its billing's, whose deadlines are running."""

    @property
    def subject(self) -> str:
        return f"posting/{self.posting_id}"

    def request(self) -> None:
        """The ERP is asked; again, where somebody wants that."""
        self.state = posting_lifecycle.moved(self.state, "request", CROSSDOCK)
        self.attempt += 1
        self.reason, self.watched = "", ("", self.watched[1])
        self.facts.append(Fact.REQUESTED)
        self.settled.append(identity(POSTING_REFUSED, self.subject))
        if self.kind is Kind.CREDIT:
            self.settled.append(identity(NOTHING_LEFT_TO_CREDIT, self.subject))

    def answer(self, said: Posted, currency: str) -> bool:
        """Whether it is new. Raises PostedUnderAnotherNumber, TotalsMissing, TransitionUnknown."""
        if self.state is State.POSTED:
            if (said.refusal, said.number) != ("", self.number):
                raise PostedUnderAnotherNumber(self.posting_id, self.number, said.number or said.refusal)
            return False
        if said.refusal:
            return self._refused(said)
        if said.totals is None and self.kind in (Kind.INVOICE, Kind.CREDIT):
            raise TotalsMissing(self.posting_id)
        self.state = posting_lifecycle.moved(self.state, "post", ERP)
        self._post(said, currency)
        return True

    def book(self, said: Posted, currency: str) -> None:
        """In books of our own, which answer at once. Raises TransitionUnknown."""
        self.attempt += 1
        if said.refusal:
            self.state = posting_lifecycle.moved(self.state, "reject", CROSSDOCK)
            self._refuse(said)
            return
        self.state = posting_lifecycle.moved(self.state, "book", CROSSDOCK)
        self._post(said, currency)

    def _post(self, said: Posted, currency: str) -> None:
        self.system, self.number, self.posted_at, self.totals = said.system, said.number, said.at, said.totals
        self.reason = ""
        self.facts.append(Fact.POSTED)
        self.settled.append(identity(POSTING_REFUSED, self.subject))
        if said.totals is not None:
            self._look_at(said.totals, currency)
        if said.totals is not None and self.noted > ZERO:
            self._weigh(said.totals)
        self._look_at_credits()

    def _refused(self, said: Posted) -> bool:
        if self.state is State.REFUSED and self.reason == said.refusal:
            return False
        if self.state is not State.REFUSED:
            self.state = posting_lifecycle.moved(self.state, "refuse", ERP)
        self._refuse(said)
        return True

    def _refuse(self, said: Posted) -> None:
        self.system, self.reason = said.system, said.refusal
        self.facts.append(Fact.REFUSED)
        self._raise(POSTING_REFUSED, f"{said.system} does not post {self.kind.value} {self.reference}: {said.refusal}")

    def _look_at(self, totals: Totals, currency: str) -> None:
        """It is booked as the ERP says; what is strange about it somebody has to look at."""
        wanted = self.wanted
        if totals.gross.currency != currency:
            why = f"is in {totals.gross.currency}, its order in {currency}"
        elif not totals.agree:
            why = f"net {totals.net.amount} and tax {totals.tax.amount} are not gross {totals.gross.amount}"
        elif wanted is not None and totals.gross.amount > wanted.amount:
            why = f"comes to {totals.gross.amount}, and {wanted.amount} was asked for"
        else:
            return
        self._raise(TOTALS_DOUBTFUL, f"{self.kind.value} {self.number} of {self.system} {why}")

    def _raise(self, code: str, summary: str) -> None:
        self.concerns.append(
            Concern(
                code=code,
                owner=FINANCE,
                subject=self.subject,
                summary=summary[:500],
                transaction_ids=(self.order_id,),
                keys=(f"posting:{self.posting_id}",),
            )
        )

    # --- money

    def bill(self, evidence: Evidence | None = None) -> Posting | None:
        """The invoice of what was shipped, once the customer's terms allow it, by what does; None if it is billed
        already."""
        if self.billing is not Billing.NOT_BILLABLE:
            return None
        self.billing = billing_lifecycle.moved(self.billing, "trigger", CROSSDOCK)
        key = self.posting_id.rpartition(".")[2]
        made = posting(self.order_id, Kind.INVOICE, key, self.due_lines, follows=(self.posting_id,))
        made.reference, made.shipment_id, made.supplier_id = self.reference, self.shipment_id, self.supplier_id
        made.evidence = evidence
        return made

    @property
    def due_lines(self) -> tuple[PostingLine, ...]:
        """Of a shipment, what its invoice is for."""
        back: dict[str, Decimal] = {}
        for each in self.returned:
            back[each.line_number] = back.get(each.line_number, ZERO) + each.quantity.value
        left = [(each, each.quantity.value - back.get(each.line_number, ZERO)) for each in self.lines]
        return tuple(_of(each, quantity) for each, quantity in left if quantity > ZERO)

    def turn_back(self, wanted: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """So much of each line came back undelivered: what is not invoiced yet never will be. How much that is."""
        if self.billing is not Billing.NOT_BILLABLE:
            return {}
        some = [_of(each, min(each.quantity.value, wanted.get(each.line_number, ZERO))) for each in self.due_lines]
        taken = [each for each in some if each.quantity.value > ZERO]
        self.returned = (*self.returned, *taken)
        if not self.due_lines:
            self.billing = billing_lifecycle.moved(self.billing, "turn_back", CROSSDOCK)
        return {each.line_number: each.quantity.value for each in taken}

    def invoiced(self, by: str = ERP) -> None:
        """Its invoice is posted by the ERP, or booked by CROSSDOCK."""
        if self.billing is Billing.BILLABLE:
            self.billing = billing_lifecycle.moved(self.billing, "invoice" if by == ERP else "book", by)

    def credit(self, number: str, amount: Money) -> Posting:
        """A credit note for some of this invoice. Raises what `grant` raises."""
        self.grant(amount)
        made = posting(self.order_id, Kind.CREDIT, number, self.lines, follows=(self.posting_id,))
        made.shipment_id, made.wanted = self.shipment_id, amount
        return made

    def grant(self, amount: Money) -> None:
        """So much of this invoice is credited. Raises InvoiceNotPosted, CurrencyOfAnotherInvoice, CreditNotPositive,
        CreditAboveInvoice."""
        if self.kind is not Kind.INVOICE or self.state is not State.POSTED or self.totals is None:
            raise InvoiceNotPosted(self.posting_id, self.state.value)
        gross = self.totals.gross
        if amount.currency != gross.currency:
            raise CurrencyOfAnotherInvoice(self.number, amount.currency, gross.currency)
        if amount.amount <= ZERO:
            raise CreditNotPositive(str(amount.amount))
        if self.credited + amount.amount > gross.amount:
            raise CreditAboveInvoice(self.number, str(gross.amount), str(self.credited), str(amount.amount))
        self.credited += amount.amount

    def hear(self, credit: Posting, before: State) -> None:
        """A refused credit note is none, and one that was booked counts, whatever was said of it before, and though the
        invoice itself is not posted yet."""
        counted, counts = before is not State.REFUSED, credit.state is not State.REFUSED
        if credit.wanted is not None and counted is not counts:
            self.credited += credit.wanted.amount if counts else -credit.wanted.amount
        elif credit.wanted is None and credit.totals is not None:
            self.credited += credit.totals.gross.amount
        if credit.state is State.POSTED and credit.totals is not None:
            self.noted += credit.totals.gross.amount
            if self.totals is not None:
                self._weigh(self.totals)
        self._look_at_credits()

    def _look_at_credits(self) -> None:
        if self.totals is not None and self.credited > self.totals.gross.amount:
            why = f"{self.credited} of invoice {self.number} is credited, and it comes to {self.totals.gross.amount}"
            self._raise(CREDITED_ABOVE_INVOICE, why)

    @property
    def settlement(self) -> Settlement | None:
        """Of an invoice that the ERP has posted."""
        if self.kind is not Kind.INVOICE or self.totals is None:
            return None
        return Settlement(self.totals.gross.amount, self.paid, self.noted)

    def takes(self, payment: Payment) -> bool:
        """Whether `pay` would book it."""
        if self.kind is not Kind.INVOICE or self.state is not State.POSTED or self.totals is None:
            return False
        return payment.currency == self.totals.gross.currency and self.paid + payment.amount >= ZERO

    def pay(self, payment: Payment) -> None:
        """Books what was paid of this invoice, or taken back; what is above it somebody has to look at. Raises
        InvoiceNotPosted, CurrencyOfAnotherInvoice, MoreTakenBackThanPaid."""
        if self.kind is not Kind.INVOICE or self.state is not State.POSTED or self.totals is None:
            raise InvoiceNotPosted(self.posting_id, self.state.value)
        if payment.currency != self.totals.gross.currency:
            raise CurrencyOfAnotherInvoice(self.number, payment.currency, self.totals.gross.currency)
        if self.paid + payment.amount < ZERO:
            raise MoreTakenBackThanPaid(self.number, str(self.paid), str(payment.amount))
        self.paid += payment.amount
        self.cleared_by.append(payment)
        self._weigh(self.totals)

    def _weigh(self, totals: Totals) -> None:
        self.facts.append(Fact.SETTLED)
        found = Settlement(totals.gross.amount, self.paid, self.noted)
        if not found.overpaid:
            self.settled.append(identity(PAID_ABOVE_INVOICE, self.subject))
            return
        sums = f"{found.paid} paid and {found.credited} credited of {found.gross} {totals.gross.currency}"
        self._raise(PAID_ABOVE_INVOICE, f"invoice {self.number} of {self.system}: {sums}, {found.overpaid} too much")

    def exhausted(self) -> None:
        """There is nothing left of its invoice that could be credited: somebody decides what is to become of it."""
        self._raise(NOTHING_LEFT_TO_CREDIT, f"credit note {self.reference}: its invoice is credited already")


def _of(line: PostingLine, quantity: Decimal) -> PostingLine:
    return replace(line, quantity=Quantity(quantity, line.quantity.unit))


def posting(
    order_id: str, kind: Kind, key: str, lines: Iterable[PostingLine] = (), *, follows: Iterable[str] = ()
) -> Posting:
    """`key` tells it from the others of its kind; people are shown `reference`, which is the same unless it is set."""
    return Posting(posting_id(order_id, kind, key), order_id, kind, key, tuple(lines), tuple(follows))


def posting_id(order_id: str, kind: Kind, key: str) -> str:
    return f"{order_id}.{kind.value}.{key}"


def order_of(posting_id: str) -> str:
    """The order that a posting is of; empty where that is no id of a posting."""
    order_id, dot, _ = posting_id.partition(".")
    return order_id if dot else ""


def due(waiting: Iterable[Posting], posted: Mapping[str, object] | frozenset[str]) -> list[Posting]:
    """Those that follow nothing that is not posted, in their sequence."""
    kinds = list(Kind)
    free = [each for each in waiting if each.state is State.WAITING and all(one in posted for one in each.follows)]
    return sorted(free, key=lambda each: (kinds.index(each.kind), each.posting_id))
