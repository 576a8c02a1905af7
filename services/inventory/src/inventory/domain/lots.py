"""Binding promised stock to lots: what expires first leaves first, unless the caller chooses, and what has expired
stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crossdock_kit.errors import Refused

from inventory.domain.reserving import Part


@dataclass
class LotShort(Refused):
    """The lots hold less than what is to be bound."""

    sku: str
    location_id: str
    wanted: Decimal
    free: Decimal


@dataclass
class LotsDoNotMatch(Refused):
    """The chosen lots do not add up to what was promised of the item at the location."""

    sku: str
    location_id: str
    promised: Decimal
    chosen: Decimal


@dataclass
class LotExpired(Refused):
    """Nobody is promised, and nobody is to pick, what has expired."""

    sku: str
    location_id: str
    lot: str
    expired_on: str


@dataclass(frozen=True, slots=True)
class FreeLot:
    """What of a lot is sellable and not bound yet."""

    lot: str
    expires_on: date | None
    free: Decimal

    def has_expired(self, today: date) -> bool:
        return has_expired(self.expires_on, today)


def has_expired(expires_on: date | None, today: date) -> bool:
    """A lot may leave until the end of the day on which it expires, in UTC."""
    return expires_on is not None and expires_on < today


@dataclass(frozen=True, slots=True)
class Pick:
    sku: str
    location_id: str
    lot: str
    quantity: Decimal


def first_expiry_first(part: Part, lots: Iterable[FreeLot], today: date) -> list[Pick]:
    """Lots without an expiry come last, ties go by the lot's number. Raises LotShort."""
    picks: list[Pick] = []
    missing = part.quantity
    fresh = (each for each in lots if not each.has_expired(today))
    for each in sorted(fresh, key=lambda lot: (lot.expires_on or date.max, lot.lot)):
        if missing > 0 and each.free > 0:
            picks.append(Pick(part.sku, part.location_id, each.lot, min(each.free, missing)))
            missing -= picks[-1].quantity
    if missing > 0:
        raise LotShort(part.sku, part.location_id, part.quantity, part.quantity - missing)
    return picks


def as_chosen(part: Part, chosen: Sequence[Pick], lots: Iterable[FreeLot], today: date) -> list[Pick]:
    """The caller's own choice, checked. Raises LotsDoNotMatch, LotExpired or LotShort."""
    total = sum((pick.quantity for pick in chosen), Decimal(0))
    if total != part.quantity:
        raise LotsDoNotMatch(part.sku, part.location_id, part.quantity, total)
    known = {each.lot: each for each in lots}
    free = {lot: each.free for lot, each in known.items()}
    for pick in chosen:
        lot = known.get(pick.lot)
        if lot is not None and lot.has_expired(today):
            raise LotExpired(part.sku, part.location_id, pick.lot, str(lot.expires_on))
        if free.get(pick.lot, Decimal(0)) < pick.quantity:
            raise LotShort(part.sku, part.location_id, pick.quantity, free.get(pick.lot, Decimal(0)))
        free[pick.lot] -= pick.quantity
    return list(chosen)
