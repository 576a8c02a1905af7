"""What a credit memo takes back: first from the invoice that it names, as far as that has not passed, then from what
has been invoiced of the order line. More than that is not ours to take.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from procurement.domain.order_line import OrderLine
from procurement.domain.quantities import ZERO, Item, plain
from procurement.domain.refusals import UnitNotConvertible
from procurement.domain.supplier_invoice import CLOSED, InvoiceLine, MatchOutcome, SupplierInvoice, Variance
from procurement.domain.terms import Price
from procurement.domain.tolerances import InvoiceTolerances
from procurement.domain.unit_prices import agreed_price, per_base_unit, priced

Placed = tuple[InvoiceLine, OrderLine, Item]


def credit_variances(
    placed: Placed, credited: SupplierInvoice | None, tolerances: InvoiceTolerances
) -> Iterator[Variance]:
    """More than was invoiced, or at less than it was invoiced for. What is given back above that is no loss of ours."""
    line, ordered, _ = placed
    there = ordered.invoiced + sum((each.due for each in _open(credited, ordered.line_id)), ZERO)
    if line.base > there:
        said = f"{plain(line.base):f} {line.base_unit} are credited, {plain(there):f} were invoiced"
        yield Variance(MatchOutcome.CREDIT_ABOVE_INVOICED, said)
    yield from _price(placed, _invoiced_at(credited, ordered), tolerances)


def count_credit(line: InvoiceLine, ordered: OrderLine, credited: SupplierInvoice | None) -> None:
    """A credit memo's line has passed."""
    for each in _open(credited, ordered.line_id):
        taken = min(each.due, line.due)
        each.credited += taken
        line.credited += taken
        if credited is not None and taken > ZERO:
            credited.changed = True
    ordered.invoiced = max(ZERO, ordered.invoiced - line.due)


def take_back(line: InvoiceLine, ordered: OrderLine, credited: SupplierInvoice | None) -> None:
    """As if the credit memo's line had not passed: what it took off is invoiced again."""
    left = line.credited
    for each in credited.lines if credited else ():
        if each.order_line_id == ordered.line_id and (not each.passed or each.outcome is MatchOutcome.CREDITED):
            given = min(each.credited, left)
            each.credited -= given
            left -= given
            if credited is not None and given > ZERO:
                each.outcome, credited.changed = MatchOutcome.QUANTITY_VARIANCE, True
    ordered.invoiced += line.due + left
    line.credited = ZERO


def _open(credited: SupplierInvoice | None, order_line_id: str) -> list[InvoiceLine]:
    if credited is None or credited.state in CLOSED:
        return []
    return [each for each in credited.lines if each.order_line_id == order_line_id and not each.passed]


def _invoiced_at(credited: SupplierInvoice | None, ordered: OrderLine) -> tuple[Price | None, str]:
    """The invoice's price and unit of the order line; the order's where the invoice is not known."""
    for each in credited.lines if credited else ():
        if each.order_line_id == ordered.line_id:
            return each.terms.price, each.terms.quantity.unit
    return ordered.price, ""


def _price(placed: Placed, invoiced: tuple[Price | None, str], tolerances: InvoiceTolerances) -> Iterator[Variance]:
    (line, ordered, item), (ours, unit) = placed, invoiced
    theirs = line.terms.price
    if ours is None:
        yield Variance(MatchOutcome.PRICE_VARIANCE, "the order states no price")
    elif theirs.currency != ours.currency:
        said = f"credited in {theirs.currency}, invoiced in {ours.currency}"
        yield Variance(MatchOutcome.CURRENCY_MISMATCH, said)
    else:
        try:
            given = per_base_unit(theirs, line.terms.quantity.unit, item)
            asked = per_base_unit(ours, unit, item) if unit else agreed_price(ours, ordered, item)
        except UnitNotConvertible:
            said = f"a price is for a unit that {item.sku} is not sold by"
            yield Variance(MatchOutcome.UNIT_MISMATCH, said)
            return
        yield from _lower(line, (given, asked), (ours, unit or ordered.quantity.unit), tolerances)


def _lower(
    line: InvoiceLine, prices: tuple[Fraction, Fraction], ours: tuple[Price, str], tolerances: InvoiceTolerances
) -> Iterator[Variance]:
    given, asked = prices
    if given >= asked:
        return
    within = tolerances.allow(given - asked, asked, Fraction(Decimal(line.base)))
    outcome = MatchOutcome.WITHIN_TOLERANCE if within else MatchOutcome.PRICE_VARIANCE
    said = f"credited at {priced(line.terms.price, line.terms.quantity.unit)}, invoiced at {priced(*ours)}"
    yield Variance(outcome, said, tolerances.rule)
