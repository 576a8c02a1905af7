"""Deliveries as the tests make and move them: one partner of its own per test, so that tests share a schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from crossdock_kit.breaker import BreakerPolicy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Leased, NewDelivery, Outcome, PartnerLimits, Report, enqueue
from crossdock_kit.deliveries.queue import DeliveryQueue, same_limits
from crossdock_kit.deliveries.report import Settled, report
from crossdock_kit.rate_limit import Rate, RateLimiter
from crossdock_kit.unit_of_work import UnitOfWork

from kit_schema import TENANTS

QUICK = PartnerLimits(
    rate=Rate(1_000_000, 1_000_000),
    backoff_first=timedelta(0),
    attempts=3,
    breaker=BreakerPolicy(failures=100),
)


@dataclass(slots=True)
class Partner:
    """One partner of tenant acme and everything that is done with its deliveries."""

    engine: Engine
    limits: PartnerLimits = QUICK
    name: str = field(default_factory=lambda: f"partner-{uuid4().hex[:12]}")
    kind: str = "850"
    queue: DeliveryQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = DeliveryQueue(self.engine, TENANTS, same_limits(self.limits), RateLimiter())

    @classmethod
    def with_own_kind(cls, engine: Engine, limits: PartnerLimits = QUICK) -> Partner:
        """For tests of a dispatcher, which serves every partner of its kinds."""
        return cls(engine, limits, kind=uuid4().hex)

    def new(self, key: str, number: str, **facts: Any) -> NewDelivery:
        return NewDelivery(
            tenant="acme",
            partner=self.name,
            kind=self.kind,
            ordering_key=key,
            payload=number.encode(),
            idempotency_key=number,
            transaction_ids=(f"t-{self.name}",),
            keys=(f"po:{key}",),
            **facts,
        )

    async def write(self, *deliveries: NewDelivery) -> None:
        async with transaction(self.engine, TENANTS) as tx:
            await enqueue(tx.driver, deliveries, at=datetime.now(UTC))

    async def commit_with(self, uow: UnitOfWork, delivery: NewDelivery) -> None:
        """Writes as a use case does."""
        async with uow(tenants=("acme",)) as work:
            work.deliver(delivery)

    async def lease(self, limit: int = 100, worker: str = "worker") -> list[Leased]:
        return await self.queue.lease("acme", self.name, (self.kind,), limit=limit, worker=worker)

    async def numbers(self, limit: int = 100) -> list[str]:
        """Leases, and names what was leased."""
        return [each.idempotency_key for each in await self.lease(limit)]

    async def report(self, leased: Leased, outcome: Outcome) -> Settled:
        async with transaction(self.engine, TENANTS) as tx:
            said = Report("acme", leased.delivery_id, leased.epoch, outcome)
            [settled] = await report(tx.driver, [said], self.queue.limits_of)
            return settled

    async def fetch(self, query: str, *values: object) -> Any:
        """The one value that a query about this partner's rows ($1) gives."""
        async with transaction(self.engine, TENANTS) as tx:
            return await tx.driver.fetchval(query, self.name, *values)

    async def do(self, statement: str, *values: object) -> None:
        async with transaction(self.engine, TENANTS) as tx:
            await tx.driver.execute(statement, self.name, *values)

    async def state(self, delivery_id: UUID) -> str:
        found: str = await self.fetch("SELECT state FROM delivery WHERE partner = $1 AND delivery_id = $2", delivery_id)
        return found

    async def let_leases_run_out(self) -> None:
        await self.do(
            "UPDATE delivery SET leased_until = now() - interval '1 s' WHERE partner = $1 AND state = 'leased'"
        )

    async def open_exceptions(self) -> list[str]:
        async with transaction(self.engine, TENANTS) as tx:
            rows = await tx.driver.fetch(
                "SELECT code FROM exception WHERE resolved_at IS NULL"
                " AND (details ->> 'partner' = $1 OR subject = 'partner/' || $1) ORDER BY code",
                self.name,
            )
        return [row["code"] for row in rows]
