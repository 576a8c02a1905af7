"""Goods that were put away, put on hold or taken off it: a report is booked, a request may be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from inventory.domain.accounts import Account
from inventory.domain.concerns import Concern, identity
from inventory.domain.events import PutAwayCompleted, QualityHoldChanged
from inventory.domain.expired import LOT_EXPIRED, lot_subject
from inventory.domain.fractions import Amount, fraction_of_a_piece
from inventory.domain.item import Item, ItemUnknown, Location, LocationUnknown
from inventory.domain.movement import StockKey
from inventory.domain.quantity import Measure
from inventory.domain.reporting import refuse_the_future
from inventory.domain.stock_move import (
    MOVED_BEYOND_STOCK,
    PUT_AWAYS,
    Beyond,
    Moved,
    MovedLine,
    MoveKind,
    Moving,
    Pool,
    Pools,
    StockMoveReport,
    beyond_subject,
)
from inventory.ports import Posting, UnitOfWork, Work
from inventory.use_cases.serials import name_serials

CROSSDOCK = "CROSSDOCK"
"""Reports what certificates release; no system of a partner has this name."""


@dataclass(frozen=True, slots=True)
class RecordStockMoves:
    """`content` is the same for the same report, however it came. `by_books`: the ERP says it, and has booked it."""

    tenant: str
    report_id: UUID
    business_unit: str
    location_id: str
    system: str
    number: str
    content: str
    moved_at: datetime
    reported: bool
    lines: tuple[Moved, ...]
    by_books: bool = False


async def record_stock_moves(command: RecordStockMoves, uow: UnitOfWork) -> StockMoveReport:
    """Raises ItemUnknown, LocationUnknown, LocationOfAnotherSystem, UnitNotConvertible, StockMoveNumberReused,
    ReportedFromTheFuture, ReasonMissing; of a request also BucketShort and PutAwayNotReported."""
    async with uow(tenants=(command.tenant,)) as work:
        report = StockMoveReport(
            tenant=command.tenant,
            report_id=command.report_id,
            business_unit=command.business_unit,
            location_id=command.location_id,
            system=command.system,
            number=command.number,
            content=command.content,
            moved_at=command.moved_at,
            reported=command.reported,
        )
        report.may_say(command.lines)
        earlier = await work.stock_moves.claim(report)
        if earlier is not None:
            earlier.must_repeat(command.content)
            return earlier
        location = await _location(report, work)
        items = await _items(command.lines, report, work)
        lines = report.lines_of([(each, items[each.sku]) for each in command.lines])
        if concern := fraction_of_a_piece(report, (Amount(each.said.sku, each.quantity, each.unit) for each in lines)):
            work.raise_concern(concern)
        await book_moves(
            report, location, lines, {sku: f"item/{sku}/{item.version}" for sku, item in items.items()}, work
        )
        if command.by_books:
            await work.postings.note([_booked_by(report)])
        return report


def _booked_by(report: StockMoveReport) -> Posting:
    """What the ERP tells stands in its books already, under its own number: it is not asked to post it."""
    return Posting(
        tenant=report.tenant,
        posting_key=report.subject,
        number=report.number,
        partner=report.system,
        posted_on=report.moved_at.date(),
        business_unit=report.business_unit,
    )


@dataclass(frozen=True, slots=True)
class ReleaseCertified:
    """Received goods whose last certificate has come. `base` is in base units (`unit`)."""

    report_id: UUID
    tenant: str
    business_unit: str
    location_id: str
    receipt_number: str
    released_at: datetime
    sku: str
    lot: str
    base: Decimal
    unit: str
    reason: str
    transaction_id: str
    cause_id: str


async def release_certified(command: ReleaseCertified, work: Work) -> None:
    """As a hold that quality releases; its receipt may come later."""
    report = StockMoveReport(
        tenant=command.tenant,
        report_id=command.report_id,
        business_unit=command.business_unit,
        location_id=command.location_id,
        system=CROSSDOCK,
        number=f"{command.receipt_number}/{command.report_id.hex[:8]}",
        content=str(command.report_id),
        moved_at=command.released_at,
        transaction_id=command.transaction_id,
    )
    if await work.stock_moves.claim(report) is not None:
        return
    known = await work.master_data.known_locations(command.tenant, [command.location_id])
    location = known.get(command.location_id) or Location(command.location_id, command.business_unit)
    said = Moved(command.sku, command.lot, MoveKind.HOLD_RELEASED, Measure(command.base, command.unit), command.reason)
    lines = [MovedLine(said, command.base, command.unit)]
    await book_moves(report, location, lines, {command.sku: ""}, work, command.cause_id)


async def book_moves(
    report: StockMoveReport,
    location: Location,
    lines: Sequence[MovedLine],
    conversions: Mapping[str, str],
    work: Work,
    cause_id: str = "",
) -> None:
    """In the ledger, announced, and raised where more was moved than was known to lie there."""
    pools = await _pools({report.key_of(each.said.sku) for each in lines}, work)
    moving = Moving(report, location, pools, cause_id)
    report.movements = list(await work.ledger.book(moving.movements(lines, conversions)))
    await name_serials(moving.pieces(lines, conversions), work, reported=report.reported)
    for each in moving.beyond:
        if each.bucket is not Account.SELLABLE:  # what is sold beyond stock the ledger itself raises
            work.raise_concern(_beyond(report, each))
    _settle_expired(report, pools[Account.QUARANTINED], work)
    _announce(report, lines, work, cause_id)
    await work.stock_moves.save(report)


def _settle_expired(report: StockMoveReport, quarantined: Pool, work: Work) -> None:
    """Somebody has decided on all that was held of a lot; if it has expired and is sold again, it is raised anew."""
    for _, each in report.movements:
        if each.lot and each.source is Account.QUARANTINED and quarantined.left(each.key, each.lot) <= 0:
            named = identity(LOT_EXPIRED, lot_subject(each.key, each.lot))
            work.settle(named, f"decided by {report.system} {report.number}", report.tenant)


async def _location(report: StockMoveReport, work: Work) -> Location:
    found = (await work.master_data.known_locations(report.tenant, [report.location_id])).get(report.location_id)
    if found is None:
        raise LocationUnknown(report.location_id)
    report.must_be_of(found)
    refuse_the_future(report.number, report.moved_at, work.now)
    return found


async def _items(lines: Sequence[Moved], report: StockMoveReport, work: Work) -> dict[str, Item]:
    """As they were on the day of the move."""
    skus = {each.sku for each in lines}
    items = dict(await work.master_data.known(report.tenant, skus, report.moved_at.date()))
    for each in lines:
        if each.sku not in items:
            raise ItemUnknown(each.sku)
    return items


async def _pools(keys: set[StockKey], work: Work) -> Pools:
    """What lies on the shelf and in quarantine, and what waits at the dock to be put away."""
    await work.ledger.lock(keys)
    held = await work.ledger.held(keys)
    pools = {Account.STAGED: Pool(Account.STAGED, await work.ledger.to_put_away(keys))}
    for bucket in (Account.SELLABLE, Account.QUARANTINED):
        pools[bucket] = Pool(bucket, {(key, lot): its for (key, lot, at), its in held.items() if at is bucket})
    return pools


def _announce(report: StockMoveReport, lines: Sequence[MovedLine], work: Work, cause_id: str) -> None:
    """A put-away and a decision on quality are two facts, though one report may say both."""
    put_away = tuple(each for each in lines if each.said.kind in PUT_AWAYS)
    quality = tuple(each for each in lines if each.said.kind not in PUT_AWAYS)
    mine = tuple(each for each in report.movements if not each[1].document.posting_key)
    posted = tuple(each for each in report.movements if each[1].document.posting_key)
    if put_away:
        work.announce(PutAwayCompleted(report, report.next_version(), put_away, mine), cause_id)
    if quality:
        work.announce(QualityHoldChanged(report, report.next_version(), quality, posted), cause_id)


def _beyond(report: StockMoveReport, beyond: Beyond) -> Concern:
    return Concern(
        code=MOVED_BEYOND_STOCK,
        owner="warehouse",
        subject=beyond_subject(beyond.key, beyond.lot, beyond.bucket),
        summary=f"{report.system} {report.number} at {report.location_id}: {beyond.bucket.name.lower()} {beyond}",
        tenant=report.tenant,
        transaction_ids=(report.transaction,),
        keys=(f"stock_move:{report.number}", f"sku:{beyond.key.sku}"),
    )
