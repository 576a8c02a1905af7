"""What of an invoice is settled: by payments that the ERP reports, and by its credit notes.

Derived from three sums and never set. What was paid above the invoice is kept apart, so that what is settled never
exceeds what was invoiced. It must not know whose bank account the money came to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from fulfillment.domain.quantities import ZERO


class State(Enum):
    OPEN = "open"
    PARTLY_SETTLED = "partly_settled"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Settlement:
    """`paid` is all that was paid, less what was taken back; `credited` what posted credit notes come to; `overpaid`
    what of both is more than the invoice, and `open` what is still owed: one of them is always zero."""

    gross: Decimal
    paid: Decimal
    credited: Decimal

    @property
    def open(self) -> Decimal:
        return max(ZERO, self.gross - self.paid - self.credited)

    @property
    def overpaid(self) -> Decimal:
        return max(ZERO, self.paid + self.credited - self.gross)

    @property
    def settled(self) -> Decimal:
        return self.gross - self.open

    @property
    def state(self) -> State:
        if self.open == ZERO:
            return State.SETTLED
        return State.OPEN if self.settled == ZERO else State.PARTLY_SETTLED


@dataclass(frozen=True, slots=True)
class Payment:
    """What the ERP says was paid of an invoice of its own; less than zero where a payment was taken back. `number` is
    the ERP's document, which may clear several invoices. `posting_id` is empty while no invoice of the number is known.
    """

    system: str
    number: str
    invoice: str
    amount: Decimal
    currency: str
    paid_at: datetime | None = None
    posting_id: str = ""

    @property
    def subject(self) -> str:
        return f"payment/{self.system}/{self.number}/{self.invoice}"

    @property
    def keys(self) -> tuple[str, ...]:
        return f"payment:{self.number}", f"invoice:{self.invoice}"
