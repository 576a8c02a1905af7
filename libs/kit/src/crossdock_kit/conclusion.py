"""The statement that concludes a unit of work: watermarks, timeline and journal, in one turn to the database.

Which of them there are, and whether one or many of each, makes a statement of its own, written once and prepared once
on each connection. It must not know why anything was gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from crossdock_kit import journal, timeline, watermarks
from crossdock_kit.driver import Driver
from crossdock_kit.events import Sealed
from crossdock_kit.timeline import Root, Step
from crossdock_kit.watermarks import Watermark


class _Part(NamedTuple):
    """Common table expressions from a parameter on, and how many parameters they take."""

    writing: Callable[[int], str]
    width: int


_WATERMARK = _Part(watermarks.writing_one, watermarks.WIDTH)
_WATERMARKS = _Part(watermarks.writing, watermarks.PARAMETERS)
_STEP = _Part(timeline.writing_one, timeline.WIDTH)
_STEPS = _Part(timeline.writing, timeline.PARAMETERS)
_EVENT = _Part(journal.writing_one, journal.WIDTH)
_EVENTS = _Part(journal.writing, journal.PARAMETERS)


async def conclude(
    driver: Driver,
    reached: Sequence[Watermark],
    steps: Sequence[Step],
    roots: Sequence[Root],
    events: Sequence[Sealed],
) -> None:
    """Writes what there is of them; nothing is no statement. Every lock on an aggregate is held by now."""
    parts = [*_moved(reached), *_told(steps, roots), *_announced(events)]
    if parts:
        statement = _statement(tuple(part for part, _ in parts))
        await driver.execute(statement, *chain.from_iterable(values for _, values in parts))


def _moved(reached: Sequence[Watermark]) -> Iterator[tuple[_Part, Sequence[object]]]:
    if len(reached) == 1:
        yield _WATERMARK, watermarks.values(reached[0])
    elif reached:
        yield _WATERMARKS, watermarks.columns(reached)


def _told(steps: Sequence[Step], roots: Sequence[Root]) -> Iterator[tuple[_Part, Sequence[object]]]:
    if len(steps) == 1 and not roots and len(steps[0].transaction_ids) <= 1:
        yield _STEP, timeline.values(steps[0])
    elif steps or roots:
        yield _STEPS, timeline.columns(steps, roots)


def _announced(events: Sequence[Sealed]) -> Iterator[tuple[_Part, Sequence[object]]]:
    if len(events) == 1:
        yield _EVENT, journal.values(events[0])
    elif events:
        yield _EVENTS, journal.columns(events)


@cache
def _statement(parts: tuple[_Part, ...]) -> str:
    written, first = [], 1
    for part in parts:
        written.append(part.writing(first))
        first += part.width
    return f"WITH {', '.join(written)} SELECT"
