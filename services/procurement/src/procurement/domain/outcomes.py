"""What a supplier can say of a line, in canonical words: the outcomes of the 26 codes of ACK01 (X12 element 668).

The code of the partner's list stays beside the outcome, because what follows may depend on it: R2 and R3 ask for better
master data, not for another supplier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum

from procurement.domain.quantities import Quantity
from procurement.domain.terms import Price


class Outcome(Enum):
    ACCEPTED = "accepted"
    QUANTITY_CHANGED = "quantity_changed"
    DATE_CHANGED = "date_changed"
    PRICE_CHANGED = "price_changed"
    PRICE_OPEN = "price_open"
    DATE_OPEN = "date_open"
    ITEM_SUBSTITUTED = "item_substituted"
    BACKORDERED = "backordered"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"
    CHANGED = "changed"
    SOURCE_CHANGED = "source_changed"
    PARTIAL = "partial"


ITEM_NUMBER_REJECTED = "R2"
UNIT_REJECTED = "R3"
MASTER_DATA_CODES = frozenset({ITEM_NUMBER_REJECTED, UNIT_REJECTED})

# Codes of a hold that only the buyer ends, and what the supplier wants.
ASKS_THE_BUYER = {"IF": "it wants a complete description (IF)", "IW": "it wants a waiver (IW)"}


@dataclass(frozen=True, slots=True)
class RepeatedPrice:
    """An amount for as many of the unit as the order's price is; without a currency in the order's."""

    amount: Decimal
    currency: str = ""


@dataclass(frozen=True, slots=True)
class LineAcknowledgment:
    """One answer to a line or a part of it. Without a quantity it speaks for what the others leave."""

    outcome: Outcome
    code: str = ""
    quantity: Quantity | None = None
    on: date | None = None
    price: Price | None = None
    substitute_sku: str = ""
    substitute_supplier_item: str = ""
    repeated: RepeatedPrice | None = None

    def in_terms_of(self, ordered: Price | None) -> LineAcknowledgment:
        """With what it repeats as a price in the order's own terms; nothing is repeated of a price that is none."""
        if self.repeated is None:
            return self
        price = self.price
        if price is None and ordered is not None:
            currency = self.repeated.currency or ordered.currency
            price = replace(ordered, amount=self.repeated.amount, currency=currency)
        return replace(self, price=price, repeated=None)

    @property
    def substitutes(self) -> bool:
        return bool(self.substitute_sku or self.substitute_supplier_item)
