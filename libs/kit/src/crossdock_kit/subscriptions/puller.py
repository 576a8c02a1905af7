"""Keeps messages coming from the durables of the owned partitions, express and standard in two queues.

Each durable always has a pull request open that asks for more than is under way, so a new message is pushed at once.
Heartbeats prove that the server still knows the request; silence means binding anew, long silence means that this
process is deaf. Knows nothing of what a message says.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nats.aio.subscription import Subscription as Heard
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from crossdock_kit.broker import Broker, durable_name, framed_plain, stream_name
from crossdock_kit.errors import Unavailable
from crossdock_kit.ids import EXPRESS

log = logging.getLogger(__name__)

ASKED = 256
LOW = 128
BUFFERED = 4096
"""Beyond this many waiting messages nothing more is asked for."""
STANDARD_SHARE = 5
"""One message of so many is standard while both lanes have some."""
REBIND_SECONDS, DEAF_SECONDS = 15.0, 45.0
_REQUEST = b'{"batch":%d,"expires":30000000000,"idle_heartbeat":5000000000}'
_STATUS = re.compile(rb"NATS/1\.0 (\d{3})([^\r]*)")
_UNDELIVERED = re.compile(rb"Nats-Pending-Messages: (\d+)", re.IGNORECASE)


class Deaf(Exception):
    """The broker is connected, and yet nothing is heard: only a fresh start helps."""


@dataclass(slots=True, eq=False)
class Durable:
    """One slot's durable as this process is bound to it."""

    slot: int
    inbox: str
    next_subject: str
    heard: Heard | None = None
    open: int = 0
    last_heard: float = 0.0
    alive: bool = True


@dataclass(frozen=True, slots=True)
class Pulled:
    """A message with the durable that gave it. `losses` is how often the link had been lost by then."""

    durable: Durable
    losses: int
    reply: bytes
    body: bytes
    block: bytes | None


