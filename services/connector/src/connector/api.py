"""The two gRPC servicers: wire in, use case or query, wire out. A worker acts for its own partner and no other."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.context import actor, tenant
from crossdock_kit.database import Engine
from crossdock_kit.deliveries import Dead, Delivered, Outcome, Report, Retry
from crossdock_kit.errors import InvalidFields, PermissionDenied, Violation

from connector import profiles, queries, wire
from connector.ports import Surroundings
from connector.use_cases import deliver, keep_partners, poll, receive
from connector.use_cases.deliver import Worker
from connector.use_cases.handing_out import Desk
from connector.use_cases.poll import Page
from connector.use_cases.receive import HandIn

Context = Any
_DEAD, _DELIVERED = pb.DeliveryReport.OUTCOME_DEAD, pb.DeliveryReport.OUTCOME_DELIVERED


def _own(partner: str) -> str:
    """The partner, if the caller is its worker. An operator's token names no partner and may act for any."""
    claimed = actor().partner
    if claimed is not None and claimed != partner:
        raise PermissionDenied("the token is another partner's")
    return partner


def _worker_of(partner: str) -> str:
    """The partner, if the caller's token is that very partner's."""
    if actor().partner != partner:
        raise PermissionDenied("the token is not this partner's")
    return partner


@dataclass(frozen=True)
class WorkerServicer(pb_grpc.WorkerServiceServicer):
    around: Surroundings
    desk: Desk

    async def AcquireLease(self, request: pb.AcquireLeaseRequest, context: Context) -> pb.AcquireLeaseResponse:
        worker = Worker(tenant(), _worker_of(request.partner), request.worker, request.epoch)
        held, profile = await deliver.acquire_lease(worker, request.transport, self.around)
        return pb.AcquireLeaseResponse(epoch=held.epoch, expires_at=wire.stamp(held.expires_at), profile=profile)

    async def HandInDocument(self, request: pb.HandInDocumentRequest, context: Context) -> pb.HandInDocumentResponse:
        _worker_of(request.partner)
        handed = await receive.hand_in(_hand_in(request), self.around)
        return pb.HandInDocumentResponse(document_id=str(handed.document_id), repeated_document=handed.repeated)

    async def LeaseDeliveries(self, request: pb.LeaseDeliveriesRequest, context: Context) -> pb.LeaseDeliveriesResponse:
        worker = Worker(tenant(), _worker_of(request.partner), request.worker, request.epoch)
        wait, holding = timedelta(milliseconds=request.wait_ms), [UUID(each) for each in request.holding]
        found = await self.desk.lease(worker, request.limit, wait, holding)
        return pb.LeaseDeliveriesResponse(deliveries=[wire.delivery(each) for each in found])

    async def ReportDeliveries(
        self, request: pb.ReportDeliveriesRequest, context: Context
    ) -> pb.ReportDeliveriesResponse:
        worker = Worker(tenant(), _worker_of(request.partner), actor().subject, 0)
        reports = [_report(worker.tenant, each) for each in request.reports]
        stale = await deliver.report_deliveries(worker, reports, self.desk.queue, self.around)
        return pb.ReportDeliveriesResponse(stale=[str(each) for each in stale])

    async def BeginPoll(self, request: pb.BeginPollRequest, context: Context) -> pb.BeginPollResponse:
        worker = Worker(tenant(), _worker_of(request.partner), request.worker, request.epoch)
        cursor, wait = await poll.begin_poll(worker, request.kind, self.around)
        return pb.BeginPollResponse(cursor=cursor, wait_ms=wire.milliseconds(wait))

    async def RecordPoll(self, request: pb.RecordPollRequest, context: Context) -> pb.RecordPollResponse:
        worker = Worker(tenant(), _worker_of(request.partner), request.worker, request.epoch)
        page = _page(request)
        return pb.RecordPollResponse(wait_ms=wire.milliseconds(await poll.record_poll(worker, page, self.around)))


def _hand_in(request: pb.HandInDocumentRequest | pb.SubmitDocumentRequest) -> HandIn:
    return HandIn(
        tenant=tenant(),
        partner=request.partner,
        name=request.name,
        content_type=request.content_type,
        path=request.path,
        content=request.content,
    )


def _page(request: pb.RecordPollRequest) -> Page:
    return Page(
        kind=request.kind,
        after=request.after,
        cursor=request.cursor,
        documents=request.documents,
        fault=request.fault,
        code=request.code,
        more=request.more,
        turn_ends=request.turn_ends,
        retry_after=timedelta(seconds=request.retry_after_seconds),
    )


