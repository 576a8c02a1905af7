"""Reserving as Saleor does it, writing the same rows: lock the stock rows of all lines in key order, check in Python,
insert in bulk, update the column in bulk, one transaction for each basket.

It is not slowed down anywhere: asyncpg, prepared statements, a bulk statement for each table, and the same building of
events and steps as the desk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from crossdock_kit import journal, timeline
from crossdock_kit.clock import SystemClock
from crossdock_kit.context import cause
from crossdock_kit.database import Engine, transaction
from crossdock_kit.driver import Driver
from crossdock_kit.timeline import Root
from inventory.domain.reservation import Reservation
from inventory.ports import Ask
from inventory.store.desk import batch as batches
from inventory.store.desk.batch import Batch, Pending, decided
from inventory.store.desk.memory import Memory
from inventory.store.desk.statement import METHOD

_RESERVATIONS = """
INSERT INTO reservation (tenant, reservation_id, business_unit, state, channel, priority, reference, expires_at,
  version)
VALUES ($1, $2, $3, 1, $4, $5, $6, $7, 1)
"""
_PARTS = """
INSERT INTO reservation_part (tenant, reservation_id, sku, location_id, quantity, unit)
SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::numeric[], $6::text[])
"""
_RESERVED = """
UPDATE stock s SET reserved = s.reserved + u.quantity, version = s.version + 1, event_version = s.event_version + 1
FROM unnest($2::text[], $3::text[], $4::text[], $5::numeric[]) AS u (sku, location_id, business_unit, quantity)
WHERE s.tenant = $1 AND s.sku = u.sku AND s.location_id = u.location_id AND s.business_unit = u.business_unit
"""
_MOVEMENTS = """
INSERT INTO movement (tenant, sku, location_id, business_unit, movement_id, source, target, quantity, unit, reason,
  document, transaction_id, occurred_at)
SELECT $1, sku, location_id, $2, gen_random_uuid(), 11, 8, quantity, unit, 'RESERVED', $3, $4, $5
FROM unnest($6::text[], $7::text[], $8::numeric[], $9::text[]) AS m (sku, location_id, quantity, unit)
"""
_ANSWER = """
INSERT INTO idempotency (tenant, method, request_id, request_hash, status, answer) VALUES ($1, $2, $3, $4, 0, $5)
"""


@dataclass(eq=False)
class SaleorWay:
    """Has the desk's port, so that the same clients drive both."""

    engine: Engine

    async def reserve(self, asks: Sequence[Ask]) -> list[bytes]:
        return [await self._reserve(ask) for ask in asks]

    async def _reserve(self, ask: Ask) -> bytes:
        now = SystemClock().now()
        pending = Pending(ask, cause(), None, asyncio.get_running_loop().create_future())
        memory = Memory()
        async with transaction(self.engine, (ask.basket.tenant,)) as tx:
            await memory.load(tx.driver, set(pending.shelves.values()))
            batch = decided([pending], memory, now)
            for reservation in batch.promised:
                await self._insert(tx.driver, batch, reservation)
            answer, identity = batch.outcomes[0].answer, str(ask.basket.request_id)
            await tx.driver.execute(_ANSWER, ask.basket.tenant, METHOD, identity, ask.fingerprint, answer)
            await timeline.record(tx.driver, batches.steps(batch, now), _roots(batch))
            if events := batches.events(batch, now):
                await journal.record(tx.driver, events)
        return answer

    @staticmethod
    async def _insert(driver: Driver, batch: Batch, its: Reservation) -> None:
        skus = [part.sku for part in its.parts]
        places = [part.location_id for part in its.parts]
        quantities = [part.quantity for part in its.parts]
        units = [its.units[sku] for sku in skus]
        identity = str(its.reservation_id)
        facts = (its.business_unit, its.channel, its.priority, its.reference, its.expires_at)
        await driver.execute(_RESERVATIONS, its.tenant, its.reservation_id, *facts)
        await driver.execute(_PARTS, its.tenant, its.reservation_id, skus, places, quantities, units)
        keys = list(batch.taken)
        await driver.execute(
            _RESERVED,
            its.tenant,
            [key.sku for key in keys],
            [key.location_id for key in keys],
            [key.business_unit for key in keys],
            [batch.taken[key] for key in keys],
        )
        document, at = f"reservation/{identity}", SystemClock().now()
        await driver.execute(
            _MOVEMENTS, its.tenant, its.business_unit, document, identity, at, skus, places, quantities, units
        )


def _roots(batch: Batch) -> list[Root]:
    return [
        Root(
            transaction_id=str(its.reservation_id),
            type="reservation",
            root_key=f"reservation:{its.reservation_id}",
            tenant=its.tenant,
        )
        for its in batch.promised
    ]
