"""Generated histories for the conformance suite: what several sessions do at once, step by step, and who crashes when.

A history says nothing about the storage that it is played on.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

AGGREGATES, VERSIONS, SESSIONS, STEPS = 3, 4, 3, 60


@dataclass(frozen=True, slots=True)
class Step:
    session: int
    verb: str
    values: tuple[Any, ...] = ()


def history_of(seed: int) -> list[Step]:
    """Transactions of consumers, timers and commands, claims and leases, interleaved; some end in a crash."""
    dice = random.Random(seed)
    scripts = [_script(dice, session) for session in range(SESSIONS)]
    steps: list[Step] = []
    while any(scripts) and len(steps) < STEPS:
        script = dice.choice([script for script in scripts if script])
        steps.append(script.pop(0))
    return steps


def _script(dice: random.Random, session: int) -> list[Step]:
    steps: list[Step] = []
    while len(steps) < STEPS // 2:
        steps += dice.choice([_consuming, _consuming, _again, _timing, _recording, _relaying, _leasing, _comparing])(
            dice, session
        )
        if dice.random() < 0.08:
            steps.append(Step(session, "crash"))
    return steps


def _events(dice: random.Random) -> tuple[tuple[int, int], ...]:
    return tuple((dice.randrange(AGGREGATES), dice.randrange(1, VERSIONS + 1)) for _ in range(dice.randrange(1, 6)))


def _ended(dice: random.Random, session: int, *inside: Step) -> list[Step]:
    end = dice.choices(("commit", "rollback", "crash"), (8, 1, 1))[0]
    return [Step(session, "begin"), *inside, Step(session, end)]


def _consuming(dice: random.Random, session: int) -> list[Step]:
    verb = dice.choice(("settle", "settle", "settle", "fail"))
    settled = Step(session, verb, (dice.choice(("retry", "now", "park")),))
    return _ended(dice, session, Step(session, "admit", _events(dice)), settled)


def _again(dice: random.Random, session: int) -> list[Step]:
    found = Step(session, dice.choice(("due", "chain")))
    overdue = [Step(session, "overdue")] if dice.random() < 0.3 else []
    held = Step(session, "admit held")
    return [*_ended(dice, session, found, *overdue), *_ended(dice, session, held, Step(session, "settle"))]


def _timing(dice: random.Random, session: int) -> list[Step]:
    subjects = tuple((dice.randrange(4), dice.random() < 0.7) for _ in range(dice.randrange(1, 4)))
    verb = dice.choice(("set timers", "set timers", "cancel timers", "take timers", "take timers", "put off"))
    return _ended(dice, session, Step(session, verb, subjects))


def _recording(dice: random.Random, session: int) -> list[Step]:
    return _ended(dice, session, Step(session, "record", _events(dice)))


def _relaying(dice: random.Random, session: int) -> list[Step]:
    owned = tuple(sorted(dice.sample(range(AGGREGATES), dice.randrange(1, AGGREGATES + 1))))
    return [Step(session, "claim", (owned,)), Step(session, "mark", (owned, dice.randrange(4)))]


def _leasing(dice: random.Random, session: int) -> list[Step]:
    verb = dice.choice(("join", "take", "take", "leave", "members"))
    return [Step(session, verb, tuple(dice.sample(range(6), 3)))]


def _comparing(dice: random.Random, session: int) -> list[Step]:
    """What a reconciler reads, publishes again and notes."""
    found = [Step(session, "compare")] + [Step(session, "publish again")] * (dice.random() < 0.5)
    return [*found, Step(session, dice.choice(("note", "noted")), (dice.randrange(1, 9),))]
