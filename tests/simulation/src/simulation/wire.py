"""The kit's broker connection over the model: the frames that the kit writes are read here, and answered in frames.

Relay and consumers run unchanged above it, down to the bytes. A connection that is cut forgets what was on its way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from crossdock_kit.broker import MAX_MESSAGE_BYTES, Broker, Connection, RawHandler, durable_name, stream_name
from crossdock_kit.errors import Unavailable
from crossdock_kit.ids import slot_token
from nats.js.errors import NotFoundError

from simulation.sessions import Host
from simulation.streams import HEARTBEAT, BrokerModel, Request, Stream
from simulation.virtual import BEGIN

MESSAGE_ID = re.compile(rb"Nats-Msg-Id: ([0-9a-f-]{36})")
ASKED = re.compile(rb'"batch":(\d+)')
ROUND_TRIP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Frame:
    subject: str
    reply: str
    block: bytes
    body: bytes


def frames_of(commands: bytes) -> Iterator[Frame]:
    """PUB and HPUB commands, as the protocol frames them."""
    place = 0
    while place < len(commands):
        end = commands.index(b"\r\n", place)
        verb, *words = commands[place:end].decode().split(" ")
        total, start = int(words[-1]), end + 2
        head = int(words[-2]) if verb == "HPUB" else 0
        names = words[: -2 if verb == "HPUB" else -1]
        content = commands[start : start + total]
        yield Frame(names[0], names[1] if len(names) > 1 else "", content[:head], content[head:])
        place = start + total + 2


@dataclass(eq=False)
class Heard:
    """A subscription."""

    subject: str
    handler: RawHandler
    wanted: bool = True


class ModelConnection(Connection):
    """What the kit calls of its client, and nothing else of it."""

    def __init__(self, host: Host, model: BrokerModel, peers: list[ModelConnection]) -> None:
        # The client behind the type is never started.
        self.host, self.model = host, model
        self._peers = peers
        self._heard: dict[str, Heard] = {}
        self._up = True
        self._epoch = 0
        self._inboxes = 0
        self._last_arrival = 0.0
        self._max_payload = MAX_MESSAGE_BYTES
        self._owner: Broker | None = None
        peers.append(self)

    @property
    def is_connected(self) -> bool:
        return self._up and self.host.alive

    def belongs_to(self, broker: Broker) -> None:
        self._owner = broker

    def new_inbox(self) -> str:
        self._inboxes += 1
        return f"_INBOX.{self.host.name}.{self._inboxes}"

    async def subscribe_raw(self, subject: str, handler: RawHandler) -> Any:
        await self.host.awake()
        heard = Heard(subject, handler)
        self._heard[subject] = heard
        return heard

    async def unsubscribe_raw(self, subscription: Any) -> None:
        """What was under way still reaches the handler, as in the kit's connection."""
        cast(Heard, subscription).wanted = False
        asyncio.get_running_loop().call_later(10.0, self._drop, subscription)

    def _drop(self, heard: Heard) -> None:
        if self._heard.get(heard.subject) is heard:
            del self._heard[heard.subject]

    def _hearing(self, subject: str) -> Heard | None:
        """Who listens to a subject: itself, or all of an inbox's answers."""
        return self._heard.get(subject) or self._heard.get(f"{subject.rsplit('.', 2)[0]}.*.*")

    async def write(self, commands: bytes) -> None:
        await self.host.awake()
        if not self.is_connected:
            raise Unavailable("the broker is away")
        loop = asyncio.get_running_loop()
        self._last_arrival = max(self._last_arrival, loop.time() + self.model.chance.dice.random() * 0.002)
        loop.call_at(self._last_arrival, self._arrive, commands, self._epoch)
        await asyncio.sleep(0)

    def cut(self) -> None:
        """The link is gone, with what was on it."""
        if self._up and self._owner is not None:
            self._owner._tell_lost()
        self._up = False
        self._epoch += 1

    async def mend(self) -> None:
        """As the client does it: the link works for a round trip before anybody is told that it is back."""
        if self._up or not self.host.alive:
            return
        self._up = True
        epoch = self._epoch
        await asyncio.sleep(self.model.chance.dice.random() * ROUND_TRIP_SECONDS)
        if self._owner is not None and epoch == self._epoch:
            await self._owner._tell_reconnected()

    # --- the server's side

    def _arrive(self, commands: bytes, epoch: int) -> None:
        if epoch != self._epoch or not self.host.alive:
            return
        for frame in frames_of(commands):
            self._serve(frame)

    def _serve(self, frame: Frame) -> None:
        if frame.subject.startswith("$JS.ACK."):
            _, _, stream, durable, _, sequence, *_ = frame.subject.split(".")
            keeper = self.model.stream(stream)
            if durable in keeper.durables:
                keeper.acknowledge(keeper.durables[durable], int(sequence), frame.body)
        elif frame.subject.startswith("$JS.API.CONSUMER.MSG.NEXT."):
            self._asked(frame)
        elif frame.subject.endswith(".hint"):
            for peer in self._peers:
                peer.receive(frame.subject, b"", frame.body, b"")
        else:
            self._published(frame)

    def _published(self, frame: Frame) -> None:
        chance = self.model.chance
        if chance.strikes("publication lost", chance.odds.publish_lost):
            return
        match = MESSAGE_ID.search(frame.block)
        name = stream_name(frame.subject.split(".")[1])
        stream = self.model.stream(name)
        message_id = match.group(1).decode() if match else ""
        sequence, duplicate = stream.publish(frame.subject, message_id, frame.block, frame.body)
        if chance.strikes("answer lost", chance.odds.answer_lost):
            return
        repeated = ',"duplicate":true' if duplicate else ""
        self.receive(frame.reply, b"", f'{{"stream":"{name}","seq":{sequence}{repeated}}}'.encode(), b"")

    def _asked(self, frame: Frame) -> None:
        stream_of, _, name = frame.subject.removeprefix("$JS.API.CONSUMER.MSG.NEXT.").partition(".")
        stream = self.model.stream(stream_of)
        found = ASKED.search(frame.body)
        number = int(found.group(1)) if found else 1
        epoch = self._epoch

        def gone() -> bool:
            heard = self._heard.get(frame.reply)
            return epoch != self._epoch or not self.is_connected or heard is None or not heard.wanted

        if name.startswith("reader_"):
            self._read(stream, name, frame.reply, number)
        elif name in stream.durables:
            stream.ask(stream.durables[name], Request(frame.reply, number, self.receive, gone))
        else:
            self.receive(frame.reply, b"", b"", b"NATS/1.0 503\r\n\r\n")

    def _read(self, stream: Stream, name: str, inbox: str, number: int) -> None:
        """An ordered reader without acknowledgments: its place is part of its name."""
        for _ in range(number):
            place = self.model.readers[name] = self.model.readers[name] + 1
            if place > stream.last:
                return
            stored = stream.message(place)
            self.receive(inbox, f"$JS.ACK.{stream.name}.{name}.1.{place}.{place}.0.0".encode(), b"", stored.block)

    def receive(self, subject: str, reply: bytes, body: bytes, block: bytes) -> None:
        """A message on its way to this process; a heartbeat, of which there are very many, is there at once."""
        message = (subject, reply, body, block)
        if block == HEARTBEAT:
            self._hear(message, self._epoch)
        else:
            asyncio.get_running_loop().call_later(self.model.chance.delay(), self._hear, message, self._epoch)

    def _hear(self, message: tuple[str, bytes, bytes, bytes], epoch: int) -> None:
        if self.host.stopped:
            self.host.when_running(partial(self._hear, message, epoch))
            return
        if epoch != self._epoch or not self.host.alive:
            return
        subject, reply, body, block = message
        heard = self._hearing(subject)
        if heard is not None:
            heard.handler(subject.encode(), reply, body, block)


