"""A warehouse's report of what is there: counts and changes, booked as reported, posted by the ERP once.

A count is held against the ledger as of the moment of counting, so that what moved since is no difference. What goes
beyond the limit is in the ledger all the same (it is a fact), but the ERP hears of it only when somebody has decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from crossdock_kit.errors import NotFound, Refused

from inventory.domain.accounts import Account
from inventory.domain.adjusting import Adjustment
from inventory.domain.item import Item, Location
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import ZERO, Measure
from inventory.domain.rules import adjustment_pair
from inventory.domain.serials import NamedSerials


@dataclass
class AdjustmentNumberReused(Refused):
    """The system has reported something else under this number."""

    system: str
    number: str


@dataclass
class LocationOfAnotherSystem(Refused):
    """Each warehouse system speaks for its own places only."""

    location_id: str
    system: str


@dataclass
class AdjustmentUnknown(NotFound):
    adjustment_id: str


@dataclass
class AdjustmentNotAwaiting(Refused):
    """There is nothing to decide, or somebody else has decided."""

    adjustment_id: str
    state: str


class AdjustmentState(IntEnum):
    """Numbers are those of the contract."""

    BOOKED = 1
    AWAITING_DECISION = 2
    APPROVED = 3
    REJECTED = 4


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a report. `counted`: the measure is all that is there, otherwise it is a signed change."""

    sku: str
    lot: str
    bucket: Account
    measure: Measure
    counted: bool
    reason: str
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedPlace:
    """What a count speaks of; without a lot, of all lots together."""

    key: StockKey
    lot: str
    bucket: Account

    def holds(self, change: Adjustment) -> bool:
        """Whether the change was made here."""
        return (self.key, self.bucket) == (change.key, change.bucket) and self.lot in ("", change.lot)


@dataclass(frozen=True, slots=True)
class Counted:
    """In base units. `expected` is what the ledger held then; None where a later count is known, which stands."""

    place: CountedPlace
    item: Item
    counted: Decimal
    reason: str
    expected: Decimal | None

    @property
    def difference(self) -> Decimal:
        return ZERO if self.expected is None else self.counted - self.expected


@dataclass(slots=True, kw_only=True)
class StockAdjustment:
    """A report as it was booked. `content` tells a repetition from another report under the same number."""

    tenant: str
    adjustment_id: UUID
    business_unit: str
    location_id: str
    system: str
    number: str
    content: str
    found_at: datetime
    state: AdjustmentState = AdjustmentState.BOOKED
    event_version: int = 0
    movements: list[tuple[UUID, Movement]] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"stock_adjustment/{self.adjustment_id}"

    @property
    def transaction(self) -> str:
        return str(self.adjustment_id)

    @property
    def keys(self) -> tuple[str, ...]:
        skus = dict.fromkeys(movement.key.sku for _, movement in self.movements)
        return (f"adjustment:{self.number}", *(f"sku:{sku}" for sku in skus))

    def next_version(self) -> int:
        self.event_version += 1
        return self.event_version

    def key_of(self, sku: str) -> StockKey:
        return StockKey(self.tenant, sku, self.location_id, self.business_unit)

    def must_be_of(self, location: Location) -> None:
        if location.system and location.system != self.system:
            raise LocationOfAnotherSystem(self.location_id, self.system)

    def must_repeat(self, content: str) -> None:
        if content != self.content:
            raise AdjustmentNumberReused(self.system, self.number)

    def document(self, name: str, *, at: datetime, conversion: str = "", posted: bool = True) -> Document:
        return Document(
            name=f"adjustment/{self.number}/{name}",
            occurred_at=at,
            system=self.system,
            transaction_id=str(self.adjustment_id),
            posting_key=self.subject if posted else "",
            conversion=conversion,
        )

    def decide(self, approved: bool) -> None:
        """Raises AdjustmentNotAwaiting."""
        if self.state is not AdjustmentState.AWAITING_DECISION:
            raise AdjustmentNotAwaiting(str(self.adjustment_id), self.state.name)
        self.state = AdjustmentState.APPROVED if approved else AdjustmentState.REJECTED

    def taken_back(self, at: datetime) -> Iterator[Movement]:
        """The movements that undo it, newest first."""
        for number, (_, each) in enumerate(reversed(self.movements), 1):
            yield Movement(
                key=each.key,
                source=each.target,
                target=each.source,
                quantity=each.quantity,
                reason=each.reason,
                document=self.document(f"taken back/{number}", at=at, posted=False),
                lot=each.lot,
                unit=each.unit,
            )


Line = tuple[Found, Item]


def pieces_of(report: StockAdjustment, lines: Iterable[Line]) -> list[NamedSerials]:
    """Of the lines that name pieces; those of a count are all that are there."""
    named = ((found, item.in_base_units(found.measure)) for found, item in lines if found.serials)
    return [
        NamedSerials(
            key=report.key_of(found.sku),
            lot=found.lot,
            serials=found.serials,
            quantity=abs(quantity),
            pair=adjustment_pair(found.bucket, increases=quantity > 0),
            document=report.document("serials", at=report.found_at),
        )
        for found, quantity in named
    ]


def together(report: StockAdjustment, lines: Iterable[Line]) -> Iterator[Counted]:
    """Places counted in several parts (bin by bin) are one count each; nothing is expected of them yet."""
    counts: dict[CountedPlace, Counted] = {}
    for found, item in lines:
        place = CountedPlace(report.key_of(found.sku), found.lot, found.bucket)
        earlier = counts.get(place)
        counted = item.in_base_units(found.measure) + (earlier.counted if earlier else ZERO)
        counts[place] = Counted(place, item, counted, earlier.reason if earlier else found.reason, None)
    yield from counts.values()


def adjustments_of(report: StockAdjustment, changes: Iterable[Line], counts: Iterable[Counted]) -> list[Adjustment]:
    """What a report changes: each change as it was said, each count by its difference."""
    wanted = [(found, item, item.in_base_units(found.measure), found.measure) for found, item in changes]
    for each in counts:
        said = Measure(each.counted, each.item.base_unit)
        found = Found(each.place.key.sku, each.place.lot, each.place.bucket, said, True, each.reason)
        wanted.append((found, each.item, each.difference, said))
    numbered = enumerate((each for each in wanted if each[2]), 1)
    return [
        Adjustment(
            key=report.key_of(found.sku),
            lot=found.lot,
            bucket=found.bucket,
            change=change,
            reason=found.reason,
            said=said,
            document=report.document(str(at), at=report.found_at, conversion=f"item/{item.sku}/{item.version}"),
            unit=item.base_unit,
        )
        for at, (found, item, change, said) in numbered
    ]
