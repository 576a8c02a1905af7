"""Operators see one tenant's work through a real server, and what they do about it is done once and told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import grpc
import pytest
from crossdock.ops.v1 import ops_service_pb2 as pb
from crossdock.ops.v1.ops_service_pb2_grpc import OpsServiceStub, add_OpsServiceServicer_to_server
from crossdock_kit import timeline
from crossdock_kit.audit import Sealer
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Dead, Delivered
from crossdock_kit.errors import FailureClass, Unavailable
from crossdock_kit.exceptions import NewException, raise_all
from crossdock_kit.ops_api import OpsServicer
from crossdock_kit.testing import RunningServer, start_service
from crossdock_kit.timeline import Root, Step
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_schema import TENANTS, Open
from kit_schema.outbound import Partner

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
RETRIED: list[str] = []


async def retry_document(subject: str, work: Work) -> str:
    RETRIED.append(subject)
    return "the document is read again"


@pytest.fixture(scope="module")
async def server(engine: Engine) -> AsyncIterator[RunningServer]:
    async def documents() -> int:
        return 7

    async def away() -> int:
        raise Unavailable("the broker is away")

    uow = UnitOfWork(engine, lambda: None)
    servicer = OpsServicer(
        "procurement",
        engine,
        uow,
        counters=lambda: {"redelivered": 3},
        unprocessed=away,
        own={"documents": documents},
        retries={"document": retry_document},
    )
    async with start_service((add_OpsServiceServicer_to_server, servicer), uow=uow) as running:
        yield running


@pytest.fixture(scope="module")
def acme(server: RunningServer) -> Any:
    return server.caller(cast(Any, OpsServiceStub), tenant="acme")


@pytest.fixture(scope="module")
def globex(server: RunningServer) -> Any:
    return server.caller(cast(Any, OpsServiceStub), tenant="globex")


async def raise_one(opened: Open, subject: str, transaction_id: str) -> None:
    raised = NewException(
        tenant="acme",
        failure_class=FailureClass.PARTNER,
        code="DOCUMENT_REFUSED",
        summary="the document cannot be read",
        owner="integration",
        subject=subject,
        transaction_ids=(transaction_id,),
        keys=("asn:9",),
        details={"segment": "BSN"},
    )
    async with opened() as tx:
        await raise_all(tx.driver, [raised], at=AT)


async def only_exception(stub: Any, transaction_id: str, state: Any = pb.EXCEPTION_STATE_OPEN) -> Any:
    listed = await stub.ListExceptions(pb.ListExceptionsRequest(transaction_id=transaction_id, state=state))
    [found] = listed.exceptions
    return found


@pytest.mark.feature("F267")
async def test_a_transaction_is_found_and_told_step_by_step_in_pages(acme: Any, globex: Any, opened: Open) -> None:
    mine = uuid4().hex
    steps = [
        Step(
            kind="event",
            name=f"step {n}",
            at=AT + timedelta(seconds=n),
            tenant="acme",
            transaction_ids=(mine,),
            keys=(f"po:{mine}",),
            waited=timedelta(milliseconds=1500),
            took=timedelta(milliseconds=20),
            trace_id="a" * 32,
        )
        for n in range(5)
    ]
    async with opened() as tx:
        root = Root(tenant="acme", transaction_id=mine, type="purchase_order", root_key=f"po:{mine}")
        await timeline.record(tx.driver, steps, [root])
    [found] = (await acme.FindTransactions(pb.FindTransactionsRequest(key=mine.upper()))).transactions
    assert (found.transaction_id, found.type, found.root_key) == (mine, "purchase_order", f"po:{mine}")
    names: list[str] = []
    request = pb.ListStepsRequest(transaction_ids=[mine], page_size=2)
    while len(names) < 50:
        page = await acme.ListSteps(request)
        names += [each.name for each in page.steps]
        assert len(page.steps) <= 2
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert names == [f"step {n}" for n in range(5)]
    assert (page.steps[0].service, page.steps[0].waited.ToTimedelta()) == ("procurement", timedelta(seconds=1.5))
    assert not (await globex.FindTransactions(pb.FindTransactionsRequest(key=mine))).transactions
    assert not (await globex.ListSteps(pb.ListStepsRequest(transaction_ids=[mine]))).steps


@pytest.mark.parametrize("token", ["nonsense", "W10=", "WyJvdGhlciIsICI1Il0="])
async def test_a_page_token_that_is_not_ours_is_refused(acme: Any, token: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.ListSteps(pb.ListStepsRequest(transaction_ids=["t"], page_token=token))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_page_token_is_bound_to_its_filters(acme: Any, opened: Open) -> None:
    mine = uuid4().hex
    for n in range(3):
        await raise_one(opened, f"document/{mine}-{n}", mine)
    first = await acme.ListExceptions(pb.ListExceptionsRequest(transaction_id=mine, page_size=2))
    again = pb.ListExceptionsRequest(transaction_id=mine, page_size=1, page_token=first.next_page_token)
    assert len((await acme.ListExceptions(again)).exceptions) == 1
    other = pb.ListExceptionsRequest(transaction_id="other", page_token=first.next_page_token)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.ListExceptions(other)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.feature("F255")
async def test_closing_an_exception_needs_a_reason_and_stands_in_the_timeline(acme: Any, opened: Open) -> None:
    mine = uuid4().hex
    await raise_one(opened, f"document/{mine}", mine)
    raised = await only_exception(acme, mine)
    assert (raised.failure_class, raised.owner, raised.details["segment"]) == (
        pb.FAILURE_CLASS_PARTNER,
        "integration",
        "BSN",
    )
    request = pb.ResolveExceptionRequest(
        request_id=str(uuid4()), exception_id=raised.exception_id, reason="sent again by hand"
    )
    closed = (await acme.ResolveException(request)).exception
    assert (closed.state, closed.resolution, closed.resolved_by) == (
        pb.EXCEPTION_STATE_RESOLVED,
        "sent again by hand",
        "tester",
    )
    assert (await acme.ResolveException(request)).exception == closed, "the recorded answer"
    [told] = (await acme.ListSteps(pb.ListStepsRequest(transaction_ids=[mine]))).steps
    assert (told.kind, told.name, told.actor) == ("call", "ResolveException", "tester")
    silent = pb.ResolveExceptionRequest(request_id=str(uuid4()), exception_id=raised.exception_id)
    with pytest.raises(grpc.aio.AioRpcError):
        await acme.ResolveException(silent)


async def test_another_tenant_can_neither_see_nor_close_nor_retry(acme: Any, globex: Any, opened: Open) -> None:
    mine = uuid4().hex
    await raise_one(opened, f"document/{mine}", mine)
    raised = await only_exception(acme, mine)
    assert not (await globex.ListExceptions(pb.ListExceptionsRequest(transaction_id=mine))).exceptions
    for call, request in (
        (globex.ResolveException, pb.ResolveExceptionRequest),
        (globex.RetryException, pb.RetryExceptionRequest),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(request(request_id=str(uuid4()), exception_id=raised.exception_id, reason="mine now"))
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert (await only_exception(acme, mine)).state == pb.EXCEPTION_STATE_OPEN


@pytest.mark.feature("F257")
async def test_a_dead_delivery_is_tried_again_once_and_its_exception_closes(acme: Any, engine: Engine) -> None:
    partner = Partner(engine)
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"))
    [leased] = await partner.lease()
    await partner.report(leased, Dead("wrong segment"))
    raised = await only_exception(acme, f"t-{partner.name}")
    listed = await acme.ListDeliveries(pb.ListDeliveriesRequest(partner=partner.name, unfinished=True))
    assert [(each.state, each.last_error) for each in listed.deliveries] == [("dead", "wrong segment"), ("waiting", "")]
    request = pb.RetryExceptionRequest(
        request_id=str(uuid4()), exception_id=raised.exception_id, reason="the partner repaired it"
    )
    answer = await acme.RetryException(request)
    assert answer.effect == "the delivery waits for its next attempt"
    assert await acme.RetryException(request) == answer
    [again] = await partner.lease()
    assert (again.delivery_id, again.attempt) == (leased.delivery_id, 2)
    await partner.report(again, Delivered())
    closed = await only_exception(acme, f"t-{partner.name}", pb.EXCEPTION_STATE_RESOLVED)
    assert closed.resolution == "retried: the partner repaired it"


async def test_a_retry_with_nothing_left_to_start_leaves_the_exception_open(acme: Any, opened: Open) -> None:
    mine = uuid4().hex
    await raise_one(opened, f"held/inventory/{uuid4()}", mine)
    raised = await only_exception(acme, mine)
    request = pb.RetryExceptionRequest(request_id=str(uuid4()), exception_id=raised.exception_id, reason="try again")
    assert (await acme.RetryException(request)).effect.startswith("nothing")
    assert (await only_exception(acme, mine)).state == pb.EXCEPTION_STATE_OPEN


async def test_a_service_brings_its_own_way_to_retry(acme: Any, opened: Open) -> None:
    mine = uuid4().hex
    await raise_one(opened, f"document/{mine}", mine)
    raised = await only_exception(acme, mine)
    request = pb.RetryExceptionRequest(
        request_id=str(uuid4()), exception_id=raised.exception_id, reason="mapping fixed"
    )
    assert (await acme.RetryException(request)).effect == "the document is read again"
    assert [f"document/{mine}"] == RETRIED


async def test_what_cannot_be_started_again_is_refused(acme: Any, opened: Open) -> None:
    mine = uuid4().hex
    await raise_one(opened, f"receipt/{mine}", mine)
    raised = await only_exception(acme, mine)
    request = pb.RetryExceptionRequest(request_id=str(uuid4()), exception_id=raised.exception_id, reason="try again")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.RetryException(request)
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION


async def test_held_messages_are_listed(acme: Any, globex: Any, opened: Open) -> None:
    async with opened() as tx:
        await tx.driver.execute(
            "INSERT INTO held (consumer, event_id, tenant, aggregate, version, slot, type, headers, body, why)"
            " VALUES ('inventory', $1, 'acme', 'purchase_order/9', 3, 4, 'x.Y', '', '', 'gap')",
            uuid4(),
        )
    [found] = (await acme.ListHeldMessages(pb.ListHeldMessagesRequest())).messages
    assert (found.aggregate, found.event_version, found.why) == ("purchase_order/9", 3, "gap")
    assert not (await globex.ListHeldMessages(pb.ListHeldMessagesRequest())).messages


async def test_the_backlog_counts_what_waits(acme: Any, engine: Engine) -> None:
    before = await acme.GetBacklog(pb.GetBacklogRequest())
    partner = Partner(engine)
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2", suppressed=True))
    after = await acme.GetBacklog(pb.GetBacklogRequest())
    assert (after.service, after.undelivered - before.undelivered) == ("procurement", 1)
    assert after.unprocessed == -1, "unknown, and no reason to hide the rest"
    assert (dict(after.counters), dict(after.own)) == ({"redelivered": 3}, {"documents": 7})


@pytest.mark.feature("F247")
async def test_the_audit_of_these_very_calls_is_intact(acme: Any, engine: Engine) -> None:
    await Sealer(engine, TENANTS).round()
    before = (await acme.VerifyAudit(pb.VerifyAuditRequest())).rows
    with pytest.raises(grpc.aio.AioRpcError):
        await acme.RetryException(
            pb.RetryExceptionRequest(request_id=str(uuid4()), exception_id=str(uuid4()), reason="to be seen")
        )
    await Sealer(engine, TENANTS).round()
    found = await acme.VerifyAudit(pb.VerifyAuditRequest())
    assert (found.intact, found.first_broken, found.unsealed) == (True, 0, 0)
    assert found.rows > before


async def test_the_journal_is_read_from_its_first_event(acme: Any, globex: Any, engine: Engine, opened: Open) -> None:
    when = datetime.now(UTC) - timedelta(minutes=1)
    async with transaction(engine, TENANTS) as tx:
        for n in range(1200):
            await tx.driver.execute(
                "INSERT INTO journal (event_id, tenant, slot, type, aggregate, version, headers, body)"
                " VALUES ($1, 'acme', 3, 'crossdock.x.Y', 'thing/1', $2, $3, $4)",
                uuid4(),
                n + 1,
                f"ce-eventversion: {n + 1}\r\n",
                b"body",
            )
    request = pb.ReadJournalRequest(types=["crossdock.x.Y"])
    request.recorded_from.FromDatetime(when)
    pages = [page async for page in acme.ReadJournal(request)]
    entries = [entry for page in pages for entry in page.entries]
    assert len(entries) == 1200
    assert len(pages) > 1
    assert entries[0].subject == "crossdock.x.Y.03"
    assert (entries[0].body, "nats-msg-id" in entries[0].headers) == (b"body", True)
    assert [page async for page in globex.ReadJournal(request)] == []
    request.types[:] = ["crossdock.x.Other"]
    assert [page async for page in acme.ReadJournal(request)] == []


async def test_a_journal_of_big_events_is_read_in_pages_that_a_message_may_be(acme: Any, engine: Engine) -> None:
    async with transaction(engine, TENANTS) as tx:
        await tx.driver.execute(
            "INSERT INTO journal (event_id, tenant, slot, type, aggregate, version, headers, body)"
            " SELECT gen_random_uuid(), 'acme', 3, 'crossdock.x.Big', 'big/1', n, '', $1 FROM generate_series(1, 9) n",
            bytes(1_000_000),
        )
    pages = [page async for page in acme.ReadJournal(pb.ReadJournalRequest(types=["crossdock.x.Big"]))]
    assert [len(page.entries) for page in pages] == [2, 2, 2, 2, 1]


async def test_a_caller_without_the_permission_is_turned_away(server: RunningServer) -> None:
    reader = server.caller(cast(Any, OpsServiceStub), tenant="acme", permissions=["ops.timeline.read"])
    await reader.FindTransactions(pb.FindTransactionsRequest(key="x"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await reader.ListDeliveries(pb.ListDeliveriesRequest())
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_a_work_without_anything_leaves_no_step(engine: Engine) -> None:
    uow, mine = UnitOfWork(engine, lambda: None), uuid4().hex
    with caused_by(Cause("call", "Look", "acme", "tests", mine, "c", "", AT, transaction_ids=(mine,))):
        async with uow(tenants=("acme",)):
            pass
    async with transaction(engine, TENANTS) as tx:
        assert await timeline.list_steps(tx.driver, [mine], limit=10) == []
