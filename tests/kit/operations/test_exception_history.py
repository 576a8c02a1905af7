"""An exception keeps what became of it: who raised, assigned, escalated and resolved it, when and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import grpc
import pytest
from crossdock.ops.v1 import ops_service_pb2 as pb
from crossdock.ops.v1.ops_service_pb2_grpc import OpsServiceStub, add_OpsServiceServicer_to_server
from crossdock_kit import exception_history, exceptions, policy
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.ops_api import OpsServicer
from crossdock_kit.testing import RunningServer, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_kit.upkeep import Upkeep
from kit_schema import TENANTS, Open

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
async def server(engine: Engine) -> AsyncIterator[RunningServer]:
    uow = UnitOfWork(engine, lambda: None)
    servicer = OpsServicer("procurement", engine, uow)
    async with start_service((add_OpsServiceServicer_to_server, servicer), uow=uow) as running:
        yield running


@pytest.fixture(scope="module")
def acme(server: RunningServer) -> Any:
    return server.caller(cast(Any, OpsServiceStub), tenant="acme")


def short(key: str) -> NewException:
    return NewException(
        tenant="acme",
        failure_class=FailureClass.BUSINESS,
        code="RECEIPT_SHORT",
        summary="3 of 10 are missing",
        owner="supplier-desk",
        subject=f"receipt/{key}",
        transaction_ids=(key,),
        keys=(f"po:{key}",),
    )


async def raised(engine: Engine, key: str) -> None:
    """As a use case raises it: in the work of a warehouse's report."""
    because = Cause(
        kind="call",
        name="RecordReceipt",
        tenant="acme",
        actor="wms-east",
        correlation_id=key,
        causation_id="",
        traceparent="",
        started_at=AT,
    )
    with caused_by(because):
        async with UnitOfWork(engine, lambda: None)(tenants=["acme"]) as work:
            work.raise_exception(short(key))


async def of(acme: Any, key: str, state: pb.ExceptionState.ValueType = pb.EXCEPTION_STATE_OPEN) -> pb.Exception:
    answer = await acme.ListExceptions(pb.ListExceptionsRequest(transaction_id=key, state=state))
    [found] = answer.exceptions
    return cast(pb.Exception, found)


def assigning(found: pb.Exception, to: str, reason: str = "knows the supplier") -> pb.AssignExceptionRequest:
    return pb.AssignExceptionRequest(
        request_id=str(uuid4()), exception_id=found.exception_id, assignee=to, reason=reason
    )


def escalating(found: pb.Exception, owner: str) -> pb.EscalateExceptionRequest:
    return pb.EscalateExceptionRequest(
        request_id=str(uuid4()), exception_id=found.exception_id, owner=owner, reason="the supplier denies it"
    )


@pytest.mark.feature("F036")
async def test_who_did_what_to_an_exception_when_and_why_is_kept_from_raising_to_resolving(
    acme: Any, engine: Engine
) -> None:
    key = uuid4().hex
    await raised(engine, key)
    found = await of(acme, key)
    assert (await acme.AssignException(assigning(found, "ann"))).exception.assignee == "ann"
    escalated = (await acme.EscalateException(escalating(found, "procurement"))).exception
    assert (escalated.owner, escalated.assignee) == ("procurement", "")
    resolve = pb.ResolveExceptionRequest(
        request_id=str(uuid4()), exception_id=found.exception_id, reason="credited by the supplier"
    )
    await acme.ResolveException(resolve)
    history = (await of(acme, key, pb.EXCEPTION_STATE_RESOLVED)).history
    assert [(each.what, each.by, each.why, each.owner, each.assignee) for each in history] == [
        ("raised", "wms-east", "3 of 10 are missing", "supplier-desk", ""),
        ("assigned", "tester", "knows the supplier", "supplier-desk", "ann"),
        ("escalated", "tester", "the supplier denies it", "procurement", ""),
        ("resolved", "tester", "credited by the supplier", "procurement", ""),
    ]
    assert [each.at.ToNanoseconds() for each in history] == sorted(each.at.ToNanoseconds() for each in history)
    steps = (await acme.ListSteps(pb.ListStepsRequest(transaction_ids=[key]))).steps
    assert [each.name for each in steps] == ["AssignException", "EscalateException", "ResolveException"]


@pytest.mark.feature("F036")
async def test_what_goes_by_itself_says_so_and_coming_back_begins_another_history(acme: Any, engine: Engine) -> None:
    key = uuid4().hex
    await raised(engine, key)
    await raised(engine, key)
    async with UnitOfWork(engine, lambda: None)(tenants=["acme"]) as work:
        work.resolve_exception(short(key).identity, "the rest has come")
    await raised(engine, key)
    before, now = await of(acme, key, pb.EXCEPTION_STATE_RESOLVED), await of(acme, key)
    assert [(each.what, each.why) for each in before.history][1:] == [("resolved", "the rest has come")]
    assert [each.what for each in now.history] == ["raised"]


