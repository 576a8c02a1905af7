"""How long calls stand in line: what a process measures by a call of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from crossdock_kit.server.line import CALLS_BETWEEN, LONG_SECONDS, MOST_HELD_SECONDS, Line


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


class Before:
    """A server before which one call waits until the test lets it in."""

    def __init__(self) -> None:
        self.open, self.arrived = asyncio.Event(), 0

    async def check(self, _: bytes, __: Any) -> bytes:
        self.arrived += 1
        await self.open.wait()
        return b""

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        server = grpc.aio.server()
        handler: Any = grpc.unary_unary_rpc_method_handler(self.check)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler}),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            await server.stop(None)


async def test_the_line_is_as_long_as_a_call_waits_and_forgotten_soon() -> None:
    now, before = [0.0], Before()
    line = Line(lambda: now[0])
    async with before.served() as address:
        line.open(address)
        for _ in range(CALLS_BETWEEN):
            assert line.seconds == 0.0
            line.passed()
        await until(lambda: before.arrived == 1)
        now[0] = 0.2
        assert line.seconds == 0.2, "it need not be over to be long"
        before.open.set()
        await until(lambda: not line.measuring)
        now[0] = 0.9
        assert line.seconds == 0.2
        now[0] = 2.0
        assert line.seconds == 0.0, "nobody has come since"
        await line.close()


async def test_only_one_call_of_ours_stands_in_line() -> None:
    before, line = Before(), Line()
    async with before.served() as address:
        line.open(address)
        for _ in range(10 * CALLS_BETWEEN):
            line.passed()
        await until(lambda: before.arrived == 1)
        before.open.set()
        await until(lambda: not line.measuring)
        assert before.arrived == 1
        await line.close()


async def test_a_server_that_is_gone_ends_the_measurement() -> None:
    line = Line()
    line.open("127.0.0.1:1")
    for _ in range(CALLS_BETWEEN):
        line.passed()
    await until(lambda: not line.measuring)
    await line.close()


async def test_without_a_server_nothing_is_measured() -> None:
    line = Line()
    for _ in range(10 * CALLS_BETWEEN):
        line.passed()
    assert not line.measuring
    assert line.seconds == 0.0


async def test_a_long_line_is_measured_again_until_it_is_short() -> None:
    now, before = [0.0], Before()
    line = Line(lambda: now[0])
    async with before.served() as address:
        line.open(address)
        for _ in range(CALLS_BETWEEN):
            line.passed()
        await until(lambda: before.arrived == 1)
        now[0] = 1.0
        before.open.set()
        await until(lambda: not line.measuring)
        assert before.arrived == 2, "the second one found it short"
        assert not line.is_long
        await line.close()


class LongLine(Line):
    seconds = 2 * LONG_SECONDS


async def test_work_waits_until_nobody_comes_any_more() -> None:
    line = LongLine(lambda: 0.0)
    waiting = asyncio.create_task(line.gone())
    for _ in range(10):
        line.passed()
        await asyncio.sleep(0)
        assert not waiting.done()
    async with asyncio.timeout(30):
        await waiting


async def test_work_waits_no_longer_than_it_may_however_many_come() -> None:
    now = [0.0]
    line = LongLine(lambda: now[0])
    waiting = asyncio.create_task(line.gone())
    async with asyncio.timeout(30):
        while not waiting.done():
            line.passed()
            now[0] += MOST_HELD_SECONDS / 10
            await asyncio.sleep(0.0005)
    assert now[0] >= MOST_HELD_SECONDS


async def test_work_does_not_wait_where_the_line_is_short() -> None:
    line = Line()
    for _ in range(10):
        line.passed()
    waiting = asyncio.create_task(line.gone())
    await asyncio.sleep(0)
    assert waiting.done()
