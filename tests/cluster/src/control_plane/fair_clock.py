"""How long something took on a machine that others use as well: their share of the processors is not counted.

A goal of time is about the operator and its API server. What a neighbour computes meanwhile says nothing about them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

_TICKS = os.sysconf("SC_CLK_TCK")


class FairClock:
    """Started when it is made. Ours is this process with all that it started."""

    def __init__(self) -> None:
        self._began, self._busy, self._ours = monotonic(), _busy_seconds(), _our_seconds()

    @property
    def elapsed(self) -> float:
        return monotonic() - self._began

    @property
    def share(self) -> float:
        """Of the processors' time, what others left to us: 1 on a machine of our own."""
        others = (_busy_seconds() - self._busy) - (_our_seconds() - self._ours)
        whole = max(self.elapsed, 0.01) * (os.cpu_count() or 1)
        return min(1.0, max(0.05, 1 - others / whole))

    def fair_seconds(self) -> float:
        return self.elapsed * self.share


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises AssertionError if what is done there took longer without what others computed."""
    clock = FairClock()
    yield
    took = clock.fair_seconds()
    assert took <= seconds, f"{took:.1f} s instead of {seconds:.0f}, of {clock.elapsed:.1f} s in all"


def _busy_seconds() -> float:
    """User, nice, system, interrupts and steal, of all processors since the start of the machine."""
    numbers = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = numbers[3] + numbers[4]
    return (sum(numbers) - idle) / _TICKS


def _our_seconds() -> float:
    """Also of children that have ended and were waited for."""
    parents: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(folder.name)
        used[pid] = sum(int(each) for each in fields[11:15]) / _TICKS
        parents.setdefault(int(fields[1]), []).append(pid)
    ours, waiting = 0.0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        ours += used.get(pid, 0.0)
        waiting += parents.get(pid, [])
    return ours