async def test_the_same_request_hands_it_on_once(acme: Any, engine: Engine) -> None:
    key = uuid4().hex
    await raised(engine, key)
    request = assigning(await of(acme, key), "ann")
    first = await acme.AssignException(request)
    assert await acme.AssignException(request) == first
    assert [each.what for each in (await of(acme, key)).history] == ["raised", "assigned"]


async def test_a_closed_one_is_given_to_nobody(acme: Any, engine: Engine) -> None:
    key = uuid4().hex
    await raised(engine, key)
    found = await of(acme, key)
    await acme.ResolveException(
        pb.ResolveExceptionRequest(request_id=str(uuid4()), exception_id=found.exception_id, reason="counted again")
    )
    for call, request in (
        (acme.AssignException, assigning(found, "ann")),
        (acme.EscalateException, escalating(found, "x")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(request)
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert len((await of(acme, key, pb.EXCEPTION_STATE_RESOLVED)).history) == 2


async def test_another_tenant_cannot_take_it(acme: Any, server: RunningServer, engine: Engine) -> None:
    key = uuid4().hex
    await raised(engine, key)
    found = await of(acme, key)
    globex: Any = server.caller(cast(Any, OpsServiceStub), tenant="globex")
    for call, request in (
        (globex.AssignException, assigning(found, "eve")),
        (globex.EscalateException, escalating(found, "eve")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(request)
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert await of(acme, key) == found


async def test_handing_on_has_an_end(acme: Any, engine: Engine, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exception_history, "LONGEST", 3)
    key = uuid4().hex
    await raised(engine, key)
    found = await of(acme, key)
    for name in ("ann", "bob"):
        await acme.AssignException(assigning(found, name))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.AssignException(assigning(found, "cid"))
    assert "handed on" in str(refused.value.details()).lower() or "ExceptionHandedOn" in str(refused.value.details())
    await acme.ResolveException(
        pb.ResolveExceptionRequest(request_id=str(uuid4()), exception_id=found.exception_id, reason="done by cid")
    )


async def waiting_for(opened: Open, key: str, days: int) -> None:
    async with opened() as tx:
        await tx.driver.execute(
            "UPDATE exception SET waits_since = now() - make_interval(days => $2) WHERE subject = $1",
            *(f"receipt/{key}", days),
        )


@pytest.mark.feature("F036")
async def test_what_nobody_resolves_in_time_is_escalated_as_the_policy_says(
    acme: Any, engine: Engine, opened: Open
) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    async with opened() as tx:
        for name, value in (("exceptions.escalate_after", {"days": 5}), ("exceptions.escalate_to", "duty-manager")):
            await policy.add(tx.driver, "acme", policy.NewRule(key=name, value=value, valid_from=since))
    late, early, taken = uuid4().hex, uuid4().hex, uuid4().hex
    for key, days in ((late, 6), (early, 4), (taken, 6)):
        await raised(engine, key)
        await waiting_for(opened, key, days)
    await acme.AssignException(assigning(await of(acme, taken), "ann"))
    await Upkeep(engine, TENANTS).once()
    await Upkeep(engine, TENANTS).once()
    found = await of(acme, late)
    assert (found.owner, [each.what for each in found.history]) == ("duty-manager", ["raised", "escalated"])
    assert found.history[1].by == "crossdock"
    assert found.history[1].why == (
        "nobody resolved it within 5 days, 0:00:00 (policy exceptions.escalate_after, version 1)"
    )
    assert (await of(acme, early)).owner == (await of(acme, taken)).owner == "supplier-desk"


async def test_escalating_by_itself_ends_after_the_third_time(acme: Any, engine: Engine, opened: Open) -> None:
    key = uuid4().hex
    await raised(engine, key)
    for _ in range(5):
        await waiting_for(opened, key, 400)
        await Upkeep(engine, TENANTS, portion=1).once()
    assert [each.what for each in (await of(acme, key)).history] == ["raised", *["escalated"] * 3]


async def test_an_exception_that_no_cause_raises_names_crossdock(acme: Any, opened: Open) -> None:
    key = uuid4().hex
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, [short(key)], at=AT)
    [told] = (await of(acme, key)).history
    assert (told.by, told.at.ToDatetime(tzinfo=UTC)) == ("crossdock", AT)
    assert UUID((await of(acme, key)).exception_id)
