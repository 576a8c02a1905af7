"""Acts for one partner: holds the lease on its transport, carries its deliveries, reads what it does not post."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import partner_pb2
from crossdock_kit import crash_points
from crossdock_kit.egress import Egress
from crossdock_kit.errors import CrossdockError
from crossdock_kit.peers import PeerRefused

from connector.worker.fetching import Source
from connector.worker.file_drop import Inbox, folder_of, outbox
from connector.worker.http_out import HttpOut
from connector.worker.http_poll import Calls, HttpPoll
from connector.worker.named_secrets import NamedSecrets
from connector.worker.polling import Polling
from connector.worker.sending import RETRY, Sends, Sent
from connector.worker.service import PartnerService
from connector.worker.sftp import SftpInbox, SftpOut
from connector.worker.sftp_link import SftpLink

log = logging.getLogger(__name__)

# One worker sends and reads folders at a time; posts may come in by any number of them.
OUTBOUND, INGRESS = "outbound", "ingress"
RENEW_SECONDS = 2.0
_PAUSE_SECONDS = 0.5
_IN_FLIGHT = 32
_REPORTS_AT_ONCE = 200
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Means:
    """What every partner's worker shares. Connections are none of it: a partner that keeps its callers waiting is to
    keep nobody else's. `tls` is what they trust; reading it from the disk for each partner would take long."""

    egress: Egress
    secrets: NamedSecrets
    transport_dir: Path
    poll_seconds: float
    tls: ssl.SSLContext = field(default_factory=partial(httpx.create_ssl_context, trust_env=False))


class LeaseOver(Exception):
    """The lease is gone; whatever was under way for it stops."""


