"""The connection to NATS, its streams and durable consumers, with the settings that durability needs.

Beside what nats-py offers, a raw way in and out for the hot paths: messages are handed on without a queue or parsed
headers, and many commands leave in one write. Knows subjects and settings, not what an event means.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    DeliverPolicy,
    DiscardPolicy,
    StorageType,
    StreamConfig,
    StreamInfo,
)
from nats.js.errors import APIError, NotFoundError

from crossdock_kit.cancellation import heeded
from crossdock_kit.errors import Unavailable
from crossdock_kit.ids import slot_token

log = logging.getLogger(__name__)

DAY = 24 * 3600
ACK_WAIT_SECONDS = 30
LINGER_SECONDS = 10.0
MAX_MESSAGE_BYTES = 1024 * 1024
RawHandler = Callable[[bytes, bytes, bytes, bytes | None], None]
"""Called with subject, reply, body and header block. It must not raise and must not block."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What a deployment may choose: everything else about a stream is the same everywhere."""

    replicas: int = 1
    max_bytes: int = 2 * 1024**3
    max_age_days: int = 14


class Connection(Client):
    """nats-py's client with the two raw ways."""

    def __init__(self) -> None:
        super().__init__()
        self._raw_handlers: dict[int, RawHandler] = {}

    async def subscribe_raw(self, subject: str, handler: RawHandler) -> Subscription:
        """Survives reconnects like any subscription; its messages go straight to `handler`."""
        subscription = await self.subscribe(subject)
        self._raw_handlers[subscription._id] = handler
        return subscription

    async def unsubscribe_raw(self, subscription: Subscription) -> None:
        """What was under way already still reaches the handler for a while."""
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._raw_handlers.pop, subscription._id, None)
        if self.is_connected:
            await subscription.unsubscribe()
        else:
            self._remove_sub(subscription._id)

    async def write(self, commands: bytes) -> None:
        """Sends framed protocol commands in one piece. Raises Unavailable when the link is down."""
        if not self.is_connected:
            raise Unavailable("the broker is away")
        await self._send_command(commands)
        await self._flush_pending()

    def forget_unsent(self) -> None:
        """What was written and not sent before the link was lost was meant for the broker as it was."""
        self._pending.clear()
        self._pending_data_size = 0

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        handler = self._raw_handlers.get(sid)
        if handler is None:
            await super()._process_msg(sid, subject, reply, data, headers)
        else:
            handler(subject, reply, data, headers)


def framed(subject: str, reply: str, headers: bytes, body: bytes) -> bytes:
    """One HPUB command; `headers` is the block from the version line to the empty line."""
    size = len(headers)
    return b"HPUB %b %b %d %d\r\n%b%b\r\n" % (subject.encode(), reply.encode(), size, size + len(body), headers, body)


def framed_plain(subject: str, reply: str, body: bytes) -> bytes:
    return b"PUB %b %b %d\r\n%b\r\n" % (subject.encode(), reply.encode(), len(body), body)


