"""The workers of this process: one for each partner whose token lies in the folder, also for tokens that come later."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from crossdock_kit.client import Peer
from crossdock_kit.credentials import own_token

from connector.worker.partner_worker import Means, PartnerWorker
from connector.worker.service import PartnerService

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.3
_PARTNER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(eq=False)
class Crew:
    address: str
    tokens: Path
    only: frozenset[str]
    worker: str
    means: Means
    credentials: Callable[[], grpc.ChannelCredentials] | None = None
    members: dict[str, PartnerWorker] = field(default_factory=dict)
    _peers: list[Peer] = field(default_factory=list)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self.look()
                for partner, member in self.members.items():
                    self._keep_running(partner, member)
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            for peer in self._peers:
                await peer.close()

    def _keep_running(self, partner: str, member: PartnerWorker) -> None:
        task = self._tasks.get(partner)
        if task is not None and not task.done():
            return
        if task is not None and not task.cancelled() and (error := task.exception()) is not None:
            log.error("the worker of %s broke and is started again", partner, exc_info=error)
        self._tasks[partner] = asyncio.create_task(member.run(), name=f"partner {partner}")

    def look(self) -> None:
        """Takes on partners whose tokens came."""
        for file in sorted(self.tokens.glob("*.jwt")):
            self.member(file.stem)

    def member(self, partner: str) -> PartnerWorker | None:
        """The partner's worker; None for whom there is no token."""
        if partner in self.members:
            return self.members[partner]
        file = self.tokens / f"{partner}.jwt"
        if not _PARTNER.fullmatch(partner) or (self.only and partner not in self.only) or not file.is_file():
            return None
        peer = Peer(self.address, token=own_token(file), credentials=self.credentials)
        self._peers.append(peer)
        self.members[partner] = PartnerWorker(PartnerService(partner, self.worker, peer), self.means)
        return self.members[partner]
