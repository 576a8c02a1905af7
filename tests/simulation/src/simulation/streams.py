"""The broker: streams that keep messages, durables that hand them out, and all that may go wrong on the way.

What it keeps of JetStream's promises: a message id within the window is stored once, a message that was handed out and
not acknowledged comes again. What it breaks on purpose: it may lose a publication or the answer to it, hand out twice,
late and out of order, take an acknowledgment for lost, and forget its tail, whose sequences it then uses again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from simulation.chance import Chance

ACK_WAIT_SECONDS, WINDOW_SECONDS = 30.0, 600.0
HEARTBEAT, HEARTBEAT_SECONDS, BEATS = b"NATS/1.0 100 Idle Heartbeat\r\n\r\n", 5.0, 6
Deliver = Callable[[str, bytes, bytes, bytes], None]
"""Called with the inbox, the reply subject, the body and the header block."""


@dataclass(frozen=True, slots=True)
class Stored:
    sequence: int
    subject: str
    message_id: str
    block: bytes
    body: bytes
    at: float

    @property
    def token(self) -> str:
        return self.subject.rpartition(".")[2]


@dataclass(eq=False)
class Request:
    """An open pull request. `gone` tells that nobody listens to its inbox any more."""

    inbox: str
    remaining: int
    deliver: Deliver
    gone: Callable[[], bool]


@dataclass(eq=False)
class Durable:
    """How far one slot of a consumer has come: `cursor` counts in the list of the slot's sequences."""

    name: str
    token: str
    cursor: int = 0
    in_hand: dict[int, int] = field(default_factory=dict)
    again: deque[int] = field(default_factory=deque)
    deliveries: dict[int, int] = field(default_factory=dict)
    requests: deque[Request] = field(default_factory=deque)

    @property
    def unacknowledged(self) -> int:
        return len(self.in_hand) + len(self.again)


