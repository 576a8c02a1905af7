"""Compares what the journal holds with what the broker still holds, by message ids, and publishes again what is gone.

The broker acknowledges before a message is on disk, so a crash may take its tail, and reuses the sequences of what it
lost: they prove nothing. Runs on a schedule, and at once when a reconnect or a start finds that a message which was
acknowledged is there no more, or that messages are missing between the first and the last.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from crossdock_kit.broker import framed_plain, stream_name
from crossdock_kit.cancellation import heeded
from crossdock_kit.clock import Clock, SystemClock
from crossdock_kit.database import transaction
from crossdock_kit.driver import Driver
from crossdock_kit.errors import CrossdockError
from crossdock_kit.relay import Published, Relay
from crossdock_kit.storage import StreamBooks
from crossdock_kit.subscriptions.model import place_of

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=4)
"""What no reconnect and no count of messages tells of is noticed within five minutes, the comparison included."""
RECENT = timedelta(hours=1)
WHOLE_EVERY = timedelta(hours=24)
SKEW = timedelta(minutes=2)
"""Between the clocks of database and broker."""
UNDER_WAY = timedelta(minutes=10)
"""No transaction that records events is open for longer."""
MARK_SECONDS = 2.0
AGAIN_SECONDS = 30.0
"""After a loss: what a relay was just about to mark as published still stood as waiting at the first look."""
HOLES_SECONDS = 30.0
"""Between two looks for messages that are missing between the first and the last: a disk may lose any of them."""
BATCH = 2000
PAGE = 20_000
_MESSAGE_ID = re.compile(rb"nats-msg-id: ?([0-9a-f-]{36})", re.IGNORECASE)
_REQUEST = b'{"batch":%d,"expires":5000000000}'

_WAITING = "SELECT event_id FROM pending WHERE recorded_at >= $1"
_RECORDED = """
SELECT event_id, recorded_at FROM journal
WHERE (recorded_at, event_id) > ($1, $2) AND recorded_at < $3 ORDER BY recorded_at, event_id LIMIT $4
"""
_AGAIN = """
INSERT INTO pending (tenant, slot, event_id, recorded_at)
SELECT j.tenant, j.slot, j.event_id, j.recorded_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS g (event_id, recorded_at)
JOIN journal j ON j.event_id = g.event_id AND j.recorded_at = g.recorded_at
WHERE NOT EXISTS (SELECT FROM pending p WHERE p.event_id = j.event_id)
ORDER BY j.recorded_at, j.event_id
"""
_MARKED = "SELECT last_sequence, event_id, noted_at FROM stream_mark WHERE stream = $1"
_MARK = """
INSERT INTO stream_mark (stream, last_sequence, event_id, noted_at) VALUES ($1, $2, $3, now())
ON CONFLICT (stream) DO UPDATE SET last_sequence = $2, event_id = $3, noted_at = now()
"""


class PostgresStreamBooks:
    async def now(self, driver: Driver) -> datetime:
        found: datetime = await driver.fetchval("SELECT now()")
        return found

    async def waiting(self, driver: Driver, since: datetime) -> set[bytes]:
        return {row["event_id"].bytes for row in await driver.fetch(_WAITING, since)}

    async def recorded(
        self, driver: Driver, after: tuple[datetime, UUID], until: datetime, limit: int
    ) -> list[tuple[UUID, datetime]]:
        rows = await driver.fetch(_RECORDED, *after, until, limit)
        return [(row["event_id"], row["recorded_at"]) for row in rows]

    async def again(self, driver: Driver, missing: Sequence[tuple[UUID, datetime]]) -> None:
        await driver.execute(_AGAIN, [each[0] for each in missing], [each[1] for each in missing])

    async def mark_of(self, driver: Driver, stream: str) -> tuple[int, UUID, datetime] | None:
        row = await driver.fetchrow(_MARKED, stream)
        return (row["last_sequence"], row["event_id"], row["noted_at"]) if row else None

    async def note(self, driver: Driver, stream: str, sequence: int, event_id: UUID) -> None:
        await driver.execute(_MARK, stream, sequence, event_id)


@dataclass(frozen=True, slots=True)
class Compared:
    """A page of the journal: how many events, and those that the broker does not hold, with their recording times."""

    compared: int
    missing: list[tuple[UUID, datetime]]


@dataclass(eq=False)
class Reconciler:
    """Watches over one service's stream. `reconciled` counts the events that were published again."""

    relay: Relay
    retention: timedelta = timedelta(days=14)
    clock: Clock = field(default_factory=SystemClock)
    books: StreamBooks = field(default_factory=PostgresStreamBooks)
    reconciled: int = 0
    runs: int = 0
    _suspicion: asyncio.Event = field(default_factory=asyncio.Event)
    _noted: Published | None = None
    _before: list[Published | None] = field(default_factory=list)
    _look_again: float | None = None
    _holes: int = 0
    _look_for_holes: float = 0.0
    _gone: bool = False
    _refill: bool = False

    async def run(self) -> None:
        """Until cancelled. The process that relays partition 0 compares; every process notices a lost tail itself."""
        self.relay.broker.on_loss(self._remember)
        self.relay.broker.on_reconnect(self._suspect)
        try:
            await self._at_start()
            await self._watch()
        finally:
            self.relay.broker.no_loss(self._remember)
            self.relay.broker.no_reconnect(self._suspect)

    async def compare(self, since: datetime) -> int:
        """Publishes again what was recorded since then and is neither on the stream nor waiting; how many events."""
        lost = 0
        async for page in self.compared(since, self.relay.tenants):
            if page.missing:
                await self.publish_again(page.missing, self.relay.tenants)
            lost += len(page.missing)
        self.runs += 1
        if lost:
            log.error("the broker lost %d events; they are published again", lost)
        return lost

    async def compared(self, since: datetime, tenants: Sequence[str]) -> AsyncIterator[Compared]:
        """The journal since then, page by page, with what is neither on the stream nor waiting for the relay."""
        async with transaction(self.relay.engine, tenants) as tx:
            until = await self.books.now(tx.driver)
        known = await self._known(since, tenants)
        after, seen = since, UUID(int=0)
        while True:
            async with transaction(self.relay.engine, tenants) as tx:
                rows = await self.books.recorded(tx.driver, (after, seen), until, PAGE)
            missing = [each for each in rows if each[0].bytes not in known]
            young = [recorded_at for _, recorded_at in missing if recorded_at > until - UNDER_WAY]
            if young:
                # Recorded before the first look, committed after it: a second look finds it waiting or published.
                known |= await self._known(young[0], tenants)
                missing = [each for each in missing if each[0].bytes not in known]
            yield Compared(len(rows), missing)
            if len(rows) < PAGE:
                return
            seen, after = rows[-1]

    async def _known(self, since: datetime, tenants: Sequence[str]) -> set[bytes]:
        """What waits for the relay, then what the broker holds: an event on its way between them is in one of both."""
        async with transaction(self.relay.engine, tenants) as tx:
            waiting = await self.books.waiting(tx.driver, since)
        return waiting | await self._on_stream(since - SKEW)

    async def publish_again(self, missing: Sequence[tuple[UUID, datetime]], tenants: Sequence[str]) -> None:
        """Lets the relay publish events of the journal once more, under the ids that they have."""
        async with transaction(self.relay.engine, tenants) as tx:
            await self.books.again(tx.driver, missing)
        self.reconciled += len(missing)
        self.relay.hint()

    async def _watch(self) -> None:
        next_recent, next_whole = self._now() + EVERY.total_seconds(), self._now() + WHOLE_EVERY.total_seconds()
        while True:
            try:
                if self._gone:
                    await self._make_anew()
                elif self._refill:
                    await self.compare(self.clock.now() - self.retention)
                    self._refill = False
                elif self._suspicion.is_set():
                    await self._investigate()
                elif self._now() >= self._look_for_holes and await self._lost_some():
                    await self.compare(self.clock.now() - self.retention)
                elif self._look_again is not None and self._now() >= self._look_again:
                    self._look_again = None
                    await self.compare(self.clock.now() - RECENT)
                elif self._now() >= next_whole and 0 in self.relay.leases.owned:
                    next_whole = self._now() + WHOLE_EVERY.total_seconds()
                    await self.compare(self.clock.now() - self.retention)
                elif self._now() >= next_recent and 0 in self.relay.leases.owned:
                    next_recent = self._now() + EVERY.total_seconds()
                    await self.compare(self.clock.now() - RECENT)
                await self._note()
            except (CrossdockError, NatsError, TimeoutError) as error:
                self._gone = self._gone or isinstance(error, NotFoundError)
                log.warning("reconciling waits: %s", error or type(error).__name__)
                await asyncio.sleep(1)
            await self._pause()

    async def _make_anew(self) -> None:
        """Who has nothing to publish would not notice that the stream is gone; what it held is in the journal."""
        log.error("the stream %s is gone, and made anew", self._stream)
        await self.relay.broker.ensure_stream(self.relay.context)
        self._gone, self._refill = False, True

    async def _investigate(self) -> None:
        """After a reconnect: are the last messages that were acknowledged before it still those that were? What was
        published since says nothing; what another process has noted tells of a tail that it alone had published."""
        before = list(self._before)
        async with transaction(self.relay.engine, self.relay.tenants) as tx:
            mark = await self.books.mark_of(tx.driver, self._stream)
        noted = Published(mark[0], mark[1]) if mark else None
        for last in dict.fromkeys([*before, noted]):
            if last is not None and not await self._keeps(last):
                await self.compare(self.clock.now() - self.retention)
                self._look_again = self._now() + AGAIN_SECONDS
                break
        del self._before[: len(before)]
        if not self._before:
            self._suspicion.clear()

    @heeded
    async def _lost_some(self) -> bool:
        """Whether more messages are missing than at the last look. Streams of events delete nothing by request."""
        self._look_for_holes = self._now() + HOLES_SECONDS
        state = (await self.relay.broker.jetstream.stream_info(self._stream)).state
        holes = state.last_seq - state.first_seq + 1 - state.messages if state.messages else 0
        before, self._holes = self._holes, holes
        return holes > before

    async def _at_start(self) -> None:
        """Looks at what was acknowledged since the last mark, or at everything if even that is gone."""
        while True:
            try:
                async with transaction(self.relay.engine, self.relay.tenants) as tx:
                    mark = await self.books.mark_of(tx.driver, self._stream)
                if mark is None:
                    return
                sequence, event_id, noted_at = mark
                self._noted = Published(sequence, event_id)
                kept = await self._keeps(self._noted)
                await self.compare(noted_at - SKEW if kept else self.clock.now() - self.retention)
                return
            except NotFoundError:
                self._gone = True
                return
            except (CrossdockError, NatsError, TimeoutError) as error:
                log.warning("reconciling waits: %s", error or type(error).__name__)
                await asyncio.sleep(1)

    @heeded
    async def _keeps(self, published: Published) -> bool:
        try:
            message = await self.relay.broker.jetstream.get_msg(self._stream, published.sequence)
        except NotFoundError:
            return await self._outlived(published)
        headers = {name.lower(): value for name, value in (message.headers or {}).items()}
        return headers.get("nats-msg-id") == str(published.event_id)

    @heeded
    async def _outlived(self, published: Published) -> bool:
        """A message older than the stream's first one has simply reached its age."""
        info = await self.relay.broker.jetstream.stream_info(self._stream)
        return published.sequence < info.state.first_seq and info.state.last_seq >= published.sequence

    async def _note(self) -> None:
        """Remembers a message that was acknowledged, for the next start of whichever process."""
        last = self.relay.last
        if last is None or last == self._noted:
            return
        async with transaction(self.relay.engine, self.relay.tenants) as tx:
            await self.books.note(tx.driver, self._stream, last.sequence, last.event_id)
        self._noted = last

    @heeded
    async def _on_stream(self, since: datetime) -> set[bytes]:
        """Ids of all messages that the broker has stored since then: 16 bytes each, headers alone are read."""
        broker = self.relay.broker
        info = await broker.jetstream.add_consumer(self._stream, _reader(since))
        reader = _Ids(remaining=info.num_pending or 0)
        inbox = broker.connection.new_inbox()
        heard = await broker.connection.subscribe_raw(inbox, reader.take)
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{info.name}"
        try:
            while reader.remaining > 0:
                number = reader.ask(BATCH)
                await broker.connection.write(framed_plain(subject, inbox, _REQUEST % number))
                await reader.wait()
        finally:
            await broker.connection.unsubscribe_raw(heard)
        return reader.found

    def _remember(self) -> None:
        """What was acknowledged last before each loss of the link: to be asked for when it is back."""
        self._before.append(self.relay.last or self._noted)

    async def _suspect(self) -> None:
        self._remember()
        self._suspicion.set()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(MARK_SECONDS):
                await self._suspicion.wait()
        except TimeoutError:
            return

    @property
    def _stream(self) -> str:
        return stream_name(self.relay.context)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


