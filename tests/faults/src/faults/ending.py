"""Ends what is being played in order when somebody tells this program to end; knows nothing of what is played."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

Played = TypeVar("Played")


def finished(playing: Coroutine[Any, Any, Played]) -> Played:
    """Plays it. Who is told to end takes down first what runs, however often it is told."""
    try:
        return asyncio.run(_until_told(playing))
    except asyncio.CancelledError:
        print("told to end before it was over: nothing is proven", flush=True)
        sys.exit(128 + signal.SIGTERM)


async def _until_told(playing: Coroutine[Any, Any, Played]) -> Played:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()

    def end() -> None:
        loop.add_signal_handler(signal.SIGTERM, lambda: None)
        if task:
            task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)
    return await playing
