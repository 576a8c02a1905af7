"""Everything that is left to chance in one run, drawn from one seed, and the count of what was done to the work.

A run in which a kind of fault never happened says nothing about it, so faults are counted where they happen.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Odds:
    """How often things go wrong, each between 0 and 1; drawn per run, so that some runs are calm in some respects."""

    publish_lost: float = 0.0
    answer_lost: float = 0.0
    twice: float = 0.0
    stored_twice: float = 0.0
    late: float = 0.0
    ack_lost: float = 0.0
    statement_lost: float = 0.0
    commit_unanswered: float = 0.0

    @classmethod
    def drawn(cls, chance: random.Random) -> Odds:
        def odds(most: float) -> float:
            return chance.random() * most if chance.random() < 0.7 else 0.0

        return cls(odds(0.10), odds(0.10), odds(0.15), odds(0.05), odds(0.3), odds(0.15), odds(0.01), odds(0.02))


@dataclass(eq=False)
class Chance:
    """One seed's dice. `calm` ends all faults, for the time in which the work must come to its end."""

    seed: int
    dice: random.Random = field(init=False)
    odds: Odds = field(init=False)
    faults: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    calm: bool = False
    timeline: list[tuple[float, str]] | None = None
    """Where each step is kept for whoever replays a seed to read."""
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _ids: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.odds = Odds.drawn(self.dice)

    def strikes(self, fault: str, odds: float) -> bool:
        """Whether this fault happens now."""
        if self.calm or not odds or self.dice.random() >= odds:
            return False
        self.faults[fault] += 1
        self.tell(fault)
        return True

    async def pause(self, longest: float = 0.004) -> None:
        """The time that a statement or a message takes; which of two comes first is decided here."""
        await asyncio.sleep(self.dice.random() ** 3 * longest)

    def delay(self) -> float:
        """How long a message is on its way: mostly a moment, now and then long enough to be overtaken by many."""
        if self.strikes("message delayed", self.odds.late):
            return self.dice.random() * 5.0
        return self.dice.random() * 0.003

    def tell(self, *facts: object) -> None:
        """One step of the run: two runs of a seed must tell the same story."""
        self.steps += 1
        step = (asyncio.get_running_loop().time(), " ".join(map(str, facts)))
        self._digest.update(repr(step).encode())
        if self.timeline is not None:
            self.timeline.append(step)

    @property
    def story(self) -> str:
        return self._digest.hexdigest()[:16]

    def next(self) -> UUID:
        """An id that sorts after those before it, as the kit's version 7 ids do."""
        self._ids += 1
        return UUID(int=(self._ids << 80) | (0x7 << 76) | (0b10 << 62) | self.dice.getrandbits(62))

    def randbelow(self, limit: int) -> int:
        """In the place of the secrets module, where members of a lease draw."""
        return self.dice.randrange(limit)
