"""How large a run is: each figure is promised for the full size, and a shorter run shows where the time goes.

make bench ONLY=orders MINUTES=1 BURST_SECONDS=10 LINES=10000
"""

from __future__ import annotations

import os
import sys


def size(name: str, full: float) -> float:
    """The full size, or what the environment says instead."""
    return float(os.environ.get(name, "") or full)


def number(name: str, full: int) -> int:
    return int(size(name, full))


def say(text: str) -> None:
    """Where a long measurement is; the table comes at the end."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
