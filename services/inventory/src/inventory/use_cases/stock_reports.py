"""What warehouses report beside receipts and picks is booked as reported; what goes beyond the limit is decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from inventory.domain.adjusting import Adjustment
from inventory.domain.concerns import INVENTORY_CONTROL, Concern, identity
from inventory.domain.events import AdjustmentDecided, StockAdjusted, StockCounted
from inventory.domain.fractions import Amount, fraction_of_a_piece
from inventory.domain.item import ItemUnknown, LocationUnknown
from inventory.domain.quantity import ZERO
from inventory.domain.reporting import refuse_the_future
from inventory.domain.standing_count import made_up_for
from inventory.domain.stock_report import (
    AdjustmentState,
    Counted,
    CountedPlace,
    Found,
    Line,
    StockAdjustment,
    adjustments_of,
    pieces_of,
    together,
)
from inventory.ports import Posting, UnitOfWork, Work
from inventory.use_cases.serials import count_serials, name_serials, take_back_serials

ADJUSTMENT_BEYOND_LIMIT = "ADJUSTMENT_BEYOND_LIMIT"


@dataclass(frozen=True, slots=True)
class RecordStockReport:
    """`content` is the same for the same report, however it came."""

    tenant: str
    adjustment_id: UUID
    business_unit: str
    location_id: str
    system: str
    number: str
    content: str
    found_at: datetime
    lines: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class DecideAdjustment:
    tenant: str
    adjustment_id: UUID
    approved: bool
    decided_by: str
    reason: str


async def record_stock_report(command: RecordStockReport, uow: UnitOfWork) -> StockAdjustment:
    """Raises ItemUnknown, LocationUnknown, LocationOfAnotherSystem, UnitNotConvertible, AdjustmentNumberReused,
    ReportedFromTheFuture."""
    async with uow(tenants=(command.tenant,)) as work:
        report = StockAdjustment(
            tenant=command.tenant,
            adjustment_id=command.adjustment_id,
            business_unit=command.business_unit,
            location_id=command.location_id,
            system=command.system,
            number=command.number,
            content=command.content,
            found_at=command.found_at,
        )
        earlier = await work.adjustments.claim(report)
        if earlier is not None:
            earlier.must_repeat(command.content)
            return earlier
        lines = await _known(command.lines, report, work)
        said = (Amount(found.sku, item.in_base_units(found.measure), item.base_unit) for found, item in lines)
        if concern := fraction_of_a_piece(report, said):
            work.raise_concern(concern)
        await work.ledger.lock({report.key_of(found.sku) for found, _ in lines})
        changes = [each for each in lines if not each[0].counted]
        counts = await _counted(report, lines, adjustments_of(report, changes, []), work)
        await book_report(report, adjustments_of(report, changes, counts), counts, work)
        await name_serials(pieces_of(report, changes), work)
        await count_serials(report, [each for each in lines if each[0].counted], counts, work)
        return report


async def _known(lines: Sequence[Found], report: StockAdjustment, work: Work) -> list[Line]:
    locations = await work.master_data.known_locations(report.tenant, [report.location_id])
    if report.location_id not in locations:
        raise LocationUnknown(report.location_id)
    report.must_be_of(locations[report.location_id])
    refuse_the_future(report.number, report.found_at, work.now)
    return await with_items(lines, report, work)


async def with_items(lines: Sequence[Found], report: StockAdjustment, work: Work) -> list[Line]:
    """As they were on the day of the report. Raises ItemUnknown."""
    skus = {each.sku for each in lines}
    items = await work.master_data.known(report.tenant, skus, report.found_at.date())
    for each in lines:
        if each.sku not in items:
            raise ItemUnknown(each.sku)
    return [(each, items[each.sku]) for each in lines]


async def _counted(
    report: StockAdjustment, lines: Sequence[Line], changes: Sequence[Adjustment], work: Work
) -> list[Counted]:
    """Each count beside what the ledger held then, with the changes of the same report; without that where a later
    count of the place is known."""
    counts = list(together(report, [each for each in lines if each[0].counted]))
    if not counts:
        return []
    newest = await work.adjustments.newest(report, {each.place: each.reason for each in counts})
    held = await work.ledger.held_at([each.place.key for each in counts], report.found_at)

    def expected(place: CountedPlace) -> Decimal | None:
        if place not in newest:
            return None
        told = sum((change.change for change in changes if place.holds(change)), ZERO)
        return held.of(place.key, place.lot, place.bucket) + told

    return [replace(each, expected=expected(each.place)) for each in counts]


async def book_report(report: StockAdjustment, changes: list[Adjustment], counts: list[Counted], work: Work) -> None:
    """In the ledger at once; for the ERP now, or when somebody has decided. A later count of the place stands: what it
    saw of the changes is made up for. The items' stock is locked."""
    late = made_up_for(report, changes, await work.adjustments.counted_later(report, changes))
    report.movements = list(await work.ledger.book([each.movement() for each in (*changes, *late)]))
    beyond = await work.adjustments.beyond_limit(changes)
    if beyond:
        report.state = AdjustmentState.AWAITING_DECISION
        work.raise_concern(_to_be_decided(report, beyond))
    if counts:
        work.announce(StockCounted(report, report.next_version(), tuple(counts)))
    if report.movements:
        work.announce(
            StockAdjusted(
                tenant=report.tenant,
                business_unit=report.business_unit,
                adjustment_id=str(report.adjustment_id),
                movements=tuple(report.movements),
                occurred_at=report.found_at,
                system=report.system,
                document=report.number,
                version=report.next_version(),
                number=report.number,
                to_be_posted=not beyond,
            )
        )
    await work.adjustments.save(report)


