"""What an order asks inventory for, and what inventory answers: one question at a time for each part of an order.

A question is numbered (`attempt`). Whatever changes what a part wants makes its open question an old one; the answer to
an old question is given back, never used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

SHORT_ANSWERS = 5
"""So often a part asks for what it was told there is; then what is short waits, however the others fare."""


@dataclass(slots=True)
class Part:
    """`open` while the answer to question `attempt` is awaited; `shorts` counts answers in a row that did not reach;
    `acknowledged` once the customer was told of its lines; `watched` is the state whose deadline is running."""

    part: int
    attempt: int = 0
    open: bool = False
    shorts: int = 0
    watched: str = ""
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """So much of each item, in base units. `checkout` is the reservation that may hold it already."""

    part: int
    attempt: int
    wanted: Mapping[str, Decimal]
    units: Mapping[str, str]
    checkout: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """So much of an item at a place, and the first day on which it can be with its customer from there, if that is
    known."""

    sku: str
    location_id: str
    quantity: Decimal
    ready_on: date | None = None


@dataclass(frozen=True, slots=True)
class Shortage:
    """What there is of an item that does not reach, and why."""

    sku: str
    available: Decimal
    reason: str
