"""The narrow ports between the data plane and its storage: claim and mark, admit and advance, held messages, timers.

Each operation is one statement of PostgreSQL, written where its subject is (relay_store.py, leases.py, inbox.py and
held.py of subscriptions, timers.py, reconcile.py) and grouped there into the port's implementation. `driver` is the
connection of the open transaction, or of the owner's session. The simulation gives a model instead, which a conformance
suite holds to PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from crossdock_kit.driver import Driver

if TYPE_CHECKING:
    from crossdock_kit.exceptions import NewException
    from crossdock_kit.subscriptions.held import Overdue, Setback
    from crossdock_kit.subscriptions.inbox import Admission, Key
    from crossdock_kit.subscriptions.model import Arrival
    from crossdock_kit.timers import DueTimer
    from crossdock_kit.unit_of_work import Gathered


class RelayStore(Protocol):
    """On the session that holds the relay's partitions."""

    async def serve(self, driver: Driver, tenants: Sequence[str]) -> None:
        """Says once for whom this session works."""
        ...

    async def turn(
        self, driver: Driver, done: Sequence[int], owned: Iterable[int], limits: tuple[int, int], aside: Sequence[int]
    ) -> Sequence[Mapping[str, Any]]:
        """Marks positions as published and claims the next ones of the owned partitions, with their journal rows and
        express first. `limits` are the size of a batch and the standard lane's share, `aside` are passed over."""
        ...


class LeaseStore(Protocol):
    """Locks that belong to a session and go with it."""

    async def join(self, driver: Driver, group: int, member: int) -> None: ...

    async def members(self, driver: Driver, group: int, first: int) -> int:
        """How many living members the group has; their numbers begin at `first`. Ends what is silent."""
        ...

    async def take(self, driver: Driver, group: int, wanted: Sequence[int], number: int) -> Sequence[int]:
        """At most so many of the wanted partitions, those that nobody else holds."""
        ...

    async def leave(self, driver: Driver, group: int, partitions: Sequence[int]) -> None: ...


class ConsumerStore(Protocol):
    """Inbox, watermarks and held messages, in the consumer's transaction."""

    async def admit(self, driver: Driver, consumer: str, arrivals: Sequence[Arrival]) -> Admission: ...
    async def advance(self, driver: Driver, consumer: str, versions: Mapping[Key, int]) -> None: ...
    async def put(self, driver: Driver, consumer: str, messages: Sequence[tuple[Arrival, str]]) -> None: ...
    async def remove(self, driver: Driver, consumer: str, event_ids: Sequence[UUID]) -> int: ...
    async def set_back(self, driver: Driver, consumer: str, arrival: Arrival, setback: Setback) -> None: ...
    async def park(self, driver: Driver, consumer: str, key: Key, reason: str) -> None: ...
    async def due(self, driver: Driver, consumer: str, slots: Iterable[int], limit: int) -> list[Arrival]: ...
    async def chain(self, driver: Driver, consumer: str, keys: Sequence[Key], limit: int) -> list[Arrival]: ...
    async def take_overdue(
        self, driver: Driver, consumer: str, slots: Iterable[int], after: timedelta
    ) -> list[Overdue]: ...


class TimerStore(Protocol):
    """Timers that are due by the database's clock."""

    async def due_kinds(self, driver: Driver, kinds: Sequence[str]) -> list[tuple[str, str]]: ...
    async def take_due(self, driver: Driver, tenant: str, kind: str, limit: int) -> list[DueTimer]: ...
    async def remove(self, driver: Driver, tenant: str, timers: Sequence[DueTimer]) -> bool:
        """False if one of them is not there any more as it was taken."""
        ...

    async def put_off(self, driver: Driver, timer: DueTimer, seconds: float | None) -> bool: ...
    async def raise_all(self, driver: Driver, raised: Sequence[NewException], *, at: datetime) -> None: ...


class WorkStore(Protocol):
    """What a unit of work gathered, written at its end."""

    async def write(self, driver: Driver, gathered: Gathered, at: datetime) -> None: ...


class StreamBooks(Protocol):
    """What is compared with a stream, and what is known of the stream's end."""

    async def now(self, driver: Driver) -> datetime: ...
    async def waiting(self, driver: Driver, since: datetime) -> set[bytes]:
        """Ids of events that the relay is yet to publish."""
        ...

    async def recorded(
        self, driver: Driver, after: tuple[datetime, UUID], until: datetime, limit: int
    ) -> list[tuple[UUID, datetime]]:
        """A page of the journal in the order of recording."""
        ...

    async def again(self, driver: Driver, missing: Sequence[tuple[UUID, datetime]]) -> None: ...
    async def mark_of(self, driver: Driver, stream: str) -> tuple[int, UUID, datetime] | None: ...
    async def note(self, driver: Driver, stream: str, sequence: int, event_id: UUID) -> None: ...
