"""Which worker acts for a partner's transport: one at a time, under an epoch that grows with every change of hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossdock_kit.driver import Driver
from crossdock_kit.errors import Refused

TERM = timedelta(seconds=10)
# The transport by which deliveries leave; any number of workers may take in what is posted.
OUTBOUND, INGRESS = "outbound", "ingress"


@dataclass
class LeaseHeld(Refused):
    """Another worker acts for this transport; it can be taken when its lease has run out."""

    partner: str
    transport: str
    worker: str
    retry_after: timedelta = TERM


@dataclass
class WorkerLeaseLost(Refused):
    """The epoch is not the current one: another worker acts by now, or nobody."""

    partner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Held:
    epoch: int
    expires_at: datetime


_TAKE = """
INSERT INTO worker_lease AS l (tenant, partner, transport, worker, epoch, expires_at)
VALUES ($1, $2, $3, $4, 1, now() + $5)
ON CONFLICT (tenant, partner, transport) DO UPDATE SET worker = $4, epoch = l.epoch + 1, expires_at = now() + $5
WHERE l.expires_at <= now() OR l.worker = $4 OR l.transport = 'ingress'
RETURNING epoch, expires_at
"""
_RENEW = """
UPDATE worker_lease SET expires_at = now() + $6
WHERE tenant = $1 AND partner = $2 AND transport = $3 AND worker = $4 AND epoch = $5
RETURNING epoch, expires_at
"""
_HOLDS = """
SELECT true FROM worker_lease
WHERE tenant = $1 AND partner = $2 AND transport = $5 AND worker = $3 AND epoch = $4 AND expires_at > now()
"""


async def take(driver: Driver, tenant: str, partner: str, transport: str, worker: str) -> Held:
    """Takes the lease anew. Raises LeaseHeld."""
    row = await driver.fetchrow(_TAKE, tenant, partner, transport, worker, TERM)
    if row is None:
        holder = await driver.fetchval(
            "SELECT worker FROM worker_lease WHERE tenant = $1 AND partner = $2 AND transport = $3",
            tenant,
            partner,
            transport,
        )
        raise LeaseHeld(partner, transport, str(holder))
    return Held(row["epoch"], row["expires_at"])


async def renew(driver: Driver, tenant: str, partner: str, transport: str, *, worker: str, epoch: int) -> Held:
    """Keeps the lease. Raises WorkerLeaseLost."""
    row = await driver.fetchrow(_RENEW, tenant, partner, transport, worker, epoch, TERM)
    if row is None:
        raise WorkerLeaseLost(partner, epoch)
    return Held(row["epoch"], row["expires_at"])


async def check(driver: Driver, tenant: str, partner: str, *, worker: str, epoch: int) -> None:
    """Raises WorkerLeaseLost unless this worker sends for the partner under this epoch."""
    if not await driver.fetchval(_HOLDS, tenant, partner, worker, epoch, OUTBOUND):
        raise WorkerLeaseLost(partner, epoch)
