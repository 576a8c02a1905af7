"""What has ended is removed when its time has passed; what is open stays, however old it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from crossdock_kit import policy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.telemetry import metrics, names
from crossdock_kit.upkeep import Upkeep
from kit_schema import TENANTS

OLD, YOUNG = 401, 399


def id_of(days: int) -> UUID:
    """An id as it was made so many days ago."""
    made = datetime.now(UTC) - timedelta(days=days)
    return UUID(int=(int(made.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | (uuid4().int & 0xFFFFFFFFFF))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the metric counts, by kind."""
    found: dict[str, int] = {}

    def count(metric: str, amount: int, labels: dict[str, str]) -> None:
        assert metric == names.FORGOTTEN
        kind = labels[names.ROW_KIND]
        found[kind] = found.get(kind, 0) + amount

    monkeypatch.setattr(metrics, "count", count)
    return found


async def step(engine: Engine, days: int, tenant: str = "acme") -> UUID:
    made = id_of(days)
    async with transaction(engine, TENANTS) as tx:
        await tx.driver.execute(
            "INSERT INTO step (tenant, step_id, kind, name, at, outcome, recorded_at)"
            " VALUES ($1, $2, 'call', 'x', now(), 'advanced', now() - make_interval(days => $3))",
            *(tenant, made, days),
        )
    return made


async def exception(engine: Engine, raised: int, resolved: int | None) -> UUID:
    made = id_of(raised)
    async with transaction(engine, TENANTS) as tx:
        await tx.driver.execute(
            "INSERT INTO exception (tenant, exception_id, failure_class, code, dedupe_key, raised_at, resolved_at)"
            " VALUES ('acme', $1, 'business', 'X', $1::uuid::text, now() - make_interval(days => $2),"
            " now() - make_interval(days => $3))",
            *(made, raised, resolved),
        )
    return made


async def delivery(engine: Engine, state: str, finished: int | None, after: tuple[UUID, ...] = ()) -> UUID:
    made = uuid4()
    async with transaction(engine, TENANTS) as tx:
        await tx.driver.execute(
            "INSERT INTO delivery (tenant, delivery_id, partner, kind, ordering_key, payload, idempotency_key, state,"
            " finished_at, after) VALUES ('acme', $1, 'p', 'k', $1::uuid::text, '', $1::uuid::text, $2,"
            " now() - make_interval(days => $3), $4)",
            *(made, state, finished, list(after)),
        )
    return made


async def left(engine: Engine, table: str, ids: list[UUID]) -> set[UUID]:
    async with transaction(engine, TENANTS) as tx:
        rows = await tx.driver.fetch(f"SELECT {table}_id AS id FROM {table} WHERE {table}_id = ANY ($1::uuid[])", ids)
    return {row["id"] for row in rows}


async def test_steps_go_when_their_time_has_passed(engine: Engine, counted: dict[str, int]) -> None:
    old, young = await step(engine, OLD), await step(engine, YOUNG)
    await Upkeep(engine, TENANTS).once()
    assert await left(engine, "step", [old, young]) == {young}
    assert counted["step"] == 1


async def test_only_resolved_exceptions_go(engine: Engine) -> None:
    ended = await exception(engine, 500, OLD)
    lately, open_still = await exception(engine, 500, YOUNG), await exception(engine, 500, None)
    await Upkeep(engine, TENANTS).once()
    assert await left(engine, "exception", [ended, lately, open_still]) == {lately, open_still}


@pytest.mark.parametrize("state", ["delivered", "suppressed", "cancelled"])
async def test_finished_deliveries_go(engine: Engine, state: str) -> None:
    ended, lately = await delivery(engine, state, OLD), await delivery(engine, state, YOUNG)
    await Upkeep(engine, TENANTS).once()
    assert await left(engine, "delivery", [ended, lately]) == {lately}


@pytest.mark.parametrize("state", ["waiting", "leased", "dead"])
async def test_an_open_delivery_stays_and_so_does_what_it_waits_for(engine: Engine, state: str) -> None:
    first = await delivery(engine, "delivered", OLD)
    second = await delivery(engine, state, None, (first,))
    await Upkeep(engine, TENANTS).once()
    assert await left(engine, "delivery", [first, second]) == {first, second}


async def test_a_tenants_policy_says_how_long(engine: Engine) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    async with transaction(engine, TENANTS) as tx:
        await policy.add(tx.driver, "globex", policy.NewRule(key="timeline.retention_days", value=30, valid_from=since))
    theirs, ours = await step(engine, 31, "globex"), await step(engine, 31, "acme")
    await Upkeep(engine, TENANTS).once()
    assert await left(engine, "step", [theirs, ours]) == {ours}


async def test_more_than_a_portion_goes_portion_by_portion(engine: Engine, counted: dict[str, int]) -> None:
    old = [await step(engine, OLD) for _ in range(7)]
    await Upkeep(engine, TENANTS, portion=3).once()
    assert await left(engine, "step", old) == set()
    assert counted["step"] == 7
