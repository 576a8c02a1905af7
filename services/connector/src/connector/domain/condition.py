"""Whether business with a partner goes as it should, and if not why: one verdict over what the service knows of it.

The operator's condition Degraded judges alike, and adds what only the cluster knows.
"""

from __future__ import annotations

from dataclasses import dataclass

GIVEN_UP, BREAKER_OPEN, POLLING_FAILS, NO_WORKER = "GIVEN_UP", "BREAKER_OPEN", "POLLING_FAILS", "NO_WORKER"


@dataclass(frozen=True, slots=True)
class Signs:
    """`given_up` counts deliveries that nobody tries any more. `worker_lost`: one held the partner's transport and has
    been gone for longer than a change of hands takes; of a partner that is paused or stopped nobody expects one."""

    given_up: int
    breaker: str
    polling_fault: str
    worker_lost: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """`reason` is empty while all is well; `detail` is a sentence for people."""

    reason: str = ""
    detail: str = ""


def judged(signs: Signs) -> Condition:
    """What needs a person first stands first."""
    if signs.given_up:
        return Condition(GIVEN_UP, f"{signs.given_up} documents could not be delivered and wait for a decision")
    if signs.breaker != "closed":
        return Condition(BREAKER_OPEN, "the partner fails again and again and is left alone for a while")
    if signs.polling_fault:
        return Condition(POLLING_FAILS, signs.polling_fault)
    if signs.worker_lost:
        return Condition(NO_WORKER, "no worker holds the partner's transport any more")
    return Condition()
