"""What a service tells operators about its own work, and what they may do about it: crossdock.ops.v1 on the kit's rows.

Every answer is one tenant's. A retry goes to whoever is in charge of what the exception stands for; it starts the work
again and closes the exception, which opens anew if it fails again. Knows no trade.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from crossdock.ops.v1 import ops_service_pb2 as pb
from crossdock.ops.v1 import ops_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from crossdock_kit import audit, exception_history, exceptions, journal, ops_wire, timeline
from crossdock_kit.context import cause, tenant
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import repair
from crossdock_kit.driver import Driver
from crossdock_kit.errors import NotFound, Unavailable
from crossdock_kit.exceptions import NothingLeft, RaisedException
from crossdock_kit.ownership_overrides import deployments
from crossdock_kit.paging import page_of
from crossdock_kit.repairs import record
from crossdock_kit.repairs.model import Redo
from crossdock_kit.repairs.redoing import redo
from crossdock_kit.subscriptions import held
from crossdock_kit.unit_of_work import UnitOfWork, Work

Context = Any


@dataclass(frozen=True)
class OpsServicer(pb_grpc.OpsServiceServicer):
    """`retries` adds kinds of subjects (what stands before the first slash); `own` adds counts to the backlog;
    `unprocessed` counts events that wait for this service's consumers.
    """

    service: str
    engine: Engine
    uow: UnitOfWork
    counters: Callable[[], Mapping[str, int]] = dict
    unprocessed: Callable[[], Awaitable[int]] | None = None
    own: Mapping[str, Callable[[], Awaitable[int]]] = field(default_factory=dict)
    retries: Mapping[str, Redo] = field(default_factory=dict)

    async def FindTransactions(
        self, request: pb.FindTransactionsRequest, context: Context
    ) -> pb.FindTransactionsResponse:
        async with transaction(self.engine, (tenant(),)) as tx:
            found = await timeline.find_transactions(tx.driver, request.key)
        return pb.FindTransactionsResponse(transactions=[ops_wire.match(each) for each in found])

    async def ListSteps(self, request: pb.ListStepsRequest, context: Context) -> pb.ListStepsResponse:
        page = page_of(request)
        after = int(page.after[0]) if page.after else 0
        async with transaction(self.engine, (tenant(),)) as tx:
            rows = await timeline.list_steps(tx.driver, request.transaction_ids, page.size, after)
        token = page.token((rows[-1][0],)) if len(rows) == page.size else ""
        steps = [ops_wire.step(each, self.service) for _, each in rows]
        return pb.ListStepsResponse(steps=steps, next_page_token=token)

    async def ListExceptions(self, request: pb.ListExceptionsRequest, context: Context) -> pb.ListExceptionsResponse:
        page = page_of(request)
        async with transaction(self.engine, (tenant(),)) as tx:
            rows = await exceptions.list_page(
                tx.driver,
                still_open=request.state != pb.EXCEPTION_STATE_RESOLVED,
                transaction_id=request.transaction_id,
                after=_moment(page.after),
                limit=page.size,
            )
        token = page.token((rows[-1].raised_at.isoformat(), rows[-1].exception_id)) if len(rows) == page.size else ""
        found = [ops_wire.exception(each, self.service) for each in rows]
        return pb.ListExceptionsResponse(exceptions=found, next_page_token=token)

    async def ResolveException(
        self, request: pb.ResolveExceptionRequest, context: Context
    ) -> pb.ResolveExceptionResponse:
        async with self.uow(tenants=(tenant(),)) as work:
            closed = await _close(work, UUID(request.exception_id), request.reason)
        return pb.ResolveExceptionResponse(exception=ops_wire.exception(closed, self.service))

    async def AssignException(self, request: pb.AssignExceptionRequest, context: Context) -> pb.AssignExceptionResponse:
        given = _Given(UUID(request.exception_id), request.assignee, request.reason)
        async with self.uow(tenants=(tenant(),)) as work:
            taken = await _hand_on(work, exception_history.assign, given)
        return pb.AssignExceptionResponse(exception=ops_wire.exception(taken, self.service))

    async def EscalateException(
        self, request: pb.EscalateExceptionRequest, context: Context
    ) -> pb.EscalateExceptionResponse:
        given = _Given(UUID(request.exception_id), request.owner, request.reason)
        async with self.uow(tenants=(tenant(),)) as work:
            taken = await _hand_on(work, exception_history.escalate, given)
        return pb.EscalateExceptionResponse(exception=ops_wire.exception(taken, self.service))

    async def RetryException(self, request: pb.RetryExceptionRequest, context: Context) -> pb.RetryExceptionResponse:
        async with self.uow(tenants=(tenant(),)) as work:
            raised = await exceptions.get(work.driver, UUID(request.exception_id))
            try:
                effect = await self._retry(raised, work)
                raised = await _close(work, raised.exception_id, f"retried: {request.reason}")
                await record.keep(work, request.reason, raised.subject, [effect])
            except NotFound as gone:
                effect = f"nothing: {gone}"
        return pb.RetryExceptionResponse(exception=ops_wire.exception(raised, self.service), effect=effect)

    async def ListHeldMessages(
        self, request: pb.ListHeldMessagesRequest, context: Context
    ) -> pb.ListHeldMessagesResponse:
        page = page_of(request)
        async with transaction(self.engine, (tenant(),)) as tx:
            rows = await held.list_page(tx.driver, _moment(page.after), page.size)
        token = page.token((rows[-1].held_at.isoformat(), rows[-1].event_id)) if len(rows) == page.size else ""
        messages = [ops_wire.held_message(each) for each in rows]
        return pb.ListHeldMessagesResponse(messages=messages, next_page_token=token)

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, context: Context) -> pb.ListDeliveriesResponse:
        page = page_of(request)
        async with transaction(self.engine, (tenant(),)) as tx:
            rows = await repair.list_page(
                tx.driver,
                partner=request.partner,
                transaction_id=request.transaction_id,
                unfinished=request.unfinished,
                after=int(page.after[0]) if page.after else 0,
                limit=page.size,
            )
        token = page.token((rows[-1].position,)) if len(rows) == page.size else ""
        deliveries = [ops_wire.delivery(each) for each in rows]
        return pb.ListDeliveriesResponse(deliveries=deliveries, next_page_token=token)

    async def ReadJournal(
        self, request: pb.ReadJournalRequest, context: Context
    ) -> AsyncIterator[pb.ReadJournalResponse]:
        extract = journal.Extract(
            (tenant(),),
            tuple(request.types),
            _aware(request.recorded_from) if request.HasField("recorded_from") else None,
            _aware(request.recorded_to) if request.HasField("recorded_to") else None,
        )
        async for entries in journal.read(self.engine, extract):
            for page in ops_wire.journal_pages(entries):
                yield page

    async def GetBacklog(self, request: pb.GetBacklogRequest, context: Context) -> pb.GetBacklogResponse:
        async with transaction(self.engine, (tenant(),)) as tx:
            counted = await tx.driver.fetchrow(_BACKLOG)
            undelivered, oldest = await repair.backlog(tx.driver)
        if counted is None:
            raise LookupError("a count without a row")
        return pb.GetBacklogResponse(
            service=self.service,
            unpublished=counted["unpublished"],
            unprocessed=await self._unprocessed(),
            held=counted["held"],
            undelivered=undelivered,
            open_exceptions=counted["open_exceptions"],
            oldest_unpublished=ops_wire.span(counted["oldest_unpublished"]),
            oldest_undelivered=ops_wire.span(oldest),
            counters=self.counters(),
            own={name: await read() for name, read in self.own.items()},
        )

    async def ListOwnershipOverrides(
        self, request: pb.ListOwnershipOverridesRequest, context: Context
    ) -> pb.ListOwnershipOverridesResponse:
        return ops_wire.ownership(deployments.get())

    async def VerifyAudit(self, request: pb.VerifyAuditRequest, context: Context) -> pb.VerifyAuditResponse:
        async with transaction(self.engine, (tenant(),)) as tx:
            found = await audit.verify(tx.driver, tenant())
        return pb.VerifyAuditResponse(
            rows=found.rows, intact=found.intact, first_broken=found.first_broken, unsealed=found.unsealed
        )

    async def _unprocessed(self) -> int:
        """-1 while the broker is away: its absence must not hide what the database knows."""
        try:
            return await self.unprocessed() if self.unprocessed else 0
        except Unavailable:
            return -1

    async def _retry(self, raised: RaisedException, work: Work) -> str:
        if raised.resolved_at is not None:
            raise NothingLeft("the exception is closed")
        return await redo(raised.subject, work, self.retries)


_BACKLOG = """
SELECT (SELECT count(*) FROM pending) AS unpublished,
  (SELECT coalesce(now() - min(recorded_at), '0') FROM pending) AS oldest_unpublished,
  (SELECT count(*) FROM held) AS held,
  (SELECT count(*) FROM exception WHERE resolved_at IS NULL) AS open_exceptions
