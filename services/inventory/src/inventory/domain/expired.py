"""Lots whose day is over: what of them may still be sold, and who hears of it when it may no longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.domain.concerns import INVENTORY_CONTROL, Concern
from inventory.domain.movement import StockKey
from inventory.domain.quantity import ZERO, plain
from inventory.domain.stock_move import StockMoveReport

LOT_EXPIRED = "LOT_EXPIRED"


@dataclass(frozen=True, slots=True)
class ExpiredLot:
    """What of it is sellable still, of which `bound` is promised to orders."""

    key: StockKey
    lot: str
    expired_on: date
    sellable: Decimal
    bound: Decimal = ZERO


def lot_subject(key: StockKey, lot: str) -> str:
    return f"lot/{key.business_unit}/{key.location_id}/{key.sku}/{lot}"


def lot_expired(report: StockMoveReport, found: ExpiredLot, unit: str) -> Concern:
    """Somebody disposes of it, or says another day. Orders that are bound to it need other goods."""
    key = found.key
    bound = f", {plain(found.bound)} of them bound to orders," if found.bound > 0 else ""
    what = f"lot {found.lot} of {key.sku} at {key.location_id} expired on {found.expired_on}"
    return Concern(
        code=LOT_EXPIRED,
        owner=INVENTORY_CONTROL,
        subject=lot_subject(key, found.lot),
        summary=f"{what}: {plain(found.sellable)} {unit}{bound} are on hold",
        tenant=key.tenant,
        transaction_ids=(report.transaction,),
        keys=(f"sku:{key.sku}", f"location:{key.location_id}"),
        details={"lot": found.lot, "expired_on": str(found.expired_on), "bound": plain(found.bound)},
    )
