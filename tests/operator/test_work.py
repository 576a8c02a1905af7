"""Looks: never two at once of one connector, never faster than the pace, again after a failure; and who acts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from crossdock_kit.errors import Refused, Unavailable
from partner_operator import leader as leading
from partner_operator import work as working
from partner_operator.connector import Key
from partner_operator.leader import Leader
from partner_operator.refusals import ApiConflict, ApiMissing, ApiUnavailable
from partner_operator.work import Work

KEY, OTHER = ("partners", "sup-atlas"), ("partners", "wms-east")


class Turns:
    """Another key's looks, one after the other at the same pace: what is due comes to pass beside them."""

    def __init__(self) -> None:
        self._count = 0

    async def taken(self) -> float:
        self._count += 1
        return 0.0

    async def more(self, turns: int = 5) -> None:
        wanted = self._count + turns
        while self._count < wanted:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(work: Work) -> AsyncIterator[None]:
    task = asyncio.create_task(work.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_many_requests_are_one_look_and_a_look_is_never_made_twice_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "PACE_SECONDS", 0.02)
    under_way, most, looks = 0, 0, 0
    let_go, begun = asyncio.Event(), asyncio.Event()

    async def look(key: Key) -> float | None:
        nonlocal under_way, most, looks
        if key == OTHER:
            return await turns.taken()
        under_way, looks = under_way + 1, looks + 1
        most = max(most, under_way)
        begun.set()
        await let_go.wait()
        under_way -= 1
        return None

    work, turns = Work(look), Turns()
    async with running(work), asyncio.timeout(30):
        for _ in range(100):
            work.ask(KEY)
        await begun.wait()
        for _ in range(100):
            work.ask(KEY)
        work.ask(OTHER)
        await turns.more()
        assert (looks, most) == (1, 1)
        let_go.set()
        while looks < 2:
            await asyncio.sleep(0.01)
        await turns.more()
    assert (looks, most) == (2, 1)


async def test_a_look_that_fails_is_made_again_and_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PACE_SECONDS", 0.01)
    monkeypatch.setattr(working, "_FIRST_RETRY", 0.01)
    failures: list[Exception] = [ApiUnavailable("away"), Refused("no"), ApiConflict("late"), RuntimeError("a bug")]
    looked: list[Key] = []

    async def look(key: Key) -> None:
        looked.append(key)
        if key == KEY and failures:
            raise failures.pop()

    work = Work(look)
    async with running(work), asyncio.timeout(30):
        work.ask(KEY)
        work.ask(OTHER)
        while looked.count(KEY) < 5:
            await asyncio.sleep(0.01)
    assert looked.count(OTHER) == 1


async def test_what_is_routine_lets_a_change_go_first_and_is_looked_at_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "_AT_ONCE", 1)
    looked: list[Key] = []
    crowd = [("partners", f"sup-{number}") for number in range(20)]

    async def look(key: Key) -> None:
        looked.append(key)

    work = Work(look)
    for key in crowd:
        work.ask(key, routine=True)
    work.ask(crowd[7])
    work.ask(KEY)
    work.ask(KEY, routine=True)
    async with running(work), asyncio.timeout(30):
        while len(looked) < 21:
            await asyncio.sleep(0.01)
    assert set(looked[:2]) == {crowd[7], KEY}
    assert sorted(looked) == sorted([*crowd, KEY])


async def test_a_look_says_when_it_wants_to_be_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "PACE_SECONDS", 0.01)
    answers: list[float | None] = [None, 0.02]
    looks = 0

    async def look(key: Key) -> float | None:
        nonlocal looks
        if key == OTHER:
            return await turns.taken()
        looks += 1
        return answers.pop()

    work, turns = Work(look), Turns()
    async with running(work), asyncio.timeout(30):
        work.ask(KEY)
        while looks < 2:
            await asyncio.sleep(0.01)
        work.ask(OTHER)
        await turns.more()
    assert looks == 2


class Leases:
    """One lease as an API server keeps it: a write under an old version is refused."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] | None = None
        self.away = False
        self.reads = 0
        self.version = 0

    async def lease(self, namespace: str, name: str) -> dict[str, Any]:
        self.reads += 1
        if self.away:
            raise ApiUnavailable("away")
        if self.kept is None:
            raise ApiMissing(name)
        return self.kept

    async def create_lease(self, namespace: str, lease: dict[str, Any]) -> dict[str, Any]:
        if self.kept is not None:
            raise ApiConflict("there")
        return self._keep(lease)

    async def replace_lease(self, namespace: str, lease: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise ApiUnavailable("away")
        if self.kept is None or lease["metadata"]["resourceVersion"] != self.kept["metadata"]["resourceVersion"]:
            raise ApiConflict("changed")
        return self._keep(lease)

    def _keep(self, lease: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        self.kept = {**lease, "metadata": {**lease["metadata"], "resourceVersion": str(self.version)}}
        return self.kept


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading, "TERM", timedelta(seconds=0.6))
    monkeypatch.setattr(leading, "_RENEW_SECONDS", 0.05)


async def until(holds: Any) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


async def test_one_of_two_acts_and_the_other_follows_when_it_leaves(quick: None) -> None:
    leases, elected = Leases(), list[str]()
    first, second = (Leader(leases, "crossdock", name, partial(elected.append, name)) for name in "ab")
    one = asyncio.create_task(first.run())
    await until(lambda: first.acts)
    two = asyncio.create_task(second.run())
    renewed, asked = leases.version + 5, leases.reads + 10
    await until(lambda: leases.version >= renewed and leases.reads >= asked)
    assert not second.acts
    assert elected == ["a"]
    one.cancel()
    await until(lambda: second.acts)
    assert not first.acts
    assert elected == ["a", "b"]
    two.cancel()
    await asyncio.gather(one, two, return_exceptions=True)


async def test_who_dies_without_a_word_is_followed_when_its_term_is_over(quick: None) -> None:
    leases = Leases()
    leases._keep({"metadata": {"name": "partner-operator"}, "spec": {"holderIdentity": "dead"}})
    now = asyncio.get_running_loop().time
    began, elected = now(), list[float]()
    second = Leader(leases, "crossdock", "b", lambda: elected.append(now()))
    two = asyncio.create_task(second.run())
    await until(lambda: second.acts)
    assert elected[0] - began > leading.TERM.total_seconds()
    two.cancel()
    await asyncio.gather(two, return_exceptions=True)


async def test_who_cannot_renew_stops_acting_before_others_may_begin(quick: None) -> None:
    leases = Leases()
    first = Leader(leases, "crossdock", "a", lambda: None)
    one = asyncio.create_task(first.run())
    await until(lambda: first.acts)
    leases.away = True
    await until(lambda: not first.acts)
    leases.away = False
    await until(lambda: first.acts)
    one.cancel()
    await asyncio.gather(one, return_exceptions=True)


def test_what_goes_away_by_itself_is_told_from_what_does_not() -> None:
    assert issubclass(ApiUnavailable, Unavailable)
    assert not issubclass(ApiMissing, Unavailable)
