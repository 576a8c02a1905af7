"""What a supplier asks to be paid for, and what our own records say of it, line by line.

The match is ours and comes before the ERP's: it says what stands in the way of paying, and who has to look at it. It is
made again whenever goods arrive or an order changes, until every line has passed; a line that has passed stays so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from procurement.domain import events
from procurement.domain import invoice_lifecycle as lifecycle
from procurement.domain.concerns import Concern
from procurement.domain.fingerprints import fingerprint, unordered
from procurement.domain.quantities import ZERO, Quantity
from procurement.domain.terms import Price


class MatchOutcome(Enum):
    """Of a line; where several hold, the first of them in this order."""

    UNKNOWN_ORDER = "unknown_order"
    CURRENCY_MISMATCH = "currency_mismatch"
    UNIT_MISMATCH = "unit_mismatch"
    DATE_VARIANCE = "date_variance"
    NO_RECEIPT = "no_receipt"
    CERTIFICATE_MISSING = "certificate_missing"
    QUANTITY_VARIANCE = "quantity_variance"
    CREDIT_ABOVE_INVOICED = "credit_above_invoiced"
    PRICE_VARIANCE = "price_variance"
    CHARGE_VARIANCE = "charge_variance"
    CREDITED = "credited"
    WITHIN_TOLERANCE = "within_tolerance"
    MATCHED = "matched"
    ACCEPTED = "accepted"


PASSED = frozenset(
    {
        MatchOutcome.MATCHED,
        MatchOutcome.WITHIN_TOLERANCE,
        MatchOutcome.ACCEPTED,
        MatchOutcome.CREDITED,
    }
)


InvoiceState = lifecycle.State


MOST_DOCUMENTS = 20
"""That ask for one invoice and are told of; who goes on asking has been heard."""

CLOSED = frozenset({InvoiceState.READY, InvoiceState.REJECTED})
"""Nothing of it is matched any more."""


@dataclass(frozen=True, slots=True)
class MatchDecision:
    """Whose word it is, as the caller was authenticated."""

    by: str
    reason: str
    at: datetime


class VerdictKind(Enum):
    RELEASED = "released"
    BLOCKED = "blocked"
    REFUSED = "refused"
    PAID = "paid"


PAYS = frozenset({VerdictKind.RELEASED, VerdictKind.PAID})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an ERP says of its business unit's part; `number` is what it calls its own booking."""

    kind: VerdictKind
    system: str
    at: datetime
    reason: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class ChargeTerms:
    """In the invoice's currency; an allowance is less than nothing."""

    amount: Decimal
    code: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLineTerms:
    """As the supplier writes it, naming order and line as far as it knows them."""

    quantity: Quantity
    price: Price
    purchase_order_id: str = ""
    purchase_order_number: str = ""
    line_number: str = ""
    sku: str = ""
    supplier_item: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceTerms:
    """`total` as the supplier states it, with charges and tax; tax and the sum are matched nowhere. A credit memo
    states what it gives back, and in `credits` the number of the invoice that it is for, if it says one."""

    supplier_id: str
    number: str
    invoiced_on: date
    total: Decimal
    currency: str
    lines: tuple[InvoiceLineTerms, ...]
    charges: tuple[ChargeTerms, ...] = ()
    credit: bool = False
    credits: str = ""

    @property
    def fingerprint(self) -> str:
        given = (self.credits,) if self.credit else ()
        return fingerprint(*self.identity, unordered(self.lines), unordered(self.charges), *given)

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes two invoices the same one, however the number is written: INV-0042 is inv 42. A credit memo may
        have the number of its invoice."""
        return (
            self.supplier_id,
            normalised(self.number),
            self.invoiced_on.isoformat(),
            format(self.total.normalize(), "f"),
            self.currency,
            *(("credit",) if self.credit else ()),
        )


def normalised(number: str) -> str:
    """Its letters and its digits, in capitals, without what stands between them and without leading zeros."""
    words = re.findall(r"[^\W\d_]+|\d+", number.upper())
    return "-".join(each.lstrip("0") or "0" if each.isdecimal() else each for each in words)


@dataclass(frozen=True, slots=True)
class Variance:
    """What the invoice says and what ours say, in words that stand in the exception; the amounts are plain numbers."""

    outcome: MatchOutcome
    text: str
    rule: str = ""


@dataclass(slots=True, kw_only=True)
class InvoiceLine:
    """`base` is in the item's base unit, nothing while order or unit are not known. Of an invoice `credited` is what
    credit memos took off before it passed; of a credit memo, what it took off so."""

    line_id: str
    terms: InvoiceLineTerms
    purchase_order_id: str = ""
    purchase_order_number: str = ""
    business_unit: str = ""
    order_line_id: str = ""
    line_number: str = ""
    sku: str = ""
    base: Decimal = ZERO
    base_unit: str = ""
    credited: Decimal = ZERO
    outcome: MatchOutcome = MatchOutcome.UNKNOWN_ORDER
    variances: tuple[Variance, ...] = ()
    decision: MatchDecision | None = None

    @property
    def passed(self) -> bool:
        return self.outcome in PASSED

    @property
    def due(self) -> Decimal:
        """What is left of it to count."""
        return self.base - self.credited


@dataclass(slots=True, kw_only=True)
class InvoiceCharges:
    """Of an invoice that asks for any; without an outcome while an order of its lines is not known."""

    outcome: MatchOutcome | None = None
    variances: tuple[Variance, ...] = ()
    decision: MatchDecision | None = None

    @property
    def passed(self) -> bool:
        return self.outcome in PASSED


@dataclass(slots=True, kw_only=True, eq=False)
class SupplierInvoice:
    """`changed` where somebody else's document changed it since it was matched. `documents` asked for it, by system and
    name, the first of them first."""

    invoice_id: str
    business_unit: str
    terms: InvoiceTerms
    recorded_at: datetime
    lines: list[InvoiceLine] = field(default_factory=list)
    charges: InvoiceCharges = field(default_factory=InvoiceCharges)
    rejection: MatchDecision | None = None
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    documents: list[tuple[str, str]] = field(default_factory=list)
    content: str = ""
    changed: bool = False
    version: int = 0
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.terms.number

    def ask_again(self, system: str, document: str) -> bool:
        """Whether that is another document than those that asked before, which is told: the same one again, or one
        that nobody can tell from another, says nothing new."""
        known = not document or (system, document) in self.documents
        if known or not 0 < len(self.documents) < MOST_DOCUMENTS:
            return False
        self.documents.append((system, document))
        self.events.append(events.SupplierInvoiceRepeated(self, system, document))
        return True

    @property
    def state(self) -> InvoiceState:
        return self._state_of(self.lines, with_charges=True) if self.lines else InvoiceState.BLOCKED

    @property
    def parts(self) -> dict[str, InvoiceState]:
        """How far each business unit may pay what it ordered; with the first is what nobody ordered, as the charges."""
        by_unit: dict[str, list[InvoiceLine]] = {self.business_unit: []}
        for line in self.lines:
            by_unit.setdefault(line.business_unit or self.business_unit, []).append(line)
        first = self.business_unit
        return {unit: self._state_of(lines, with_charges=unit == first) for unit, lines in by_unit.items()}

    def _state_of(self, lines: Iterable[InvoiceLine], *, with_charges: bool) -> InvoiceState:
        if self.rejection is not None:
            return InvoiceState.REJECTED
        open_outcomes = {each.outcome for each in lines if not each.passed}
        if with_charges and self.charges.outcome is not None and not self.charges.passed:
            open_outcomes.add(self.charges.outcome)
        if not open_outcomes:
            return InvoiceState.READY
        waits = open_outcomes == {MatchOutcome.NO_RECEIPT}
        return InvoiceState.AWAITING_RECEIPT if waits else InvoiceState.BLOCKED

    @property
    def purchase_order_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.purchase_order_id for each in self.lines if each.purchase_order_id))

    @property
    def root_id(self) -> str:
        """The transaction of an invoice that names no order that we know is its own."""
        return "" if self.purchase_order_ids else self.invoice_id

    @property
    def transaction_ids(self) -> tuple[str, ...]:
        return self.purchase_order_ids or (self.invoice_id,)

    @property
    def keys(self) -> tuple[str, ...]:
        orders = dict.fromkeys(f"po:{each.purchase_order_number}" for each in self.lines if each.purchase_order_number)
        skus = dict.fromkeys(f"sku:{each.sku}" for each in self.lines if each.sku)
        return (f"invoice:{self.number}", *orders, *skus)


@contextmanager
def led(by: str, *invoices: SupplierInvoice | None) -> Iterator[None]:
    """What happens inside leads none of them where `by` may not lead it. Raises TransitionUnknown,
    TransitionNotOwned."""
    before = [(each, each.state) for each in invoices if each is not None]
    yield
    for each, stood in before:
        lifecycle.step(stood, each.state, by)
