"""Starts a service or worker as the fault suite wants it: `python -m faults.launch <module> [arguments]`.

Waits that only cost time are shortened, poison works where a proof asks for it, and FAULTS_MUTANT names the guard that
is taken out. All of it happens here, in the process of a test; nothing of it is known to the code that ships.
"""

from __future__ import annotations

import os
import runpy
import sys
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from crossdock_kit import broker
from crossdock_kit.deliveries import queue
from crossdock_kit.deliveries.claim import Claim, claim
from crossdock_kit.deliveries.model import Leased, PartnerLimits
from crossdock_kit.driver import Driver
from crossdock_kit.subscriptions import aside, batch, consumer

from faults.clock import follow
from faults.mutants import CONTROLS, MUTANTS

ACK_WAIT_SECONDS = 6
FIRST_PAUSE, SWEEP_SECONDS = timedelta(milliseconds=25), 0.3
LONGEST_LEASE = timedelta(seconds=15)


class Poisoned(RuntimeError):
    """A bug that the proof put there."""


def shorten_waits() -> None:
    """Eight attempts in seconds instead of two minutes; a lost ack is missed after 6 s instead of 30; what a killed
    process had taken to deliver is free after 15 s instead of 60."""
    broker.ACK_WAIT_SECONDS = ACK_WAIT_SECONDS
    aside.FIRST_PAUSE = FIRST_PAUSE
    consumer.SWEEP_SECONDS = SWEEP_SECONDS
    queue.claim = _claim_shortly  # type: ignore[attr-defined]


async def _claim_shortly(driver: Driver, wanted: Claim, limits: PartnerLimits) -> list[Leased]:
    return await claim(driver, wanted, replace(limits, lease=min(limits.lease, LONGEST_LEASE)))


def shrink_streams(size: int) -> None:
    """Streams that fit on a small disk."""
    wanted = broker.stream_config
    broker.stream_config = lambda context, settings: wanted(context, replace(settings, max_bytes=size))


def take_poison(file: Path) -> None:
    """While the file is there, every event of one aggregate in so many fails in every consumer."""
    handle = batch.Batches._handle

    async def poisoned(self: batch.Batches, type_name: str, wave: list[Any], work: Any) -> None:
        if one_in := _one_in(file):
            for arrival in wave:
                if zlib.crc32(arrival.aggregate.encode()) % one_in == 0:
                    raise batch.HandlerFailed(Poisoned(), arrival.event_id)
        await handle(self, type_name, wave, work)

    batch.Batches._handle = poisoned  # type: ignore[method-assign]


def _one_in(file: Path) -> int:
    try:
        return int(file.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def main(words: Sequence[str]) -> None:
    module, *rest = words
    shorten_waits()
    if clock := os.environ.get("FAULTS_CLOCK"):
        follow(Path(clock))
    if size := os.environ.get("FAULTS_STREAM_BYTES"):
        shrink_streams(int(size))
    if poison := os.environ.get("FAULTS_POISON"):
        take_poison(Path(poison))
    if mutant := os.environ.get("FAULTS_MUTANT"):
        CONTROLS[mutant]() if mutant in CONTROLS else MUTANTS[mutant].apply()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
