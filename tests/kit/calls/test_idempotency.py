"""A mutating call takes effect once, whatever is repeated, lost, doubled or refused. On real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.common.v1.values_pb2 import Quantity
from crossdock_kit import context
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import Refused, Unavailable
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.testing import RunningServer
from crossdock_kit.timers import NewTimer
from crossdock_kit.unit_of_work import UnitOfWork
from kit_probe import Book, Echo, Item, ProbeServicer, ProbeStub

TENANTS = ("acme", "globex")


def book(request_id: str, sku: str = "A1") -> Any:
    return Book(request_id=request_id, items=[Item(sku=sku, quantity=Quantity(value="1", unit="EA"))])


@pytest.fixture
def request_id() -> str:
    return str(uuid4())


@pytest.fixture
def stub(recording: RunningServer) -> Any:
    return recording.caller(ProbeStub, tenant="acme")


@pytest.fixture
def booking(probe: ProbeServicer, uow: UnitOfWork) -> Callable[[Any], Awaitable[str]]:
    """What Book does: one effect per call, through a unit of work as a use case opens it."""

    async def effect(request: Any) -> str:
        async with uow(tenants=(context.tenant(),)) as work:
            subject = f"{request.request_id}/{uuid4()}"
            work.set_timer(NewTimer(kind="effect", subject=subject, due_at=datetime.now(UTC)))
        return subject

    probe.on("Book", effect)
    return effect


async def count(engine: Engine, table: str, request_id: str) -> int:
    where = {
        "timer": "subject LIKE $1 || '%'",
        "idempotency": "request_id = $1",
        "audit": "request_id = $1",
        "audit_pending": "audit_id IN (SELECT audit_id FROM audit WHERE request_id = $1)",
        "step": "causation_id = $1",
    }[table]
    async with transaction(engine, TENANTS) as tx:
        return int(await tx.driver.fetchval(f"SELECT count(*) FROM {table} WHERE {where}", request_id))


async def counts(engine: Engine, request_id: str) -> dict[str, int]:
    return {table: await count(engine, table, request_id) for table in ("timer", "idempotency", "audit", "step")}


async def failed(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_effect_answer_audit_and_step_are_there_together(
    stub: Any, engine: Engine, request_id: str, booking: Any
) -> None:
    await stub.Book(book(request_id))
    assert await counts(engine, request_id) == {"timer": 1, "idempotency": 1, "audit": 1, "step": 1}
    assert await count(engine, "audit_pending", request_id) == 1


@pytest.mark.feature("F218")
async def test_the_same_request_later_gets_the_same_answer_and_does_nothing(
    stub: Any, engine: Engine, probe: ProbeServicer, request_id: str, booking: Any
) -> None:
    answers = [await stub.Book(book(request_id)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert probe.calls["Book"] == 1
    assert await counts(engine, request_id) == {"timer": 1, "idempotency": 1, "audit": 1, "step": 1}


@pytest.mark.feature("F218")
async def test_twins_at_once_take_effect_once(
    stub: Any, engine: Engine, probe: ProbeServicer, request_id: str, booking: Any
) -> None:
    answers = await asyncio.gather(*(stub.Book(book(request_id)) for _ in range(8)))
    assert len({answer.text for answer in answers}) == 1
    assert probe.calls["Book"] == 1
    assert await count(engine, "timer", request_id) == 1


async def test_a_twin_in_flight_waits_for_the_first(stub: Any, probe: ProbeServicer, request_id: str) -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(_: Any) -> str:
        entered.set()
        await release.wait()
        return "once"

    probe.on("Book", slow)
    first = asyncio.ensure_future(stub.Book(book(request_id)))
    await entered.wait()
    # The impatient twin is told that its time is over; the patient one gets the first one's answer.
    error = await failed(stub.Book(book(request_id), timeout=0.3))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    second = asyncio.ensure_future(stub.Book(book(request_id)))
    release.set()
    assert [(await each).text for each in (first, second)] == ["once", "once"]
    assert probe.calls["Book"] == 1


async def test_a_twin_takes_over_when_the_first_fails(stub: Any, probe: ProbeServicer, request_id: str) -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def fails_once(_: Any) -> str:
        if probe.calls["Book"] > 1:
            return "second"
        entered.set()
        await release.wait()
        raise ZeroDivisionError

    probe.on("Book", fails_once)
    first = asyncio.ensure_future(stub.Book(book(request_id)))
    await entered.wait()
    second = asyncio.ensure_future(stub.Book(book(request_id)))
    release.set()
    assert (await failed(first)).code() is grpc.StatusCode.INTERNAL
    assert (await second).text == "second"


async def test_the_same_id_with_another_body_is_refused(
    stub: Any, engine: Engine, request_id: str, booking: Any
) -> None:
    answer = await stub.Book(book(request_id, "A1"))
    error = await failed(stub.Book(book(request_id, "B2")))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_in(status_in(error)) == "IDEMPOTENCY_KEY_REUSED"
    assert await stub.Book(book(request_id, "A1")) == answer
    assert await counts(engine, request_id) == {"timer": 1, "idempotency": 1, "audit": 1, "step": 1}


@dataclass
class StockShort(Refused):
    sku: str


async def test_a_refusal_is_recorded_without_its_effects(
    stub: Any, engine: Engine, probe: ProbeServicer, request_id: str, booking: Any
) -> None:
    async def act_then_refuse(request: Any) -> str:
        await booking(request)
        raise StockShort("A1")

    probe.on("Book", act_then_refuse)
    first = await failed(stub.Book(book(request_id)))
    probe.on("Book", booking)
    second = await failed(stub.Book(book(request_id)))
    assert first.code() is second.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_in(status_in(second)) == "STOCK_SHORT"
    assert probe.calls["Book"] == 1
    assert await counts(engine, request_id) == {"timer": 0, "idempotency": 1, "audit": 1, "step": 1}
    async with transaction(engine, TENANTS) as tx:
        steps = await tx.driver.fetch("SELECT outcome, reason FROM step WHERE causation_id = $1", request_id)
        audited = await tx.driver.fetch("SELECT outcome, reason FROM audit WHERE request_id = $1", request_id)
    assert [tuple(row) for row in (*steps, *audited)] == [("refused", "STOCK_SHORT")] * 2


async def test_refused_twins_get_one_answer(stub: Any, engine: Engine, probe: ProbeServicer, request_id: str) -> None:
    async def refuse(_: Any) -> str:
        raise StockShort(str(probe.calls["Book"]))

    probe.on("Book", refuse)
    errors = await asyncio.gather(*(failed(stub.Book(book(request_id))) for _ in range(4)))
    assert len({error.details() for error in errors}) == 1
    assert await counts(engine, request_id) == {"timer": 0, "idempotency": 1, "audit": 1, "step": 1}


async def test_unavailable_is_not_recorded_so_a_retry_succeeds(
    stub: Any, engine: Engine, probe: ProbeServicer, request_id: str, booking: Any
) -> None:
    async def away_once(request: Any) -> str:
        text = await booking(request)
        if probe.calls["Book"] == 1:
            raise Unavailable("not now")
        return str(text)

    probe.on("Book", away_once)
    # The client's own retry meets an empty record.
    assert (await stub.Book(book(request_id))).text
    assert probe.calls["Book"] == 2
    assert await counts(engine, request_id) == {"timer": 1, "idempotency": 1, "audit": 1, "step": 1}


async def test_a_bug_is_not_recorded_and_leaves_nothing(
    stub: Any, engine: Engine, probe: ProbeServicer, request_id: str, booking: Any
) -> None:
    async def break_down(request: Any) -> str:
        await booking(request)
        raise ZeroDivisionError

    probe.on("Book", break_down)
    assert (await failed(stub.Book(book(request_id)))).code() is grpc.StatusCode.INTERNAL
    assert await counts(engine, request_id) == {"timer": 0, "idempotency": 0, "audit": 0, "step": 0}
    probe.on("Book", booking)
    await stub.Book(book(request_id))
    assert await count(engine, "timer", request_id) == 1


async def test_a_caller_that_goes_away_leaves_nothing_half_done(
    stub: Any, engine: Engine, probe: ProbeServicer, request_id: str, booking: Any
) -> None:
    entered, left = asyncio.Event(), asyncio.Event()

    async def hang(request: Any) -> str:
        await booking(request)
        entered.set()
        try:
            await asyncio.sleep(3600)
        finally:
            left.set()
        return ""

    probe.on("Book", hang)
    call = stub.Book(book(request_id))
    running = asyncio.ensure_future(failed(call))
    await entered.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await left.wait()
    probe.on("Book", booking)
    await stub.Book(book(request_id))
    assert await counts(engine, request_id) == {"timer": 1, "idempotency": 1, "audit": 1, "step": 1}


async def test_tenants_do_not_share_request_ids(
    stub: Any, recording: RunningServer, engine: Engine, request_id: str, booking: Any
) -> None:
    other = recording.caller(ProbeStub, tenant="globex")
    assert await stub.Book(book(request_id)) != await other.Book(book(request_id, "B2"))
    assert await count(engine, "timer", request_id) == 2


async def test_another_partners_id_opens_no_answer(recording: RunningServer, request_id: str, booking: Any) -> None:
    mine = recording.caller(ProbeStub, tenant="acme", partner="SUP-1")
    yours = recording.caller(ProbeStub, tenant="acme", partner="SUP-2")
    await mine.Book(book(request_id))
    error = await failed(yours.Book(book(request_id)))
    assert reason_in(status_in(error)) == "IDEMPOTENCY_KEY_REUSED"


async def test_a_naturally_repeatable_call_commits_by_itself_with_its_audit_row(
    stub: Any, engine: Engine, probe: ProbeServicer, uow: UnitOfWork, request_id: str
) -> None:
    async def touch(request: Any) -> str:
        async with uow(tenants=(context.tenant(),)) as work:
            work.set_timer(NewTimer(kind="effect", subject=request.text, due_at=datetime.now(UTC)))
        async with uow(tenants=(context.tenant(),)) as work:
            work.set_timer(NewTimer(kind="effect", subject=f"{request.text}/2", due_at=datetime.now(UTC)))
        return ""

    probe.on("Touch", touch)
    await stub.Touch(Echo(text=request_id), metadata=(("x-crossdock-correlation-id", request_id),))
    async with transaction(engine, TENANTS) as tx:
        rows = await tx.driver.fetch("SELECT method FROM audit WHERE correlation_id = $1", request_id)
    assert [row["method"] for row in rows] == ["crossdock.probe.v1.ProbeService/Touch"]
    assert await count(engine, "timer", request_id) == 2


async def test_calls_that_read_on_a_second_connection_do_not_starve_each_other(
    stub: Any, engine: Engine, probe: ProbeServicer
) -> None:
    async def read_meanwhile(_: Any) -> str:
        async with transaction(engine, ("acme",)) as tx:
            await tx.driver.execute("SELECT pg_sleep(0.02)")
        return "read"

    probe.on("Book", read_meanwhile)
    answers = await asyncio.gather(*(stub.Book(book(str(uuid4()))) for _ in range(4 * engine.size)))
    assert {answer.text for answer in answers} == {"read"}