@dataclass(eq=False)
class ModelJetStream:
    """What the reconciler and a late consumer ask of JetStream's own API."""

    connection: ModelConnection

    async def get_msg(self, stream: str, sequence: int) -> Any:
        keeper = await self._reached(stream)
        if not 1 <= sequence <= keeper.last:
            raise NotFoundError
        return SimpleNamespace(headers={"Nats-Msg-Id": keeper.message(sequence).message_id})

    async def stream_info(self, stream: str) -> Any:
        keeper = await self._reached(stream)
        return SimpleNamespace(state=SimpleNamespace(first_seq=1, last_seq=keeper.last, messages=keeper.last))

    async def add_consumer(self, stream: str, config: Any) -> Any:
        keeper = await self._reached(stream)
        start = (config.opt_start_time - BEGIN).total_seconds()
        before = sum(stored.at < start for stored in keeper.messages)
        readers = self.connection.model.readers
        name = f"reader_{len(readers)}"
        readers[name] = before
        return SimpleNamespace(name=name, num_pending=keeper.last - before)

    async def _reached(self, stream: str) -> Stream:
        connection = self.connection
        await connection.host.awake()
        await connection.model.chance.pause()
        await connection.host.awake()
        if not connection.is_connected:
            raise TimeoutError
        return connection.model.stream(stream)


@dataclass(eq=False)
class ModelBroker(Broker):
    """The kit's broker with the model behind it."""

    @property
    def jetstream(self) -> Any:
        return ModelJetStream(cast(ModelConnection, self.connection))

    async def ensure_stream(self, context: str) -> Any:
        return await self.jetstream.stream_info(stream_name(context))

    async def ensure_consumer(self, source: str, consumer: str, slot: int) -> int:
        stream = await ModelJetStream(cast(ModelConnection, self.connection))._reached(stream_name(source))
        return stream.durable(durable_name(consumer, slot), slot_token(slot)).unacknowledged

    async def redeliver_now(self, source: str, consumer: str, slot: int) -> bool:
        stream = await ModelJetStream(cast(ModelConnection, self.connection))._reached(stream_name(source))
        if stream.chance.dice.random() < 0.3:
            return False
        stream.reset(stream.durable(durable_name(consumer, slot), slot_token(slot)))
        return True