@dataclass(eq=False)
class Stream:
    name: str
    chance: Chance
    messages: list[Stored] = field(default_factory=list)
    durables: dict[str, Durable] = field(default_factory=dict)
    _known: dict[str, Stored] = field(default_factory=dict)
    _slots: dict[str, list[int]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return len(self.messages)

    def message(self, sequence: int) -> Stored:
        return self.messages[sequence - 1]

    def publish(self, subject: str, message_id: str, block: bytes, body: bytes) -> tuple[int, bool]:
        """The sequence under which it is kept, and whether it was kept before."""
        now = asyncio.get_running_loop().time()
        known = self._known.get(message_id)
        recent = known is not None and now - known.at < WINDOW_SECONDS
        if known is not None and recent and not self.chance.strikes("stored twice", self.chance.odds.stored_twice):
            return known.sequence, True
        stored = Stored(self.last + 1, subject, message_id, block, body, now)
        self.messages.append(stored)
        self._known[message_id] = stored
        self._slots.setdefault(stored.token, []).append(stored.sequence)
        self.chance.tell("stored", self.name, stored.sequence, message_id)
        for durable in self.durables.values():
            if durable.token == stored.token:
                self.pump(durable)
        return stored.sequence, False

    def durable(self, name: str, token: str) -> Durable:
        return self.durables.setdefault(name, Durable(name, token))

    def ask(self, durable: Durable, request: Request) -> None:
        durable.requests.append(request)
        asyncio.get_running_loop().call_later(HEARTBEAT_SECONDS, self._beat, durable, request, BEATS)
        self.pump(durable)

    def pump(self, durable: Durable) -> None:
        """Hands out as much as is there and asked for."""
        while durable.requests:
            request = durable.requests[0]
            if request.gone():
                durable.requests.popleft()
                continue
            sequence = self._next(durable)
            if sequence is None:
                return
            request.remaining -= 1
            if request.remaining <= 0:
                durable.requests.popleft()
            self._hand_out(durable, sequence, request)

    def acknowledge(self, durable: Durable, sequence: int, verb: bytes) -> None:
        """A late acknowledgment counts for whichever delivery of the message."""
        if self.chance.strikes("acknowledgment lost", self.chance.odds.ack_lost):
            return
        if verb == b"-NAK":
            if durable.in_hand.pop(sequence, None) is not None:
                durable.again.append(sequence)
                self.pump(durable)
            return
        durable.in_hand.pop(sequence, None)
        if sequence in durable.again:
            durable.again.remove(sequence)

    def reset(self, durable: Durable) -> None:
        """What a vanished owner had in hand is available at once."""
        durable.again.extend(sorted(durable.in_hand))
        durable.in_hand.clear()
        self.pump(durable)

    def forget_tail(self, number: int) -> int:
        """As after a crash before the disk had it: messages, what they proved, and the latest acknowledgments."""
        kept = max(0, self.last - number)
        gone, self.messages = self.messages[kept:], self.messages[:kept]
        for stored in gone:
            if self._known.get(stored.message_id) is stored:
                del self._known[stored.message_id]
        for sequences in self._slots.values():
            while sequences and sequences[-1] > kept:
                sequences.pop()
        for durable in self.durables.values():
            self._clip(durable, kept)
        self.chance.tell("forgot", self.name, kept)
        return len(gone)

    def _clip(self, durable: Durable, kept: int) -> None:
        durable.requests.clear()
        durable.in_hand = {sequence: count for sequence, count in durable.in_hand.items() if sequence <= kept}
        durable.again = deque(sequence for sequence in durable.again if sequence <= kept)
        durable.cursor = min(durable.cursor, len(self._slots.get(durable.token, ())))
        durable.cursor = max(0, durable.cursor - self.chance.dice.randrange(3))

    def _next(self, durable: Durable) -> int | None:
        if durable.again:
            return durable.again.popleft()
        sequences = self._slots.get(durable.token, ())
        while durable.cursor < len(sequences):
            sequence = sequences[durable.cursor]
            durable.cursor += 1
            if sequence not in durable.in_hand:
                return sequence
        return None

    def _hand_out(self, durable: Durable, sequence: int, request: Request) -> None:
        stored = self.message(sequence)
        count = durable.deliveries[sequence] = durable.deliveries.get(sequence, 0) + 1
        durable.in_hand[sequence] = count
        reply = f"$JS.ACK.{self.name}.{durable.name}.{count}.{sequence}.{sequence}.0.0".encode()
        request.deliver(request.inbox, reply, stored.body, stored.block)
        if self.chance.strikes("handed out twice", self.chance.odds.twice):
            request.deliver(request.inbox, reply, stored.body, stored.block)
        asyncio.get_running_loop().call_later(ACK_WAIT_SECONDS, self._overdue, durable, sequence, count)

    def _overdue(self, durable: Durable, sequence: int, count: int) -> None:
        if durable.in_hand.get(sequence) == count:
            del durable.in_hand[sequence]
            durable.again.append(sequence)
            self.pump(durable)

    def _beat(self, durable: Durable, request: Request, left: int) -> None:
        """A sign of life on an open request, or the news that its time is over."""
        if request not in durable.requests or request.gone():
            return
        if left > 1:
            request.deliver(request.inbox, b"", b"", HEARTBEAT)
            asyncio.get_running_loop().call_later(HEARTBEAT_SECONDS, self._beat, durable, request, left - 1)
        else:
            durable.requests.remove(request)
            told = f"NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: {request.remaining}\r\n\r\n"
            request.deliver(request.inbox, b"", b"", told.encode())


@dataclass(eq=False)
class BrokerModel:
    """All streams, and how far readers of a whole stream have come."""

    chance: Chance
    streams: dict[str, Stream] = field(default_factory=dict)
    readers: dict[str, int] = field(default_factory=dict)

    def stream(self, name: str) -> Stream:
        return self.streams.setdefault(name, Stream(name, self.chance))
