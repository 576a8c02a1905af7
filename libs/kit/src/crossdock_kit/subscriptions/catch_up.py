"""A consumer that is created later than the data reads the owner's journal first.

What the stream brings meanwhile is held behind the gap, and applied when the past has arrived. Knows the journal as a
port; journal_client.py reads it by RPC.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from crossdock_kit.broker import Broker, stream_name
from crossdock_kit.cancellation import heeded
from crossdock_kit.database import Engine
from crossdock_kit.database.failures import translated
from crossdock_kit.errors import CrossdockError
from crossdock_kit.events import parsed_headers
from crossdock_kit.ids import slot_named
from crossdock_kit.journal import Extract, JournalEntry
from crossdock_kit.leases import PartitionLeases
from crossdock_kit.subscriptions.model import Arrival, Subscription, arrival_of

log = logging.getLogger(__name__)

LEADER = 0
"""The partition whose owner reads the journal for all."""


class JournalReader(Protocol):
    """The journals of other services."""

    def read(self, source: str, part: Extract | None = None) -> AsyncIterator[Sequence[JournalEntry]]:
        """Events of a context, without a part all from the first, each aggregate's in order. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Brings one consumer up to its source's past."""

    subscription: Subscription
    engine: Engine
    broker: Broker
    journal: JournalReader
    apply: Callable[[list[Arrival]], Awaitable[None]]

    async def run(self, leases: PartitionLeases) -> None:
        """Returns when there is nothing to catch up with. Starts again from the first event after a failure: what was
        applied already is recognised."""
        pause = 1.0
        while not await self._tried(leases):
            await asyncio.sleep(pause)
            pause = min(2 * pause, 30.0)

    async def _tried(self, leases: PartitionLeases) -> bool:
        try:
            if await self._done():
                return True
            if LEADER not in leases.owned:
                return False
            if await self._stream_lacks_the_past():
                await self._read()
            await self._note()
        except (CrossdockError, NatsError, TimeoutError) as error:
            log.warning("%s cannot read the past now: %s", self.subscription.consumer, error or type(error).__name__)
            return False
        return True

    async def _read(self) -> None:
        count = 0
        async for entries in self.journal.read(self.subscription.source):
            await self.apply([past_arrival(entry) for entry in entries])
            count += len(entries)
        log.info("%s has read %d events of the past", self.subscription.consumer, count)

    @heeded
    async def _stream_lacks_the_past(self) -> bool:
        try:
            info = await self.broker.jetstream.stream_info(stream_name(self.subscription.source))
        except NotFoundError:
            # Nobody has announced anything yet.
            return False
        return info.state.first_seq > 1

    async def _done(self) -> bool:
        query = "SELECT EXISTS (SELECT FROM caught_up WHERE consumer = $1)"
        return bool(await self._outside(query))

    async def _note(self) -> None:
        await self._outside("INSERT INTO caught_up (consumer) VALUES ($1) ON CONFLICT DO NOTHING")

    async def _outside(self, query: str) -> object:
        """A statement without a tenant."""
        session = await self.engine.checkout()
        try:
            with translated():
                return await session.driver.fetchval(query, self.subscription.consumer)
        finally:
            self.engine.checkin(session)


def past_arrival(entry: JournalEntry) -> Arrival:
    token = parsed_headers(entry.headers).get("ce-partition", "")
    return arrival_of(slot_named(token), b"", entry.body, entry.headers.encode())
