"""How a process that serves for long collects its garbage.

Python's collector looks at everything that lives again and again, and most of what lives are the modules, which never
die: a pause of a tenth of a second each time, in the midst of calls. What is there once a process has started is taken
out of its sight; what calls make dies by its reference counts, and only cycles wait for a collection.
"""

from __future__ import annotations

import gc

YOUNG = 20_000
"""So many new objects make a collection worth its while; Python's own 700 are a few calls."""


def settle() -> None:
    """What lives now is no longer looked at. Called once, when everything has started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 10)
