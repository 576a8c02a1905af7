"""Baskets that are decided together: what is raised for one batch is its own callers', and the next one is decided."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from uuid import uuid4

from inventory.domain.reserving import Basket
from inventory.ports import Ask
from inventory.store.desk.batch import Pending
from inventory.store.desk.gathering import MOST_TOGETHER, Gathering
from inventory_stage import new_cause


def pending() -> Pending:
    basket = Basket(
        request_id=uuid4(),
        tenant="acme",
        business_unit="EU01",
        lines={"A1": Decimal(1)},
        units={"A1": "EA"},
        channel="",
    )
    return Pending(Ask(basket, b"", ()), new_cause(), None, asyncio.get_running_loop().create_future())


async def test_what_one_batch_raises_holds_up_none_behind_it() -> None:
    batches: list[int] = []

    async def decide(batch: Sequence[Pending]) -> None:
        batches.append(len(batch))
        if len(batches) == 1:
            raise RuntimeError("a bug")
        for each in batch:
            each.answer.set_result(b"decided")

    gathering = Gathering(decide)
    waiting = [pending() for _ in range(MOST_TOGETHER + 5)]
    gathering.put(waiting)
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(each.answer for each in waiting), return_exceptions=True)
    assert batches == [MOST_TOGETHER, 5]
    assert [type(each) for each in answers[:MOST_TOGETHER]] == [RuntimeError] * MOST_TOGETHER
    assert answers[MOST_TOGETHER:] == [b"decided"] * 5


async def test_what_comes_while_others_are_decided_is_decided_next() -> None:
    batches: list[int] = []
    go_on = asyncio.Event()

    async def decide(batch: Sequence[Pending]) -> None:
        batches.append(len(batch))
        await go_on.wait()
        for each in batch:
            each.answer.set_result(b"decided")

    gathering = Gathering(decide)
    first, later = [pending()], [pending() for _ in range(7)]
    gathering.put(first)
    while not batches:
        await asyncio.sleep(0)
    for each in later:
        gathering.put([each])
    go_on.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*(each.answer for each in (*first, *later)))
    assert batches == [1, 7]