@dataclass(eq=False)
class PartnerWorker:
    service: PartnerService
    means: Means
    profile: partner_pb2.PartnerProfile | None = None
    epoch: int = 0
    held_until: datetime = _LONG_AGO
    _reports: asyncio.Queue[pb.DeliveryReport] = field(default_factory=asyncio.Queue)
    _link: SftpLink | None = None
    _client: httpx.AsyncClient = field(init=False)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    # Leased and not reported yet, with the epoch of each: what is not among them was lost on its way here.
    _holding: dict[str, int] = field(default_factory=dict)

    @property
    def partner(self) -> str:
        return self.service.partner

    async def run(self) -> None:
        """Until cancelled. Whatever fails is begun anew after a pause."""
        while True:
            try:
                self._take(await self.service.acquire(OUTBOUND, 0))
                await self._act()
            except* LeaseOver:
                log.info("%s: the lease is over", self.partner)
            except* CrossdockError as group:
                self._tell(group)
            self.epoch = 0
            await asyncio.sleep(_PAUSE_SECONDS)

    def _tell(self, group: BaseExceptionGroup[CrossdockError]) -> None:
        error = group.exceptions[0]
        unknown = isinstance(error, PeerRefused) and error.status == "NOT_FOUND"
        log.log(logging.DEBUG if unknown else logging.WARNING, "%s: %s", self.partner, error)

    async def look_up(self) -> partner_pb2.PartnerProfile:
        """The profile, whoever holds the partner's outbound transport. Raises what the service raises."""
        if self.profile is None:
            self.profile = (await self.service.acquire(INGRESS, 0)).profile
        return self.profile

    def _take(self, answer: pb.AcquireLeaseResponse) -> None:
        self.epoch, self.profile = answer.epoch, answer.profile
        self.held_until = answer.expires_at.ToDatetime(tzinfo=UTC)

    async def _act(self) -> None:
        """Everything at once under one lease; the first part that loses it ends all."""
        async with self.means.egress.client(verify=self.means.tls) as self._client:
            try:
                async with asyncio.TaskGroup() as parts:
                    parts.create_task(self._keep_lease())
                    parts.create_task(self._deliver())
                    parts.create_task(self._report())
                    parts.create_task(self._read_inbox())
                    parts.create_task(self._polling().run())
            finally:
                for task in tuple(self._under_way):
                    task.cancel()
                await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                self._take(await self.service.acquire(OUTBOUND, self.epoch))
            except PeerRefused as refused:
                raise LeaseOver from refused
            except CrossdockError as error:
                log.warning("%s: the lease is not renewed: %s", self.partner, error)
                if datetime.now(UTC) >= self.held_until:
                    raise LeaseOver from error

    async def _deliver(self) -> None:
        while True:
            room = _IN_FLIGHT - len(self._under_way)
            if room < 1:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                leased = await self.service.lease(self.epoch, room, self._holding)
            except PeerRefused as refused:
                raise LeaseOver from refused
            except CrossdockError as error:
                log.warning("%s: no deliveries: %s", self.partner, error)
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            for each in leased:
                self._holding[each.delivery_id] = each.lease_epoch
                task = asyncio.create_task(self._carry(each))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def _carry(self, delivery: pb.LeasedDelivery) -> None:
        begun = time.perf_counter()
        try:
            sent = await self._transport().send(delivery)
        except asyncio.CancelledError:
            self._let_go(delivery)
            raise
        except Exception as error:
            log.exception("%s: %s cannot be sent", self.partner, delivery.name)
            sent = Sent(RETRY, f"our fault: {type(error).__name__}")
        crash_points.reached(crash_points.AFTER_FOREIGN_CALL)
        self._reports.put_nowait(sent.report(delivery, time.perf_counter() - begun))

    def _let_go(self, *done: pb.LeasedDelivery | pb.DeliveryReport) -> None:
        """One that is to be tried again may have been leased anew before its report's answer is here."""
        for each in done:
            if self._holding.get(each.delivery_id) == each.lease_epoch:
                del self._holding[each.delivery_id]

    def _transport(self) -> Sends:
        if self.profile is None:
            raise AssertionError("deliveries are leased under a profile")
        transport = self.profile.transport
        if transport.HasField("file_drop"):
            return outbox(self.means.transport_dir, transport.file_drop)
        if transport.HasField("sftp"):
            return SftpOut(self._sftp(transport.sftp))
        return HttpOut(self._client, self.means.egress, transport.http, self.means.secrets)

    async def _report(self) -> None:
        """What is done is said as soon as it can be, many at once; a report that fails is said again."""
        while True:
            reports = [await self._reports.get()]
            while not self._reports.empty() and len(reports) < _REPORTS_AT_ONCE:
                reports.append(self._reports.get_nowait())
            try:
                await self.service.report(reports)
                self._let_go(*reports)
            except asyncio.CancelledError:
                with suppress(CrossdockError):
                    await asyncio.wait_for(self.service.report(reports), 2)
                self._let_go(*reports)
                raise
            except CrossdockError as error:
                log.warning("%s: %d reports wait: %s", self.partner, len(reports), error)
                for each in reports:
                    self._reports.put_nowait(each)
                await asyncio.sleep(_PAUSE_SECONDS)

    def _polling(self) -> Polling:
        return Polling(self.service, lambda: self.epoch, lambda: self.profile, self._sources, self.means.poll_seconds)

    def _sources(self, profile: partner_pb2.PartnerProfile) -> list[Source]:
        """What is fetched from the partner."""
        if profile.transport.HasField("sftp"):
            return [SftpInbox(self._sftp(profile.transport.sftp))]
        calls = Calls(self._client, self.means.egress, self.means.secrets)
        http = profile.transport.http
        return [HttpPoll(http, each, calls) for each in profile.documents if each.HasField("poll")]

    def _sftp(self, sftp: partner_pb2.Sftp) -> SftpLink:
        """One connection for both ways, to the server as it is named now."""
        if self._link is None or self._link.sftp != sftp:
            self._link = SftpLink(sftp, self.means.egress, self.means.secrets)
        return self._link

    async def _read_inbox(self) -> None:
        inbox: Inbox | None = None
        while True:
            if self.profile is None or not self.profile.transport.HasField("file_drop"):
                await asyncio.sleep(RENEW_SECONDS)
                continue
            folder = folder_of(self.means.transport_dir, self.profile.transport.file_drop.inbox)
            if inbox is None or inbox.folder != folder:
                inbox = Inbox(folder, self.service)
            try:
                if self.profile.state != "stopped":
                    await inbox.round()
            except CrossdockError as error:
                log.warning("%s: files wait: %s", self.partner, error)
                await asyncio.sleep(_PAUSE_SECONDS)
            except OSError as error:
                log.warning("%s: the folder cannot be read: %s", self.partner, error)
                await asyncio.sleep(_PAUSE_SECONDS)
            await asyncio.sleep(self.means.poll_seconds)
