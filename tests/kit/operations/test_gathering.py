"""Calls that are decided together: what fails stands alone, an absent database is everybody's, tenants are apart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

from crossdock_kit.context import Cause, caused_by
from crossdock_kit.errors import Refused, Unavailable
from crossdock_kit.gathering import Gathering, Waiting

CAUSE = Cause("call", "Bind", "acme", "tester", "c", "c", "", datetime(2026, 3, 1, tzinfo=UTC))
CAP_SECONDS = 30


class Desk:
    """Decides numbers by adding one; those below zero it refuses. `go` lets the first batch end."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.causes: set[str] = set()
        self.go = asyncio.Event()
        self.away = False
        self.gathering = Gathering[int, int](self.decide, most=8)

    async def decide(self, batch: Sequence[Waiting[int, int]]) -> list[int]:
        self.batches.append([each.wanted for each in batch])
        self.causes |= {each.because.correlation_id for each in batch}
        assert len({each.because.tenant for each in batch}) == 1
        await self.go.wait()
        if self.away:
            raise Unavailable("the database is away")
        if any(each.wanted < 0 for each in batch):
            raise Refused("below zero")
        return [each.wanted + 1 for each in batch]

    def ask(self, wanted: int, tenant: str = "acme") -> asyncio.Task[int]:
        with ExitStack() as stack:
            stack.enter_context(caused_by(replace(CAUSE, tenant=tenant, correlation_id=f"{tenant}/{wanted}")))
            return asyncio.create_task(self.gathering.ask(wanted))


async def ended(tasks: Sequence[asyncio.Task[int]]) -> list[int | BaseException]:
    async with asyncio.timeout(CAP_SECONDS):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def turned() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_comes_while_others_are_decided_is_decided_together_next() -> None:
    desk = Desk()
    first = desk.ask(0)
    await turned()
    later = [desk.ask(number) for number in range(1, 12)]
    await turned()
    desk.go.set()
    assert await ended([first, *later]) == list(range(1, 13))
    assert [len(each) for each in desk.batches] == [1, 8, 3]
    assert len(desk.causes) == 12, "each call keeps its own cause"


async def test_one_that_fails_fails_alone() -> None:
    desk = Desk()
    desk.go.set()
    told = await ended([desk.ask(number) for number in (0, 1, -1, 3, 4)])
    assert [each for each in told if not isinstance(each, BaseException)] == [1, 2, 4, 5]
    assert isinstance(told[2], Refused)


async def test_a_database_that_is_away_is_asked_once_and_told_to_all() -> None:
    desk = Desk()
    desk.away = True
    desk.go.set()
    told = await ended([desk.ask(number) for number in range(5)])
    assert all(isinstance(each, Unavailable) for each in told)
    assert len(desk.batches) == 1
    desk.away = False
    assert await ended([desk.ask(7)]) == [8], "and the next one is decided"


async def test_tenants_share_no_batch() -> None:
    desk = Desk()
    desk.go.set()
    told = await ended([desk.ask(number, tenant) for number, tenant in enumerate(("acme", "globex") * 3)])
    assert told == [1, 2, 3, 4, 5, 6]
    assert [len(each) for each in desk.batches] == [3, 3]


async def test_nothing_is_decided_for_who_has_gone() -> None:
    desk = Desk()
    first = desk.ask(0)
    await turned()
    gone = desk.ask(1)
    await turned()
    gone.cancel()
    desk.go.set()
    told = await ended([first, gone])
    assert told[0] == 1
    assert desk.batches == [[0]]
