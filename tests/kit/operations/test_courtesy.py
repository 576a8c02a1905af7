"""Long work lets short calls go first, for a while."""

from __future__ import annotations

import asyncio

from crossdock_kit.courtesy import MANY_ROWS, PIECE, Courtesy, in_pieces, others_first

CAP_SECONDS = 30
FOR_EVER = 3600.0


async def turned() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Day:
    """Calls that end when they are told to, and what has been done in which order."""

    def __init__(self, patience_seconds: float = FOR_EVER) -> None:
        self.courtesy = Courtesy(patience_seconds, rest_seconds=0)
        self.done: list[str] = []

    async def short(self, name: str, end: asyncio.Event) -> None:
        with self.courtesy.call():
            await end.wait()
            self.done.append(name)

    async def long(self, name: str, pieces: int = 1) -> None:
        with self.courtesy.call():
            for _ in range(pieces):
                await self.courtesy.others_first()
                self.done.append(name)


async def test_a_long_call_waits_until_no_short_one_is_under_way() -> None:
    day, first, second = Day(), asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(CAP_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(day.short("first", first))
        await turned()
        group.create_task(day.long("long"))
        group.create_task(day.short("second", second))
        await turned()
        first.set()
        await turned()
        assert day.done == ["first"], "another is under way yet"
        second.set()
    assert day.done == ["first", "second", "long"]
    assert day.courtesy.short_calls == 0


async def test_two_long_ones_do_not_wait_for_each_other() -> None:
    day = Day()
    async with asyncio.timeout(CAP_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(day.long("one", pieces=3))
        group.create_task(day.long("other", pieces=3))
    assert sorted(day.done) == ["one"] * 3 + ["other"] * 3


async def test_on_a_busy_day_it_goes_on_nevertheless() -> None:
    day, end = Day(patience_seconds=0.001), asyncio.Event()
    async with asyncio.timeout(CAP_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(day.short("short", end))
        await turned()
        await group.create_task(day.long("long", pieces=2))
        assert day.done == ["long", "long"]
        end.set()


async def test_work_that_is_no_call_waits_too_and_one_that_was_cancelled_holds_up_nobody() -> None:
    day, end = Day(), asyncio.Event()
    async with asyncio.timeout(CAP_SECONDS):
        short = asyncio.create_task(day.short("short", end))
        await turned()
        waiting = asyncio.create_task(day.courtesy.others_first())
        await turned()
        assert not waiting.done()
        short.cancel()
        await waiting


async def test_a_few_rows_are_no_long_work() -> None:
    async with asyncio.timeout(CAP_SECONDS):
        await others_first(MANY_ROWS - 1)
        await others_first(MANY_ROWS)


async def test_a_call_that_comes_between_two_pieces_begins_and_is_waited_for() -> None:
    day, end, began = Day(), asyncio.Event(), asyncio.Event()

    async def call() -> None:
        began.set()
        await day.short("short", end)

    async with asyncio.timeout(CAP_SECONDS), asyncio.TaskGroup() as group:
        long = group.create_task(day.long("long", pieces=2_000))
        while len(day.done) < 3:
            await asyncio.sleep(0)
        group.create_task(call())
        await began.wait()
        await turned()
        before = len(day.done)
        await turned()
        assert len(day.done) == before, "it goes on although a call is under way"
        end.set()
        await long
    assert day.done.index("short") < 10, day.done[:20]


async def test_rows_come_in_pieces_each_once_and_in_their_order() -> None:
    rows, none = list(range(3 * PIECE + 1)), list[int]()
    async with asyncio.timeout(CAP_SECONDS):
        assert [len(piece) async for piece in in_pieces(rows)] == [PIECE, PIECE, PIECE, 1]
        assert [row async for piece in in_pieces(rows) for row in piece] == rows
        assert [list(piece) async for piece in in_pieces(rows[: MANY_ROWS - 1])] == [rows[: MANY_ROWS - 1]]
        assert [list(piece) async for piece in in_pieces(none)] == [none]
