"""Every service of the suite in this process, with two tenants, each reached as a caller reaches it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import grpc
from catalog.__main__ import SERVICE as CATALOG
from connector.__main__ import SERVICE as CONNECTOR
from crossdock_kit.server.methods import Method, methods_of, service_descriptor
from crossdock_kit.service import Running, start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from delivery.__main__ import SERVICE as DELIVERY
from fulfillment.__main__ import SERVICE as FULFILLMENT
from google.protobuf.message import Message
from inventory.__main__ import SERVICE as INVENTORY
from procurement.__main__ import SERVICE as PROCUREMENT

from foreign_calls import Harvest

SERVICES = {service.name: service for service in (CATALOG, PROCUREMENT, INVENTORY, FULFILLMENT, DELIVERY, CONNECTOR)}
Question: TypeAlias = tuple[str, Method, Message]


@dataclass
class Suite:
    """The services, with tenants acme and globex, each reached as a caller reaches it."""

    issuer: TokenIssuer
    running: dict[str, Running[Any]] = field(default_factory=dict)
    harvest: Harvest = field(default_factory=Harvest)
    asked: list[Question] = field(default_factory=list)
    channels: dict[str, grpc.aio.Channel] = field(default_factory=dict)
    tokens: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def methods(self) -> list[tuple[str, Method]]:
        """Every RPC that every service serves."""
        return [
            (name, method)
            for name, each in self.running.items()
            for service in each.server.services
            for method in methods_of(service).values()
        ]

    async def ask(self, service: str, method: Method, request: Message, tenant: str) -> list[Message]:
        token = self.token(tenant, "sup-nordic" if "WorkerService" in method.name else None)
        package, _, name = method.name.partition("/")
        streamed = service_descriptor(package).methods_by_name[name].server_streaming
        channel = self.channels[service]
        make: Any = channel.unary_stream if streamed else channel.unary_unary
        bound = make(f"/{method.name}", method.request.SerializeToString, method.response.FromString)
        call = bound(request, metadata=(("authorization", f"Bearer {token}"),), timeout=20)
        return [each async for each in call] if streamed else [await call]

    def token(self, tenant: str, partner: str | None) -> str:
        """A caller's token is good for many calls."""
        if (tenant, partner) not in self.tokens:
            self.tokens[tenant, partner] = self.issuer.token([tenant], ["*"], partner=partner)
        return self.tokens[tenant, partner]

    async def seed(self, service: str, name: str, request: Message) -> Message:
        """A call of acme's; what it says and hears is known from then on."""
        method = next(m for at, m in self.methods() if at == service and m.step == name)
        [response] = await self.ask(service, method, request, "acme")
        self.asked.append((service, method, request))
        for message in (request, response):
            self.harvest.take(message)
        return response


@asynccontextmanager
async def open_suite(migrated: MigratedDatabases, broker: Nats, folder: Path) -> AsyncIterator[Suite]:
    suite = Suite(TokenIssuer())
    (folder / "jwks.json").write_bytes(suite.issuer.jwks)
    (folder / "token.jwt").write_text(suite.issuer.token(["acme", "globex"], ["*"]))
    (folder / "data.key").write_bytes(bytes(range(32)))
    async with AsyncExitStack() as stack:
        for name, service in SERVICES.items():
            database = await migrated.fresh(name)
            peers = ", ".join(f'"{other}": "{each.address}"' for other, each in suite.running.items())
            settings = service.settings.from_environment(
                {
                    "CROSSDOCK_SERVICE": name,
                    "CROSSDOCK_DATABASE_URL": database.urls.database,
                    "CROSSDOCK_NATS_URL": broker.url(name),
                    "CROSSDOCK_PEERS": "{" + peers + "}",
                    "CROSSDOCK_JWKS_FILE": str(folder / "jwks.json"),
                    "CROSSDOCK_TOKEN_FILE": str(folder / "token.jwt"),
                    "CROSSDOCK_DATA_KEY_FILE": str(folder / "data.key"),
                    "CROSSDOCK_ISSUER": ISSUER,
                    "CROSSDOCK_AUDIENCE": AUDIENCE,
                    "CROSSDOCK_TENANTS": "acme,globex",
                }
            )
            suite.running[name] = await start(service, settings, stack)
            suite.channels[name] = grpc.aio.insecure_channel(suite.running[name].address)
        yield suite
        for channel in suite.channels.values():
            await channel.close()
        for each in reversed(suite.running.values()):
            await each.stop()
