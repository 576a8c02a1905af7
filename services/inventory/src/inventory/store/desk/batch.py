"""One batch of baskets: decided in memory one after the other, with everything that follows from it, ready to write.

Knows no database. What is available to a basket is what the baskets before it left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from crossdock_kit.context import CallScope, Cause
from crossdock_kit.events import Sealed, seal
from crossdock_kit.ids import uuid7
from crossdock_kit.timeline import Step, Topic, step_of

from inventory.domain.events import AvailabilityChanged, StockReserved
from inventory.domain.movement import StockKey
from inventory.domain.reservation import Reservation, State
from inventory.domain.reserving import Basket, Decision, Declined, Promised, decide
from inventory.domain.rules import UPDATE_RULES, Event
from inventory.ports import Ask
from inventory.store.desk.memory import Memory, Remembered, Shard, ShelfKey, shard_key
from inventory.wire.facts import availability_changed, reservation_event
from inventory.wire.reservations import refused_result, reserved_result

STEP = "ReserveStock"
((OPEN_DEMAND, RESERVED),) = UPDATE_RULES[Event.RESERVED]


@dataclass(slots=True, eq=False)
class Pending:
    """A basket that waits for its answer. `call` and `scope` are those of the call that brought it; `shelves` (by
    item), `shards` and the id as text are needed so often that they are found once. `decided` once its answer is
    certain, though it may be given a little later."""

    ask: Ask
    call: Cause
    scope: CallScope | None
    answer: asyncio.Future[bytes]
    decided: bool = False
    basket: Basket = field(init=False)
    identity: str = field(init=False)
    shelves: dict[str, ShelfKey] = field(init=False)
    shards: frozenset[Shard] = field(init=False)

    def __post_init__(self) -> None:
        its = self.basket = self.ask.basket
        self.identity = str(its.request_id)
        self.shelves = {sku: ShelfKey(its.tenant, sku, its.business_unit) for sku in its.lines}
        self.shards = frozenset([shard_key(shelf) for shelf in self.shelves.values()])

    @property
    def is_open(self) -> bool:
        """Whether it still has to be decided, and somebody waits for it."""
        return not self.decided and not self.answer.done()


def fail(pending: Pending, error: Exception) -> None:
    """Gives the error to whoever waits; nobody may: a caller with several baskets stops at the first error."""
    if not pending.answer.done():
        pending.answer.set_exception(error)
        pending.answer.exception()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a basket got; `reservation` is None where it was refused."""

    pending: Pending
    reservation: Reservation | None
    answer: bytes
    reason: str = ""


def give(outcomes: Iterable[Outcome]) -> None:
    """To whoever still waits."""
    for each in outcomes:
        if not each.pending.answer.done():
            each.pending.answer.set_result(each.answer)


@dataclass(slots=True)
class Batch:
    """All that one statement and its transaction write."""

    outcomes: list[Outcome] = field(default_factory=list)
    taken: dict[StockKey, Decimal] = field(default_factory=dict)
    before: dict[StockKey, Remembered] = field(default_factory=dict)
    touching: dict[StockKey, list[Outcome]] = field(default_factory=dict)

    @property
    def promised(self) -> list[Reservation]:
        return [each.reservation for each in self.outcomes if each.reservation is not None]

    @property
    def short_of_stock(self) -> bool:
        """Whether a basket was refused for want of stock: a verdict that memory alone may not give."""
        return any(each.reservation is None and not each.pending.ask.refused for each in self.outcomes)

    def left(self) -> Iterable[tuple[StockKey, Remembered]]:
        """The rows as the statement leaves them."""
        for key, quantity in self.taken.items():
            row = self.before[key]
            yield key, Remembered(row.available - quantity, row.version + 1, row.event_version + 1, row.held_back)


Left = dict[ShelfKey, dict[str, Decimal]]
"""What the baskets so far leave of each shelf that they touched."""


