"""Binding promised stock to lots: what expires first leaves first, unless the caller chooses."""

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


@dataclass(frozen=True, slots=True)
class FreeLot:
    """What of a lot is sellable and not bound yet."""

    lot: str
    expires_on: date | None
    free: Decimal


@dataclass(frozen=True, slots=True)
class Pick:
    sku: str
    location_id: str
    lot: str
    quantity: Decimal


def first_expiry_first(part: Part, lots: Iterable[FreeLot]) -> list[Pick]:
    """Lots without an expiry come last, ties go by the lot's number. Raises LotShort."""
    picks: list[Pick] = []
    missing = part.quantity
    for each in sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.lot)):
        if missing > 0 and each.free > 0:
            picks.append(Pick(part.sku, part.location_id, each.lot, min(each.free, missing)))
            missing -= picks[-1].quantity
    if missing > 0:
        raise LotShort(part.sku, part.location_id, part.quantity, part.quantity - missing)
    return picks


def as_chosen(part: Part, chosen: Sequence[Pick], lots: Iterable[FreeLot]) -> list[Pick]:
    """The caller's own choice, checked. Raises LotsDoNotMatch or LotShort."""
    total = sum((pick.quantity for pick in chosen), Decimal(0))
    if total != part.quantity:
        raise LotsDoNotMatch(part.sku, part.location_id, part.quantity, total)
    free = {each.lot: each.free for each in lots}
    for pick in chosen:
        if free.get(pick.lot, Decimal(0)) < pick.quantity:
            raise LotShort(part.sku, part.location_id, pick.quantity, free.get(pick.lot, Decimal(0)))
        free[pick.lot] -= pick.quantity
    return list(chosen)
