"""Why a statement differs: what of all that is known near its instant would explain exactly this difference.

It is a hint for whoever looks, so one explanation is enough, the nearest first; nothing is booked because of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from inventory.domain.accounts import Account
from inventory.domain.quantity import ZERO
from inventory.domain.statement import Cause, Difference

ADJUSTMENT = "adjustment/"


@dataclass(frozen=True, slots=True)
class Near:
    """What a movement near the instant changed in a bucket, signed."""

    lot: str
    bucket: Account
    change: Decimal
    at: datetime
    document: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a report that has not come would change in a bucket, signed."""

    lot: str
    bucket: Account
    change: Decimal
    document: str


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one item at the place."""

    near: Sequence[Near] = ()
    awaited: Sequence[Awaited] = field(default=())


NOTHING_KNOWN = Known()


def explained(differences: Sequence[Difference], as_of: datetime, known: Mapping[str, Known]) -> list[Difference]:
    """Each with its likely cause."""
    by_item: dict[str, list[Difference]] = {}
    for each in differences:
        by_item.setdefault(each.sku, []).append(each)
    return [
        replace(each, cause=cause, document=document)
        for each in differences
        for cause, document in [_explain(each, as_of, known.get(each.sku, NOTHING_KNOWN), by_item[each.sku])]
    ]


def _explain(found: Difference, as_of: datetime, known: Known, others: Iterable[Difference]) -> tuple[Cause, str]:
    for near in _in_flight([each for each in known.near if _concerns(found, each)], as_of, found.change):
        return Cause.COUNT if near.document.startswith(ADJUSTMENT) else Cause.IN_FLIGHT, near.document
    for awaited in known.awaited:
        if _concerns(found, awaited) and awaited.change == found.change:
            return Cause.MISSING, awaited.document
    if any(each.lot == found.lot and each.bucket != found.bucket and each.change == -found.change for each in others):
        return Cause.MISSING, ""
    return Cause.UNKNOWN, ""


def _concerns(found: Difference, known: Near | Awaited) -> bool:
    """Where no lot is stated, all are meant; what is awaited mostly names none."""
    either = isinstance(known, Awaited) and not known.lot
    return known.bucket is found.bucket and (not found.lot or either or known.lot == found.lot)


def _in_flight(near: Sequence[Near], as_of: datetime, change: Decimal) -> Iterator[Near]:
    """What happened later and was counted already, or earlier and was not counted yet: one by itself, or all from the
    instant on."""
    later = sorted((each for each in near if each.at > as_of), key=lambda each: each.at)
    earlier = sorted((each for each in near if each.at <= as_of), key=lambda each: each.at, reverse=True)
    for run, wanted in ((later, change), (earlier, -change)):
        yield from (each for each in run if each.change == wanted)
        total = ZERO
        for each in run:
            total += each.change
            if total == wanted:
                yield each