def decided(pendings: Sequence[Pending], memory: Memory, now: datetime) -> Batch:
    """Urgent baskets first, then as they came."""
    batch, left = Batch(), Left()
    for pending in sorted(pendings, key=lambda each: each.basket.priority):
        decision = _decision(pending, memory, left)
        outcome = _outcome(pending, decision, now)
        batch.outcomes.append(outcome)
        if isinstance(decision, Promised):
            _take(batch, outcome, decision, memory)
            for part in decision.parts:
                left[pending.shelves[part.sku]][part.location_id] -= part.quantity
    return batch


def _decision(pending: Pending, memory: Memory, left: Left) -> Decision:
    if pending.ask.refused:
        return Declined(pending.ask.refused)
    for key in pending.shelves.values():
        if key not in left:
            left[key] = {location: row.available for location, row in memory.shelves[key].items()}
    channel = pending.basket.channel
    return decide(
        pending.basket, {sku: memory.open_to(channel, key, left[key]) for sku, key in pending.shelves.items()}
    )


def _outcome(pending: Pending, decision: Decision, now: datetime) -> Outcome:
    basket = pending.basket
    if isinstance(decision, Declined):
        answer = refused_result(basket.request_id, decision).SerializeToString()
        return Outcome(pending, None, answer, decision.lines[0].reason)
    reservation = Reservation(
        reservation_id=basket.request_id,
        tenant=basket.tenant,
        business_unit=basket.business_unit,
        state=State.HELD,
        parts=decision.parts,
        channel=basket.channel,
        priority=basket.priority,
        reference=basket.reference,
        expires_at=now + basket.hold,
        units=basket.units,
    )
    return Outcome(pending, reservation, reserved_result(reservation).SerializeToString())


def _take(batch: Batch, outcome: Outcome, decision: Promised, memory: Memory) -> None:
    basket = outcome.pending.basket
    for part in decision.parts:
        key = StockKey(basket.tenant, part.sku, part.location_id, basket.business_unit)
        batch.taken[key] = batch.taken.get(key, Decimal(0)) + part.quantity
        batch.touching.setdefault(key, []).append(outcome)
        if key not in batch.before:
            batch.before[key] = memory.shelves[outcome.pending.shelves[part.sku]][part.location_id]


def events(batch: Batch, now: datetime) -> list[Sealed]:
    """One for each reservation, then one for each row whose availability changed."""
    sealed = [
        seal(reservation_event(StockReserved(each.reservation), now), uuid7(), each.pending.call)
        for each in batch.outcomes
        if each.reservation is not None
    ]
    for key, row in batch.left():
        outcomes = batch.touching[key]
        fact = AvailabilityChanged(
            key=key,
            available=row.available,
            unit=outcomes[-1].pending.basket.units[key.sku],
            as_of_version=row.version,
            event_version=row.event_version,
            transaction_ids=tuple([each.pending.identity for each in outcomes]),
            occurred_at=now,
            held_back=row.held_back,
        )
        sealed.append(seal(availability_changed(fact), uuid7(), outcomes[-1].pending.call))
    return sealed


def steps(batch: Batch, now: datetime) -> list[Step]:
    """A step for each call and end: it stands in the timeline of every basket that the call brought to that end."""
    ends: dict[tuple[int, str], list[Outcome]] = {}
    for each in batch.outcomes:
        ends.setdefault((id(each.pending.call), each.reason), []).append(each)
    return [_step(outcomes, now) for outcomes in ends.values()]


def _step(outcomes: Sequence[Outcome], now: datetime) -> Step:
    first = outcomes[0]
    topics = tuple(map(_topic, outcomes))
    return step_of(
        first.pending.call,
        now=now,
        name=STEP,
        keys=tuple(key for keys, _ in topics for key in keys),
        transaction_ids=tuple(identity for _, ids in topics for identity in ids),
        topics=topics,
        outcome="advanced" if first.reservation is not None else "refused",
        reason=first.reason,
    )


def _topic(outcome: Outcome) -> Topic:
    """A reservation's own key is minted with its root by the statement; a refused basket has none."""
    basket, identity = outcome.pending.basket, outcome.pending.identity
    reference = (f"reference:{basket.reference}",) if basket.reference else ()
    return (reference if outcome.reservation else (f"reservation:{identity}", *reference)), (identity,)
