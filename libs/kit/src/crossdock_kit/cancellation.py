"""Who is cancelled ends, whatever a library does with it.

Before Python 3.12 `asyncio.wait_for` forgets a cancellation that comes in the same turn as the answer, and so do the
clients of NATS and Valkey, which use it for each command. A loop that asks them for ever would go on for ever, and
whoever stops it would wait for it. It must not know what is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def heeded(asks: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Raises CancelledError after a call during which its task was cancelled, also where the call has given an answer
    or failed in another way."""

    @wraps(asks)
    async def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        try:
            answer = await asks(*args, **kwargs)
        except Exception as error:
            if task is not None and task.cancelling() > before:
                raise asyncio.CancelledError from error
            raise
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
        return answer

    return asked
