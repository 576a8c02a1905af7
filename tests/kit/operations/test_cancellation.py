"""Who is cancelled in the very turn in which an answer comes ends all the same."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from crossdock_kit.cancellation import heeded
from crossdock_kit.valkey import Reach
from redis.asyncio import Redis

CAP_SECONDS = 30


class Peer:
    """Answers when it is told to, as the clients of Valkey and NATS wait for it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask(self) -> str:
        self.asked.set()
        return await asyncio.wait_for(self.answer, CAP_SECONDS)

    async def fail(self) -> str:
        """A connection that breaks while it is given up says so, and no longer that it was cancelled."""
        self.asked.set()
        try:
            return await self.answer
        except asyncio.CancelledError:
            raise ConnectionError("broke") from None


async def stopped(loop: asyncio.Task[None]) -> None:
    """Nobody cancels it again."""
    await asyncio.wait([loop], timeout=CAP_SECONDS)
    assert loop.cancelled()


async def test_an_answer_in_the_same_turn_does_not_make_it_go_on() -> None:
    peer = Peer()

    async def for_ever() -> None:
        await heeded(peer.ask)()
        await asyncio.Event().wait()

    loop = asyncio.create_task(for_ever())
    await peer.asked.wait()
    await asyncio.sleep(0)
    peer.answer.set_result("at last")
    loop.cancel()
    await stopped(loop)


async def test_nor_does_a_failure_of_what_was_given_up() -> None:
    peer = Peer()

    async def for_ever() -> None:
        with suppress(ConnectionError):
            await heeded(peer.fail)()
        await asyncio.Event().wait()

    loop = asyncio.create_task(for_ever())
    await peer.asked.wait()
    loop.cancel()
    await stopped(loop)


async def test_who_asks_valkey_for_ever_can_be_stopped() -> None:
    peer = Peer()
    reach = Reach(Redis(), "without it")

    async def ask(valkey: Redis) -> str:
        return await peer.ask()

    async def for_ever() -> None:
        while True:
            await reach.ask(ask)
            await asyncio.sleep(0)

    loop = asyncio.create_task(for_ever())
    await peer.asked.wait()
    await asyncio.sleep(0)
    peer.answer.set_result("at last")
    loop.cancel()
    await stopped(loop)


async def test_who_is_not_cancelled_gets_the_answer_or_the_failure() -> None:
    peer = Peer()
    peer.answer.set_result("at last")
    assert await heeded(peer.ask)() == "at last"

    @heeded
    async def late() -> None:
        async with asyncio.timeout(0):
            await asyncio.sleep(CAP_SECONDS)

    with pytest.raises(TimeoutError):
        await late()
