"""crossdock.ops.v1.RepairService: what operators may do to a service's own work. Wire in, one function, wire out.

Every answer is one tenant's, and every repair is recorded with its reason. Knows no trade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from crossdock.ops.v1 import repair_service_pb2 as pb
from crossdock.ops.v1 import repair_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from crossdock_kit import exceptions, ops_wire
from crossdock_kit.context import cause, tenant
from crossdock_kit.database import Engine, transaction
from crossdock_kit.exceptions import NothingLeft
from crossdock_kit.paging import page_of
from crossdock_kit.repairs import record, redoing
from crossdock_kit.repairs.model import Selection
from crossdock_kit.repairs.replay import Replayer
from crossdock_kit.repairs.streams import Books, Finding
from crossdock_kit.unit_of_work import UnitOfWork

Context = Any
COMPARED = timedelta(hours=1)


@dataclass(frozen=True)
class RepairServicer(pb_grpc.RepairServiceServicer):
    """`replayer` knows the service's own kinds of work, `books` what it can compare."""

    engine: Engine
    uow: UnitOfWork
    replayer: Replayer = field(default_factory=Replayer)
    books: Books = field(default_factory=Books)

    async def DiscardException(
        self, request: pb.DiscardExceptionRequest, context: Context
    ) -> pb.DiscardExceptionResponse:
        async with self.uow(tenants=(tenant(),)) as work:
            raised = await exceptions.get(work.driver, UUID(request.exception_id))
            if raised.resolved_at is not None:
                raise NothingLeft("the exception is closed")
            effect = await redoing.discard(raised.subject, request.reason, work)
            told = f"discarded: {request.reason}"
            await exceptions.close(work.driver, raised.exception_id, resolution=told, by=cause().actor, at=work.now)
            await record.keep(work, request.reason, raised.subject, [effect])
            work.note(keys=raised.keys, transaction_ids=raised.transaction_ids)
        return pb.DiscardExceptionResponse(effect=effect)

    async def CancelDelivery(self, request: pb.CancelDeliveryRequest, context: Context) -> pb.CancelDeliveryResponse:
        subject = f"delivery/{request.delivery_id}"
        async with self.uow(tenants=(tenant(),)) as work:
            effect = await redoing.discard(subject, request.reason, work)
            await record.keep(work, request.reason, subject, [effect])
        return pb.CancelDeliveryResponse()

    async def PlanReplay(self, request: pb.PlanReplayRequest, context: Context) -> pb.PlanReplayResponse:
        async with self.uow(tenants=(tenant(),)) as work:
            plan = await self.replayer.plan(selection_of(request.selection), work)
        return pb.PlanReplayResponse(items=[ops_wire.replay_item(each) for each in plan.items], more=plan.more)

    async def Replay(self, request: pb.ReplayRequest, context: Context) -> pb.ReplayResponse:
        async with self.uow(tenants=(tenant(),)) as work:
            plan = await self.replayer.run(selection_of(request.selection), request.reason, work)
        return pb.ReplayResponse(items=[ops_wire.replay_item(each) for each in plan.items], more=plan.more)

    async def CheckStreams(self, request: pb.CheckStreamsRequest, context: Context) -> pb.CheckStreamsResponse:
        found = await self.books.compare(tenant(), _since(request), repair=False)
        return pb.CheckStreamsResponse(findings=[ops_wire.finding(each) for each in found])

    async def Reconcile(self, request: pb.ReconcileRequest, context: Context) -> pb.ReconcileResponse:
        since = _since(request)
        found = await self.books.compare(tenant(), since, repair=True)
        async with self.uow(tenants=(tenant(),)) as work:
            await record.keep(work, request.reason, f"recorded since {since.isoformat()}", _effects(found))
            work.note()
        return pb.ReconcileResponse(findings=[ops_wire.finding(each) for each in found])

    async def ListRepairs(self, request: pb.ListRepairsRequest, context: Context) -> pb.ListRepairsResponse:
        page = page_of(request)
        before = (datetime.fromisoformat(page.after[0]), UUID(page.after[1])) if page.after else record.LATEST
        async with transaction(self.engine, (tenant(),)) as tx:
            rows = await record.list_page(tx.driver, before, page.size)
        token = page.token((rows[-1].at.isoformat(), rows[-1].repair_id)) if len(rows) == page.size else ""
        return pb.ListRepairsResponse(repairs=[ops_wire.repair(each) for each in rows], next_page_token=token)


def selection_of(wire: pb.Selection) -> Selection:
    return Selection(
        key=wire.key,
        partner=wire.partner,
        types=tuple(wire.types),
        recorded_from=_instant(wire.recorded_from) if wire.HasField("recorded_from") else None,
        recorded_to=_instant(wire.recorded_to) if wire.HasField("recorded_to") else None,
    )


def _since(request: pb.CheckStreamsRequest | pb.ReconcileRequest) -> datetime:
    if request.HasField("recorded_from"):
        return _instant(request.recorded_from)
    return datetime.now(UTC) - COMPARED


def _instant(wire: Timestamp) -> datetime:
    return wire.ToDatetime(tzinfo=UTC)


def _effects(found: Sequence[Finding]) -> list[str]:
    return [f"{each.what}: {each.missing} of {each.compared} were missing; {each.effect}" for each in found]
