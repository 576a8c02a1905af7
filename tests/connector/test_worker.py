"""The worker against the real service in this process: what comes in and goes out, and who may not."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from connector.api import ConnectorServicer, WorkerServicer
from connector.domain.documents import State
from connector.worker.crew import Crew
from connector.worker.file_drop import FileOut, Inbox, folder_of
from connector.worker.http_out import foreign_number, judged, wait_seconds
from connector.worker.ingress import LARGEST_BODY, Ingress
from connector.worker.named_secrets import NamedSecrets
from connector.worker.partner_worker import Means
from connector.worker.sending import DEAD, DELIVERED, RETRY
from connector.worker.service import PartnerService
from connector_samples import files, orders
from connector_samples.rig import TENANT, Rig
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.procurement.events.v1 import events_pb2
from crossdock_kit.egress import Egress
from crossdock_kit.testing import RunningServer, start_service
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server

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

    async def __call__(self, request: Request) -> Response:
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


@pytest.fixture(scope="module")
async def stage(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("worker")
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
        means = Means(egress.client(), egress, named, folder / "transport", 0.02)
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
        await means.client.aclose()


# --- in by HTTP


@pytest.mark.feature("F187")
async def test_a_signed_document_is_stored_once_however_often_it_is_sent(stage: Stage) -> None:
    headers = signed(ORDER, name="msg-a")
    first = await stage.http.post("/partners/erp-http/purchase-orders", content=ORDER, headers=headers)
    again = await stage.http.post("/partners/erp-http/purchase-orders", content=ORDER, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["documentId"] == again.json()["documentId"]
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)


def _other(body: bytes, **more: Any) -> dict[str, str]:
    return signed(body, secret=base64.b64encode(b"x" * 32).decode(), **more)


HOSTILE: dict[str, tuple[str, dict[str, str]]] = {
    "unknown partner": ("/partners/nobody/purchase-orders", signed(ORDER)),
    "traversal as partner": ("/partners/..%2f..%2fetc/purchase-orders", signed(ORDER)),
    "wrong secret": ("/partners/erp-http/purchase-orders", _other(ORDER)),
    "no headers": ("/partners/erp-http/purchase-orders", {"content-type": "application/json"}),
    "too old": ("/partners/erp-http/purchase-orders", signed(ORDER, at=time.time() - 301 - 30)),
    "too new": ("/partners/erp-http/purchase-orders", signed(ORDER, at=time.time() + 600)),
    "milliseconds": ("/partners/erp-http/purchase-orders", signed(ORDER, at=time.time() * 1000)),
    "another body": ("/partners/erp-http/purchase-orders", signed(ORDER + b" ")),
    "id with a point": ("/partners/erp-http/purchase-orders", signed(ORDER, name="a.b")),
    "long id": ("/partners/erp-http/purchase-orders", signed(ORDER, name="a" * 5000)),
    "only a version": (
        "/partners/erp-http/purchase-orders",
        signed(ORDER) | {"webhook-signature": "v1,"},
    ),
    "v1a as v1": (
        "/partners/erp-http/purchase-orders",
        signed(ORDER) | {"webhook-signature": signed(ORDER)["webhook-signature"].replace("v1,", "v1a,")},
    ),
    "a thousand signatures": (
        "/partners/erp-http/purchase-orders",
        signed(ORDER) | {"webhook-signature": "v1,AAAA " * 1000 + signed(ORDER)["webhook-signature"]},
    ),
    "no base64": (
        "/partners/erp-http/purchase-orders",
        signed(ORDER) | {"webhook-signature": "v1,ÄÖ??".encode("ascii", "replace").decode()},
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_who_is_not_known_and_what_is_not_signed_get_the_same_answer(stage: Stage, name: str) -> None:
    path, headers = HOSTILE[name]
    before = await stage.rig.value("SELECT count(*) FROM document")
    answer = await stage.http.post(path, content=ORDER, headers=headers)
    if name == "traversal as partner":
        assert answer.status_code in {401, 404}
    else:
        assert (answer.status_code, answer.json()) == (401, {"error": "unauthorised"})
    assert await stage.rig.value("SELECT count(*) FROM document") == before


async def test_one_of_several_signatures_is_enough_while_a_secret_is_rotated(stage: Stage) -> None:
    headers = signed(ORDER, name="msg-rotated")
    headers["webhook-signature"] = (
        f"{_other(ORDER, name='msg-rotated')['webhook-signature']} {headers['webhook-signature']}"
    )
    answer = await stage.http.post("/partners/erp-http/purchase-orders", content=ORDER, headers=headers)
    assert answer.status_code == 202


async def test_a_known_partner_is_told_what_it_got_wrong(stage: Stage) -> None:
    elsewhere = await stage.http.post("/partners/erp-http/nowhere", content=ORDER, headers=signed(ORDER))
    assert elsewhere.status_code == 404
    as_text = signed(ORDER) | {"content-type": "text/xml"}
    assert (
        await stage.http.post("/partners/erp-http/purchase-orders", content=ORDER, headers=as_text)
    ).status_code == 415
    packed = signed(ORDER) | {"content-encoding": "gzip"}
    assert (
        await stage.http.post("/partners/erp-http/purchase-orders", content=ORDER, headers=packed)
    ).status_code == 415
    assert (await stage.http.get("/partners/erp-http/purchase-orders")).status_code == 405


async def test_a_body_that_is_too_long_or_drips_is_turned_away(stage: Stage) -> None:
    large = b" " * (LARGEST_BODY + 1)
    answer = await stage.http.post("/partners/erp-http/purchase-orders", content=large, headers=signed(large))
    assert answer.status_code == 413

    async def unstated() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    answer = await stage.http.post("/partners/erp-http/purchase-orders", content=unstated(), headers=signed(large))
    assert answer.status_code == 413

    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)
        yield b"}"

    answer = await stage.http.post("/partners/erp-http/purchase-orders", content=dripping(), headers=signed(b"{}"))
    assert answer.status_code == 408


# --- in and out by folder


@pytest.mark.feature("F197")
async def test_a_file_that_stands_still_is_handed_in_and_archived(stage: Stage) -> None:
    inbox = folder_of(stage.folder / "transport", "sup-nordic/in")
    content = files.acknowledgment(control=777_001)
    (inbox / "growing.edi.tmp").write_bytes(content[:50])
    (inbox / ".hidden").write_bytes(content)
    (inbox / "link.edi").symlink_to("/etc/passwd")
    (inbox / "empty.edi").write_bytes(b"")
    (inbox / "answer.edi").write_bytes(content)

    async def archived() -> bool:
        return (inbox / "archive" / "answer.edi").exists() and (inbox / "rejected" / "empty.edi").exists()

    await stage.until(archived)
    assert await stage.rig.value("SELECT count(*) FROM document WHERE name = 'answer.edi'") == 1
    assert sorted(each.name for each in inbox.iterdir()) == [
        ".hidden",
        "archive",
        "growing.edi.tmp",
        "link.edi",
        "rejected",
    ]
    assert await stage.rig.value("SELECT count(*) FROM document WHERE name IN ('link.edi', '.hidden')") == 0


@pytest.mark.feature("F054")
async def test_an_850_appears_whole_in_the_suppliers_folder(stage: Stage) -> None:
    outbox = folder_of(stage.folder / "transport", "sup-nordic/out")
    order = orders.order(number="PO-FILE", purchase_order_id="id-file")
    await stage.rig.tell(orders.released(order), aggregate="purchase_order/id-file")

    async def there() -> bool:
        return any(b"PO-FILE" in each.read_bytes() for each in outbox.glob("850_*.edi"))

    await stage.until(there)

    async def reported() -> bool:
        state = await stage.rig.value(
            "SELECT state FROM document WHERE 'po:4500000001' = ANY(keys) AND kind = 'x12.850'"
            " ORDER BY position DESC LIMIT 1"
        )
        return bool(state == State.SENT)

    await stage.until(reported)
    assert not list(outbox.glob("*.tmp"))


# --- out by HTTP


def receipt(number: int) -> events_pb2.GoodsReceived:
    event = events_pb2.GoodsReceived(
        receipt_id=f"0190c0de-0000-7000-8000-{number:012d}", number=f"RC-{number}", location_id="WH-EAST"
    )
    event.receipt.business_unit = "HTTP"
    return event


@pytest.mark.feature("F186")
@pytest.mark.feature("F219")
async def test_a_post_is_repeated_with_the_same_key_and_bytes_until_the_partner_has_it(stage: Stage) -> None:
    stage.partner.requests.clear()
    stage.partner.answers[:] = [Response(status_code=503), Response(status_code=500)]
    event = receipt(1)
    await stage.rig.tell(event, aggregate=f"receipt/{event.receipt_id}")

    async def posted() -> bool:
        return bool(
            await stage.rig.value(
                "SELECT foreign_number FROM document WHERE source_aggregate = $1", f"receipt/{event.receipt_id}"
            )
        )

    await stage.until(posted)
    assert len(stage.partner.requests) == 3
    assert {headers["idempotency-key"] for _, headers, _ in stage.partner.requests} == {event.receipt_id}
    assert len({body for _, _, body in stage.partner.requests}) == 1
    path, headers, _ = stage.partner.requests[0]
    assert (path, headers["authorization"]) == ("/goods-receipts", "Bearer the-key")
    assert headers["crossdock-document-kind"] == "json.goods_receipt"


async def test_a_final_refusal_is_an_exception_with_an_owner_and_is_not_repeated(stage: Stage) -> None:
    stage.partner.requests.clear()
    stage.partner.answers[:] = [JSONResponse({"error": "no such plant"}, 422)]
    event = receipt(2)
    await stage.rig.tell(event, aggregate=f"receipt/{event.receipt_id}")

    async def dead() -> bool:
        return bool(await stage.rig.value("SELECT count(*) FROM delivery WHERE state = 'dead'"))

    await stage.until(dead)
    assert len(stage.partner.requests) == 1
    assert any(code == "DELIVERY_REFUSED" for _, code, _ in await stage.rig.exceptions_like("delivery/%"))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, DELIVERED),
        (201, DELIVERED),
        (301, DEAD),
        (400, DEAD),
        (404, DEAD),
        (409, DEAD),
        (408, RETRY),
        (429, RETRY),
        (503, RETRY),
    ],
)
def test_what_a_status_means(status: int, outcome: int) -> None:
    assert judged(status, "", b"").outcome == outcome


@pytest.mark.feature("F231")
def test_retry_after_is_honoured_in_both_its_forms() -> None:
    assert judged(429, "7", b"").retry_after_seconds == 7
    from datetime import UTC, datetime

    now = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    assert wait_seconds("Mon, 02 Nov 2026 08:00:30 GMT", now) == 30
    assert wait_seconds("Mon, 02 Nov 2026 07:00:00 GMT", now) == 0
    assert wait_seconds("soon", now) == 0


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b'{"documentNumber": "5"}', "5"),
        (b'{"id": 7}', "7"),
        (b"[1]", ""),
        (b"<html>", ""),
        (b'{"id": {"a": 1}}', ""),
        (b"[" * 9999, ""),
    ],
)
def test_the_partners_number_is_read_from_its_answer(body: bytes, number: str) -> None:
    assert foreign_number(body) == number


# --- who may call


@pytest.mark.feature("F204")
async def test_a_worker_acts_for_its_own_partner_alone(stage: Stage) -> None:
    worker: Any = stage.server.stub(pb_grpc.WorkerServiceStub, stage.token("sup-nordic"))
    document = pb.HandInDocumentRequest(partner="erp-http", name="x", content=b"{}", path="purchase-orders")
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: worker.HandInDocument(document),
        lambda: worker.AcquireLease(pb.AcquireLeaseRequest(partner="erp-http", transport="outbound", worker="w")),
        lambda: worker.LeaseDeliveries(pb.LeaseDeliveriesRequest(partner="erp-http", worker="w", epoch=1, limit=1)),
    ]
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call()
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_another_worker_waits_for_the_lease_and_a_stale_epoch_gets_nothing(stage: Stage) -> None:
    await stage.rig.partner("sup-alone", **_supplier("sup-alone"))
    worker: Any = stage.server.stub(pb_grpc.WorkerServiceStub, stage.token("sup-alone"))

    def acquire(name: str, epoch: int = 0) -> Awaitable[Any]:
        request = pb.AcquireLeaseRequest(partner="sup-alone", transport="outbound", worker=name, epoch=epoch)
        return worker.AcquireLease(request)  # type: ignore[no-any-return]

    held = await acquire("w1")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acquire("w2")
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert (await acquire("w1", held.epoch)).epoch == held.epoch
    with pytest.raises(grpc.aio.AioRpcError):
        await acquire("w1", held.epoch + 7)
    stale = pb.LeaseDeliveriesRequest(partner="sup-alone", worker="w1", epoch=held.epoch + 1, limit=1)
    with pytest.raises(grpc.aio.AioRpcError):
        await worker.LeaseDeliveries(stale)


def _supplier(name: str) -> dict[str, Any]:
    return {
        "role": "SUPPLIER",
        "partyId": name.upper(),
        "transport": {"fileDrop": {"inbox": f"{name}/in", "outbox": f"{name}/out"}},
    }


def test_a_folder_that_leads_out_of_the_transport_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leads out"):
        folder_of(tmp_path / "root", "../../etc")


async def test_a_name_that_is_no_file_name_is_never_written(tmp_path: Path) -> None:
    sent = await FileOut(tmp_path).send(pb.LeasedDelivery(name="../evil", content=b"x"))
    assert sent.outcome == DEAD
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "a/b", "UP", "", ".hidden", "a" * 65, "a..b"])
def test_a_secrets_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("secret")
    assert NamedSecrets(tmp_path / "inner").read(name) == ""


async def test_files_keep_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    seen: list[str] = []

    class Service(PartnerService):
        def __init__(self) -> None:
            self.partner = "p"

        async def hand_in(self, *, name: str, content_type: str, path: str, content: bytes) -> Any:
            seen.append(name)

    for number, name in enumerate(("b.edi", "c.edi", "a.edi")):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, ns=(number, number))
    inbox = Inbox(tmp_path, Service())
    await inbox.round()
    await inbox.round()
    assert seen == ["b.edi", "c.edi", "a.edi"]
