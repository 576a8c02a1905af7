"""Reservations, their parts and the lots bound for them, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg
from crossdock_kit import crash_points
from crossdock_kit.driver import Driver

from inventory.domain.lots import Pick
from inventory.domain.reservation import Reservation, State
from inventory.domain.reserving import Part

_COLUMNS = "tenant, reservation_id, business_unit, state, channel, priority, reference, expires_at, version"
_LOCK = (
    f"SELECT {_COLUMNS} FROM reservation WHERE reservation_id = ANY ($1::uuid[])"  # noqa: S608
    " ORDER BY tenant, reservation_id FOR UPDATE"
)
_LAPSED = f"""
WITH due AS (
  SELECT tenant, reservation_id FROM reservation WHERE state = 1 AND expires_at <= now()
  ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
SELECT {", ".join("r." + each for each in _COLUMNS.split(", "))}
FROM reservation r JOIN due USING (tenant, reservation_id)
ORDER BY r.tenant, r.reservation_id
"""  # noqa: S608
_PARTS = """
SELECT tenant, reservation_id, sku, location_id, quantity, unit FROM reservation_part
WHERE reservation_id = ANY ($1::uuid[]) ORDER BY tenant, reservation_id, sku, location_id
"""
_SAVE = """
UPDATE reservation r SET state = s.state, version = s.version
FROM unnest($1::text[], $2::uuid[], $3::int2[], $4::int8[]) AS s (tenant, reservation_id, state, version)
WHERE r.tenant = s.tenant AND r.reservation_id = s.reservation_id
"""
_PICKS = """
SELECT reservation_id, sku, location_id, lot, quantity FROM allocation
WHERE reservation_id = ANY ($1::uuid[]) ORDER BY reservation_id, sku, location_id, lot
"""
_BIND = """
INSERT INTO allocation (tenant, reservation_id, sku, location_id, lot, quantity)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::numeric[])
"""
GIVEN_BACK = frozenset({State.RELEASED, State.EXPIRED})


class StoredReservations:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def lock(self, ids: Iterable[UUID]) -> list[Reservation]:
        return await self._whole(await self._driver.fetch(_LOCK, sorted(ids)))

    async def take_lapsed(self, limit: int) -> list[Reservation]:
        return await self._whole(await self._driver.fetch(_LAPSED, limit))

    async def save(self, reservations: Sequence[Reservation]) -> None:
        if any(each.state in GIVEN_BACK for each in reservations):
            crash_points.reached(crash_points.BETWEEN_COMPENSATION_STEPS)
        await self._driver.execute(
            _SAVE,
            [each.tenant for each in reservations],
            [each.reservation_id for each in reservations],
            [each.state for each in reservations],
            [each.version for each in reservations],
        )

    async def picks(self, ids: Iterable[UUID]) -> dict[UUID, list[Pick]]:
        found: dict[UUID, list[Pick]] = {each: [] for each in ids}
        for row in await self._driver.fetch(_PICKS, list(found)):
            pick = Pick(row["sku"], row["location_id"], row["lot"], row["quantity"])
            found[row["reservation_id"]].append(pick)
        return found

    async def bind(self, reservations: Sequence[Reservation], picks: Mapping[UUID, Sequence[Pick]]) -> None:
        rows = [
            (each.tenant, each.reservation_id, pick.sku, pick.location_id, pick.lot, pick.quantity)
            for each in reservations
            for pick in picks.get(each.reservation_id, ())
        ]
        if rows:
            await self._driver.execute(_BIND, *(list(column) for column in zip(*rows, strict=True)))

    async def unbind(self, ids: Iterable[UUID]) -> None:
        await self._driver.execute("DELETE FROM allocation WHERE reservation_id = ANY ($1::uuid[])", list(ids))

    async def _whole(self, rows: Sequence[asyncpg.Record]) -> list[Reservation]:
        parts: dict[tuple[str, UUID], list[Part]] = {}
        units: dict[tuple[str, UUID], dict[str, str]] = {}
        for row in await self._driver.fetch(_PARTS, [row["reservation_id"] for row in rows]):
            key = row["tenant"], row["reservation_id"]
            parts.setdefault(key, []).append(Part(row["sku"], row["location_id"], row["quantity"]))
            units.setdefault(key, {})[row["sku"]] = row["unit"]
        return [_reservation(row, parts, units) for row in rows]


def _reservation(
    row: asyncpg.Record,
    parts: dict[tuple[str, UUID], list[Part]],
    units: dict[tuple[str, UUID], dict[str, str]],
) -> Reservation:
    key = row["tenant"], row["reservation_id"]
    facts = {name: row[name] for name in ("business_unit", "channel", "priority", "reference", "expires_at", "version")}
    return Reservation(
        reservation_id=row["reservation_id"],
        tenant=row["tenant"],
        state=State(row["state"]),
        parts=tuple(parts[key]),
        units=units[key],
        **facts,
    )
