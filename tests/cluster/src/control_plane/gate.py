"""What stands between an operator and the API server: every request passes, is remembered, and can be held on its way.

So a test ends or stops an operator in the midst of a step that it names, instead of after a while; cuts its watches;
and counts what it writes. Nothing of an answer is changed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

import aiohttp
from aiohttp import web
from crossdock_local.ports import HOST

from control_plane.kubeconfig import Endpoint
from control_plane.waiting import CAP_SECONDS

# The transport's own, made anew on each side.
_OWN_HEADERS = frozenset({"host", "connection", "transfer-encoding", "content-length", "content-encoding"})
Side = Literal["request", "answer"]
"""Held before the API server has heard of it, or after it has done it and before the operator knows."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request by its method and the end of its path."""

    method: str
    ends: str

    def is_it(self, request: web.BaseRequest) -> bool:
        return request.method == self.method and request.path.endswith(self.ends)


@dataclass(frozen=True, slots=True)
class Passed:
    method: str
    path: str
    at: float
    watch: bool = False


@dataclass(eq=False)
class Held:
    """One request that waits at the gate until it is released."""

    step: Step
    side: Side
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def waits(self) -> None:
        """Returns when it has come. Raises TimeoutError."""
        async with asyncio.timeout(CAP_SECONDS):
            await self.arrived.wait()

    def release(self) -> None:
        self.released.set()


@dataclass(eq=False)
class Gate:
    """`passed` is all that came, watches too. Made by `opened`."""

    endpoint: Endpoint
    server: str
    session: aiohttp.ClientSession
    passed: list[Passed] = field(default_factory=list)
    _held: Held | None = None
    _watches: set[asyncio.Task[object]] = field(default_factory=set)
    _watchable: bool = True

    @property
    def seen_by_operators(self) -> Endpoint:
        return Endpoint(self.server, self.endpoint.authority)

    def count(self, step: Step, *, watch: bool = False) -> int:
        return sum(
            each.method == step.method and each.path.endswith(step.ends) and each.watch == watch for each in self.passed
        )

    def hold(self, step: Step, side: Side) -> Held:
        """The next request of that kind, once."""
        self._held = Held(step, side)
        return self._held

    def cut_watches(self) -> None:
        """All that are open end without a word, and no new one begins."""
        self._watchable = False
        for task in self._watches:
            task.cancel()

    def mend_watches(self) -> None:
        self._watchable = True

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        watch = request.query.get("watch") == "true"
        self.passed.append(Passed(request.method, request.path, monotonic(), watch))
        if watch:
            return await self._watch(request)
        held = self._held if self._held is not None and self._held.step.is_it(request) else None
        if held is None:
            return await self._pass(request)
        self._held = None
        body = await request.read()
        answer = await self._pass(request, body) if held.side == "answer" else None
        held.arrived.set()
        await held.released.wait()
        return await self._pass(request, body) if answer is None else answer

    async def _pass(self, request: web.BaseRequest, body: bytes | None = None) -> web.Response:
        sent = await request.read() if body is None else body
        async with self._forwarded(request, sent) as answer:
            return web.Response(status=answer.status, headers=_kept(answer.headers), body=await answer.read())

    async def _watch(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self._watchable:
            return web.Response(status=503)
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("requests are handled in tasks")
        self._watches.add(task)
        try:
            async with self._forwarded(request, b"") as answer:
                told = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
                await told.prepare(request)
                async for chunk in answer.content.iter_any():
                    await told.write(chunk)
                return told
        finally:
            self._watches.discard(task)

    @asynccontextmanager
    async def _forwarded(self, request: web.BaseRequest, body: bytes) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self.session.request(
                request.method,
                f"{self.endpoint.server}{request.raw_path}",
                data=body or None,
                headers=_kept(request.headers),
            ) as answer:
                yield answer
        except aiohttp.ClientConnectionError as error:
            raise web.HTTPBadGateway(reason="the API server is away") from error


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OWN_HEADERS}


@asynccontextmanager
async def opened(endpoint: Endpoint) -> AsyncIterator[Gate]:
    """On a free port of this machine, until the test ends."""
    context = ssl.create_default_context(cafile=str(endpoint.authority))
    timeout = aiohttp.ClientTimeout(total=None, connect=5)
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=True) as session:
        gate = Gate(endpoint, "", session)
        runner = web.ServerRunner(web.Server(gate.handle, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            gate.server = f"http://{HOST}:{runner.addresses[0][1]}"
            yield gate
        finally:
            await runner.cleanup()
