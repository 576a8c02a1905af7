"""The life of a reservation: states, who may follow whom, and what each step moves.

Every way out ends in RELEASED or EXPIRED, or in FULFILLED once the warehouse has used up all that it bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from crossdock_kit.errors import NotFound, Refused

from inventory.domain.reserving import Part
from inventory.domain.rules import Event


class State(IntEnum):
    """Numbers of the contract."""

    HELD = 1
    COMMITTED = 2
    RELEASED = 3
    EXPIRED = 4
    ALLOCATED = 5
    FULFILLED = 6


class Trigger(IntEnum):
    RELEASE = 1
    EXPIRE = 2
    COMMIT = 3
    ALLOCATE = 4
    DEALLOCATE = 5


@dataclass(frozen=True, slots=True)
class Transition:
    """Where a trigger leads and which rule of the ledger it follows."""

    to: State
    moves: Event


TRANSITIONS: Mapping[tuple[State, Trigger], Transition] = {
    (State.HELD, Trigger.RELEASE): Transition(State.RELEASED, Event.RESERVATION_RELEASED),
    (State.HELD, Trigger.EXPIRE): Transition(State.EXPIRED, Event.RESERVATION_RELEASED),
    (State.HELD, Trigger.COMMIT): Transition(State.COMMITTED, Event.COMMITTED),
    (State.COMMITTED, Trigger.ALLOCATE): Transition(State.ALLOCATED, Event.ALLOCATED),
    (State.COMMITTED, Trigger.RELEASE): Transition(State.RELEASED, Event.COMMITMENT_CANCELLED),
    (State.ALLOCATED, Trigger.DEALLOCATE): Transition(State.COMMITTED, Event.DEALLOCATED),
    (State.ALLOCATED, Trigger.RELEASE): Transition(State.RELEASED, Event.ALLOCATION_CANCELLED),
}

REPEATED: Mapping[Trigger, frozenset[State]] = {
    Trigger.RELEASE: frozenset({State.RELEASED, State.EXPIRED, State.FULFILLED}),
    Trigger.EXPIRE: frozenset({State.RELEASED, State.EXPIRED, State.COMMITTED, State.ALLOCATED, State.FULFILLED}),
    Trigger.COMMIT: frozenset({State.COMMITTED, State.ALLOCATED, State.FULFILLED}),
    Trigger.ALLOCATE: frozenset({State.ALLOCATED, State.FULFILLED}),
    Trigger.DEALLOCATE: frozenset({State.COMMITTED}),
}
"""States in which a trigger finds its work done: nothing happens and nothing is refused."""


@dataclass
class ReservationUnknown(NotFound):
    reservation_id: str


@dataclass
class ReservationNotOpen(Refused):
    """The state of the reservation does not allow the step."""

    reservation_id: str
    state: str
    step: str


@dataclass
class ReservationLapsed(Refused):
    """Its time was over; what it held is given back or about to be."""

    reservation_id: str
    expired_at: str


@dataclass(slots=True)
class Reservation:
    """A basket that was promised. `version` counts its events."""

    reservation_id: UUID
    tenant: str
    business_unit: str
    state: State
    parts: tuple[Part, ...]
    channel: str
    priority: int
    reference: str
    expires_at: datetime
    units: Mapping[str, str]
    version: int = 1

    def advance(self, trigger: Trigger, now: datetime) -> Event | None:
        """Takes the step and says which rule books it; None if it was taken before. Raises a refusal otherwise."""
        if self.state in REPEATED[trigger]:
            return None
        step = TRANSITIONS.get((self.state, trigger))
        if step is None:
            raise ReservationNotOpen(str(self.reservation_id), self.state.name, trigger.name)
        if trigger is Trigger.COMMIT and self.expires_at <= now:
            raise ReservationLapsed(str(self.reservation_id), self.expires_at.isoformat())
        self.state = step.to
        self.version += 1
        return step.moves

    def fulfil(self) -> None:
        """It binds nothing any more: the warehouse picked what it held, or did not find it."""
        self.state = State.FULFILLED