@dataclass(eq=False)
class Broker:
    """A live connection, and those who want to know that it was lost or came back. `losses` counts how often."""

    connection: Connection
    settings: StreamSettings = field(default_factory=StreamSettings)
    losses: int = 0
    _lost: list[Callable[[], None]] = field(default_factory=list)
    _reconnected: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    @property
    def jetstream(self) -> JetStreamContext:
        return self.connection.jetstream(timeout=5)

    def on_loss(self, listener: Callable[[], None]) -> None:
        """`listener` runs after each loss of the link, before anything can be sent again."""
        self._lost.append(listener)

    def no_loss(self, listener: Callable[[], None]) -> None:
        self._lost.remove(listener)

    def on_reconnect(self, listener: Callable[[], Awaitable[None]]) -> None:
        """`listener` runs after each reconnect, on the client's own task: it must be quick. Others may have sent
        something by then."""
        self._reconnected.append(listener)

    def no_reconnect(self, listener: Callable[[], Awaitable[None]]) -> None:
        self._reconnected.remove(listener)

    async def close(self) -> None:
        await self.connection.close()

    @heeded
    async def ensure_stream(self, context: str) -> StreamInfo:
        """The stream of a context's events, created or brought to the settings of this version."""
        wanted = stream_config(context, self.settings)
        jetstream = self.jetstream
        try:
            found = await jetstream.stream_info(stream_name(context))
        except NotFoundError:
            return await jetstream.add_stream(wanted)
        return found if _alike(found.config, wanted) else await jetstream.update_stream(wanted)

    @heeded
    async def ensure_consumer(self, source: str, consumer: str, slot: int) -> int:
        """The durable of one slot; returns how many messages were given out and never acknowledged.

        Raises NotFoundError while the source's stream does not exist.
        """
        info = await self.jetstream.add_consumer(stream_name(source), consumer_config(source, consumer, slot))
        return info.num_ack_pending or 0

    @heeded
    async def unprocessed(self, source: str, consumer: str) -> int:
        """Messages of the source that wait for this consumer or are in its hands, over all slots.

        Zero before its durables exist. Raises Unavailable.
        """
        found: list[ConsumerInfo] = []
        try:
            while page := await self.jetstream.consumers_info(stream_name(source), len(found)):
                found += page
        except NotFoundError:
            return 0
        except (NatsError, OSError, TimeoutError) as error:
            raise Unavailable("the broker is away") from error
        own = (each for each in found if each.name.rpartition("_")[0] == consumer)
        return sum((each.num_pending or 0) + (each.num_ack_pending or 0) for each in own)

    @heeded
    async def redeliver_now(self, source: str, consumer: str, slot: int) -> bool:
        """Makes what a vanished owner had in hand available at once instead of after ack_wait, where the server can."""
        try:
            await self.jetstream.reset_consumer(stream_name(source), durable_name(consumer, slot))
        except (APIError, NatsError) as error:
            log.info("no reset of %s, waiting for ack_wait instead: %s", durable_name(consumer, slot), error)
            return False
        return True

    def _tell_lost(self) -> None:
        self.losses += 1
        for listener in list(self._lost):
            listener()

    async def _tell_reconnected(self) -> None:
        for listener in list(self._reconnected):
            await listener()


async def connect(url: str, name: str, settings: StreamSettings | None = None) -> Broker:
    """Connects, and keeps reconnecting for ever. Raises Unavailable when nobody answers now.

    Nothing is buffered for a broker that is away beyond one write: whoever publishes waits for acknowledgments.
    """
    connection = Connection()
    broker = Broker(connection, settings or StreamSettings())

    async def report(error: Exception) -> None:
        log.warning("broker: %s", error or type(error).__name__)

    async def lost() -> None:
        connection.forget_unsent()
        broker._tell_lost()

    try:
        await connection.connect(
            servers=url.split(","),
            name=name,
            error_cb=report,
            disconnected_cb=lost,
            reconnected_cb=broker._tell_reconnected,
            connect_timeout=3,
            reconnect_time_wait=1,
            max_reconnect_attempts=-1,
            ping_interval=10,
            max_outstanding_pings=2,
            pending_size=256 * 1024,
            allow_reconnect=True,
        )
    except (NatsError, OSError, TimeoutError) as error:
        raise Unavailable("the broker is away") from error
    return broker


def stream_name(context: str) -> str:
    return context.upper().replace("-", "_")


def hint_subject(context: str) -> str:
    """Where a commit tells relays of other processes that there is something to publish; no stream keeps it."""
    return f"crossdock.{context}.hint"


def durable_name(consumer: str, slot: int) -> str:
    return f"{consumer}_{slot_token(slot)}"


def stream_config(context: str, settings: StreamSettings) -> StreamConfig:
    return StreamConfig(
        name=stream_name(context),
        subjects=[f"crossdock.{context}.events.>"],
        storage=StorageType.FILE,
        num_replicas=settings.replicas,
        discard=DiscardPolicy.NEW,
        max_age=settings.max_age_days * DAY,
        max_bytes=settings.max_bytes,
        max_msg_size=MAX_MESSAGE_BYTES,
        duplicate_window=600,
        deny_delete=True,
        deny_purge=True,
    )


def consumer_config(source: str, consumer: str, slot: int) -> ConsumerConfig:
    """Acknowledged one by one: an ack for all would, after a takeover, cover messages that the former owner had been
    given and never processed."""
    return ConsumerConfig(
        durable_name=durable_name(consumer, slot),
        filter_subject=f"crossdock.{source}.events.*.*.{slot_token(slot)}",
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=-1,
        max_ack_pending=4096,
        max_waiting=64,
    )


_COMPARED = ("subjects", "num_replicas", "discard", "max_age", "max_bytes", "max_msg_size", "duplicate_window")


def _alike(found: StreamConfig, wanted: StreamConfig) -> bool:
    return all(getattr(found, name) == getattr(wanted, name) for name in _COMPARED)
