"""What a service says about the events that it listens to, and a message on its way through a consumer.

Knows no storage and no broker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from google.protobuf.message import Message

from crossdock_kit.context import caused_by
from crossdock_kit.errors import Invalid
from crossdock_kit.events import AnyReceived, decoded, parsed_headers
from crossdock_kit.ids import EXPRESS, uuid_of
from crossdock_kit.unit_of_work import Work

Handler = Callable[[Sequence[AnyReceived], Work], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """`name` listens to the events of the context `source`. A handler takes many events of its type at once, in each
    aggregate's order; types without one only count. `owner` is who gets the exceptions that name nobody else."""

    name: str
    source: str
    handlers: Mapping[type[Message], Handler]
    batch: int = 500
    owner: str = "operations"
    types: Mapping[str, type[Message]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", {each.DESCRIPTOR.full_name: each for each in self.handlers})

    @property
    def consumer(self) -> str:
        """The name under which inbox, watermarks and held messages stand: versions of two sources never meet."""
        return f"{self.name}/{self.source}"


class EventFailed(Exception):
    """One event of a batch could not be handled; the cause says why."""

    def __init__(self, event_id: UUID) -> None:
        super().__init__(str(event_id))
        self.event_id = event_id


def each(handle: Callable[[Any, Work], Awaitable[None]]) -> Handler:
    """A handler from a function that takes one event. What the function records is caused by that event."""

    async def handle_all(events: Sequence[AnyReceived], work: Work) -> None:
        for event in events:
            try:
                with caused_by(event.cause):
                    await handle(event, work)
            except Exception as error:
                raise EventFailed(event.id) from error

    return handle_all


@dataclass(frozen=True, slots=True)
class HeldFacts:
    """What the held table knows of a message beside the message."""

    why: str
    attempts: int
    held_at: datetime
    raised: bool
    last_traceparent: str = ""
    redriven_by: str = ""


@dataclass(slots=True, eq=False)
class Arrival:
    """A message as it came from the broker or from the held table. `reply` is where its acknowledgment goes."""

    event_id: UUID
    tenant: str
    aggregate: str
    version: int
    type: str
    slot: int
    headers: Mapping[str, str]
    block: str
    body: bytes
    reply: bytes = b""
    delivered: int = 1
    held: HeldFacts | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.tenant, self.aggregate

    @property
    def partition(self) -> int:
        return self.slot % EXPRESS

    @property
    def announced_at(self) -> datetime:
        """When its owner recorded it."""
        return datetime.fromisoformat(self.headers["ce-time"])

    @property
    def sequence(self) -> int:
        """Its place in the stream; 0 for what did not come by it."""
        return _from_reply(self.reply, 5)

    @property
    def attempt(self) -> int:
        return self.held.attempts + 1 if self.held else self.delivered


def arrival_of(slot: int, reply: bytes, body: bytes, block: bytes | None) -> Arrival:
    """A message of the stream. Raises Invalid when it lacks what admission needs."""
    text = (block or b"").decode()
    headers = parsed_headers(text)
    try:
        return Arrival(
            event_id=uuid_of(headers["ce-id"]),
            tenant=decoded(headers["ce-tenant"]),
            aggregate=decoded(headers["ce-aggregate"]),
            version=int(headers["ce-eventversion"]),
            type=headers["ce-type"],
            slot=slot,
            headers=headers,
            block=text,
            body=body,
            reply=reply,
            delivered=delivered_count(reply),
        )
    except (KeyError, ValueError) as error:
        raise Invalid(f"a message without the envelope of an event: {error}") from error


def delivered_count(reply: bytes) -> int:
    """How often the broker has handed a message out, by its reply subject; 1 for what did not come by the stream."""
    return _from_reply(reply, 4) or 1


def place_of(reply: bytes) -> int:
    """The how-manieth delivery of its consumer this is, by its reply subject; 0 for what did not come by the stream."""
    return _from_reply(reply, 6)


def _from_reply(reply: bytes, place: int) -> int:
    """A number of $JS.ACK.[domain.account.]stream.consumer.delivered.sequence...; 0 if there is none."""
    tokens = reply.split(b".")
    place += 0 if len(tokens) <= 9 else 2
    return int(tokens[place]) if len(tokens) > place else 0
