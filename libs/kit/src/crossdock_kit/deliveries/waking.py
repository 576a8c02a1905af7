"""Tells the dispatchers of this process that a delivery was committed, so that it need not wait for the next poll."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

_WAITING: set[asyncio.Event] = set()


def wake() -> None:
    """For `Work.after_commit`: sets every dispatcher of the process going. Does nothing where there is none."""
    for event in _WAITING:
        event.set()


@contextmanager
def waker(event: asyncio.Event) -> Iterator[None]:
    """While this runs, `wake` sets the event."""
    _WAITING.add(event)
    try:
        yield
    finally:
        _WAITING.discard(event)
