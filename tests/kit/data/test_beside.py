"""Work of the processor beside an open transaction: the session is kept awake, and the event loop is not kept busy."""

from __future__ import annotations

import asyncio
import threading
from typing import cast

import pytest
from crossdock_kit.database.beside import beside
from crossdock_kit.driver import Driver

CAP_SECONDS = 30


class Session:
    """Hears that somebody is there; the work ends when it has heard so often enough, or fails."""

    def __init__(self, times: int = 3, failure: Exception | None = None) -> None:
        self.heard, self.enough = 0, threading.Event()
        self._times, self._failure = times, failure

    async def execute(self, statement: str) -> None:
        self.heard += 1
        if self._failure is not None:
            raise self._failure
        if self.heard == self._times:
            self.enough.set()

    @property
    def driver(self) -> Driver:
        return cast("Driver", self)


async def test_the_session_hears_of_us_while_a_thread_works_and_others_have_their_turn() -> None:
    session, turns = Session(), 0

    def work() -> int:
        assert session.enough.wait(CAP_SECONDS), "nobody kept the session awake"
        return threading.get_ident()

    async def others() -> None:
        nonlocal turns
        while not session.enough.is_set():
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.timeout(CAP_SECONDS):
        found, _ = await asyncio.gather(beside(session.driver, work, every_seconds=0.001), others())
    assert found != threading.get_ident()
    assert session.heard >= 3
    assert turns > 1


async def test_what_the_work_raises_is_raised() -> None:
    def work() -> None:
        raise ValueError("no document")

    async with asyncio.timeout(CAP_SECONDS):
        with pytest.raises(ValueError, match="no document"):
            await beside(Session().driver, work)


async def test_a_lost_session_is_told_at_once() -> None:
    session, end = Session(failure=ConnectionError("gone")), threading.Event()
    try:
        async with asyncio.timeout(CAP_SECONDS):
            with pytest.raises(ConnectionError, match="gone"):
                await beside(session.driver, lambda: end.wait(CAP_SECONDS), every_seconds=0.001)
        assert not end.is_set(), "it did not wait for the thread"
    finally:
        end.set()