def _report(tenant: str, said: pb.DeliveryReport) -> Report:
    took = timedelta(milliseconds=said.took_ms) if said.HasField("took_ms") else None
    return Report(tenant, UUID(said.delivery_id), said.lease_epoch, _outcome(said), took=took)


def _outcome(report: pb.DeliveryReport) -> Outcome:
    if report.outcome == _DELIVERED:
        return Delivered(foreign_number=report.foreign_number)
    if report.outcome == _DEAD:
        return Dead(report.answer or "refused by the partner")
    after = timedelta(seconds=report.retry_after_seconds) if report.retry_after_seconds else None
    return Retry(report.answer or "no answer", after=after)


@dataclass(frozen=True)
class ConnectorServicer(pb_grpc.ConnectorServiceServicer):
    engine: Engine
    around: Surroundings

    async def PutPartner(self, request: pb.PutPartnerRequest, context: Context) -> pb.PutPartnerResponse:
        _own(request.profile.partner)
        changed = await keep_partners.put_partner(tenant(), request.profile, self.around.uow)
        return pb.PutPartnerResponse(profile=request.profile, changed=changed)

    async def CheckPartner(self, request: pb.CheckPartnerRequest, context: Context) -> pb.CheckPartnerResponse:
        _own(request.profile.partner)
        profiles.check(request.profile)
        return pb.CheckPartnerResponse()

    async def ListPartnerHealth(
        self, request: pb.ListPartnerHealthRequest, context: Context
    ) -> pb.ListPartnerHealthResponse:
        size, only = request.page_size or queries.DEFAULT_PAGE, actor().partner or ""
        found = await queries.list_health(self.engine, tenant(), only, after=_after(request.page_token), limit=size)
        token = _token(found[-1].partner) if len(found) == size else ""
        return pb.ListPartnerHealthResponse(partners=[wire.health(each) for each in found], next_page_token=token)

    async def ListPartners(self, request: pb.ListPartnersRequest, context: Context) -> pb.ListPartnersResponse:
        size = request.page_size or queries.DEFAULT_PAGE
        found = await queries.list_partners(self.engine, tenant(), after=_after(request.page_token), limit=size)
        token = _token(found[-1].profile.partner) if len(found) == size else ""
        return pb.ListPartnersResponse(profiles=[each.profile for each in found], next_page_token=token)

    async def ResetCursor(self, request: pb.ResetCursorRequest, context: Context) -> pb.ResetCursorResponse:
        before = await poll.reset_cursor(tenant(), _own(request.partner), request.kind, request.cursor, self.around)
        return pb.ResetCursorResponse(reset=[pb.CursorReset(kind=kind, before=each) for kind, each in before.items()])

    async def SubmitDocument(self, request: pb.SubmitDocumentRequest, context: Context) -> pb.SubmitDocumentResponse:
        _own(request.partner)
        stored = await receive.submit(_hand_in(request), self.around)
        return pb.SubmitDocumentResponse(document=wire.document(stored))

    async def GetDocument(self, request: pb.GetDocumentRequest, context: Context) -> pb.GetDocumentResponse:
        found = await queries.get_document(self.engine, tenant(), UUID(request.document_id), actor().partner)
        return pb.GetDocumentResponse(document=wire.document(found))

    async def ListDocuments(self, request: pb.ListDocumentsRequest, context: Context) -> pb.ListDocumentsResponse:
        size = request.page_size or queries.DEFAULT_PAGE
        wanted = queries.Wanted(actor().partner or request.partner, int(request.state), _position(request.page_token))
        found = await queries.list_documents(self.engine, tenant(), wanted, size)
        token = _token(str(found[-1].position)) if len(found) == size else ""
        return pb.ListDocumentsResponse(documents=[wire.document(each) for each in found], next_page_token=token)

    async def GetDocumentContent(
        self, request: pb.GetDocumentContentRequest, context: Context
    ) -> pb.GetDocumentContentResponse:
        content, content_type = await queries.get_content(
            self.engine, self.around.vault, tenant(), UUID(request.document_id), actor().partner
        )
        return pb.GetDocumentContentResponse(content=content, content_type=content_type)


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _after(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError as wrong:
        raise InvalidFields((Violation("page_token", "is none that this method gave", "page_token"),)) from wrong


def _position(token: str) -> int:
    text = _after(token)
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidFields((Violation("page_token", "is none that this method gave", "page_token"),))
    return int(text or 0)
