"""What delivery hears from outside its own calls: its timers.

How the ports stand on the kit's work is brought by the wiring, so that nothing here reaches the storage.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.timers import DueTimer
from crossdock_kit.unit_of_work import Work

from delivery import ports
from delivery.use_cases.correcting import read_again

Opens: TypeAlias = Callable[[Work], AbstractAsyncContextManager[ports.Work]]


def mapped_codes(opens: Opens) -> TimerHandler:
    """A code that got its meaning: what waited for it is read again."""

    async def run(timers: Sequence[DueTimer], work: Work) -> None:
        for timer in timers:
            partner, vocabulary, code = json.loads(timer.payload)
            async with opens(work) as opened:
                await read_again(partner, vocabulary, code, opened)

    return TimerHandler(run)
