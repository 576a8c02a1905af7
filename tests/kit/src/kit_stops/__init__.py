"""A link to PostgreSQL that stops where a process may be stopped: its sockets stay open and nobody reads or writes.

What SIGSTOP does to a client at a moment that luck chooses, this does at a moment that the test chooses.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_FLUSH = b"H\x00\x00\x00\x04"
"""Ends what the driver sends to prepare a statement; its Sync comes only when that is answered."""
_ENOUGH = 32768


class Link:
    """One proxied server. It stops at once, when the next statement is being prepared, or in the midst of its rows."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._there = (parts.hostname or "", parts.port or 5432)
        self._url = parts
        self._port = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._at: tuple[bool, Callable[[bytes], bool]] | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.stopped = asyncio.Event()

    @property
    def url(self) -> str:
        return self._url._replace(netloc=f"{self._url.username}:{self._url.password}@127.0.0.1:{self._port}").geturl()

    def stop(self) -> None:
        self._flows.clear()
        self.stopped.set()

    def stop_after_prepare(self) -> None:
        self._at = (True, lambda sent: sent.endswith(_FLUSH))

    def stop_at_rows(self) -> None:
        self._at = (False, lambda answered: len(answered) >= _ENOUGH)

    def stop_after(self, number: int) -> None:
        """When the client has sent so many times, counted from the first byte of its connection."""
        sent = itertools.count(1)
        self._at = (True, lambda _: next(sent) == number)

    def go_on(self) -> None:
        self._flows.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(*self._there)
        self._writers += [writer, onward]
        for source, sink, ours in ((reader, onward, True), (there, writer, False)):
            task = asyncio.create_task(self._carry(source, sink, ours))
            self._tasks.add(task)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, from_client: bool) -> None:
        try:
            while data := await self._next(source):
                sink.write(data)
                await sink.drain()
                if self._at is not None and self._at[0] == from_client and self._at[1](data):
                    self._at = None
                    self.stop()
        except ConnectionError:
            self.stopped.set()
        finally:
            sink.close()

    async def _next(self, source: asyncio.StreamReader) -> bytes:
        await self._flows.wait()
        data = await source.read(65536)
        await self._flows.wait()
        return data

    async def close(self) -> None:
        self.go_on()
        for writer in self._writers:
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def link(url: str) -> AsyncIterator[Link]:
    made = Link(url)
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0, limit=65536)
    made._port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.close()
