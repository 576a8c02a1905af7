"""Addresses that partners name are hostile until checked, and only the checked address is connected to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from crossdock_kit import egress as egress_module
from crossdock_kit.egress import AnswerTooLarge, Egress, EgressRefused
from crossdock_kit.errors import Unavailable

LOOPBACK = (ip_network("127.0.0.0/8"),)
PUBLIC = "93.184.216.34"


def resolving(*answers: str) -> Egress:
    async def resolver(_: str, __: int) -> Sequence[str]:
        return answers

    return Egress(resolver=resolver)


BAD_URLS = [
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://localhost/",
    "https://localhost./",
    "https://kubernetes.default.svc/",
    "https://db.internal/",
    "https://printer.local/",
    "https://db/",
    "http://partner.example/",
    "gopher://partner.example/",
    "file:///etc/passwd",
    "https://good.example@evil.example/",
    "https://user:pass@partner.example/",
    "https://partner.example/#x",
    "https://pаrtner.example/",
    "https://partner.example:0/",
    "https://partner.example:99999/",
    "https://partner.example/a b",
    "https://partner.example/" + "x" * 2048,
    "https:///path",
    "",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_looks_wrong_is_refused_before_anything_is_resolved(url: str) -> None:
    with pytest.raises(EgressRefused):
        Egress().check_url(url)


@pytest.mark.parametrize("url", ["https://api.partner.example/orders?x=1", "https://api.partner.example:8443/"])
def test_an_ordinary_url_passes(url: str) -> None:
    Egress().check_url(url)


INNER = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:0:a00:1::",
    "::7f00:1",
    "192.0.2.1",
]


@pytest.mark.parametrize("address", INNER)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(EgressRefused):
        await resolving(address).check("api.partner.example", 443)


async def test_one_bad_answer_refuses_the_name() -> None:
    with pytest.raises(EgressRefused):
        await resolving(PUBLIC, "::1").check("api.partner.example", 443)


async def test_a_public_name_gives_the_addresses_to_connect_to() -> None:
    assert await resolving(PUBLIC).check("api.partner.example", 443) == (PUBLIC,)


async def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await Egress().check("nowhere.invalid", 443)


class Site:
    """A small HTTP server; `answer` is what it says to everything."""

    def __init__(self) -> None:
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        self.requests: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def test_a_call_goes_to_the_checked_address_under_its_name(site: Site) -> None:
    async def resolver(_: str, __: int) -> Sequence[str]:
        return ["127.0.0.1"]

    egress = Egress(LOOPBACK, resolver)
    async with egress.client() as client:
        response = await client.get(f"http://api.partner.example:{site.port}/orders")
    assert response.text == "ok"
    assert f"host: api.partner.example:{site.port}" in site.requests[0].lower()


async def test_without_permission_nothing_reaches_the_inside(site: Site) -> None:
    async with Egress().client() as client:
        for url in (f"http://127.0.0.1:{site.port}/", f"http://localhost:{site.port}/"):
            with pytest.raises(EgressRefused):
                await client.get(url)
    assert site.requests == []


async def test_a_name_that_changes_its_mind_reaches_only_what_was_checked(site: Site) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    async def rebinding(_: str, __: int) -> Sequence[str]:
        return next(answers)

    egress = Egress(resolver=rebinding)
    assert await egress.check("api.partner.example", site.port) == [PUBLIC]
    async with egress.client() as client:
        with pytest.raises(EgressRefused):
            await client.get(f"http://api.partner.example:{site.port}/")
    assert site.requests == []


async def test_calls_that_are_cancelled_leave_room_for_others(site: Site) -> None:
    async with Egress(LOOPBACK).client() as client:
        for pause in (0, 0, 0.001):
            calls = [asyncio.create_task(client.get(f"http://127.0.0.1:{site.port}/")) for _ in range(200)]
            await asyncio.sleep(pause)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        answer = await client.get(f"http://127.0.0.1:{site.port}/", timeout=10)
    assert answer.text == "ok"


async def test_a_redirect_is_not_followed(site: Site) -> None:
    site.answer = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    async with Egress(LOOPBACK).client() as client:
        assert (await client.get(f"http://127.0.0.1:{site.port}/")).status_code == 302
    assert len(site.requests) == 1


async def test_an_answer_that_is_too_long_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress_module, "LARGEST_ANSWER", 1000)
    site.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"x" * 2000
    async with Egress(LOOPBACK).client() as client:
        with pytest.raises(AnswerTooLarge):
            await client.get(f"http://127.0.0.1:{site.port}/")


async def test_a_compressed_answer_is_refused(site: Site) -> None:
    site.answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok"
    async with Egress(LOOPBACK).client() as client:
        with pytest.raises(AnswerTooLarge):
            await client.get(f"http://127.0.0.1:{site.port}/")


async def test_a_proxy_of_the_environment_is_ignored(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with Egress(LOOPBACK).client() as client:
        assert (await client.get(f"http://127.0.0.1:{site.port}/")).text == "ok"


async def test_a_host_that_is_not_there_is_a_connection_error() -> None:
    async with Egress(LOOPBACK).client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1/")


def test_the_guard_knows_no_proxy_and_no_redirect() -> None:
    client: Any = Egress().client()
    assert (client.follow_redirects, client.trust_env) == (False, False)
