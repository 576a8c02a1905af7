"""Documents that partners post: signed, bounded, stored once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from connector.worker.ingress import LARGEST_BODY
from connector_samples.stage import ORDER, SECRET, Stage, signed
from crossdock.connector.v1.connector_service_pb2_grpc import WorkerServiceStub
from crossdock_kit.client import Peer


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


def hostile() -> dict[str, tuple[str, dict[str, str]]]:
    """Path and headers, signed now: what was signed when the tests were collected would be too old by its turn."""
    return {
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


@pytest.mark.parametrize("name", hostile())
async def test_who_is_not_known_and_what_is_not_signed_get_the_same_answer(stage: Stage, name: str) -> None:
    path, headers = hostile()[name]
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


SHOPS_SECRET = "hush-hush-of-the-shop"
SHOP_ORDER = (
    b'{"id": 9001, "name": "#2001", "created_at": "2026-11-20T22:30:00-05:00", "currency": "EUR", "line_items":'
    b' [{"id": 71, "sku": "A1001", "quantity": 2, "price": "2.50", "title": "Bolt"}]}'
)


def as_shopify(body: bytes, *, secret: str = SHOPS_SECRET, name: str = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043") -> Any:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "x-shopify-webhook-id": name,
        "x-shopify-topic": "orders/create",
        "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
        "content-type": "application/json",
    }


@pytest.fixture(scope="module")
async def shop(stage: Stage) -> Stage:
    (stage.folder / "secrets" / "shop-hook").write_text(f"an-older-one\n{SHOPS_SECRET}\n")
    signing = {"webhookSecret": "shop-hook", "webhookSignature": "shopify"}
    await stage.rig.partner(
        "shop-eu",
        role="CHANNEL",
        partyId="CUS-SHOP",
        transport={"http": signing},
        documents=[{"kind": "shop.order", "direction": "IN", "path": "orders"}],
    )
    token = stage.folder / "tokens" / "shop-eu.jwt"
    token.write_text(stage.token("shop-eu"))

    async def taken_on() -> bool:
        return stage.crew.member("shop-eu") is not None

    await stage.until(taken_on)
    return stage


@pytest.mark.feature("F112")
async def test_what_a_shop_signs_in_its_own_way_is_stored_once(shop: Stage) -> None:
    path, headers = "/partners/shop-eu/orders", as_shopify(SHOP_ORDER)
    first = await shop.http.post(path, content=SHOP_ORDER, headers=headers)
    again = await shop.http.post(path, content=SHOP_ORDER, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["documentId"] == again.json()["documentId"]


SHOPS_WRONGS: dict[str, dict[str, str]] = {
    "another secret": as_shopify(SHOP_ORDER, secret="guessed"),
    "another body": as_shopify(SHOP_ORDER + b" "),
    "no secret at all": as_shopify(SHOP_ORDER, secret=""),
    "no signature": as_shopify(SHOP_ORDER) | {"x-shopify-hmac-sha256": ""},
    "no base64": as_shopify(SHOP_ORDER) | {"x-shopify-hmac-sha256": "?!"},
    "no id": as_shopify(SHOP_ORDER, name=""),
}


@pytest.mark.parametrize("name", SHOPS_WRONGS)
async def test_what_a_shop_did_not_sign_is_turned_away(shop: Stage, name: str) -> None:
    answer = await shop.http.post("/partners/shop-eu/orders", content=SHOP_ORDER, headers=SHOPS_WRONGS[name])
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorised"})


async def test_a_partner_signs_in_its_own_way_and_in_no_other(shop: Stage) -> None:
    """A secret that both ways of signing could use opens neither door to the other."""
    by_standard = signed(SHOP_ORDER, secret=base64.b64encode(SHOPS_SECRET.encode()).decode())
    answer = await shop.http.post("/partners/shop-eu/orders", content=SHOP_ORDER, headers=by_standard)
    assert answer.status_code == 401
    shops = as_shopify(ORDER, secret=f"whsec_{SECRET}")
    answer = await shop.http.post("/partners/erp-http/purchase-orders", content=ORDER, headers=shops)
    assert answer.status_code == 401


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


async def test_a_document_in_hand_when_the_worker_ends_is_asked_for_again(stage: Stage) -> None:
    """The channel to the service is closed under the call: that is no answer about the document."""
    path = "/partners/erp-http/purchase-orders"
    assert (await stage.http.post(path, content=ORDER, headers=signed(ORDER, name="msg-before"))).status_code == 202
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    peer = Peer(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    member = stage.crew.member("erp-http")
    assert member is not None
    member.service._stub = peer.stub(WorkerServiceStub)
    posting = asyncio.create_task(stage.http.post(path, content=ORDER, headers=signed(ORDER, name="msg-late")))
    async with asyncio.timeout(20):
        await asked.wait()
    await peer.close()
    answer = await posting
    server.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
