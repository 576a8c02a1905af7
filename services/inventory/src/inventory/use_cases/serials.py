"""Pieces that reports name: what is said of each is noted beside what the report books, in the same work."""

from __future__ import annotations

from collections.abc import Sequence

from inventory.domain.accounts import Account
from inventory.domain.movement import StockKey
from inventory.domain.quantity import plain
from inventory.domain.serials import NamedSerials, SerialsDoNotCount, counted, miscounted, taken_back
from inventory.domain.stock_report import Counted, CountedPlace, Line, StockAdjustment, pieces_of
from inventory.ports import Work


async def name_serials(named: Sequence[NamedSerials], work: Work, *, reported: bool = True) -> None:
    """After the booking, under its locks. What a warehouse reports is noted as it says, and somebody hears where it
    does not count; anybody else raises SerialsDoNotCount. Costs nothing where nothing is named."""
    if not named:
        return
    wrong = [each for each in named if not each.counts]
    if wrong and not reported:
        raise SerialsDoNotCount(wrong[0].key.sku, plain(wrong[0].quantity), len(wrong[0].serials))
    for concern in miscounted(wrong):
        work.raise_concern(concern)
    await work.serials.note([word for each in named for word in each.words()])


async def count_serials(report: StockAdjustment, lines: Sequence[Line], counts: Sequence[Counted], work: Work) -> None:
    """Pieces of places that were counted piece by piece: those that are named are there and no others. Where a later
    count of the place is known, that one stands."""
    pieces = pieces_of(report, lines)
    if not pieces:
        return
    for concern in miscounted(pieces):
        work.raise_concern(concern)
    stands = {each.place for each in counts if each.expected is not None}
    named: dict[StockKey, dict[tuple[Account, str], list[str]]] = {}
    for (found, _), each in zip((line for line in lines if line[0].serials), pieces, strict=True):
        if CountedPlace(each.key, found.lot, found.bucket) in stands:
            named.setdefault(each.key, {}).setdefault((found.bucket, found.lot), []).extend(each.serials)
    known = await work.serials.at(named, {serial for each in pieces for serial in each.serials})
    document = report.document("serials", at=report.found_at)
    await work.serials.note([word for key in named for word in counted(key, named[key], known, document)])


async def take_back_serials(report: StockAdjustment, work: Work) -> None:
    """What the report said of pieces is undone with what it booked."""
    words = await work.serials.said_by(report.tenant, report.transaction)
    document = report.document("taken back/serials", at=work.now, posted=False)
    await work.serials.note(taken_back(words, document))
