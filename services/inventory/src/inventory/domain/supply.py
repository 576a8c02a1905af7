"""What suppliers bring of an item to a place, by day, as it is announced to whoever promises on it (trade: C10).

Supply without a day is nobody's promise. What is on its way comes on its notice's day, the rest on the supplier's
promises, of which the earliest are used first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from inventory.domain.inbound import InboundFact, OnOrderChange, Received, Withdrawn
from inventory.domain.movement import Document, StockKey
from inventory.domain.quantity import plain

MOST_LOTS = 500
"""What one announcement tells; what comes later than these is nobody's promise yet."""


@dataclass(frozen=True, slots=True, order=True)
class SupplyLot:
    """In the item's base unit; `notice_id` is empty while it is not on its way."""

    due_on: date
    line_id: str
    notice_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class SupplyStand:
    """`available` is what could be promised of what is there at the same moment."""

    key: StockKey
    unit: str
    lots: tuple[SupplyLot, ...]
    available: Decimal

    @property
    def content(self) -> str:
        """The same for the same lots; empty where there are none."""
        words = (f"{each.due_on}/{each.line_id}/{each.notice_id}/{plain(each.quantity)}" for each in self.lots)
        return hashlib.sha256("\n".join(words).encode()).hexdigest() if self.lots else ""


@dataclass(frozen=True, slots=True)
class SupplyChanged:
    """`event_version` counts what was said of the key."""

    stand: SupplyStand
    event_version: int
    transaction_ids: tuple[str, ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """The day on which what a ship notice announces for a place is expected there by now; None where nobody knows one.
    `documents` say by key which line's word it is."""

    tenant: str
    notice_id: str
    location_id: str
    due_on: date | None
    documents: Mapping[StockKey, Document]


def nearest(lots: Iterable[SupplyLot]) -> tuple[SupplyLot, ...]:
    return tuple(sorted(lots)[:MOST_LOTS])


def touched(facts: Iterable[InboundFact]) -> dict[StockKey, Document]:
    """The places whose supply facts may have changed, each with the last document that did; what a notice announces
    may have been ordered for another place."""
    return {key: document for fact in facts for key, document in _places(fact)}


def _places(fact: InboundFact) -> Iterator[tuple[StockKey, Document]]:
    match fact:
        case Withdrawn(line=line):
            key, document, other = line.key, line.document, line.ordered_at
        case Received():
            key, document, other = fact.key, fact.document, fact.expected_at
        case OnOrderChange():
            key, document, other = fact.key, fact.document, ""
        case _:
            key, document, other = fact.key, fact.document, fact.ordered_at
    yield key, document
    if other:
        yield key._replace(location_id=other), document
