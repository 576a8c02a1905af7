"""Partner profiles as rows, found by who they are and by what they serve."""

# ruff: noqa: S608  the only text put into statements is this module's own
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.driver import Driver
from crossdock_kit.errors import NotFound

_COLUMNS = "tenant, partner, profile, event_version"
QUIET = frozenset({"paused", "stopped"})
"""States of a partner in which nobody expects a worker to act for it."""


@dataclass
class PartnerUnknown(NotFound):
    partner: str


@dataclass(frozen=True, slots=True)
class StoredPartner:
    tenant: str
    profile: partner_pb2.PartnerProfile
    event_version: int


async def get(driver: Driver, tenant: str, partner: str, *, lock: bool = False) -> StoredPartner:
    """Raises PartnerUnknown."""
    locking = " FOR UPDATE" if lock else ""
    row = await driver.fetchrow(
        f"SELECT {_COLUMNS} FROM partner WHERE tenant = $1 AND partner = $2{locking}",
        tenant,
        partner,
    )
    if row is None:
        raise PartnerUnknown(partner)
    return _stored(row)


async def put(driver: Driver, tenant: str, profile: partner_pb2.PartnerProfile, event_version: int) -> None:
    await driver.execute(
        "INSERT INTO partner (tenant, partner, profile, role, party_id, system, business_unit, locations,"
        " event_version, attended, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())"
        " ON CONFLICT (tenant, partner) DO UPDATE SET profile = excluded.profile, role = excluded.role,"
        " party_id = excluded.party_id, system = excluded.system, business_unit = excluded.business_unit,"
        " locations = excluded.locations, event_version = excluded.event_version,"
        " attended = excluded.attended, changed_at = now()",
        tenant,
        profile.partner,
        profile.SerializeToString(deterministic=True),
        int(profile.role),
        profile.party_id,
        profile.system,
        profile.business_unit,
        list(profile.locations),
        event_version,
        profile.state not in QUIET,
    )


async def all_of(driver: Driver) -> list[StoredPartner]:
    """Every partner of the tenants that the transaction serves."""
    return [_stored(row) for row in await driver.fetch(f"SELECT {_COLUMNS} FROM partner ORDER BY tenant, partner")]


async def page(driver: Driver, tenant: str, *, after: str, limit: int) -> list[StoredPartner]:
    rows = await driver.fetch(
        f"SELECT {_COLUMNS} FROM partner WHERE tenant = $1 AND partner > $2 ORDER BY partner LIMIT $3",
        tenant,
        after,
        limit,
    )
    return [_stored(row) for row in rows]


async def of_supplier(driver: Driver, tenant: str, party_id: str) -> list[StoredPartner]:
    return await _found(driver, "role = $2 AND party_id = $3", tenant, int(options_pb2.ROLE_SUPPLIER), party_id)


async def of_business_unit(driver: Driver, tenant: str, business_unit: str) -> list[StoredPartner]:
    """The ERP of a business unit."""
    return await _found(driver, "role = $2 AND business_unit = $3", tenant, int(options_pb2.ROLE_ERP), business_unit)


async def all_of_business_unit(driver: Driver, tenant: str, business_unit: str) -> list[StoredPartner]:
    """Whatever their role."""
    return await _found(driver, "business_unit = $2", tenant, business_unit)


async def of_location(driver: Driver, tenant: str, location_id: str) -> list[StoredPartner]:
    """The WMS of a location."""
    return await _found(driver, "role = $2 AND locations @> ARRAY[$3]", tenant, int(options_pb2.ROLE_WMS), location_id)


async def carriage_of(driver: Driver, tenant: str, business_unit: str) -> list[StoredPartner]:
    """Who arranges or takes on the carriage of a business unit's goods: its TMS, or carriers without one."""
    roles = [int(options_pb2.ROLE_TMS), int(options_pb2.ROLE_CARRIER)]
    return await _found(driver, "role = ANY($2::int[]) AND business_unit = $3", tenant, roles, business_unit)


async def of_channel(driver: Driver, tenant: str, channel: str) -> list[StoredPartner]:
    """The partner that a sales channel is; none where orders come in by people."""
    return await _found(driver, "role = $2 AND partner = $3", tenant, int(options_pb2.ROLE_CHANNEL), channel)


async def _found(driver: Driver, condition: str, *values: object) -> list[StoredPartner]:
    rows = await driver.fetch(
        f"SELECT {_COLUMNS} FROM partner WHERE tenant = $1 AND {condition} ORDER BY partner",
        *values,
    )
    return [_stored(row) for row in rows]


def _stored(row: asyncpg.Record) -> StoredPartner:
    return StoredPartner(row["tenant"], partner_pb2.PartnerProfile.FromString(row["profile"]), row["event_version"])


def route_of(
    profile: partner_pb2.PartnerProfile, kinds: Sequence[str], direction: partner_pb2.Direction.ValueType
) -> partner_pb2.DocumentRoute | None:
    """The first route of the profile for one of the kinds."""
    return next((each for each in profile.documents if each.direction == direction and each.kind in kinds), None)
