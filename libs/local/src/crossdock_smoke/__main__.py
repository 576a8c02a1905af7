"""`python -m crossdock_smoke`: 0 if an order went its way, 1 with a sentence if not, 2 where it is told too little.

Whatever happens, the order is taken back before the end if it can be.
"""

from __future__ import annotations

import asyncio
import sys

import grpc
from crossdock_kit.errors import CrossdockError
from crossdock_kit.settings import SettingsError

from crossdock_smoke.desk import Desk, reached
from crossdock_smoke.settings import SmokeSettings
from crossdock_smoke.walk import Failed, Walk, refusal

TAKE_BACK_SECONDS = 15.0


def say(line: str) -> None:
    print(f"crossdock-test: {line}", flush=True)


async def walked(settings: SmokeSettings) -> str:
    """What went wrong, or nothing."""
    walk = Walk(say)
    async with reached(settings, walk.note) as desk:
        wrong = await _wrong_with(walk, desk, settings.seconds)
        if wrong:
            await _leave_nothing(walk, desk)
    return wrong


async def _wrong_with(walk: Walk, desk: Desk, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            await walk.whole(desk)
    except TimeoutError:
        return f"{walk.step}: not within {seconds:g} s; {walk.seen or 'no answer'}"
    except grpc.aio.AioRpcError as error:
        return f"{walk.step}: {refusal(error)}"
    except (Failed, CrossdockError) as error:
        return f"{walk.step}: {error}"
    sold = ", and from the shop to stock and back" if desk.fulfillment is not None else ""
    say(f"order {walk.number} went from the ERP to the supplier and back, and stock heard of each step{sold}")
    return ""


async def _leave_nothing(walk: Walk, desk: Desk) -> None:
    try:
        async with asyncio.timeout(TAKE_BACK_SECONDS):
            if walk.is_open:
                await walk.take_back(desk)
            if walk.sale_is_open:
                await walk.take_sale_back(desk)
    except (TimeoutError, Failed, CrossdockError, grpc.aio.AioRpcError):
        say(f"order {walk.number} may still be open; it moves nothing of anybody")


def main() -> int:
    try:
        settings = SmokeSettings.from_environment()
    except SettingsError as error:
        print(f"crossdock-test: {error}", file=sys.stderr)
        return 2
    if wrong := asyncio.run(walked(settings)):
        print(f"crossdock-test: FAILED: {wrong}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