def _to_be_decided(report: StockAdjustment, beyond: Sequence[str]) -> Concern:
    return Concern(
        code=ADJUSTMENT_BEYOND_LIMIT,
        owner=INVENTORY_CONTROL,
        subject=report.subject,
        summary=f"{report.system} {report.number} at {report.location_id}: {'; '.join(beyond)[:400]}; not posted yet",
        tenant=report.tenant,
        transaction_ids=(str(report.adjustment_id),),
        keys=report.keys,
    )


def _withdrawn(report: StockAdjustment, command: DecideAdjustment) -> Posting:
    """The ERP never hears of it: nobody waits for a number any more."""
    return Posting(
        tenant=report.tenant,
        posting_key=report.subject,
        number="",
        partner="",
        posted_on=None,
        business_unit=report.business_unit,
        state="withdrawn",
        reason=f"taken back by {command.decided_by}: {command.reason}",
    )


async def decide_adjustment(command: DecideAdjustment, uow: UnitOfWork) -> StockAdjustment:
    """Raises AdjustmentUnknown, AdjustmentNotAwaiting. What is taken back is undone by movements of its own."""
    async with uow(tenants=(command.tenant,)) as work:
        report = await work.adjustments.get(command.adjustment_id)
        report.decide(command.approved)
        concerned = report.movements
        if not command.approved:
            await work.ledger.lock({movement.key for _, movement in report.movements})
            await work.adjustments.forget_counts(report)
            concerned = list(await work.ledger.book(list(report.taken_back(work.now))))
            report.movements = [*report.movements, *concerned]
            await take_back_serials(report, work)
            await work.postings.note([_withdrawn(report, command)])
        work.announce(
            AdjustmentDecided(
                report=report,
                version=report.next_version(),
                approved=command.approved,
                decided_by=command.decided_by,
                reason=command.reason,
                movements=tuple(concerned),
                occurred_at=work.now,
            )
        )
        await work.adjustments.save(report, decided_by=command.decided_by, decision=command.reason)
        verdict = f"{'approved' if command.approved else 'taken back'} by {command.decided_by}: {command.reason}"
        work.settle(identity(ADJUSTMENT_BEYOND_LIMIT, report.subject), verdict, command.tenant)
        return report
