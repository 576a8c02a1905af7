"""TCP proxies between two processes, and what they can do to the bytes: delay, narrow, swallow, cut, slice, corrupt.

One listener per hop (client, server), so that a fault hits one link and not a server. At rest a proxy only copies. The
NATS hop may also play with whole messages; that is `broker_tricks`.
"""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import suppress
from dataclasses import dataclass, field

from crossdock_local.ports import HOST, free_port

from faults.broker_tricks import Deliveries, Tricks

CHUNK = 64 * 1024
SLICE_PAUSE_SECONDS = 0.001
HOLE_SECONDS = 0.05


@dataclass(slots=True)
class Toxic:
    """What happens to a hop; all at rest is a wire. `up` is towards the server."""

    latency_seconds: float = 0.0
    jitter_seconds: float = 0.0
    bytes_per_second: int = 0
    swallow_up: bool = False
    swallow_down: bool = False
    slice_bytes: int = 0
    corrupt_one_byte: bool = False

    def swallows(self, up: bool) -> bool:
        return self.swallow_up if up else self.swallow_down


@dataclass(eq=False)
class Hop:
    client: str
    target: str
    port: int
    listens_on: int = 0
    toxic: Toxic = field(default_factory=Toxic)
    tricks: Tricks | None = None
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    _server: asyncio.Server | None = None
    _links: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = field(default_factory=set)

    @property
    def name(self) -> str:
        return f"{self.client}>{self.target}"

    @property
    def links(self) -> int:
        return len(self._links)

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self.listens_on)

    async def close(self) -> None:
        self.reset()
        if self._server is not None:
            self._server.close()

    def reset(self) -> int:
        """Cuts every link with a reset; how many."""
        links = list(self._links)
        for pair in links:
            for writer in pair:
                _abort(writer)
        return len(links)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            _abort(writer)
            return
        link = writer, far_writer
        self._links.add(link)
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(self._copy(reader, far_writer, up=True)),
                    asyncio.create_task(self._copy(far_reader, writer, up=False)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._links.discard(link)
            for each in link:
                _abort(each)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        messages = Deliveries(up=up)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while data := await reader.read(CHUNK):
                if self.target == "nats":
                    data = messages.through(data, self.tricks)
                await self._pass(data, writer, up)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter, up: bool) -> None:
        while self.toxic.swallows(up):
            # As TCP does: what was sent into a hole comes again when the hole has closed, unless somebody gave up.
            await asyncio.sleep(HOLE_SECONDS)
        toxic = self.toxic
        if not data:
            return
        if toxic.latency_seconds:
            await asyncio.sleep(toxic.latency_seconds + self.chance.uniform(-1, 1) * toxic.jitter_seconds)
        if toxic.bytes_per_second:
            await asyncio.sleep(len(data) / toxic.bytes_per_second)
        if toxic.corrupt_one_byte:
            toxic.corrupt_one_byte = False
            place = self.chance.randrange(len(data))
            data = data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
        for piece in _pieces(data, toxic.slice_bytes):
            writer.write(piece)
            await writer.drain()
            if toxic.slice_bytes:
                await asyncio.sleep(SLICE_PAUSE_SECONDS)


class Proxies:
    def __init__(self) -> None:
        self.hops: dict[str, Hop] = {}

    def add(self, hop: Hop) -> int:
        """The port of the hop's listener; the same hop again keeps its port."""
        known = self.hops.setdefault(hop.name, hop)
        if not known.listens_on:
            known.listens_on = free_port(frozenset(each.listens_on for each in self.hops.values()))
        return known.listens_on

    async def open(self) -> None:
        for hop in self.hops.values():
            await hop.open()

    def rest(self) -> None:
        for hop in self.hops.values():
            hop.toxic, hop.tricks = Toxic(), None

    async def close(self) -> None:
        for hop in self.hops.values():
            await hop.close()


def _pieces(data: bytes, size: int) -> list[bytes]:
    # Slicing all of a large message would take minutes; its beginning is where framing goes wrong.
    if not size:
        return [data]
    head, rest = data[: 64 * size], data[64 * size :]
    return [*(head[i : i + size] for i in range(0, len(head), size)), *([rest] if rest else [])]


def _abort(writer: asyncio.StreamWriter) -> None:
    """A reset instead of a goodbye."""
    found = writer.get_extra_info("socket")
    with suppress(OSError):
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()
