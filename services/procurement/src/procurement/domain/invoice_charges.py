"""What an invoice asks for beside its goods: freight, charges, allowances. Tax is none of them.

They are judged together, against the worth of the goods that the invoice is for and an amount: who may charge what is
the policy's word. What the supplier takes off is never too much.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from procurement.domain.quantities import ZERO, plain
from procurement.domain.supplier_invoice import InvoiceLine, MatchOutcome, SupplierInvoice, Variance
from procurement.domain.tolerances import InvoiceTolerances


def match_charges(invoice: SupplierInvoice, tolerances: InvoiceTolerances) -> None:
    """Once the quantity of every line is known; what has passed stays so."""
    charges = invoice.charges
    if not invoice.terms.charges or charges.passed or any(line.base == ZERO for line in invoice.lines):
        return
    asked = sum((each.amount for each in invoice.terms.charges), ZERO)
    if invoice.terms.credit:
        asked = -asked  # What a credit memo keeps back is a charge.
    goods = sum((_worth(each) for each in invoice.lines), Fraction(0))
    if asked <= ZERO:
        charges.outcome, charges.variances = MatchOutcome.MATCHED, ()
        return
    outcome = MatchOutcome.CHARGE_VARIANCE
    if tolerances.allow_charges(Fraction(asked), goods):
        outcome = MatchOutcome.WITHIN_TOLERANCE
    said = f"{plain(asked):f} {invoice.terms.currency} are charged for goods of {_rounded(goods)}"
    charges.outcome = outcome
    charges.variances = (Variance(outcome, said, tolerances.charge_rule),)


def _rounded(goods: Fraction) -> str:
    """For people; the judgment itself is exact."""
    return f"{Decimal(goods.numerator) / Decimal(goods.denominator):.2f}"


def _worth(line: InvoiceLine) -> Fraction:
    """As it is invoiced. A price for a third unit, which is a variance by itself, is worth nothing here."""
    price, quantity = line.terms.price, line.terms.quantity
    if price.unit in {"", quantity.unit}:
        return Fraction(quantity.value) * Fraction(price.amount) / price.per
    return Fraction(line.base) * Fraction(price.amount) / price.per if price.unit == line.base_unit else Fraction(0)
