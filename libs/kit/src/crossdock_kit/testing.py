"""What tests of a service need: a caller with a real token, a real server in the process, a clock that stands still.

No doubles of servers here: PostgreSQL and NATS in tests are real (see the fixtures of the workspace). Never imported by
code that runs in production.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import grpc
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from crossdock_kit.authorisation import Tokens
from crossdock_kit.client import Peer
from crossdock_kit.clock import Clock, SystemClock
from crossdock_kit.credentials import parse_jwks
from crossdock_kit.driver import Driver
from crossdock_kit.health import Health
from crossdock_kit.idempotency import Call, Idempotency, OpensWork
from crossdock_kit.ownership_overrides import Overrides
from crossdock_kit.server.guard import Guard, RunsOnce
from crossdock_kit.server.server import Server
from crossdock_kit.server.shares import Shares

S = TypeVar("S")
ISSUER = "crossdock-test"
AUDIENCE = "crossdock-test"
Registration = tuple[Callable[[Any, Any], None], Any]


@dataclass
class FixedClock:
    """A clock that moves only when told."""

    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class TokenIssuer:
    """Mints tokens as an identity provider would: ES256 under one key of a published key set."""

    def __init__(self, key_id: str = "test") -> None:
        self.key_id = key_id
        self.private_key = ec.generate_private_key(ec.SECP256R1())
        public: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(self.private_key.public_key()))
        self.jwks = json.dumps({"keys": [public | {"kid": key_id, "alg": "ES256", "use": "sig"}]}).encode()

    def claims(self, tenants: Sequence[str], permissions: Iterable[str], **more: Any) -> dict[str, Any]:
        """The claims that a service reads. `more` adds or replaces, for example partner="SUP-1" or exp=0."""
        now = int(time.time())
        claims = {"sub": "tester", "iss": ISSUER, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 900}
        return claims | {"tenants": list(tenants), "permissions": sorted(permissions)} | more

    def sign(self, claims: Mapping[str, Any]) -> str:
        return jwt.encode(dict(claims), self.private_key, "ES256", headers={"kid": self.key_id})

    def token(self, tenants: Sequence[str], permissions: Iterable[str], **more: Any) -> str:
        return self.sign(self.claims(tenants, permissions, **more))

    def tokens(self) -> Tokens:
        """The verifying side, pinned to this issuer's keys."""
        keys = parse_jwks(self.jwks)
        return Tokens(lambda: keys, ISSUER, AUDIENCE)


class Unrecorded:
    """Runs mutating calls without a record, for servicers under test that have no database. Never a default."""

    async def run(self, call: Call, behave: Callable[[], Any]) -> Any:
        return await behave()


@dataclass
class RunningServer:
    """A server in this process, reached over a real socket."""

    address: str
    issuer: TokenIssuer
    health: Health
    services: tuple[str, ...]
    credentials: Callable[[], grpc.ChannelCredentials] | None = None
    _peers: list[Peer] = field(default_factory=list)

    def stub(self, kind: Callable[[Any], S], token: str | None = None) -> S:
        """A stub that presents a token made by `caller`, or none."""
        peer = Peer(self.address, token=(lambda: f"Bearer {token}") if token else None, credentials=self.credentials)
        self._peers.append(peer)
        return peer.stub(kind)

    def caller(
        self, kind: Callable[[Any], S], *, tenant: str | Sequence[str], permissions: Iterable[str] = ("*",), **more: Any
    ) -> S:
        """A stub for a caller of one or several tenants, with all permissions if none are named."""
        tenants = (tenant,) if isinstance(tenant, str) else tenant
        return self.stub(kind, self.issuer.token(tenants, permissions, **more))

    async def close(self) -> None:
        for peer in self._peers:
            await peer.close()


@asynccontextmanager
async def start_service(  # noqa: PLR0913  every part of a server may be exchanged in a test
    *registrations: Registration,
    uow: OpensWork | None = None,
    once: RunsOnce | None = None,
    issuer: TokenIssuer | None = None,
    clock: Clock | None = None,
    shares: Shares | None = None,
    ownership: Overrides | None = None,
    reflect: bool = False,
    credentials: tuple[grpc.ServerCredentials, Callable[[], grpc.ChannelCredentials]] | None = None,
) -> AsyncIterator[RunningServer]:
    """Serves (generated add function, servicer) pairs on a free port, guarded exactly as in production.

    With `uow` mutating calls are recorded in its database; without it a servicer with mutating methods needs `once`.
    """
    issuer, health, domain = issuer or TokenIssuer(), Health(), "test.crossdock.dev"
    once = once or (Idempotency(uow, domain) if uow else None)
    guard = Guard(
        issuer.tokens(),
        clock or SystemClock(),
        domain,
        once=once,
        shares=shares,
        ownership=ownership,
    )
    server = Server(guard, health, reflect=reflect, credentials=credentials[0] if credentials else None)
    for register, servicer in registrations:
        server.add(register, servicer)
    await health.start()
    port = await server.start("localhost:0" if credentials else "127.0.0.1:0")
    await health.look()
    host = "localhost" if credentials else "127.0.0.1"
    running = RunningServer(f"{host}:{port}", issuer, health, server.services, credentials[1] if credentials else None)
    try:
        yield running
    finally:
        await running.close()
        await server.stop(1.0)


_ROWS_READ = """
SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::int FROM pg_stat_xact_user_tables
WHERE relname = $1 AND schemaname = current_schema()
"""


@asynccontextmanager
async def reading_at_most(rows: int, table: str, driver: Driver) -> AsyncIterator[None]:
    """What is asked of a table inside reads no more of its rows than that. Small tables are read by the indexes that
    large ones would be read by; a statement that has no index for what it asks reads them all."""
    await driver.execute("SET LOCAL enable_seqscan = off")
    before = await driver.fetchval(_ROWS_READ, table)
    yield
    read = await driver.fetchval(_ROWS_READ, table) - before
    if read > rows:
        raise AssertionError(f"{read} rows of {table} were read")


def unpadded(raw: bytes) -> str:
    """Base64url as tokens use it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
