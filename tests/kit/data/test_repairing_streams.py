"""Events that a consumer never saw, and events that the broker lost, are found by comparing the books and mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crossdock_kit.broker import Broker
from crossdock_kit.database import Engine, transaction
from crossdock_kit.repairs import streams
from crossdock_kit.repairs.streams import Books
from crossdock_kit.subscriptions import aside, held
from crossdock_kit.subscriptions.discarding import discard
from kit_repairs import TENANTS, Scene, record, running, until

HOUR = timedelta(hours=1)


@pytest.fixture
def scene(engine: Engine, nats: Broker) -> Scene:
    return Scene(engine, nats)


async def test_what_a_consumer_never_saw_and_the_broker_lost_is_shown_and_then_mended(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "GRACE", timedelta(0))
    crate = await record(scene.uow, 5)
    await scene.lost_by_the_broker(crate, range(1, 6))
    async with scene.running():
        since = datetime.now(UTC) - HOUR
        shown = await scene.books.compare("acme", since, repair=False)
        assert [(each.compared, each.missing) for each in shown] == [(5, 5), (5, 5)]
        assert shown[0].effect == "they would be published again"
        assert scene.applied == []
        mended = await scene.books.compare("acme", since, repair=True)
        assert [each.effect for each in mended] == ["they are published again", "they are applied"]
        await until(lambda: scene.consumer.counters["duplicate_dropped"] >= 5 and len(scene.applied) >= 5)
        assert scene.applied == [(crate, version) for version in range(1, 6)], "once, although it came by two ways"
        left = await scene.books.compare("acme", since, repair=False)
        assert [each.missing for each in left] == [0, 0]


async def test_what_a_consumer_forgot_a_moment_ago_is_brought_though_it_may_be_on_its_way(scene: Scene) -> None:
    crate = await record(scene.uow, 3)
    await scene.lost_by_the_broker(crate, [1, 2])
    async with scene.running():
        await until(lambda: _holds(scene, crate, [(3, "gap")]))
        since = datetime.now(UTC) - HOUR
        [_, inbox] = await scene.books.compare("acme", since, repair=True)
        assert (inbox.missing, inbox.unknown) == (0, 0), "younger than a minute: not told as missing"
        await until(lambda: scene.versions(crate) == [1, 2, 3])


async def test_what_waits_and_its_owner_never_announced_is_raised_and_the_history_that_there_is_flows_past(
    scene: Scene,
) -> None:
    crate, since = await record(scene.uow, 4), datetime.now(UTC) - HOUR
    # The consumer had acknowledged 2 and 3; then a replica took over that knows neither these nor the fourth.
    await scene.lost_by_the_broker(crate, [2, 3])
    async with scene.running():
        await until(lambda: _holds(scene, crate, [(4, "gap")]))
        scene.journal.forgotten.update(await scene.ids(crate, [2, 3, 4]))
        inbox = Books(None, [scene.consumer])
        [shown] = await inbox.compare("acme", since, repair=False)
        assert (shown.unknown, await scene.held(crate)) == (1, [(4, "gap")])
        [raised] = await inbox.compare("acme", since, repair=True)
        assert raised.unknown == 1
        assert "an exception for each" in raised.effect
        assert await scene.held(crate) == [(4, held.DISOWNED)]
        [again] = await inbox.compare("acme", since, repair=True)
        assert again.unknown == 0
        await record(scene.uow, 5, crate, first=2)
        await until(lambda: scene.versions(crate) == [1, 2, 3, 4, 5])
        assert await scene.held(crate) == [(4, held.DISOWNED)], "what was lost is applied by nobody's leave"
        [found] = await _open_exceptions(scene, crate)
        assert (found["code"], found["keys"]) == ("HISTORY_LOST", [f"crate:{crate}"])
        async with transaction(scene.engine, TENANTS) as tx:
            told = await discard(tx.driver, *held.reference_of(found["subject"]))
        assert "which its owner does not know, is given up" in told
        assert await scene.held(crate) == []


async def test_what_waits_too_long_for_what_never_comes_has_the_books_compared(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "OVERDUE", timedelta(0))
    monkeypatch.setattr(streams, "DOUBT_SECONDS", 0.1)
    crate = await record(scene.uow, 3)
    await scene.lost_by_the_broker(crate, [1, 2])
    async with running(streams.watch_inbox(scene.consumer), scene.watcher.relay.run(), scene.consumer.run()):
        await until(lambda: scene.versions(crate) == [1, 2, 3])


@pytest.mark.parametrize(("hours", "expected"), [(1, [2]), (30, [2, 4, 8, 16, 32, 64])])
async def test_where_something_is_missing_one_looks_further_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, hours: int, expected: list[int]
) -> None:
    """Each look goes back twice as far as the one before, until it finds nothing that is missing."""
    looks: list[tuple[int, bool]] = []
    now = datetime.now(UTC)

    async def found(consumer: Any, tenant: str, since: datetime, until: datetime | None, *, repair: bool) -> Any:
        back = round((now - since) / HOUR)
        looks.append((back, until is None))
        return streams.Finding("inbox", missing=int(back / 2 < hours))

    monkeypatch.setattr(streams, "inbox_against_journal", found)
    await streams.brought_up(scene.consumer, "acme")
    assert looks == [(each, each == 2) for each in expected]


async def _holds(scene: Scene, crate: str, expected: list[tuple[int, str]]) -> bool:
    return await scene.held(crate) == expected


async def _open_exceptions(scene: Scene, crate: str) -> list[Any]:
    async with transaction(scene.engine, TENANTS) as tx:
        query = "SELECT code, keys, subject FROM exception WHERE resolved_at IS NULL AND $1 = ANY (keys)"
        return list(await tx.driver.fetch(query, f"crate:{crate}"))
