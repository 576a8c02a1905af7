"""The connector service as one partner's worker sees it: six calls under the partner's own identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.client import Peer
from crossdock_kit.peers import peer_error

WAIT_MS = 10_000
_CALL_SLACK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class HandedIn:
    document_id: str
    repeated: bool


@dataclass(eq=False)
class PartnerService:
    """Raises the kit's errors: PeerRefused for an answer, PeerUnavailable for what goes away."""

    partner: str
    worker: str
    peer: Peer
    _stub: Any = field(init=False)

    def __post_init__(self) -> None:
        self._stub = self.peer.stub(pb_grpc.WorkerServiceStub)

    async def acquire(self, transport: str, epoch: int) -> pb.AcquireLeaseResponse:
        request = pb.AcquireLeaseRequest(partner=self.partner, transport=transport, worker=self.worker, epoch=epoch)
        return await self._call(self._stub.AcquireLease, request)  # type: ignore[no-any-return]

    async def hand_in(self, *, name: str, content_type: str, path: str, content: bytes) -> HandedIn:
        request = pb.HandInDocumentRequest(
            partner=self.partner, name=name, content_type=content_type, path=path, content=content
        )
        answer = await self._call(self._stub.HandInDocument, request)
        return HandedIn(answer.document_id, answer.repeated_document)

    async def lease(self, epoch: int, limit: int, holding: Iterable[str]) -> list[pb.LeasedDelivery]:
        """`holding` are ids that this worker has in hand or has not reported yet; others leased to it are lost."""
        request = pb.LeaseDeliveriesRequest(
            partner=self.partner, worker=self.worker, epoch=epoch, limit=limit, wait_ms=WAIT_MS, holding=holding
        )
        timeout = WAIT_MS / 1000 + _CALL_SLACK_SECONDS
        return list((await self._call(self._stub.LeaseDeliveries, request, timeout=timeout)).deliveries)

    async def begin_poll(self, epoch: int, kind: str) -> pb.BeginPollResponse:
        request = pb.BeginPollRequest(partner=self.partner, worker=self.worker, epoch=epoch, kind=kind)
        return await self._call(self._stub.BeginPoll, request)  # type: ignore[no-any-return]

    async def record_poll(self, epoch: int, request: pb.RecordPollRequest) -> pb.RecordPollResponse:
        """`request` says all but who asks."""
        request.partner, request.worker, request.epoch = self.partner, self.worker, epoch
        return await self._call(self._stub.RecordPoll, request)  # type: ignore[no-any-return]

    async def report(self, reports: Sequence[pb.DeliveryReport]) -> None:
        await self._call(self._stub.ReportDeliveries, pb.ReportDeliveriesRequest(partner=self.partner, reports=reports))

    async def _call(self, method: Callable[..., Any], request: Any, **more: Any) -> Any:
        try:
            return await method(request, **more)
        except grpc.aio.AioRpcError as error:
            raise peer_error(error) from error
