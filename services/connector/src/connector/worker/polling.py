"""Reads what a partner does not send by itself, each kind when it is its turn, as long as the worker holds the lease.

The connector says when and from where, hears of every page after its documents are stored, and only then moves on: a
worker that dies between the two reads a page again, and it is the same documents again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import partner_pb2
from crossdock_kit import crash_points
from crossdock_kit.errors import CrossdockError
from crossdock_kit.peers import PeerRefused

from connector.worker.fetching import Fetched, NotRead, PageRead, Source
from connector.worker.service import PartnerService

log = logging.getLogger(__name__)

# The profile may have changed, and a partner that was stopped may run again.
_LONGEST_SLEEP = 2.0
_AFTER_REFUSAL = 2.0
# Somebody may have said meanwhile that it is to be tried at once.
_LONGEST_WAIT = 30.0


@dataclass(eq=False)
class Polling:
    """`epoch` is the lease's, as it is now. `sources` are made anew whenever the profile changes."""

    service: PartnerService
    epoch: Callable[[], int]
    profile: Callable[[], partner_pb2.PartnerProfile | None]
    sources: Callable[[partner_pb2.PartnerProfile], Iterable[Source]]
    pause_seconds: float
    _due: dict[str, float] = field(default_factory=dict)
    _known: partner_pb2.PartnerProfile | None = None
    _open: tuple[Source, ...] = ()

    async def run(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            self._look_at_profile()
            for source in self._open:
                if self._due.get(source.kind, 0.0) <= clock():
                    wait = await self._turn_or_pause(source)
                    self._due[source.kind] = clock() + min(wait, _LONGEST_WAIT)
            left = min((self._due[each.kind] - clock() for each in self._open), default=_LONGEST_SLEEP)
            await asyncio.sleep(min(max(left, self.pause_seconds), _LONGEST_SLEEP))

    def _look_at_profile(self) -> None:
        profile = self.profile()
        if profile is None or profile == self._known:
            return
        self._known = profile
        self._open = () if profile.state == "stopped" else tuple(self.sources(profile))
        self._due.clear()

    async def _turn_or_pause(self, source: Source) -> float:
        try:
            return await self.turn(source)
        except CrossdockError as error:
            log.warning("%s: %s is not read: %s", self.service.partner, source.kind, error)
            return _AFTER_REFUSAL

    async def turn(self, source: Source) -> float:
        """After how many seconds the next one is due. Raises what the service raises."""
        begun = await self.service.begin_poll(self.epoch(), source.kind)
        cursor, wait = begun.cursor, begun.wait_ms / 1000
        if wait:
            return wait
        for number in range(1, source.most_pages + 1):
            report = await self._page(source, cursor)
            report.turn_ends = number == source.most_pages
            crash_points.reached(crash_points.AFTER_FOREIGN_CALL)
            wait = (await self.service.record_poll(self.epoch(), report)).wait_ms / 1000
            if not report.more:
                break
            cursor = report.cursor
        return wait

    async def _page(self, source: Source, cursor: str) -> pb.RecordPollRequest:
        try:
            read = await source.read(cursor, self._take)
        except NotRead as fault:
            log.warning("%s: %s is not read: %s", self.service.partner, source.kind, fault)
            return pb.RecordPollRequest(
                kind=source.kind,
                after=cursor,
                cursor=cursor,
                fault=str(fault)[:1000],
                code=fault.code[:64],
                retry_after_seconds=fault.retry_after_seconds,
            )
        return _report(source.kind, cursor, read)

    async def _take(self, document: Fetched) -> None:
        try:
            await self.service.hand_in(
                name=document.name, content_type=document.content_type, path=document.path, content=document.content
            )
        except PeerRefused as refused:
            if refused.status != "INVALID_ARGUMENT":
                raise
            raise NotRead(f"a document is refused: {refused.reason}", "DOCUMENT_REFUSED") from refused


def _report(kind: str, cursor: str, read: PageRead) -> pb.RecordPollRequest:
    return pb.RecordPollRequest(kind=kind, after=cursor, cursor=read.cursor, documents=read.documents, more=read.more)
