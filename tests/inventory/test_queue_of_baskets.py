"""Who waits for company before a batch is taken: of a crowd most, of a few nobody. Nothing depends on the clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from inventory.store.desk import queue
from inventory.store.desk.queue import Queue


@dataclass
class Waiting:
    """As much of a waiting basket as the queue looks at."""

    basket: Any = field(default_factory=lambda: SimpleNamespace(priority=5))
    is_open: bool = True


def put(line: Queue, number: int) -> None:
    for _ in range(number):
        line.put(Waiting())  # type: ignore[arg-type]


async def turns() -> None:
    for _ in range(20 * queue.QUIET_TURNS):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def endless_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for company gets it in these tests, or waits for ever."""
    monkeypatch.setattr(queue, "PATIENCE_SECONDS", 3600.0)


async def test_a_few_do_not_wait_for_company() -> None:
    line = Queue()
    for _ in range(3):
        put(line, 5)
        await line.filled()
        assert len(line.take_now()) == 5


async def test_of_a_crowd_most_are_waited_for() -> None:
    line = Queue()
    put(line, 30)
    await line.filled()
    line.take_now()
    put(line, 10)
    waiting = asyncio.create_task(line.filled())
    await turns()
    assert not waiting.done()
    put(line, 12)
    await waiting
    assert len(line.take_now()) == 22


async def test_no_more_are_waited_for_than_spread_the_cost_of_a_batch() -> None:
    line = Queue()
    put(line, 250)
    await line.filled()
    line.take_now()
    put(line, queue.ENOUGH)
    await line.filled()


async def test_a_crowd_that_has_gone_is_forgotten() -> None:
    line = Queue()
    put(line, 30)
    line.take_now()
    for _ in range(60):
        put(line, 1)
        line.take_now()
    put(line, 1)
    await line.filled()


async def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PATIENCE_SECONDS", 0.001)
    line = Queue()
    put(line, 30)
    line.take_now()
    put(line, 10)
    await line.filled()
    assert len(line) == 10
