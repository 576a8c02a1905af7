"""Statements: held against the ledger of their instant, raised where they differ, booked for a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from inventory.domain.concerns import INVENTORY_CONTROL, Concern, identity
from inventory.domain.item import ItemUnknown, LocationUnknown
from inventory.domain.quantity import Measure
from inventory.domain.reporting import refuse_the_future
from inventory.domain.statement import (
    Comparison,
    Difference,
    DifferencesTooMany,
    NothingDiffers,
    Stated,
    Statement,
    StatementSuperseded,
    StatementUnknown,
    summed,
)
from inventory.domain.stock_report import CountedPlace, StockAdjustment, adjustments_of
from inventory.ports import UnitOfWork, Work
from inventory.use_cases.stock_reports import book_report, with_items

STOCK_DIFFERENCE = "STOCK_DIFFERENCE"
STATEMENT_DIFFERS_WIDELY = "STATEMENT_DIFFERS_WIDELY"
MOST_TOLD = 1000
"""Items of one statement that have an exception each. If more differ, it is the statement that somebody looks at."""


@dataclass(frozen=True, slots=True)
class SaidStock:
    """`stated` counts in the unit of `measure` until the item is known."""

    stated: Stated
    measure: Measure


@dataclass(frozen=True, slots=True)
class RecordStatement:
    statement: Statement
    lines: tuple[SaidStock, ...]


@dataclass(frozen=True, slots=True)
class BookDifferences:
    tenant: str
    adjustment_id: UUID
    location_id: str
    business_unit: str
    number: str
    skus: frozenset[str]
    reason: str


async def record_statement(command: RecordStatement, uow: UnitOfWork) -> Comparison:
    """Raises ItemUnknown, LocationUnknown, LocationOfAnotherSystem, UnitNotConvertible, StatementOutdated,
    StatementPartInvalid, ReportedFromTheFuture."""
    statement = command.statement
    statement.must_be_a_part()
    async with uow(tenants=(statement.tenant,)) as work:
        locations = await work.master_data.known_locations(statement.tenant, [statement.location_id])
        if statement.location_id not in locations:
            raise LocationUnknown(statement.location_id)
        statement.must_be_of(locations[statement.location_id])
        refuse_the_future(statement.number, statement.as_of, work.now)
        known = await work.statements.newest(statement.location_id, statement.business_unit)
        if not statement.repeats(known):
            lines = summed(await _in_base_units(command, work))
            if statement.parts and (missing := await work.statements.collect(statement, lines)):
                return Comparison(statement, missing_parts=missing)
            if statement.parts:
                statement = await work.statements.put_collected(statement)
            else:
                await work.statements.put(statement, lines)
        elif known is not None and statement.parts:
            statement = known
        statement = replace(statement, raised=known.raised if known else frozenset())
        compared = await work.statements.compare(statement)
        await _tell(compared, work)
        return compared


async def _in_base_units(command: RecordStatement, work: Work) -> list[Stated]:
    its, skus = command.statement, {each.stated.sku for each in command.lines}
    items = await work.master_data.known(its.tenant, skus, its.as_of.date())
    found = []
    for each in command.lines:
        if each.stated.sku not in items:
            raise ItemUnknown(each.stated.sku)
        found.append(replace(each.stated, quantity=items[each.stated.sku].in_base_units(each.measure)))
    return found


async def _tell(compared: Comparison, work: Work) -> None:
    """An exception for each item beyond the tolerance; what agrees again is settled. What was not looked at stays."""
    statement, until = compared.statement, compared.seen_until
    beyond: dict[str, list[Difference]] = {}
    for each in compared.differences:
        if not each.within_tolerance:
            beyond.setdefault(each.sku, []).append(each)
    unseen = {sku for sku in statement.raised if until is not None and sku > until}
    told = {*sorted(beyond)[:MOST_TOLD], *(statement.raised & beyond.keys())}
    for sku in sorted(told):
        work.raise_concern(_difference(statement, sku, beyond[sku]))
    for sku in sorted(statement.raised - told - unseen):
        work.settle(identity(STOCK_DIFFERENCE, statement.subject_of(sku)), "stock agrees again", statement.tenant)
    if len(beyond) > len(told) or until is not None:
        work.raise_concern(_wide(compared))
    else:
        work.settle(identity(STATEMENT_DIFFERS_WIDELY, _place(statement)), "no longer so much", statement.tenant)
    await work.statements.raised(statement, sorted(told | unseen))


def _wide(compared: Comparison) -> Concern:
    statement = compared.statement
    said = f"{statement.system} {statement.number} differs from the ledger in {compared.count} places"
    return Concern(
        code=STATEMENT_DIFFERS_WIDELY,
        owner=INVENTORY_CONTROL,
        subject=_place(statement),
        summary=f"{said}; {MOST_TOLD} items are told one by one",
        tenant=statement.tenant,
        keys=(f"location:{statement.location_id}",),
        details={"statement": f"{statement.system} {statement.number}"},
    )


def _place(statement: Statement) -> str:
    return f"statement/{statement.business_unit}/{statement.location_id}"


def _difference(statement: Statement, sku: str, its: Sequence[Difference]) -> Concern:
    said = "; ".join(str(each) for each in its)
    return Concern(
        code=STOCK_DIFFERENCE,
        owner=INVENTORY_CONTROL,
        subject=statement.subject_of(sku),
        summary=f"{sku} at {statement.location_id} as of {statement.as_of:%Y-%m-%d %H:%M} UTC, {said}"[:500],
        tenant=statement.tenant,
        keys=(f"sku:{sku}",),
        details={"statement": f"{statement.system} {statement.number}"},
    )


async def _newest(location_id: str, business_unit: str, work: Work) -> Statement:
    statement = await work.statements.newest(location_id, business_unit)
    if statement is None:
        raise StatementUnknown(location_id, business_unit)
    return statement


async def book_differences(command: BookDifferences, uow: UnitOfWork) -> StockAdjustment:
    """The ledger of the statement's instant says the same afterwards, and the statement stands as a count of what was
    booked; where a later count is known that one stands, and nothing changes after it. Raises StatementUnknown,
    StatementSuperseded, NothingDiffers, DifferencesTooMany."""
    async with uow(tenants=(command.tenant,)) as work:
        statement = await _newest(command.location_id, command.business_unit, work)
        if statement.number != command.number:
            raise StatementSuperseded(command.location_id, command.number, statement.number)
        before = await _all_of(statement, command.skus, work)
        wanted = {each.sku for each in before}
        await work.ledger.lock({statement.key_of(sku) for sku in wanted})
        found = [each for each in await _all_of(statement, command.skus, work) if each.sku in wanted]
        report = _report(statement, command)
        await work.adjustments.claim(report)
        places = (CountedPlace(statement.key_of(each.sku), each.lot, each.bucket) for each in found)
        await work.adjustments.newest(report, dict.fromkeys(places, command.reason))
        changes = await with_items([each.found(command.reason) for each in found], report, work)
        await book_report(report, adjustments_of(report, changes, []), [], work)
        await _tell(await work.statements.compare(statement), work)
        return report


async def _all_of(statement: Statement, skus: Iterable[str], work: Work) -> Sequence[Difference]:
    """Raises NothingDiffers, DifferencesTooMany."""
    compared = await work.statements.compare(statement, skus)
    if not compared.count:
        raise NothingDiffers(statement.location_id, statement.number)
    if compared.seen_until is not None:
        raise DifferencesTooMany(statement.location_id, statement.number, compared.count)
    return compared.differences


def _report(statement: Statement, command: BookDifferences) -> StockAdjustment:
    return StockAdjustment(
        tenant=statement.tenant,
        adjustment_id=command.adjustment_id,
        business_unit=statement.business_unit,
        location_id=statement.location_id,
        system=statement.system,
        number=f"{statement.number}/{command.adjustment_id}",
        content=statement.content,
        found_at=statement.as_of,
    )
