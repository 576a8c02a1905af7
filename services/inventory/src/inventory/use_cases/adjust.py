"""Adjusting: buckets are set right for a reason, all of a request or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inventory.domain.accounts import Account
from inventory.domain.adjusting import Adjustment, refuse_more_than_there_is
from inventory.domain.events import StockAdjusted
from inventory.domain.item import Item, ItemUnknown, LocationUnknown
from inventory.domain.movement import Document, StockKey
from inventory.domain.quantity import Measure
from inventory.ports import UnitOfWork, Work
from inventory.use_cases.serials import name_serials


@dataclass(frozen=True, slots=True)
class WantedAdjustment:
    sku: str
    location_id: str
    lot: str
    business_unit: str
    bucket: Account
    change: Measure
    reason: str
    note: str
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdjustStock:
    """`reported` by the system that counts the stock: a fact, not a request."""

    tenant: str
    adjustment_id: UUID
    adjustments: tuple[WantedAdjustment, ...]
    system: str
    document: str
    occurred_at: datetime | None
    reported: bool


async def adjust_stock(command: AdjustStock, uow: UnitOfWork) -> list[UUID]:
    """The movements' ids. Raises ItemUnknown, LocationUnknown, UnitNotConvertible, ReasonMissing, BucketShort,
    SerialsDoNotCount."""
    async with uow(tenants=(command.tenant,)) as work:
        adjustments = await _read(command, work)
        movements = [each.movement() for each in adjustments]
        keys = {each.key for each in adjustments}
        await work.ledger.lock(keys)
        if not command.reported:
            refuse_more_than_there_is(adjustments, await work.ledger.held(keys))
        booked = await work.ledger.book(movements)
        await name_serials([each.pieces() for each in adjustments if each.serials], work, reported=command.reported)
        work.announce(
            StockAdjusted(
                tenant=command.tenant,
                business_unit=command.adjustments[0].business_unit,
                adjustment_id=str(command.adjustment_id),
                movements=tuple(booked),
                occurred_at=command.occurred_at or work.now,
                system=command.system,
                document=command.document,
            )
        )
        return [movement_id for movement_id, _ in booked]


async def _read(command: AdjustStock, work: Work) -> list[Adjustment]:
    at, skus = command.occurred_at or work.now, {each.sku for each in command.adjustments}
    items = await work.master_data.known(command.tenant, skus, at.date())
    places = {each.location_id for each in command.adjustments}
    locations = await work.master_data.known_locations(command.tenant, places)
    for place in sorted(places - locations.keys()):
        raise LocationUnknown(place)
    return _adjustments(command, items, at)


def _adjustments(command: AdjustStock, items: Mapping[str, Item], at: datetime) -> list[Adjustment]:
    found: list[Adjustment] = []
    for number, wanted in enumerate(command.adjustments, 1):
        item = items.get(wanted.sku)
        if item is None:
            raise ItemUnknown(wanted.sku)
        found.append(
            Adjustment(
                key=StockKey(command.tenant, wanted.sku, wanted.location_id, wanted.business_unit),
                lot=wanted.lot,
                bucket=wanted.bucket,
                change=item.in_base_units(wanted.change),
                reason=wanted.reason,
                said=wanted.change,
                document=_document(command, number, item, at),
                unit=item.base_unit,
                serials=wanted.serials,
            )
        )
    return found


def _document(command: AdjustStock, number: int, item: Item, at: datetime) -> Document:
    identity = str(command.adjustment_id)
    return Document(
        name=f"adjustment/{command.document or identity}/{number}",
        occurred_at=at,
        system=command.system,
        transaction_id=identity,
        conversion=f"item/{item.sku}/{item.version}",
    )
