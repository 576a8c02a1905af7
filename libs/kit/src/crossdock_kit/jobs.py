"""Tasks that belong together and must end in an order: who works before who holds what the work needs.

Knows no task's purpose.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def together(*jobs: Coroutine[Any, Any, None]) -> None:
    """Runs all until one ends or the caller is cancelled; then ends the others one by one, in the order given.

    Raises what the first job that failed has raised.
    """
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
    for task in done:
        task.result()


async def finished(job: Coroutine[Any, Any, T], seconds: float) -> T:
    """Lets a job finish although the caller is cancelled, for so long; then the job is cancelled as well."""
    task = asyncio.ensure_future(job)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
        raise
