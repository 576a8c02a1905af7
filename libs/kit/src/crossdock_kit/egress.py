"""The guard on every connection to an address that a partner named: it connects only to the address that it checked.

A name is resolved, every answer is judged, and the connection goes to one of those very answers, so that a name which
answers differently a moment later reaches nothing. TLS and Host keep the name. Redirects, proxies of the environment,
compressed and over-long answers are refused. Knows no partner.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from crossdock_kit.errors import Refused, Unavailable
from crossdock_kit.settings import Network

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

LONGEST_URL = 2048
LARGEST_ANSWER = 10 * 1024 * 1024
LONGEST_SECONDS = 30.0
_INNER_SUFFIXES = (".local", ".localhost", ".internal", ".svc", ".cluster.local", ".localdomain")
# Ranges that carry an IPv4 address inside: what they lead to is not what they look like.
_CARRIERS = tuple(ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))


@dataclass
class EgressRefused(Refused):
    """The address is not one that may be called from here."""

    host: str
    why: str


@dataclass
class AnswerTooLarge(Refused):
    """A partner's answer is longer than it may be, or compressed so that its length cannot be known."""

    limit_bytes: int


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, both families. Raises Unavailable if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Unavailable(f"the name {host[:253]} does not resolve") from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host.strip("[]").split("%")[0])
    except ValueError:
        return None


class Egress:
    """Judges hosts and addresses. `allow` names inner networks that may be called nonetheless, for example a test's."""

    def __init__(self, allow: Iterable[Network] = (), resolver: Resolve = resolve) -> None:
        self._allow = tuple(allow)
        self._resolve = resolver

    def check_url(self, url: str, schemes: frozenset[str] = frozenset({"https"})) -> None:
        """Refuses a URL by its looks, before anything is resolved. Plain http only reaches allowed networks."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise EgressRefused(host="", why="not a URL") from None
        if len(url) > LONGEST_URL or any(ord(letter) < 33 for letter in url):
            raise EgressRefused(host=host[:253], why="not a URL")
        if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
            raise EgressRefused(host=host, why="user, password, fragment and port 0 have no place in it")
        self._check_name(host)
        inner = self._allowed_literal(host) or host == "localhost"
        if parts.scheme not in schemes and not (parts.scheme == "http" and inner):
            raise EgressRefused(host=host, why=f"the scheme is not {' or '.join(sorted(schemes))}")

    async def check(self, host: str, port: int) -> Sequence[str]:
        """The addresses to connect to. One bad answer refuses the name, whatever the others are."""
        self._check_name(host)
        addresses = await self._resolve(host, port)
        for text in addresses:
            why = self._fault(text)
            if why:
                raise EgressRefused(host=host, why=why)
        return addresses

    def client(self, *, verify: ssl.SSLContext | bool = True, **more: Any) -> httpx.AsyncClient:
        """An HTTP client that passes the guard with every connection. `more` as for httpx.AsyncClient."""
        settings: dict[str, Any] = {"timeout": httpx.Timeout(LONGEST_SECONDS, connect=5.0), "follow_redirects": False}
        headers = {"accept-encoding": "identity"} | dict(more.pop("headers", {}))
        transport = GuardedTransport(self, verify)
        return httpx.AsyncClient(transport=transport, trust_env=False, headers=headers, **(settings | more))

    def _check_name(self, host: str) -> None:
        if _literal(host) is not None:
            if not self._allowed_literal(host):
                raise EgressRefused(host=host, why="an address in the place of a name")
            return
        name = host.rstrip(".").lower()
        if name == "localhost" and self._allow:
            return
        if not host.isascii() or len(name) > 253 or "." not in name or name.endswith(_INNER_SUFFIXES):
            raise EgressRefused(host=host[:253], why="not a public name")
        if name.rsplit(".", 1)[1].isdigit() or name.rsplit(".", 1)[1].startswith("0x"):
            raise EgressRefused(host=host, why="an address in the place of a name")

    def _allowed_literal(self, host: str) -> bool:
        address = _literal(host)
        return address is not None and self._allowed(address)

    def _allowed(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._allow)

    def _fault(self, text: str) -> str:
        address = _literal(text)
        if address is None:
            return "not an address"
        if self._allowed(address):
            return ""
        mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
        if mapped or any(address.version == carrier.version and address in carrier for carrier in _CARRIERS):
            return "an address inside another"
        if not address.is_global or address.is_multicast or address.is_reserved:
            return "not a public address"
        return ""


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for the pool: asked for a name, it goes to an address that it has just checked."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: httpcore.ConnectError | None = None
        for address in await self._egress.check(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure or httpcore.ConnectError("the name has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise EgressRefused(host=path, why="a socket file")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Pool(httpcore.AsyncConnectionPool):
    """With a mend of httpcore 1.0: a request that is cancelled before its connection is opened leaves it behind,
    neither open nor closed, and after a hundred of them nobody is let in any more."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        try:
            return await super().handle_async_request(request)
        except BaseException:
            self._forget_unopened()
            await self._close_connections(self._assign_requests_to_connections())
            raise

    def _forget_unopened(self) -> None:
        wanted = {id(each.connection) for each in self._requests}
        kept = [each for each in self._connections if id(each) in wanted or each.info() != "CONNECTING"]
        self._connections[:] = kept


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx over the guarded backend, with bounded answers."""

    def __init__(self, egress: Egress, verify: ssl.SSLContext | bool = True) -> None:
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        super().__init__(verify=context, trust_env=False)
        # httpx has no parameter for the network backend of its pool.
        self._pool = _Pool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_GuardedBackend(egress),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise AnswerTooLarge(limit_bytes=LARGEST_ANSWER)
        response.stream = _Bounded(response.stream)
        return response


class _Bounded(httpx.AsyncByteStream):
    """A body that ends with an error when it is too long or drips for too long."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read, until = 0, asyncio.get_running_loop().time() + LONGEST_SECONDS
        async for chunk in self._inner:
            read += len(chunk)
            if read > LARGEST_ANSWER:
                raise AnswerTooLarge(limit_bytes=LARGEST_ANSWER)
            if asyncio.get_running_loop().time() > until:
                raise Unavailable("the answer took too long")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
