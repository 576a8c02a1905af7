"""The three-way match: an invoice's lines against the order in force and what was received, in exact numbers.

Quantities are cumulative: what was received less what earlier invoices have passed for. Prices are compared for one
base unit, so that invoice and order may state them for different units. What goes beyond a tolerance is a variance with
an owner; so is each thing that keeps a line from being compared at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from procurement.domain import events
from procurement.domain.announcing import UNPLACED, OrderBook
from procurement.domain.credit_memos import count_credit, credit_variances
from procurement.domain.invoice_charges import match_charges
from procurement.domain.invoice_concerns import concerns_of
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO, Item
from procurement.domain.refusals import UnitNotConvertible
from procurement.domain.roles import CROSSDOCK
from procurement.domain.supplier_invoice import (
    InvoiceLine,
    InvoiceState,
    MatchOutcome,
    SupplierInvoice,
    Variance,
    led,
)
from procurement.domain.tolerances import InvoiceTolerances
from procurement.domain.unit_prices import agreed_price, per_base_unit, priced


@dataclass(frozen=True, slots=True)
class Records:
    """What an invoice is held against; `today` decides whether it is dated in the future. `held` says of order lines,
    by id, which certificates their goods lack; `by_category` are the tolerances of items by business unit and category,
    `tolerances` those of all the rest; `credited` is the invoice that a credit memo names, if it is known."""

    book: OrderBook
    items: Mapping[str, Item]
    tolerances: InvoiceTolerances
    today: date
    held: Mapping[str, str] = field(default_factory=dict)
    by_category: Mapping[tuple[str, str], InvoiceTolerances] = field(default_factory=dict)
    credited: SupplierInvoice | None = None

    def tolerances_of(self, business_unit: str, item: Item) -> InvoiceTolerances:
        return self.by_category.get((business_unit, item.category), self.tolerances)


def match(invoice: SupplierInvoice, records: Records) -> None:
    """Matches each line that has not passed yet; what passes counts as invoiced on its order line. Says so once more
    only where something has changed."""
    if invoice.state is InvoiceState.REJECTED:
        return
    before = _said(invoice)
    raised = {each.identity for each in concerns_of(invoice)}
    if not invoice.lines:
        invoice.lines = [
            InvoiceLine(line_id=str(number), terms=terms, purchase_order_number=terms.purchase_order_number)
            for number, terms in enumerate(invoice.terms.lines, 1)
        ]
    with led(CROSSDOCK, invoice):
        for line in invoice.lines:
            if not line.passed and line.purchase_order_id in {"", *records.book.by_id}:
                _match_line(invoice, line, records)
        match_charges(invoice, records.tolerances)
    if before == _said(invoice) and not invoice.changed:
        return
    invoice.changed = False
    invoice.content = invoice.content or invoice.terms.fingerprint
    standing = concerns_of(invoice)
    gone = raised - {each.identity for each in standing}
    invoice.settled += sorted(gone)
    # What was raised in the same work is not raised at all.
    invoice.concerns[:] = [each for each in invoice.concerns if each.identity not in gone]
    invoice.concerns += [each for each in standing if each.identity not in raised]
    invoice.events.append(events.SupplierInvoiceMatched(invoice))


def _said(invoice: SupplierInvoice) -> list[object]:
    charges = invoice.charges
    return [(charges.outcome, charges.variances), *((each.outcome, each.variances) for each in invoice.lines)]


def _match_line(invoice: SupplierInvoice, line: InvoiceLine, records: Records) -> None:
    try:
        order, ordered = _place(invoice, line, records)
        item = records.items[ordered.sku]
        line.base, line.base_unit = item.to_base(line.terms.quantity), item.base_unit
    except UNPLACED as reason:
        line.variances = (Variance(MatchOutcome.UNKNOWN_ORDER, str(reason)),)
    except (KeyError, UnitNotConvertible):
        unit = line.terms.quantity.unit
        line.variances = (Variance(MatchOutcome.UNIT_MISMATCH, f"{line.sku} is not sold by {unit}"),)
    else:
        found = sorted(_variances(invoice, order, (line, ordered, item), records), key=_rank)
        line.variances = tuple(found)
    line.outcome = line.variances[0].outcome if line.variances else MatchOutcome.MATCHED
    if line.passed and invoice.terms.credit:
        count_credit(line, ordered, records.credited)
    elif line.passed:
        ordered.invoiced += line.due


def _place(invoice: SupplierInvoice, line: InvoiceLine, records: Records) -> tuple[PurchaseOrder, OrderLine]:
    terms = line.terms
    order = records.book.find(terms.purchase_order_id, terms.purchase_order_number, invoice.terms.supplier_id)
    ordered = order.line(terms.line_number, terms.sku, terms.supplier_item)
    line.purchase_order_id, line.purchase_order_number = order.purchase_order_id, order.number
    line.business_unit = order.business_unit
    line.order_line_id, line.line_number, line.sku = ordered.line_id, ordered.line_number, ordered.sku
    return order, ordered


def _rank(variance: Variance) -> int:
    return list(MatchOutcome).index(variance.outcome)


Placed = tuple[InvoiceLine, OrderLine, Item]


def _variances(invoice: SupplierInvoice, order: PurchaseOrder, placed: Placed, records: Records) -> Iterator[Variance]:
    line, ordered, item = placed
    tolerances = records.tolerances_of(order.business_unit, item)
    if line.base > ZERO >= line.due and not invoice.terms.credit:
        yield Variance(MatchOutcome.CREDITED, "all of it was credited")
        return
    day = invoice.terms.invoiced_on
    if day < order.ordered_on or day > records.today:
        placed_on = f"the order was placed on {order.ordered_on}, today is {records.today}"
        yield Variance(MatchOutcome.DATE_VARIANCE, f"the invoice is dated {day}; {placed_on}")
    if invoice.terms.credit:
        yield from credit_variances(placed, records.credited, tolerances)
        return
    if ordered.line_id in records.held:
        said = f"goods that were received lack {records.held[ordered.line_id]}"
        yield Variance(MatchOutcome.CERTIFICATE_MISSING, said)
    yield from _quantity(line, ordered, tolerances)
    yield from _price(placed, item, tolerances)


def _quantity(line: InvoiceLine, ordered: OrderLine, tolerances: InvoiceTolerances) -> Iterator[Variance]:
    left = ordered.delivered - ordered.invoiced
    beyond = line.due - left
    if ordered.delivered == ZERO:
        yield Variance(MatchOutcome.NO_RECEIPT, "nothing has been received")
    elif beyond > ZERO:
        within = beyond * 100 <= ordered.delivered * tolerances.quantity_percent
        outcome = MatchOutcome.WITHIN_TOLERANCE if within else MatchOutcome.QUANTITY_VARIANCE
        said = f"{line.due} {line.base_unit} are invoiced, of {ordered.delivered} received {left} are left to invoice"
        yield Variance(outcome, said, tolerances.rule)


def _price(placed: Placed, item: Item, tolerances: InvoiceTolerances) -> Iterator[Variance]:
    line, ordered, _ = placed
    theirs, ours = line.terms.price, ordered.price
    if ours is None:
        yield Variance(MatchOutcome.PRICE_VARIANCE, "the order states no price")
        return
    if theirs.currency != ours.currency:
        said = f"invoiced in {theirs.currency}, ordered in {ours.currency}"
        yield Variance(MatchOutcome.CURRENCY_MISMATCH, said)
        return
    try:
        asked = per_base_unit(theirs, line.terms.quantity.unit, item)
        agreed = agreed_price(ours, ordered, item)
    except UnitNotConvertible:
        yield Variance(MatchOutcome.UNIT_MISMATCH, f"the price is for {theirs.unit}, which {item.sku} is not sold by")
        return
    if asked != agreed:
        within = tolerances.allow(asked - agreed, agreed, Fraction(line.due))
        outcome = MatchOutcome.WITHIN_TOLERANCE if within else MatchOutcome.PRICE_VARIANCE
        said = f"invoiced at {priced(theirs, line.terms.quantity.unit)}, ordered at "
        yield Variance(outcome, said + priced(ours, ordered.quantity.unit), tolerances.rule)
