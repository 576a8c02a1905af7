"""A process's clock that can be put wrong from outside: while a file is there, as many seconds as it says.

Steps what the code on trial asks for the time of day; what sleeps and waits uses the monotonic clock and is not moved,
as when an operator or a time server steps the clock of a machine.
"""

from __future__ import annotations

import importlib
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

LOOK_SECONDS = 0.1
READERS = (
    "crossdock_kit.clock",
    "crossdock_kit.deliveries.dispatcher",
    "crossdock_kit.repair_api",
    "crossdock_kit.repairs.streams",
    "jwt.api_jwt",
)
"""Modules that ask for the wall clock."""
_true_time, _true_time_ns = time.time, time.time_ns


class Offset:
    """Seconds by which the clock is wrong just now; the file is looked at ten times a second."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seconds = 0.0
        self._looked = 0.0

    @property
    def seconds(self) -> float:
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked, self._seconds = now, _read(self._file)
        return self._seconds


def _read(file: Path) -> float:
    try:
        return float(file.read_text())
    except (FileNotFoundError, ValueError):
        return 0.0


def follow(file: Path) -> None:
    """From now on this process believes the file."""
    offset = Offset(file)

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=offset.seconds)

    time.time = lambda: _true_time() + offset.seconds
    time.time_ns = lambda: _true_time_ns() + int(offset.seconds * 1e9)
    for name in READERS:
        module = importlib.import_module(name)
        if module.datetime is not datetime:
            raise LookupError(f"{name} does not read the clock as it did")
        module.datetime = Stepped  # type: ignore[attr-defined]