"""


class HandOn(Protocol):
    """Assigning or escalating."""

    async def __call__(
        self, driver: Driver, exception_id: UUID, to: str, *, by: str, why: str, at: datetime
    ) -> None: ...


async def _close(work: Work, exception_id: UUID, reason: str) -> RaisedException:
    """Closed by the caller, and told in the timeline of each transaction that it concerned."""
    who = cause().actor
    closed = await exceptions.close(work.driver, exception_id, resolution=reason, by=who, at=work.now)
    work.note(keys=closed.keys, transaction_ids=closed.transaction_ids)
    return closed


@dataclass(frozen=True, slots=True)
class _Given:
    """An exception, whom it is given to, and why."""

    exception_id: UUID
    to: str
    reason: str


async def _hand_on(work: Work, hand_on: HandOn, given: _Given) -> RaisedException:
    raised = await exceptions.get(work.driver, given.exception_id)
    await hand_on(work.driver, given.exception_id, given.to, by=cause().actor, why=given.reason, at=work.now)
    work.note(keys=raised.keys, transaction_ids=raised.transaction_ids)
    return await exceptions.get(work.driver, given.exception_id)


def _moment(after: tuple[str, ...]) -> tuple[datetime, UUID]:
    return (datetime.fromisoformat(after[0]), UUID(after[1])) if after else exceptions.BEGINNING


def _aware(instant: Timestamp) -> datetime:
    return instant.ToDatetime(tzinfo=UTC)
