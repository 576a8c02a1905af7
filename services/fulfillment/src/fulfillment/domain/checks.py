"""What was asked of an order and what came of it, and the rule by which a policy declares a check.

A rule is data: whether a check is asked at all, what follows when nobody answers in time, who looks after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from fulfillment.domain.check_lifecycle import BARRING, OWNERS, Kind, State


class Fallback(Enum):
    """What follows when no answer comes in time. An order that its channel has confirmed is held, never refused."""

    CACHED = "cached"
    HOLD = "hold"
    REFUSE = "refuse"


class Basis(Enum):
    ANSWER = "answer"
    CACHED = "cached"
    SILENCE = "silence"
    MASTER_DATA = "master_data"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Rule:
    """`cached_for` is how old an earlier answer may be; `tolerance` is a share: 0.02 passes two in a hundred."""

    kind: Kind
    fallback: Fallback = Fallback.HOLD
    owner: str = ""
    cached_for: timedelta = timedelta(hours=24)
    tolerance: Decimal = Decimal(0)
    version: int = 0

    @property
    def looked_after_by(self) -> str:
        return self.owner or OWNERS[self.kind]


@dataclass(frozen=True, slots=True)
class Earlier:
    """That the same was let through before: for how much, and when."""

    amount: Decimal
    answered_at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says to a check; `system` is who."""

    passed: bool
    basis: Basis
    at: datetime
    system: str = ""
    reference: str = ""
    reason: str = ""


@dataclass(slots=True)
class Check:
    """`attempt` counts the questions, so that an answer to an old one is known for that. `watched` is the state whose
    deadline is running, under that question."""

    kind: Kind
    state: State = State.ASKED
    attempt: int = 1
    fallback: Fallback = Fallback.HOLD
    owner: str = ""
    cached_for: timedelta = timedelta(hours=24)
    policy_version: int = 0
    verdict: Verdict | None = None
    watched: str = ""

    @property
    def bars(self) -> bool:
        return self.state in BARRING


def check_id(order_id: str, check: Check) -> str:
    return f"{order_id}:{check.kind.value}:{check.attempt}"


def named(wanted: str) -> tuple[str, str, int]:
    """Order, kind and attempt of a question. Raises ValueError for what is none."""
    order_id, kind, attempt = wanted.split(":")
    return order_id, kind, int(attempt)
