"""Whether a basket can be promised, and from where: all lines or none.

Lines of one item are summed before they are checked. Knows stock only as what is available at each location; whether
that is still true is the store's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from inventory.domain.quantity import ZERO

LEAST_URGENT = 9
"""The most urgent is 0."""
DEFAULT_HOLD = timedelta(minutes=15)
STOCK_SHORT = "STOCK_SHORT"
NO_SINGLE_LOCATION = "NO_SINGLE_LOCATION"


class SplitRule(IntEnum):
    """How a basket may be spread over locations; numbers of the contract. What is not said is the strictest."""

    NONE = 1
    BY_LINE = 2
    WITHIN_LINE = 3


@dataclass(slots=True)
class Basket:
    """A request in base units, one quantity for each item. `locations` in order of preference; empty means all where
    the business unit has stock, by name."""

    request_id: UUID
    tenant: str
    business_unit: str
    lines: Mapping[str, Decimal]
    units: Mapping[str, str]
    channel: str
    priority: int = 5
    locations: tuple[str, ...] = ()
    split: SplitRule = SplitRule.NONE
    hold: timedelta = DEFAULT_HOLD
    reference: str = ""
    requested_on: date | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """So much of one item at one location."""

    sku: str
    location_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class LineRefusal:
    """`available` is what the candidate locations hold together."""

    sku: str
    reason: str
    wanted: Decimal
    available: Decimal = ZERO
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Promised:
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    lines: tuple[LineRefusal, ...]


Decision = Promised | Declined
Shelves = Mapping[str, Mapping[str, Decimal]]
"""For each item what is available at each location."""


def decide(basket: Basket, shelves: Shelves) -> Decision:
    """Takes from the first location in order of preference that can serve, as the split rule allows."""
    if basket.split is SplitRule.NONE and len(basket.lines) > 1:
        return _from_one_location(basket, shelves)
    parts: list[Part] = []
    refused: list[LineRefusal] = []
    for sku, wanted in basket.lines.items():
        found = _take(sku, wanted, _candidates(basket, shelves.get(sku, {})), basket.split)
        if found:
            parts.extend(found)
        else:
            refused.append(_refusal(basket, sku, wanted, shelves))
    return Declined(tuple(refused)) if refused else Promised(tuple(parts))


def _candidates(basket: Basket, shelf: Mapping[str, Decimal]) -> Sequence[tuple[str, Decimal]]:
    if basket.locations:
        return [(location, shelf.get(location, ZERO)) for location in basket.locations]
    return sorted(shelf.items())


def _take(sku: str, wanted: Decimal, candidates: Sequence[tuple[str, Decimal]], split: SplitRule) -> list[Part]:
    """The parts of one line; empty if it cannot be served. One location is preferred to several."""
    for location, available in candidates:
        if available >= wanted:
            return [Part(sku, location, wanted)]
    if split is not SplitRule.WITHIN_LINE:
        return []
    parts: list[Part] = []
    for location, available in candidates:
        if available > 0:
            parts.append(Part(sku, location, min(available, wanted)))
            wanted -= parts[-1].quantity
        if wanted == 0:
            return parts
    return []


def _from_one_location(basket: Basket, shelves: Shelves) -> Decision:
    for location in basket.locations or sorted(set().union(*(shelves.get(sku, {}) for sku in basket.lines))):
        if all(shelves.get(sku, {}).get(location, ZERO) >= wanted for sku, wanted in basket.lines.items()):
            return Promised(tuple(Part(sku, location, wanted) for sku, wanted in basket.lines.items()))
    refusals = [_refusal(basket, sku, wanted, shelves) for sku, wanted in basket.lines.items()]
    short = [each for each in refusals if each.reason == STOCK_SHORT]
    return Declined(tuple(short or refusals))


def _refusal(basket: Basket, sku: str, wanted: Decimal, shelves: Shelves) -> LineRefusal:
    available = sum((max(free, ZERO) for _, free in _candidates(basket, shelves.get(sku, {}))), ZERO)
    reason = STOCK_SHORT if available < wanted else NO_SINGLE_LOCATION
    return LineRefusal(sku, reason, wanted, available, basket.units.get(sku, ""))
