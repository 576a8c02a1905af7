"""The process behind `crossdock up`.

Holds the stack's lock, starts the stack, keeps it, and ends it in order on SIGTERM.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from crossdock_local.place import Place, find_checkout, place_of
from crossdock_local.process import Died
from crossdock_local.stack import DATABASE, Stack
from crossdock_local.state import StackState, take_lock, write_state
from crossdock_local.surroundings import tenants

log = logging.getLogger(__name__)


async def supervise(place: Place) -> int:
    state = StackState(
        pid=os.getpid(), phase="starting", data=str(place.root), database=DATABASE, tenants=list(tenants())
    )
    write_state(place, state)
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    stack = Stack(find_checkout(), place, state)
    try:
        await _until(asked_to_stop, stack)
    except Died as death:
        log.error("%s", death)  # noqa: TRY400 - the text is the log of the process that died; a trace adds nothing
        state.error = str(death)
    await stack.stop()
    state.phase, state.step = ("failed" if state.error else "stopped"), ""
    write_state(place, state)
    return 1 if state.error else 0


async def _until(asked_to_stop: asyncio.Event, stack: Stack) -> None:
    """Starts the stack and waits; a request to stop also interrupts the start."""
    start = asyncio.create_task(stack.start())
    stop = asyncio.create_task(asked_to_stop.wait())
    await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
    if start.done():
        await start
        await stop
        return
    start.cancel()
    await asyncio.gather(start, return_exceptions=True)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    place = place_of(find_checkout())
    place.prepare()
    lock = take_lock(place)
    if lock is None:
        log.info("another supervisor holds %s", place.root)
        return 0
    with lock:
        return asyncio.run(supervise(place))


if __name__ == "__main__":
    sys.exit(main())
