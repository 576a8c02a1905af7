"""A partner's own web server, and the way it posts to the suite: signed, patient, with the same id on a retry."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from partners.faults import Faults
from partners.journal import Journal
from partners.signing import signed_headers

Answer = tuple[int, Mapping[str, Any]]
DRIPS, HUGE_PIECES = 20, 4096
Handle = Callable[[Mapping[str, Any]], Awaitable[Answer]]


class Sign(Protocol):
    def __call__(self, secret: str, body: bytes, *, message_id: str) -> dict[str, str]: ...


class Door:
    """One partner's endpoint. The same Idempotency-Key is answered as the first time and handled once."""

    def __init__(self, partner: str, token: str, journal: Journal, faults: Faults) -> None:
        self._partner, self._token, self._journal, self._faults = partner, token, journal, faults
        self._answers: dict[str, Answer] = {}
        self.routes: list[Route] = []

    def accept(self, path: str, kind: str, key: Callable[[Mapping[str, Any]], str], handle: Handle) -> None:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {self._token}":
                return JSONResponse({"error": "unauthorised"}, 401)
            if self._faults.fails():
                return JSONResponse({"error": "out of order"}, 503, headers={"Retry-After": "1"})
            if self._faults.answer:
                return misleading(self._faults.answer)
            try:
                body = await request.body()
            except ClientDisconnect:
                # The caller died while it wrote: nothing was said, nobody is left to hear an answer.
                return Response(status_code=400)
            document = json.loads(body)
            if self._faults.lose(document):
                return Response(status_code=503)
            name = request.headers["idempotency-key"]
            repeated = name in self._answers
            self._journal.add(self._partner, "received", kind, key(document), body, repeated=repeated, note=name)
            if not repeated:
                self._answers[name] = await handle(document)
            status, answer = self._answers[name]
            return JSONResponse(dict(answer), 200 if repeated else status)

        self.routes.append(Route(path, endpoint, methods=["POST"]))


def misleading(kind: str) -> Response:
    """An answer of a partner that has done nothing: 200 with an error in it, a way to somewhere else, one letter every
    while, or more than anybody wants to read."""
    if kind == "wrong":
        return JSONResponse({"error": {"code": "E42", "message": "not booked"}}, 200)
    if kind == "redirect":
        return Response(status_code=301, headers={"location": "http://169.254.169.254/latest/meta-data/"})
    return StreamingResponse(_letters(kind), status_code=503)


async def _letters(kind: str) -> AsyncIterator[bytes]:
    for _ in range(DRIPS if kind == "drip" else HUGE_PIECES):
        yield b"x" if kind == "drip" else b"x" * 65536
        if kind == "drip":
            await asyncio.sleep(0.5)


class Served(Protocol):
    routes: list[Route]


class Site:
    """Serves several doors, each on a port of its own, in this process."""

    def __init__(self) -> None:
        self._servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    async def open(self, door: Served, port: int = 0) -> int:
        """Starts a door on a port of the loopback, a free one for 0, and returns the port."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        config = uvicorn.Config(Starlette(routes=door.routes), log_level="error", lifespan="off", access_log=False)
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        self._servers.append((server, task))
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers))


class Post:
    """Posts a partner's documents to the suite's ingress until they are taken. `signs`: who signs in its own way."""

    def __init__(
        self, ingress: str, journal: Journal, secrets: Mapping[str, str], signs: Mapping[str, Sign] | None = None
    ) -> None:
        self._client = httpx.AsyncClient(base_url=ingress, timeout=10)
        self._journal, self._secrets, self._signs = journal, secrets, signs or {}

    async def send(self, partner: str, path: str, kind: str, key: str, document: Mapping[str, Any]) -> None:
        """Raises httpx.HTTPStatusError where the suite refuses the document at the door."""
        body = json.dumps(document, separators=(",", ":")).encode()
        message_id = f"msg_{uuid.uuid4().hex}"
        for attempt in range(600):
            sign: Sign = self._signs.get(partner, signed_headers)
            headers = sign(self._secrets[partner], body, message_id=message_id)
            answer = await self._try(f"/partners/{partner}/{path}", body, headers)
            if answer is not None and answer.status_code not in (429, 503):
                answer.raise_for_status()
                self._journal.add(partner, "sent", kind, key, body, repeated=bool(answer.json().get("repeated")))
                return
            await asyncio.sleep(min(0.05 * (attempt + 1), 1))
        raise TimeoutError(f"{partner}: {kind} {key} was never taken")

    async def _try(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response | None:
        try:
            return await self._client.post(path, content=body, headers=dict(headers))
        except httpx.TransportError:
            return None

    async def close(self) -> None:
        await self._client.aclose()
