"""Which piece lies where, as reports name pieces by their serials.

Reports come in any order, so how often a piece came and left is a sum, and where it lies is what was said last by the
clock of where it happened. Each word is booked as it was said; what cannot be true of one piece is in doubt until
another word comes or somebody puts it right. A report that names no serials says nothing of any piece.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from crossdock_kit.errors import Invalid

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.concerns import Concern
from inventory.domain.movement import Document, StockKey
from inventory.domain.quantity import plain
from inventory.domain.rules import Pair

SERIAL_CONTRADICTORY = "SERIAL_CONTRADICTORY"
SERIALS_DO_NOT_COUNT = "SERIALS_DO_NOT_COUNT"
TWICE, NEVER_THERE, NOT_THERE = "TWICE", "NEVER_THERE", "NOT_THERE"
_MOST_SAID = 400


@dataclass
class SerialsDoNotCount(Invalid):
    """Another number of pieces is named than the quantity says."""

    sku: str
    quantity: str
    named: int


@dataclass(frozen=True, slots=True)
class SerialWord:
    """What one line says of one piece: `change` is 1 where it came, -1 where it left, 0 where it stayed; `bucket` is
    where it lies, or went, from then on, and `source` where it was. `lot` is empty where none was said."""

    key: StockKey
    serial: str
    change: int
    source: Account
    bucket: Account
    lot: str
    document: Document


@dataclass(frozen=True, slots=True)
class NamedSerials:
    """The pieces of one line; `quantity` is what the line says of them all, in base units, without its sign. `pair` is
    from where to where they go."""

    key: StockKey
    lot: str
    serials: tuple[str, ...]
    quantity: Decimal
    pair: Pair
    document: Document

    @property
    def counts(self) -> bool:
        return len(self.serials) == self.quantity

    def words(self) -> Iterator[SerialWord]:
        source, target = self.pair
        change = (target in PHYSICAL) - (source in PHYSICAL)
        for serial in self.serials:
            yield SerialWord(self.key, serial, change, source, target, self.lot, self.document)


@dataclass(frozen=True, slots=True)
class SerialPlace:
    """A piece at a place, as all words together leave it. `changed_at` is when it last came or left, None where it was
    only seen to move."""

    key: StockKey
    serial: str
    on_hand: int
    bucket: Account
    lot: str
    said_at: datetime
    changed_at: datetime | None
    document: str
    doubt: str = ""


def together(words: Iterable[SerialWord]) -> list[SerialPlace]:
    """What the words of one booking change at each place; `on_hand` is the change. Of two that were said of the same
    instant the later one in the list counts."""
    found: dict[tuple[StockKey, str], SerialPlace] = {}
    for each in words:
        at = each.document.occurred_at
        changed = at if each.change else None
        said = SerialPlace(each.key, each.serial, each.change, each.bucket, each.lot, at, changed, each.document.name)
        earlier = found.get((each.key, each.serial))
        found[each.key, each.serial] = said if earlier is None else _after(earlier, said)
    return [found[place] for place in sorted(found)]


def _after(earlier: SerialPlace, said: SerialPlace) -> SerialPlace:
    newest = said if said.said_at >= earlier.said_at else earlier
    changes = [each.changed_at for each in (earlier, said) if each.changed_at is not None]
    return replace(
        newest,
        on_hand=earlier.on_hand + said.on_hand,
        lot=newest.lot or said.lot or earlier.lot,
        changed_at=max(changes, default=None),
    )


def doubted(places: Iterable[SerialPlace], unseen: Collection[StockKey] = ()) -> dict[SerialPlace, str]:
    """Why each of them cannot be true of one piece; empty where nothing contradicts it. All places of a piece have to
    be among them. `unseen` is the stock whose pieces are scanned when they leave and not before."""
    by_piece: dict[tuple[str, str, str], list[SerialPlace]] = defaultdict(list)
    for each in places:
        by_piece[each.key.tenant, each.key.sku, each.serial].append(each)
    return {each: _doubt(each, its, came_unseen=each.key in unseen) for its in by_piece.values() for each in its}


def _doubt(place: SerialPlace, its: Sequence[SerialPlace], *, came_unseen: bool) -> str:
    """A piece that came unseen leaves once more than it was seen to come, and no oftener."""
    if came_unseen and place.on_hand in {-1, 0}:
        return ""
    if place.on_hand < 0:
        return NEVER_THERE
    if place.on_hand > 0:
        return TWICE if sum(each.on_hand for each in its if each.on_hand > 0) > 1 else ""
    moved_since = place.changed_at is None or place.said_at > place.changed_at
    return NOT_THERE if moved_since else ""


def counted(
    key: StockKey,
    named: Mapping[tuple[Account, str], Sequence[str]],
    known: Collection[SerialPlace],
    document: Document,
) -> list[SerialWord]:
    """What a count of pieces says: those that it names by bucket and lot are there, and no others in these buckets and
    lots (an empty lot is all of them). What was said of a piece later than the count stands."""
    rows = {each.serial: each for each in known if each.key == key and each.said_at <= document.occurred_at}
    later = {each.serial for each in known if each.key == key} - rows.keys()
    seen = {serial for serials in named.values() for serial in serials}
    found: list[SerialWord] = []
    for (bucket, lot), serials in named.items():
        for serial in sorted(set(serials) - later):
            row = rows.get(serial)
            there, source = (row.on_hand, row.bucket) if row else (0, Account.ADJUSTMENT)
            found.append(SerialWord(key, serial, 1 - there, source, bucket, lot, document))
        here = (each for each in rows.values() if each.on_hand > 0 and each.bucket is bucket and lot in {"", each.lot})
        found += [
            SerialWord(key, each.serial, -each.on_hand, bucket, Account.ADJUSTMENT, lot, document)
            for each in here
            if each.serial not in seen
        ]
    return found


def taken_back(words: Sequence[SerialWord], document: Document) -> list[SerialWord]:
    """What undoes these words, newest first."""
    return [
        SerialWord(each.key, each.serial, -each.change, each.bucket, each.source, each.lot, document)
        for each in reversed(words)
    ]


def miscounted(lines: Iterable[NamedSerials]) -> list[Concern]:
    """One for each document that names another number of pieces than it counts: booked as it says, and the warehouse's
    to explain."""
    by_document: dict[str, list[NamedSerials]] = defaultdict(list)
    for each in lines:
        if not each.counts:
            by_document[each.document.name.rpartition("/")[0] or each.document.name].append(each)
    return [_miscounted(name, its) for name, its in by_document.items()]


def _miscounted(name: str, lines: Sequence[NamedSerials]) -> Concern:
    first = lines[0]
    said = ", ".join(f"{len(each.serials)} serials for {plain(each.quantity)} of {each.key.sku}" for each in lines)
    transactions = dict.fromkeys(each.document.transaction_id for each in lines if each.document.transaction_id)
    return Concern(
        code=SERIALS_DO_NOT_COUNT,
        owner="warehouse",
        subject=f"{first.document.system}/{name}" if first.document.system else name,
        summary=f"{name} at {first.key.location_id} names {said}"[:_MOST_SAID],
        tenant=first.key.tenant,
        transaction_ids=tuple(transactions),
        keys=tuple(dict.fromkeys(f"sku:{each.key.sku}" for each in lines)),
    )


@dataclass(frozen=True, slots=True)
class Doubts:
    """The pieces of an item that are in doubt at a place: some of them with why, and how many there are."""

    key: StockKey
    some: tuple[tuple[str, str], ...]
    count: int

    @property
    def subject(self) -> str:
        return doubts_subject(self.key)

    def concern(self, transaction_ids: tuple[str, ...]) -> Concern:
        said = ", ".join(f"{serial} {_IN_WORDS[doubt]}" for serial, doubt in self.some)
        more = f" and {self.count - len(self.some)} more" if self.count > len(self.some) else ""
        return Concern(
            code=SERIAL_CONTRADICTORY,
            owner="warehouse",
            subject=self.subject,
            summary=f"{self.key.sku} at {self.key.location_id}: {said}{more}"[:_MOST_SAID],
            tenant=self.key.tenant,
            transaction_ids=transaction_ids,
            keys=(f"sku:{self.key.sku}", *(f"serial:{serial}" for serial, _ in self.some)),
        )


_IN_WORDS = {
    TWICE: "is there more than once",
    NEVER_THERE: "left and had never come",
    NOT_THERE: "was moved and is not there",
}


def doubts_subject(key: StockKey) -> str:
    return f"serials/{key.business_unit}/{key.location_id}/{key.sku}"
