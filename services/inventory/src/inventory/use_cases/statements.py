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
    Difference,
    NothingDiffers,
    Stated,
    Statement,
    StatementSuperseded,
    StatementUnknown,
    summed,
)
from inventory.domain.stock_report import StockAdjustment, adjustments_of
from inventory.ports import UnitOfWork, Work
from inventory.use_cases.stock_reports import book_report, with_items

STOCK_DIFFERENCE = "STOCK_DIFFERENCE"


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


Compared = tuple[Statement, list[Difference]]


async def record_statement(command: RecordStatement, uow: UnitOfWork) -> Compared:
    """Raises ItemUnknown, LocationUnknown, LocationOfAnotherSystem, UnitNotConvertible, StatementOutdated,
    ReportedFromTheFuture."""
    statement = command.statement
    async with uow(tenants=(statement.tenant,)) as work:
        locations = await work.master_data.known_locations(statement.tenant, [statement.location_id])
        if statement.location_id not in locations:
            raise LocationUnknown(statement.location_id)
        statement.must_be_of(locations[statement.location_id])
        refuse_the_future(statement.number, statement.as_of, work.now)
        known = await work.statements.newest(statement.location_id, statement.business_unit)
        if not statement.repeats(known):
            await work.statements.put(statement, summed(await _in_base_units(command, work)))
        statement = replace(statement, raised=known.raised if known else frozenset())
        differences = await work.statements.differences(statement)
        await _tell(statement, differences, work)
        return statement, differences


async def _in_base_units(command: RecordStatement, work: Work) -> list[Stated]:
    its, skus = command.statement, {each.stated.sku for each in command.lines}
    items = await work.master_data.known(its.tenant, skus, its.as_of.date())
    found = []
    for each in command.lines:
        if each.stated.sku not in items:
            raise ItemUnknown(each.stated.sku)
        found.append(replace(each.stated, quantity=items[each.stated.sku].in_base_units(each.measure)))
    return found


async def _tell(statement: Statement, differences: Iterable[Difference], work: Work) -> None:
    """An exception for each item beyond the tolerance; what agrees again is settled."""
    beyond: dict[str, list[Difference]] = {}
    for each in differences:
        if not each.within_tolerance:
            beyond.setdefault(each.sku, []).append(each)
    for sku, its in beyond.items():
        work.raise_concern(_difference(statement, sku, its))
    for sku in sorted(statement.raised - beyond.keys()):
        work.settle(identity(STOCK_DIFFERENCE, statement.subject_of(sku)), "stock agrees again", statement.tenant)
    await work.statements.raised(statement, sorted(beyond))


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
    """The ledger of the statement's instant says the same afterwards. Raises StatementUnknown, StatementSuperseded,
    NothingDiffers."""
    async with uow(tenants=(command.tenant,)) as work:
        statement = await _newest(command.location_id, command.business_unit, work)
        if statement.number != command.number:
            raise StatementSuperseded(command.location_id, command.number, statement.number)
        wanted = {each.sku for each in _wanted(await work.statements.differences(statement), command)}
        if not wanted:
            raise NothingDiffers(command.location_id, command.number)
        await work.ledger.lock({statement.key_of(sku) for sku in wanted})
        found = [each for each in _wanted(await work.statements.differences(statement), command) if each.sku in wanted]
        report = _report(statement, command)
        await work.adjustments.claim(report)
        changes = await with_items([each.found(command.reason) for each in found], report, work)
        await book_report(report, adjustments_of(report, changes, []), [], work)
        await _tell(statement, await work.statements.differences(statement), work)
        return report


def _wanted(differences: Iterable[Difference], command: BookDifferences) -> list[Difference]:
    return [each for each in differences if not command.skus or each.sku in command.skus]


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