@dataclass(eq=False)
class Puller:
    """The messages of one subscription. `wanted` may change at any time; `run` follows."""

    broker: Broker
    source: str
    name: str
    _wanted: frozenset[int] = frozenset()
    _bound: dict[int, Durable] = field(default_factory=dict)
    _express: deque[Pulled] = field(default_factory=deque)
    _standard: deque[Pulled] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _attention: asyncio.Event = field(default_factory=asyncio.Event)
    _stale: set[int] = field(default_factory=set)
    _late: list[Pulled] = field(default_factory=list)
    _silent_since: float = 0.0
    doubts: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is reason to think that events never came here and never will by themselves."""

    def want(self, partitions: Iterable[int]) -> None:
        """The partitions that this process owns now. Messages of others are dropped; the next owner gets them."""
        owned = frozenset(partitions)
        self._wanted = owned | {partition + EXPRESS for partition in owned}
        for slot, durable in self._bound.items():
            durable.alive = slot in self._wanted
        self._attention.set()

    async def arrived(self, seconds: float) -> None:
        """Returns when there is a message, or after so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._arrived.wait()
        except TimeoutError:
            return

    def take(self, limit: int) -> list[Pulled]:
        """What has arrived, at most `limit`: express first, with a share for the rest."""
        reserved = min(len(self._standard), limit // STANDARD_SHARE)
        taken = _taken(self._express, limit - reserved)
        taken += _taken(self._standard, limit - len(taken))
        if not self._express and not self._standard:
            self._arrived.clear()
        if any(durable.open <= LOW for durable in self._bound.values()):
            self._attention.set()
        return taken

    async def run(self) -> None:
        """Binds, asks and watches until cancelled. Raises Deaf."""
        self.broker.on_reconnect(self._reconnected)
        self._silent_since = self._now()
        try:
            while True:
                self._attention.clear()
                await self._bind_wanted()
                if self._late:
                    late, self._late = self._late, []
                    await self.give_back(late)
                await self._ask()
                self._watch()
                await self._pause()
        finally:
            self.broker.no_reconnect(self._reconnected)
            for durable in list(self._bound.values()):
                await self._unbind(durable)

    async def _bind_wanted(self) -> None:
        for slot in [slot for slot in self._bound if slot not in self._wanted or slot in self._stale]:
            await self._unbind(self._bound[slot])
        missing = sorted(self._wanted - self._bound.keys())
        if missing and self.broker.connection.is_connected:
            found = await asyncio.gather(*(self._bind(slot) for slot in missing), return_exceptions=True)
            for error in {type(each): each for each in found if each is not None}.values():
                self._report(error)

    def _report(self, error: BaseException) -> None:
        """What could not be bound now is tried again in a moment."""
        if isinstance(error, NotFoundError):
            log.debug("the stream of %s is not there yet", self.source)
        elif isinstance(error, (NatsError, TimeoutError)):
            log.warning("cannot listen to all of %s now: %s", self.source, error or type(error).__name__)
        else:
            raise error

    async def _bind(self, slot: int) -> None:
        given_out = await self.broker.ensure_consumer(self.source, self.name, slot)
        if given_out:
            await self.broker.redeliver_now(self.source, self.name, slot)
        connection = self.broker.connection
        next_subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream_name(self.source)}.{durable_name(self.name, slot)}"
        durable = Durable(slot, connection.new_inbox(), next_subject, last_heard=self._now())
        durable.alive = slot in self._wanted
        queue = self._express if slot >= EXPRESS else self._standard

        def on_message(subject: bytes, reply: bytes, body: bytes, block: bytes | None) -> None:
            self._on_message(durable, queue, Pulled(durable, self.broker.losses, reply, body, block))

        durable.heard = await connection.subscribe_raw(durable.inbox, on_message)
        self._bound[slot] = durable
        self._stale.discard(slot)

    async def _unbind(self, durable: Durable) -> None:
        durable.alive = False
        self._bound.pop(durable.slot, None)
        if durable.heard is not None:
            await self.broker.connection.unsubscribe_raw(durable.heard)
        queue = self._express if durable.slot >= EXPRESS else self._standard
        unhandled = [pulled for pulled in queue if pulled.durable is durable]
        if unhandled:
            kept = [pulled for pulled in queue if pulled.durable is not durable]
            queue.clear()
            queue.extend(kept)
            await self.give_back(unhandled)

    def answerable(self, pulled: Iterable[Pulled]) -> list[Pulled]:
        """Those that came since the link was lost last. A broker that crashed may have lost its tail: an answer to a
        message of before would be taken for one to whatever has its sequence now, and all up to there passes for given
        out. What is not answered comes again, and is known."""
        return [each for each in pulled if each.losses == self.broker.losses]

    async def give_back(self, pulled: Sequence[Pulled]) -> None:
        """Messages that nobody here will handle go to the next owner at once instead of after ack_wait."""
        answers = b"".join(b"PUB %b 4\r\n-NAK\r\n" % each.reply for each in self.answerable(pulled))
        try:
            await self.broker.connection.write(answers)
        except Unavailable:
            log.info("%d messages come again after ack_wait", len(pulled))

    def _on_message(self, durable: Durable, queue: deque[Pulled], pulled: Pulled) -> None:
        durable.last_heard = self._now()
        status = None if pulled.reply or pulled.block is None else _STATUS.match(pulled.block)
        if status is not None:
            self._on_status(durable, status.group(1), status.group(2), pulled.block or b"")
            return
        if not durable.alive:
            self._late.append(pulled)
            self._attention.set()
            return
        durable.open -= 1
        queue.append(pulled)
        self._arrived.set()
        if durable.open == LOW:
            self._attention.set()

    def _on_status(self, durable: Durable, code: bytes, words: bytes, block: bytes) -> None:
        if code == b"100":
            return
        undelivered = _UNDELIVERED.search(block)
        durable.open = max(0, durable.open - int(undelivered.group(1))) if undelivered else 0
        if code in {b"503", b"404"} or b"deleted" in words.lower():
            self._stale.add(durable.slot)
        self._attention.set()

    async def _ask(self) -> None:
        """Opens requests for all durables that run low, in one write."""
        if len(self._express) + len(self._standard) > BUFFERED:
            return
        requests = []
        for durable in self._bound.values():
            if durable.open <= LOW:
                number = ASKED - durable.open
                requests.append(framed_plain(durable.next_subject, durable.inbox, _REQUEST % number))
                durable.open += number
        if requests:
            try:
                await self.broker.connection.write(b"".join(requests))
            except Unavailable:
                self._stale.update(self._bound)

    def _watch(self) -> None:
        now = self._now()
        if not self.broker.connection.is_connected or not self._bound:
            self._silent_since = now
            return
        last = max(durable.last_heard for durable in self._bound.values())
        self._silent_since = max(self._silent_since, last)
        if now - self._silent_since > DEAF_SECONDS:
            raise Deaf(self.source)
        for slot, durable in self._bound.items():
            if durable.open and now - durable.last_heard > REBIND_SECONDS:
                log.warning("nothing heard of %s, binding anew", durable_name(self.name, slot))
                self._stale.add(slot)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._attention.wait()
        except TimeoutError:
            return

    async def _reconnected(self) -> None:
        self._stale.update(self._bound)
        self._attention.set()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _taken(queue: deque[Pulled], limit: int) -> list[Pulled]:
    """From the left, without those of durables that are ours no more: they are given back when these are let go."""
    found: list[Pulled] = []
    passed: list[Pulled] = []
    while queue and len(found) < limit:
        pulled = queue.popleft()
        (found if pulled.durable.alive else passed).append(pulled)
    queue.extend(passed)
    return found
