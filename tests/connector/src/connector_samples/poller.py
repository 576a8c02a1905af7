"""A worker of one partner that polls when the test says so, beside the real service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from connector.worker.http_poll import Calls, HttpPoll
from connector.worker.named_secrets import NamedSecrets
from connector.worker.polling import Polling
from connector.worker.service import PartnerService
from crossdock_kit.client import Peer
from crossdock_kit.credentials import own_token
from crossdock_kit.egress import Egress

from connector_samples.polled import KIND, TrackerApi, carrier
from connector_samples.stage import Endpoint, Stage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(eq=False)
class Poller:
    """A worker of one partner that polls when the test says so."""

    stage: Stage
    partner: str
    api: TrackerApi
    url: str
    polling: Polling
    source: HttpPoll
    epoch: int

    async def turn(self) -> float:
        """It is its turn, whenever the last one was."""
        await self.hold()
        await self.stage.rig.rows("UPDATE poll SET next_at = now() WHERE partner = $1 RETURNING 1", self.partner)
        return await self.polling.turn(self.source)

    async def hold(self) -> None:
        """The lease, however long the test took until here."""
        self.epoch = (await self.polling.service.acquire("outbound", 0)).epoch

    async def row(self) -> Any:
        [row] = await self.stage.rig.rows("SELECT * FROM poll WHERE partner = $1", self.partner)
        return row

    async def codes(self) -> list[str]:
        """Of the trackers that are stored, in the order in which they came."""
        rows = await self.stage.rig.rows(
            "SELECT name FROM document WHERE partner = $1 AND NOT outbound ORDER BY position", self.partner
        )
        return [row["name"].removeprefix(f"{KIND}:trk_").partition("/")[0] for row in rows]

    async def declare(self, **more: Any) -> None:
        spec = carrier(self.url) | more
        await self.stage.rig.partner(self.partner, **spec)


Opens = Callable[..., Awaitable[Poller]]


@asynccontextmanager
async def pollers(stage: Stage, server: Endpoint, tmp_path: Path) -> AsyncIterator[Opens]:
    """Opens a poller of a partner of its own, with what the test says of its polling."""
    egress = Egress((ip_network("127.0.0.0/8"),))
    client, peers = egress.client(), []
    (tmp_path / "key").write_text("the-key")

    async def open_poller(name: str, egress: Egress = egress, **poll: Any) -> Poller:
        api = TrackerApi()
        server.answer_with = api
        await stage.rig.partner(name, **carrier(server.url, **poll))
        (tmp_path / f"{name}.jwt").write_text(stage.token(name))
        peer = Peer(stage.server.address, token=own_token(tmp_path / f"{name}.jwt"))
        peers.append(peer)
        service = PartnerService(name, "worker-1", peer)
        profile = (await service.acquire("outbound", 0)).profile
        calls = Calls(client, egress, NamedSecrets(tmp_path), lambda: NOW)
        source = HttpPoll(profile.transport.http, profile.documents[0], calls)
        polling = Polling(service, lambda: poller.epoch, lambda: profile, lambda _: [source], 0.01)
        poller = Poller(stage, name, api, server.url, polling, source, 0)
        return poller

    yield open_poller
    await client.aclose()
    for each in peers:
        await each.close()
