"""A warehouse's statement of what it holds, compared with the ledger of the same instant.

It repairs nothing by itself: what differs is somebody's to look at, and is booked only for a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum

from crossdock_kit.errors import Invalid, NotFound, Refused

from inventory.domain.accounts import Account
from inventory.domain.item import Location
from inventory.domain.movement import StockKey
from inventory.domain.quantity import Measure, plain
from inventory.domain.stock_report import Found, LocationOfAnotherSystem


@dataclass
class StatementOutdated(Refused):
    """A later one is known already; it stands."""

    location_id: str
    number: str
    known_as_of: str


@dataclass
class StatementUnknown(NotFound):
    location_id: str
    business_unit: str


@dataclass
class StatementSuperseded(Refused):
    """Somebody looked at another statement than the newest."""

    location_id: str
    number: str
    newest: str


@dataclass
class NothingDiffers(Refused):
    location_id: str
    number: str


@dataclass
class DifferencesTooMany(Refused):
    """More than are booked at once: items are to be named, or the statement is wrong as a whole."""

    location_id: str
    number: str
    count: int


@dataclass
class StatementPartInvalid(Invalid):
    """No such part, or it says something else of the statement than those that came before it."""

    number: str
    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class Stated:
    """In base units."""

    sku: str
    lot: str
    bucket: Account
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`buckets` are those that it speaks of; a complete one says of an item that it does not name that none is there.
    `raised` are the items that somebody was told of. `part` of `parts` is what a message holds of it, from 1; 0 of 0
    is all of it."""

    tenant: str
    location_id: str
    business_unit: str
    system: str
    number: str
    content: str
    as_of: datetime
    buckets: tuple[Account, ...]
    complete: bool
    raised: frozenset[str] = frozenset()
    part: int = 0
    parts: int = 0

    def key_of(self, sku: str) -> StockKey:
        return StockKey(self.tenant, sku, self.location_id, self.business_unit)

    def subject_of(self, sku: str) -> str:
        return f"stock_difference/{self.business_unit}/{self.location_id}/{sku}"

    @property
    def whole(self) -> str:
        """What tells it from another of the same number, once all of it is there."""
        return f"{self.parts} parts as of {self.as_of.isoformat()}" if self.parts else self.content

    def must_continue(self, begun: Statement) -> None:
        """Parts of one statement say the same of it. Raises StatementPartInvalid."""
        if (begun.as_of, begun.complete, begun.parts) != (self.as_of, self.complete, self.parts):
            raise StatementPartInvalid(self.number, self.part, self.parts)

    def must_be_of(self, location: Location) -> None:
        if location.system and location.system != self.system:
            raise LocationOfAnotherSystem(self.location_id, self.system)

    def must_be_a_part(self) -> None:
        """Raises StatementPartInvalid."""
        if self.part > self.parts or bool(self.part) != bool(self.parts):
            raise StatementPartInvalid(self.number, self.part, self.parts)

    def repeats(self, known: Statement | None) -> bool:
        """Whether it is the one that is known, or a part of it. Raises StatementOutdated for an older one."""
        if known is None:
            return False
        if (known.system, known.number, known.content) == (self.system, self.number, self.whole):
            return True
        if self.as_of < known.as_of:
            raise StatementOutdated(self.location_id, self.number, known.as_of.isoformat())
        return False


class Cause(IntEnum):
    """What most likely made a difference. Numbers are those of the contract."""

    UNKNOWN = 1
    IN_FLIGHT = 2
    MISSING = 3
    COUNT = 4


_WORDS = {
    Cause.IN_FLIGHT: "a movement in flight",
    Cause.MISSING: "a movement that was not reported",
    Cause.COUNT: "a count",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """`cause` and the `document` that it speaks of are a hint."""

    sku: str
    lot: str
    bucket: Account
    stated: Decimal
    in_ledger: Decimal
    unit: str
    within_tolerance: bool = False
    cause: Cause = Cause.UNKNOWN
    document: str = ""

    @property
    def change(self) -> Decimal:
        return self.stated - self.in_ledger

    def found(self, reason: str) -> Found:
        return Found(self.sku, self.lot, self.bucket, Measure(self.change, self.unit), False, reason)

    def __str__(self) -> str:
        lot = f" of lot {self.lot}" if self.lot else ""
        said = f"{plain(self.stated)} stated, {plain(self.in_ledger)} in the ledger"
        return f"{self.bucket.name.lower()}{lot}: {said} ({self.unit}){self._likely}"

    @property
    def _likely(self) -> str:
        if self.cause is Cause.UNKNOWN:
            return ""
        return f", likely {_WORDS[self.cause]}" + (f", {self.document}" if self.document else "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A statement held against the ledger: how many differences there are, and the first of them by item. While parts
    of it are missing there is none."""

    statement: Statement
    differences: Sequence[Difference] = ()
    count: int = 0
    missing_parts: int = 0

    @property
    def seen_until(self) -> str | None:
        """The last item that was looked at; None where that is all of them."""
        return self.differences[-1].sku if self.count > len(self.differences) else None


def summed(lines: Iterable[Stated]) -> list[Stated]:
    """Each place once: a warehouse states bin by bin."""
    sums: dict[tuple[str, str, Account], Decimal] = {}
    for line in lines:
        place = line.sku, line.lot, line.bucket
        sums[place] = sums.get(place, Decimal(0)) + line.quantity
    return [Stated(*place, quantity) for place, quantity in sorted(sums.items())]
