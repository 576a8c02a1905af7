"""Adjustments: a bucket is set right, for a reason that must be given.

A warehouse reports what it found and is booked as it reports, below zero if need be, with an exception. Anybody else
asks, and is refused more than there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from crossdock_kit.errors import Invalid, Refused

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import ZERO, Measure
from inventory.domain.rules import adjustment_pair
from inventory.domain.serials import NamedSerials


@dataclass
class ReasonMissing(Invalid):
    sku: str


@dataclass
class BucketShort(Refused):
    """The bucket holds less than what is to be taken out of it."""

    sku: str
    location_id: str
    lot: str
    bucket: str
    wanted: Decimal
    held: Decimal


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`change` is signed, in base units."""

    key: StockKey
    lot: str
    bucket: Account
    change: Decimal
    reason: str
    said: Measure
    document: Document
    unit: str = ""
    serials: tuple[str, ...] = ()

    def movement(self) -> Movement:
        if not self.reason.strip():
            raise ReasonMissing(self.key.sku)
        if self.bucket not in PHYSICAL:
            raise ValueError(f"{self.bucket.name} is no physical bucket")
        source, target = adjustment_pair(self.bucket, increases=self.change > 0)
        return Movement(
            key=self.key,
            source=source,
            target=target,
            quantity=abs(self.change),
            reason=self.reason,
            document=self.document,
            lot=self.lot,
            unit=self.unit,
            said=self.said,
        )

    def pieces(self) -> NamedSerials:
        pair = adjustment_pair(self.bucket, increases=self.change > 0)
        return NamedSerials(self.key, self.lot, self.serials, abs(self.change), pair, self.document)


Held = Mapping[tuple[StockKey, str, Account], Decimal]


def refuse_more_than_there_is(adjustments: list[Adjustment], held: Held) -> None:
    """For requests: the sum over all adjustments of a bucket may not take it below zero."""
    left: dict[tuple[StockKey, str, Account], Decimal] = {}
    for each in adjustments:
        place = each.key, each.lot, each.bucket
        left[place] = left.get(place, held.get(place, ZERO)) + each.change
    for (key, lot, bucket), rest in left.items():
        if rest < 0:
            there = held.get((key, lot, bucket), ZERO)
            raise BucketShort(key.sku, key.location_id, lot, bucket.name, there - rest, there)
