"""What a delivery is: the words that its writers, its carriers and its results share. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from crossdock_kit.breaker import BreakerPolicy
from crossdock_kit.errors import FailureClass, Refused
from crossdock_kit.ids import uuid7
from crossdock_kit.rate_limit import Rate

State = Literal["waiting", "leased", "delivered", "suppressed", "dead", "cancelled"]


@dataclass
class LeaseLost(Refused):
    """Somebody else holds the delivery now, or it is finished: the report comes too late and changes nothing."""

    delivery_id: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A call to make. `ordering_key` (normally the business document) orders it after all unfinished earlier calls of
    the same partner with that key; `after` names further deliveries that must be finished first.

    `idempotency_key` is unique per partner for ever and is sent along: writing the same delivery twice writes it once.
    A `suppressed` one (shadow operation) is kept to be seen and compared, and is never made. One that `replaces` says
    all that an earlier one of its kind and key said: it takes the place of what is not on its way yet.
    """

    partner: str
    kind: str
    ordering_key: str
    payload: bytes
    idempotency_key: str
    content_type: str = "application/protobuf"
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    express: bool = False
    not_before: datetime | None = None
    suppressed: bool = False
    replaces: bool = False
    after: tuple[UUID, ...] = ()
    business_unit: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    tenant: str = ""
    delivery_id: UUID = field(default_factory=uuid7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A delivery that the holder of `epoch` may carry out until `leased_until`.

    `attempt` counts from 1. `recovery_point` is what an earlier attempt noted about how far it came.
    """

    tenant: str
    delivery_id: UUID
    epoch: int
    business_unit: str
    partner: str
    kind: str
    ordering_key: str
    payload: bytes
    content_type: str
    idempotency_key: str
    transaction_ids: tuple[str, ...]
    keys: tuple[str, ...]
    express: bool
    attempt: int
    recovery_point: str
    leased_until: datetime
    created_at: datetime
    due_at: datetime
    correlation_id: str
    causation_id: str
    traceparent: str
    last_traceparent: str = ""
    redriven_by: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The partner has it. `results` says what became of each effect, where one call carried several."""

    foreign_number: str = ""
    results: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """It may do later: `after` that time, or else by back-off. A partner that `answered` has looked at this document,
    so its breaker is not concerned. One that was `untried` was never on its way, because something of our own was away:
    that says nothing of the partner, and nothing against the document. `failure_class` is whose fault it is if it never
    comes to do.
    """

    reason: str
    after: timedelta | None = None
    answered: bool = False
    failure_class: FailureClass = FailureClass.PARTNER
    untried: bool = False

    @property
    def silent(self) -> bool:
        """Nobody looked at the document: a matter of the partner, which its breaker counts."""
        return not self.answered and not self.untried

    @property
    def put_off(self) -> bool:
        """It was not tried, or the partner itself asked to come again later: nothing against the document."""
        return self.untried or (self.silent and self.after is not None)


@dataclass(frozen=True, slots=True)
class Dead:
    """The partner, or a rule, says no to this very document: repeating it is useless, and what comes after it in its
    ordering key waits until somebody acts: the `owner`, or whoever looks after the partner.
    """

    reason: str
    code: str = "DELIVERY_REFUSED"
    failure_class: FailureClass = FailureClass.PARTNER
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """The partner has it and answered no, and that answer is the result: the delivery is finished, its ordering key
    goes on, and whoever settles it decides what the no means. For commands to another context: refusals are answers.
    """

    reason: str
    code: str
    failure_class: FailureClass = FailureClass.BUSINESS


@dataclass(frozen=True, slots=True)
class Dropped:
    """It is not to be made any more, and nothing of it has reached the partner: it is cancelled, and its ordering key
    goes on. With an `owner` somebody has to know of it."""

    reason: str
    code: str
    failure_class: FailureClass = FailureClass.BUSINESS
    owner: str = ""


Outcome = Delivered | Declined | Retry | Dead | Dropped


@dataclass(frozen=True, slots=True)
class Report:
    """What the holder of a lease says about one delivery. `traceparent` is the place of the attempt in its trace,
    `took` how long the partner was spoken with, where that was measured."""

    tenant: str
    delivery_id: UUID
    epoch: int
    outcome: Outcome
    traceparent: str = ""
    took: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerLimits:
    """How much a partner bears, and how long we try. All of it comes from the partner's profile.

    A failure while the breaker stands open, and a partner that asks to come again later, say nothing about the document
    and do not count against `attempts`; `give_up_after` bounds the time in any case.
    """

    rate: Rate = field(default_factory=lambda: Rate(50.0, 50))
    concurrency: int = 8
    attempts: int = 8
    backoff_first: timedelta = timedelta(seconds=1)
    backoff_longest: timedelta = timedelta(hours=1)
    give_up_after: timedelta = timedelta(hours=76)
    lease: timedelta = timedelta(seconds=60)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    owner: str = "partner-operations"


SERVICE_LIMITS = PartnerLimits(
    rate=Rate(5_000.0, 5_000),
    concurrency=16,
    attempts=60,
    backoff_first=timedelta(milliseconds=200),
    backoff_longest=timedelta(seconds=10),
    lease=timedelta(seconds=30),
    breaker=BreakerPolicy(failures=20, pause=timedelta(seconds=1), longest=timedelta(seconds=5)),
    owner="integration",
)
"""Another service of ours: it bears much, it is soon back, and while it is away nothing is given up."""
