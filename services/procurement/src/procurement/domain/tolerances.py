"""What may differ before somebody is told. The values come from the policy table; the rules say which ones decided."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Percent of what was ordered (over) or announced (short). The rules are for the record of a decision."""

    over_percent: Decimal
    short_percent: Decimal
    short_stays_on_order: bool = True
    over_rule: str = ""
    short_rule: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceTolerances:
    """What an invoice may differ by, up or down: its price by percent of the order's and by an amount for the line, its
    quantity by percent of what was received. A strict rule asks for both limits of the price, a lenient one for either.
    """

    price_percent: Decimal
    price_amount: Decimal
    quantity_percent: Decimal
    lenient: bool = False
    rule: str = ""
    charge_percent: Decimal = Decimal(0)
    charge_amount: Decimal = Decimal(0)
    charge_rule: str = ""

    def allow(self, difference: Fraction, agreed: Fraction, quantity: Fraction) -> bool:
        """`difference` and `agreed` for one base unit, of which `quantity` are invoiced."""
        in_percent = abs(difference) * 100 <= agreed * Fraction(self.price_percent)
        in_amount = abs(difference) * quantity <= Fraction(self.price_amount)
        return in_percent or in_amount if self.lenient else in_percent and in_amount

    def allow_charges(self, asked: Fraction, goods: Fraction) -> bool:
        """By percent of what the goods are worth and by an amount for the invoice, both or either as for prices."""
        in_percent = asked * 100 <= goods * Fraction(self.charge_percent)
        in_amount = asked <= Fraction(self.charge_amount)
        return in_percent or in_amount if self.lenient else in_percent and in_amount
