"""Virtual time: hours pass at once, in the order that the program asks for."""

from __future__ import annotations

import asyncio

import pytest
from simulation import virtual


def test_time_jumps_to_what_is_due_next() -> None:
    told: list[tuple[float, str]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        told.append((asyncio.get_running_loop().time(), name))

    async def main() -> None:
        await asyncio.gather(sleeper("a day", 86400.0), sleeper("first", 1.0), sleeper("second", 1.0))

    virtual.run(main())
    assert told == [(1.0, "first"), (1.0, "second"), (86400.0, "a day")]


def test_waiting_for_what_never_comes_is_told() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(virtual.Stalled):
        virtual.run(main())


def test_what_nobody_awaits_is_heard() -> None:
    async def failing() -> None:
        raise ValueError("lost")

    async def main() -> None:
        task = asyncio.ensure_future(failing())
        await asyncio.wait([task])
        del task

    _, unheard = virtual.run(main())
    assert len(unheard) == 1
    assert "lost" in unheard[0]
