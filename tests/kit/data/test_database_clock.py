"""A service goes by the database's clock, whatever its machine's says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossdock_kit.database import Engine, create_engine, transaction
from crossdock_kit.database.clock import DatabaseClock
from crossdock_kit.testing import FixedClock

WRONG = datetime(2031, 5, 4, tzinfo=UTC)


async def time_of(engine: Engine) -> datetime:
    async with transaction(engine, ("acme",)) as tx:
        told: datetime = await tx.driver.fetchval("SELECT clock_timestamp()")
    return told


async def test_it_is_the_databases_time_and_never_ahead_of_it(engine: Engine) -> None:
    clock = DatabaseClock(engine, FixedClock(WRONG))
    before = await time_of(engine)
    await clock.look()
    assert before <= clock.now() <= await time_of(engine)


async def test_between_two_looks_it_goes_on_by_itself(engine: Engine) -> None:
    elapsed = 0.0
    clock = DatabaseClock(engine, FixedClock(WRONG), monotonic=lambda: elapsed)
    await clock.look()
    then = clock.now()
    elapsed = 90.5
    assert clock.now() - then == timedelta(seconds=90.5)


async def test_until_the_database_has_answered_it_is_the_machines() -> None:
    nowhere = create_engine("postgresql://nobody:x@127.0.0.1:1/none", "nowhere")
    clock = DatabaseClock(nowhere, FixedClock(WRONG))
    await clock.look_if_it_answers()
    assert clock.now() == WRONG
    await nowhere.stop()
