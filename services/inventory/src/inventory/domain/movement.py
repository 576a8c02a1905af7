"""One posting pair of the ledger: so much leaves one account and enters another.

Written so, a movement sums to zero by its form; there is no way to book half of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from inventory.domain.accounts import DEMAND, Account, lot_of
from inventory.domain.quantity import Measure, fits


class StockKey(NamedTuple):
    """Whose stock of what lies where. Locks are taken in the order of these keys."""

    tenant: str
    sku: str
    location_id: str
    business_unit: str


@dataclass(frozen=True, slots=True)
class Document:
    """What caused a movement. `name` is document and line ("receipt/R-1/1"); `posting_key` names the aggregate whose
    posting the ERP numbers ("receipt/018f.."), empty where it posts nothing; `cause_id` is the event that told it."""

    name: str
    occurred_at: datetime
    system: str = ""
    transaction_id: str = ""
    posting_key: str = ""
    conversion: str = ""
    cause_id: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """`quantity` is in base units (`unit`) and more than zero; `said` is what the document said, in its own unit."""

    key: StockKey
    source: Account
    target: Account
    quantity: Decimal
    reason: str
    document: Document
    lot: str = ""
    unit: str = ""
    said: Measure | None = None

    def __post_init__(self) -> None:
        if self.quantity <= 0 or not fits(self.quantity):
            raise ValueError(f"a movement moves more than nothing, exactly: {self.quantity}")
        if self.source == self.target or (self.source in DEMAND) != (self.target in DEMAND):
            raise ValueError(f"no movement leads from {self.source.name} to {self.target.name}")


Balances = dict[tuple[StockKey, str, Account], Decimal]


def balances_of(movements: Iterable[Movement]) -> Balances:
    """What a replay of the movements leaves on each account, zeros left out (I5)."""
    sums: Balances = defaultdict(Decimal)
    for each in movements:
        sums[each.key, lot_of(each.source, each.lot), each.source] -= each.quantity
        sums[each.key, lot_of(each.target, each.lot), each.target] += each.quantity
    return {place: quantity for place, quantity in sums.items() if quantity}
