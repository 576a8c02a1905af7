"""What everybody but us knows of one sale: what was said, and what of it was taken. It predicts; it decides nothing.

Kept by who plays the partners, and never read from what is tested.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from fulfillment.domain.lifecycle import State
from fulfillment.domain.on_the_road import DELIVERED, DISPATCHED, OUT_FOR_DELIVERY

PLACES = (DISPATCHED, OUT_FOR_DELIVERY, DELIVERED)
SKUS = {"1": "BOLT", "2": "NUT"}


def erp_number(posting_id: str) -> str:
    """The number that the ERP would give to a posting, known to whoever pays before it has."""
    return f"E-{hashlib.sha256(posting_id.encode()).hexdigest()[:12]}"


@dataclass(slots=True)
class Issue:
    """A goods issue, by line; `left` once the carrier has it."""

    lines: Counter[str]
    left: bool = False


@dataclass(slots=True)
class Truck:
    """What was handed over under a shipment's number, and what its carrier has said."""

    issues: list[Issue] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    troubles: set[str] = field(default_factory=set)

    @property
    def stands(self) -> State:
        if DELIVERED in self.reached:
            return State.DELIVERED
        if self.troubles:
            return State.DELIVERY_EXCEPTION
        if OUT_FOR_DELIVERY in self.reached:
            return State.OUT_FOR_DELIVERY
        return State.SHIPPED if DISPATCHED in self.reached else State.HANDED_OVER

    def handed_over(self, line: str) -> int:
        return sum(each.lines[line] for each in self.issues)

    def gone(self, line: str) -> int:
        return sum(each.lines[line] for each in self.issues if each.left)


@dataclass(slots=True)
class SentBack:
    """What a warehouse said of one return, by item."""

    received: Counter[str] = field(default_factory=Counter)
    inspected: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Sale:
    """`number` is the channel's."""

    number: str
    order_id: str = ""
    wished: dict[str, int] = field(default_factory=dict)
    reservations: set[str] = field(default_factory=set)
    trucks: dict[str, Truck] = field(default_factory=dict)
    unreleased: bool = False
    paid: dict[str, dict[str, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    """By number of the invoice and of the payment, where the invoice took it."""
    waiting: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """Payments of invoices that are not posted, by number of the invoice and of the payment."""
    sent_back: dict[str, SentBack] = field(default_factory=lambda: defaultdict(SentBack))

    def truck(self, name: str) -> Truck:
        return self.trucks.setdefault(name, Truck())

    def issued(self, line: str) -> int:
        return sum(each.handed_over(line) for each in self.trucks.values())

    @property
    def issues(self) -> int:
        """Goods issues that had something of this order."""
        return sum(len(each.issues) for each in self.trucks.values())
