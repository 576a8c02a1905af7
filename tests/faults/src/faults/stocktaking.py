"""Warehouses that count and state what lies on their shelves, late: what happened after the count is known before it,
and some of what happened before it is known after it.

Each site does one thing after the other, by a clock of its own that runs days behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from crossdock.common.v1.values_pb2 import Quantity
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control

from faults import shelves, world
from faults.caller import Caller

SHARES = {"count": 5, "state": 3, "repair": 1}
LATE = 0.8
"""How often something that happened later has been reported already."""
SEEN = 0.3
"""How often something that happened before a count is reported after it."""
STAYS = next(iter(world.SITES))
"""Whose clock never comes to the day on which the case changes."""
ROUNDS_BEFORE = 6
STEP = timedelta(seconds=30)


@dataclass
class Clock:
    """Of one site: half minutes of a day before the case changes, then of that day."""

    changes_on: date
    stays: bool
    _rounds: int = 0
    _now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._now = self._midnight - timedelta(hours=20)

    @property
    def _midnight(self) -> datetime:
        return datetime.combine(self.changes_on, time(), UTC)

    def round(self) -> tuple[datetime, datetime, datetime]:
        """Three instants, each of them later than the one before."""
        self._rounds += 1
        if self._rounds == ROUNDS_BEFORE and not self.stays:
            self._now = self._midnight
        first = self._now + STEP
        self._now = first + 2 * STEP
        return first, first + STEP, self._now


@dataclass
class Stocktakers(Caller):
    """Of one tenant's sites. `desks` are inventory's stock control by each of its processes."""

    desks: Sequence[Any]
    today: date

    def __post_init__(self) -> None:
        self._chance = Random(f"stocktaking/{self.seed}/{self.tenant}")

    async def run(self, pause_seconds: float, until: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for site in world.SITES:
                group.create_task(self._site(site, pause_seconds, until))

    async def _site(self, site: str, pause_seconds: float, until: asyncio.Event) -> None:
        clock, stated = Clock(shelves.changes_on(self.today), site == STAYS), list[str]()
        await self._report(site, clock.round()[0], [self._counted(sku) for sku in shelves.SHELVED])
        while not until.is_set():
            before, at, later = clock.round()
            if self._chance.random() < LATE:
                await self._report(site, later, [self._changed(self._chance.choice(shelves.SHELVED))])
            kind = self._chance.choices(list(SHARES), weights=list(SHARES.values()))[0]
            if kind == "count":
                sku = self._chance.choice(shelves.SHELVED)
                await self._report(site, at, [self._counted(sku)])
                if self._chance.random() < SEEN:
                    await self._report(site, before, [self._changed(sku)])
            elif kind == "state":
                stated.append(await self._state(site, at))
            elif stated:
                await self._repair(site, stated[-1])
            await asyncio.sleep(self._chance.uniform(0.2, 1.8) * pause_seconds)

    async def _report(self, site: str, at: datetime, lines: list[control.ReportedStock]) -> None:
        number = self.name("CNT" if lines[0].HasField("counted") else "CHG")
        request = control.RecordStockReportRequest(
            request_id=self.id(),
            origin=self._origin(site, number),
            number=number,
            location_id=site,
            business_unit=world.UNIT,
            lines=lines,
        )
        request.found_at.FromDatetime(at)
        await self._ask(site, number, request)

    async def _state(self, site: str, at: datetime) -> str:
        number = self.name("ST")
        lines = [
            control.StatedStock(sku=sku, bucket=inventory.ACCOUNT_SELLABLE, quantity=self._amount())
            for sku in shelves.SHELVED
        ]
        request = control.RecordStatementRequest(
            request_id=self.id(),
            origin=self._origin(site, number),
            number=number,
            location_id=site,
            business_unit=world.UNIT,
            buckets=[inventory.ACCOUNT_SELLABLE],
            lines=lines,
        )
        request.as_of.FromDatetime(at)
        await self._ask(site, number, request)
        return number

    async def _repair(self, site: str, statement: str) -> None:
        """Somebody has looked at the newest statement, and believes it."""
        request = control.BookDifferencesRequest(
            request_id=self.id(), location_id=site, business_unit=world.UNIT, number=statement, reason="07"
        )
        await self._ask(site, statement, request)

    async def _ask(self, site: str, number: str, request: Any) -> None:
        what = type(request).__name__.removesuffix("Request")
        operation = self.history.invoke(site, what, number, self.tenant, request)
        await self.call(operation, getattr(self._chance.choice(self.desks), what))

    def _origin(self, site: str, number: str) -> Any:
        origin = self.origin("WMS", number)
        origin.system = world.SITES[site].upper()
        return origin

    def _counted(self, sku: str) -> control.ReportedStock:
        return control.ReportedStock(sku=sku, bucket=inventory.ACCOUNT_SELLABLE, counted=self._amount(), reason="AA")

    def _changed(self, sku: str) -> control.ReportedStock:
        change = Quantity(value=str(self._chance.choice((-3, -2, 2, 5))), unit=self._unit())
        return control.ReportedStock(sku=sku, bucket=inventory.ACCOUNT_SELLABLE, change=change, reason="07")

    def _amount(self) -> Quantity:
        return Quantity(value=str(self._chance.randint(40, 90)), unit=self._unit())

    def _unit(self) -> str:
        return self._chance.choice((shelves.PIECE, shelves.CASE))


def said(quantity: Quantity, at: datetime, today: date) -> Decimal:
    """In pieces of that day."""
    return shelves.pieces_of(Decimal(quantity.value), quantity.unit, at, today)
