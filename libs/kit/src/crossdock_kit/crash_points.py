"""Named places at which a process can be made to die. For proofs only; a deployment never sets the variable.

Inert unless CROSSDOCK_CRASH_POINTS names a folder. There a proof arms a point by a file of its name: whoever reaches
the point first takes the file away and kills its own process, as a crash of the machine would. Knows no test.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

BEFORE_COMMIT: Final = "before_commit"
AFTER_COMMIT: Final = "after_commit"
"""The change is durable, its events are not published and its caller has no answer."""
AFTER_BROKER_ACK: Final = "after_broker_ack"
"""The broker has the events, their rows still say that it has not."""
AFTER_EFFECT: Final = "after_effect"
"""A batch is applied and the broker was not told."""
AFTER_FOREIGN_CALL: Final = "after_foreign_call"
"""A partner or another context was called and the result is not recorded."""
BETWEEN_COMPENSATION_STEPS: Final = "between_compensation_steps"
POINTS: Final = (
    BEFORE_COMMIT,
    AFTER_COMMIT,
    AFTER_BROKER_ACK,
    AFTER_EFFECT,
    AFTER_FOREIGN_CALL,
    BETWEEN_COMPENSATION_STEPS,
)

_FOLDER: Final = os.environ.get("CROSSDOCK_CRASH_POINTS", "")


def reached(point: str) -> None:
    """Returns, unless a proof has armed this point."""
    if _FOLDER:
        _die_if_armed(Path(_FOLDER) / point)


def _die_if_armed(armed: Path) -> None:
    try:
        armed.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
