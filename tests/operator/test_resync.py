"""A full resync is over when every connector was looked at, and says how long that took."""

from __future__ import annotations

import asyncio
import logging

import pytest
from partner_operator.resync import Resync

ATLAS, NORDIC, EAST = ("partners", "sup-atlas"), ("partners", "sup-nordic"), ("partners", "wms-east")


def test_it_is_over_with_the_last_look_and_told_once() -> None:
    told: list[float] = []
    resync = Resync(told.append)
    resync.begin([ATLAS, NORDIC], at=10.0)
    resync.looked_at(ATLAS, at=11.0)
    resync.looked_at(ATLAS, at=12.0)
    resync.looked_at(EAST, at=12.5)
    assert told == []
    resync.looked_at(NORDIC, at=13.5)
    resync.looked_at(NORDIC, at=14.0)
    assert told == [3.5]


def test_one_that_is_not_over_when_the_next_begins_is_said_and_not_measured(caplog: pytest.LogCaptureFixture) -> None:
    told: list[float] = []
    resync = Resync(told.append)
    resync.begin([ATLAS, NORDIC], at=0.0)
    resync.looked_at(ATLAS, at=1.0)
    with caplog.at_level(logging.WARNING):
        resync.begin([ATLAS, NORDIC], at=45.0)
    assert "1 of 2 left" in caplog.text
    resync.looked_at(NORDIC, at=46.0)
    assert told == []
    resync.looked_at(ATLAS, at=47.0)
    assert told == [2.0]


def test_where_nothing_is_declared_nothing_is_measured() -> None:
    told: list[float] = []
    resync = Resync(told.append)
    resync.begin([], at=0.0)
    resync.looked_at(ATLAS, at=1.0)
    assert told == []


async def test_who_waits_for_its_end_goes_on_with_the_last_look_or_after_a_while() -> None:
    resync = Resync(lambda seconds: None)
    await asyncio.wait_for(resync.over(30.0), 5)
    resync.begin([ATLAS], at=0.0)
    await resync.over(0.01)
    waiting = asyncio.create_task(resync.over(30.0))
    await asyncio.sleep(0)
    assert not waiting.done()
    resync.looked_at(ATLAS, at=1.0)
    await asyncio.wait_for(waiting, 5)
    resync.begin([], at=2.0)
    await asyncio.wait_for(resync.over(30.0), 5)
