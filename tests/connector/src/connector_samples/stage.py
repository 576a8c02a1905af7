"""A worker beside the real service in this process, and a partner's API that it calls."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
from connector.api import ConnectorServicer, WorkerServicer
from connector.worker.crew import Crew
from connector.worker.ingress import Ingress
from connector.worker.named_secrets import NamedSecrets
from connector.worker.partner_worker import Means
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.egress import Egress
from crossdock_kit.testing import RunningServer, start_service
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server

from connector_samples.rig import TENANT, Rig

SECRET = base64.b64encode(b"s" * 32).decode()


ORDER = json.dumps(
    {
        "documentType": "purchaseOrder",
        "action": "release",
        "companyCode": "EU01",
        "purchaseOrder": {
            "number": "PO-HTTP",
            "version": "1",
            "changedAt": "2026-11-02T08:00:00Z",
            "orderDate": "2026-11-02",
            "supplier": "V100010",
            "shipTo": "1010",
            "currency": "EUR",
            "lines": [{"line": "10", "material": "A1001", "quantity": "1", "unit": "ST"}],
        },
    }
).encode()


def signed(body: bytes, *, name: str = "msg-1", at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(base64.b64decode(secret), f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        "content-type": "application/json",
    }


@dataclass
class Endpoint:
    """A partner's API that keeps what it was sent and answers as told."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    # Another partner's API in its place.
    answer_with: Callable[[Request], Awaitable[Response]] | None = None

    async def __call__(self, request: Request) -> Response:
        if self.answer_with is not None:
            return await self.answer_with(request)
        self.requests.append((request.url.path, dict(request.headers), await request.body()))
        return self.answers.pop(0) if self.answers else JSONResponse({"documentNumber": "5000000001"}, 201)


class _Quiet(Server):
    def install_signal_handlers(self) -> None:
        return


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    served = Endpoint()

    async def answer(request: Request) -> Response:
        return await served(request)

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST", "GET"])])
    server = _Quiet(Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    served.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.should_exit = True
        await task


@dataclass
class Stage:
    rig: Rig
    server: RunningServer
    crew: Crew
    http: httpx.AsyncClient
    folder: Path
    partner: Endpoint

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await holds():
                await asyncio.sleep(0.02)

    def token(self, partner: str, **more: Any) -> str:
        return self.server.issuer.token((TENANT,), ("connector.worker.act",), partner=partner, **more)


@asynccontextmanager
async def open_stage(rig: Rig, folder: Path) -> AsyncIterator[Stage]:
    tokens, secrets = folder / "tokens", folder / "secrets"
    tokens.mkdir()
    secrets.mkdir()
    (secrets / "hook").write_text(f"whsec_{SECRET}")
    (secrets / "key").write_text("the-key")
    servicers = (
        (pb_grpc.add_WorkerServiceServicer_to_server, WorkerServicer(rig.around, rig.desk)),
        (pb_grpc.add_ConnectorServiceServicer_to_server, ConnectorServicer(rig.engine, rig.around)),
    )
    async with start_service(*servicers, uow=rig.uow) as server, endpoint() as partner:
        await rig.partner(
            "erp-http",
            role="ERP",
            system="ERP-HTTP",
            businessUnit="HTTP",
            transport={"http": {"url": partner.url, "webhookSecret": "hook", "credentials": "key", "timeout": "5s"}},
            documents=[
                {"kind": "json.purchase_order", "direction": "IN", "path": "purchase-orders"},
                {"kind": "json.goods_receipt", "direction": "OUT", "path": "/goods-receipts"},
            ],
            retry={"first": "0.05s", "longest": "0.1s", "attempts": 3},
        )
        egress = Egress((ip_network("127.0.0.0/8"),))
        named = NamedSecrets(secrets)
        means = Means(egress, named, folder / "transport", 0.02)
        crew = Crew(server.address, tokens, frozenset(), "worker-1", means)
        for each in ("erp-http", "sup-nordic"):
            token = server.issuer.token((TENANT,), ("connector.worker.act",), partner=each)
            (tokens / f"{each}.jwt").write_text(token)
        running = asyncio.create_task(crew.run())
        app = Ingress(crew, named, body_seconds=1.0).app()
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingress")
        yield Stage(rig, server, crew, http, folder, partner)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await http.aclose()