class _Ids:
    """Collects message ids, one request at a time. What comes again on the way is not counted again: the messages
    behind it would pass for lost."""

    def __init__(self, remaining: int) -> None:
        self.found: set[bytes] = set()
        self.remaining = remaining
        self._seen = bytearray(remaining + 1)
        self._open = 0
        self._answered = asyncio.Event()

    def ask(self, most: int) -> int:
        self._open = min(most, self.remaining)
        self._answered.clear()
        return self._open

    def take(self, subject: bytes, reply: bytes, body: bytes, block: bytes | None) -> None:
        if not reply:
            # The request ended early; what remains is asked for again.
            self._answered.set()
            return
        place = place_of(reply)
        if 0 < place < len(self._seen):
            if self._seen[place]:
                return
            self._seen[place] = 1
        match = _MESSAGE_ID.search(block or b"")
        if match:
            self.found.add(bytes.fromhex(match.group(1).replace(b"-", b"").decode()))
        self.remaining -= 1
        self._open -= 1
        if self._open <= 0:
            self._answered.set()

    async def wait(self) -> None:
        """Until the request is answered. Raises TimeoutError when the broker falls silent."""
        async with asyncio.timeout(10):
            await self._answered.wait()


def _reader(since: datetime) -> ConsumerConfig:
    return ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=since,
        ack_policy=AckPolicy.NONE,
        headers_only=True,
        mem_storage=True,
        inactive_threshold=30,
    )
