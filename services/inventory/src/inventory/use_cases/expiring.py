"""Lots that have expired leave what may be sold, by movements of their own, and somebody decides what becomes of them.

Who looks twice finds nothing the second time: what was put on hold is sellable no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from uuid import uuid4

from inventory.domain.expired import ExpiredLot, lot_expired
from inventory.domain.item import Item, Location
from inventory.domain.movement import StockKey
from inventory.domain.quantity import Measure
from inventory.domain.stock_move import Moved, MovedLine, MoveKind, Place, StockMoveReport
from inventory.ports import UnitOfWork, Work
from inventory.use_cases.stock_moves import CROSSDOCK, book_moves

LOTS_AT_ONCE = 500


async def expire_lots(tenant: str, uow: UnitOfWork) -> int:
    """Puts all that has expired on hold; how many lots. A transaction for each page, so that nobody waits long."""
    held, after = 0, (StockKey(tenant, "", "", ""), "")
    while True:
        async with uow(tenants=(tenant,)) as work:
            found = await work.ledger.expired_after(after, LOTS_AT_ONCE)
            held += await hold_expired({key for key, _ in found}, work)
        if len(found) < LOTS_AT_ONCE:
            return held
        after = found[-1]


async def hold_expired(keys: Iterable[StockKey], work: Work) -> int:
    """Puts what has expired of these on hold; how many lots. Others may have done so until the lock was had."""
    wanted = set(keys)
    await work.ledger.lock(wanted)
    expired = sorted(await work.ledger.expired(wanted), key=_order) if wanted else []
    for (tenant, location_id, unit), its in groupby(expired, key=_place):
        await _hold(tenant, location_id, unit, list(its), work)
    return len(expired)


def _order(found: ExpiredLot) -> tuple[tuple[str, str, str], Place]:
    return _place(found), (found.key, found.lot)


def _place(found: ExpiredLot) -> tuple[str, str, str]:
    return found.key.tenant, found.key.location_id, found.key.business_unit


async def _hold(tenant: str, location_id: str, unit: str, lots: Sequence[ExpiredLot], work: Work) -> None:
    """One report of a place, as a hold that quality places."""
    report_id = uuid4()
    report = StockMoveReport(
        tenant=tenant,
        report_id=report_id,
        business_unit=unit,
        location_id=location_id,
        system=CROSSDOCK,
        number=f"EXPIRED-{work.now.date()}-{report_id.hex[:12]}",
        content=str(report_id),
        moved_at=work.now,
    )
    await work.stock_moves.claim(report)
    items = await work.master_data.known(tenant, {each.key.sku for each in lots})
    lines = [_line(each, items) for each in lots]
    conversions = {each.key.sku: "" for each in lots}
    await book_moves(report, Location(location_id, unit), lines, conversions, work)
    for each, line in zip(lots, lines, strict=True):
        work.raise_concern(lot_expired(report, each, line.unit))


def _line(found: ExpiredLot, items: Mapping[str, Item]) -> MovedLine:
    """Wherever it lies in the house: what is released from this hold is not to be put away anew."""
    unit = items[found.key.sku].base_unit if found.key.sku in items else ""
    said = Moved(
        sku=found.key.sku,
        lot=found.lot,
        kind=MoveKind.HOLD_PLACED,
        measure=Measure(found.sellable, unit),
        reason=f"expired on {found.expired_on}",
        shelved=True,
    )
    return MovedLine(said, found.sellable, unit)
