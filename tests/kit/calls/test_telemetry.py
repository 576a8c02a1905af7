"""Spans of calls: every case in which the stock gRPC instrumentation loses, mislabels or blocks one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
import pytest
from crossdock_kit.telemetry import metrics, names
from crossdock_kit.telemetry.sampling import Sampling
from crossdock_kit.telemetry.setup import configure_telemetry
from crossdock_kit.telemetry.spans import (
    Link,
    Span,
    SpanKind,
    current_span,
    follow_causes,
    record_with,
    root_span,
    span,
)
from crossdock_kit.testing import RunningServer
from kit_probe import Echo, ProbeServicer, ProbeStub
from kit_probe.contract import SERVICE
from otlp_receiver import attributes, receiving

CAP_SECONDS = 20


@pytest.fixture
def ended() -> Iterator[list[Span]]:
    """Every span that ended and is kept."""
    spans: list[Span] = []
    record_with(spans.append)
    yield spans
    record_with(None)


async def until(found: Callable[[], Any]) -> Any:
    """What `found` returns once it is truthy."""
    async with asyncio.timeout(CAP_SECONDS):
        while not (value := found()):
            await asyncio.sleep(0.01)
    return value


async def both(ended: list[Span], method: str) -> tuple[Span, Span]:
    """The client's and the server's span of the one call of a method."""

    def pair() -> tuple[Span, Span] | None:
        mine = {each.kind: each for each in ended if each.name == f"{SERVICE}/{method}"}
        return (mine[SpanKind.CLIENT], mine[SpanKind.SERVER]) if len(mine) == 2 else None

    client, server = await until(pair)
    assert server.trace_id == client.trace_id
    assert server.parent is not None
    assert server.parent.span_id == client.span_id
    assert len([each for each in ended if each.name == client.name]) == 2
    return client, server


def status(found: Span) -> Any:
    return found.attributes[names.RPC_STATUS]


@pytest.fixture
def stub(server: RunningServer) -> Any:
    return server.caller(ProbeStub, tenant="acme")


async def test_a_unary_call_is_one_trace_with_the_new_names(
    stub: Any, server: RunningServer, ended: list[Span]
) -> None:
    await stub.Echo(Echo(text="x"))
    client, served = await both(ended, "Echo")
    assert (status(client), status(served), client.error, served.error) == ("OK", "OK", "", "")
    assert client.attributes[names.RPC_SYSTEM] == "grpc"
    assert client.attributes[names.RPC_METHOD] == f"{SERVICE}/Echo"
    assert f"{client.attributes[names.SERVER_ADDRESS]}:{client.attributes[names.SERVER_PORT]}" == server.address
    assert served.attributes[names.TENANT] == "acme"
    assert not client.attributes.keys() & {"rpc.system", "rpc.service", "rpc.grpc.status_code"}


async def test_work_inside_a_handler_is_under_the_servers_span(
    stub: Any, probe: ProbeServicer, ended: list[Span]
) -> None:
    async def work(_: Any) -> str:
        with span("inner"):
            await asyncio.sleep(0)
        return ""

    probe.on("Echo", work)
    await stub.Echo(Echo())
    _, served = await both(ended, "Echo")
    inner = next(each for each in ended if each.name == "inner")
    assert inner.parent is not None
    assert (inner.trace_id, inner.parent.span_id) == (served.trace_id, served.span_id)


async def test_a_stream_read_to_its_end_is_one_trace(stub: Any, ended: list[Span]) -> None:
    assert len([each async for each in stub.Tail(Echo(text="n"))]) == 3
    client, served = await both(ended, "Tail")
    assert (status(client), status(served)) == ("OK", "OK")


async def test_writing_to_a_client_stream_does_not_block(stub: Any, ended: list[Span]) -> None:
    async with asyncio.timeout(CAP_SECONDS):
        call = stub.Upload()
        for text in ("a", "b"):
            await call.write(Echo(text=text))
        await call.done_writing()
        assert (await call).text == "a,b"
    client, served = await both(ended, "Upload")
    assert (status(client), status(served)) == ("OK", "OK")


async def test_reading_and_writing_in_both_directions_has_its_spans(stub: Any, ended: list[Span]) -> None:
    async with asyncio.timeout(CAP_SECONDS):
        call = stub.Chat()
        await call.write(Echo(text="a"))
        assert (await call.read()).text == "a"
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
    client, served = await both(ended, "Chat")
    assert (status(client), status(served)) == ("OK", "OK")


async def test_a_cancelled_task_ends_both_spans(stub: Any, probe: ProbeServicer, ended: list[Span]) -> None:
    started = asyncio.Event()

    async def hang(_: Any) -> str:
        started.set()
        await asyncio.sleep(3600)
        return ""

    async def call() -> None:
        await stub.Echo(Echo(), timeout=CAP_SECONDS)

    probe.on("Echo", hang)
    task = asyncio.create_task(call())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    client, served = await both(ended, "Echo")
    assert (status(client), client.error) == ("CANCELLED", "CANCELLED")
    # The caller's wish is no fault of the server.
    assert (status(served), served.error) == ("CANCELLED", "")


async def test_a_stream_cancelled_early_ends_both_spans(stub: Any, ended: list[Span]) -> None:
    call = stub.Tail(Echo())
    assert await call.read() is not grpc.aio.EOF
    call.cancel()
    client, served = await both(ended, "Tail")
    assert (status(client), status(served)) == ("CANCELLED", "CANCELLED")


async def test_a_stream_that_nobody_reads_has_its_client_span(stub: Any, ended: list[Span]) -> None:
    call = stub.Tail(Echo(), timeout=0.2)
    client, served = await both(ended, "Tail")
    assert status(client) == status(served) == "DEADLINE_EXCEEDED"
    assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_the_clients_deadline_is_an_error_on_both_sides(
    stub: Any, probe: ProbeServicer, ended: list[Span]
) -> None:
    async def hang(_: Any) -> str:
        await asyncio.sleep(3600)
        return ""

    probe.on("Echo", hang)
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.Echo(Echo(), timeout=0.2)
    client, served = await both(ended, "Echo")
    assert status(client) == status(served) == "DEADLINE_EXCEEDED"
    assert client.error
    assert served.error


async def test_an_uncaught_exception_is_an_error_on_both_sides(
    stub: Any, probe: ProbeServicer, ended: list[Span]
) -> None:
    async def break_down(_: Any) -> str:
        raise ZeroDivisionError

    probe.on("Echo", break_down)
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.Echo(Echo())
    client, served = await both(ended, "Echo")
    assert status(client) == status(served) == "INTERNAL"
    assert (client.error, served.error) == ("INTERNAL", "ZeroDivisionError")


async def test_a_refused_caller_has_a_span_that_is_no_error_of_the_server(
    server: RunningServer, ended: list[Span]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await server.stub(ProbeStub).Echo(Echo())
    client, served = await both(ended, "Echo")
    assert (status(served), served.error, client.error) == ("UNAUTHENTICATED", "", "UNAUTHENTICATED")


async def test_the_transaction_travels_in_the_baggage(stub: Any, ended: list[Span]) -> None:
    with root_span("step", SpanKind.INTERNAL, transaction_ids=["tx-1"]):
        await stub.Echo(Echo())
    _, served = await both(ended, "Echo")
    assert list(served.transaction_ids) == ["tx-1"]


async def test_a_span_does_not_outlive_its_call_in_the_callers_context(stub: Any, ended: list[Span]) -> None:
    before = current_span.get()
    await stub.Echo(Echo())
    assert current_span.get() is before


@pytest.fixture
async def exported() -> AsyncIterator[Any]:
    async with receiving() as receiver:
        yield receiver


async def test_kept_spans_reach_an_otlp_endpoint(
    exported: Any, stub: Any, probe: ProbeServicer, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": exported.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    for name, value in (environment | {"OTEL_EXPORTER_OTLP_INSECURE": "true"}).items():
        monkeypatch.setenv(name, value)
    stop = configure_telemetry("probe", "1.2", environment)
    try:
        with root_span("receive order", SpanKind.CONSUMER, transaction_ids=["tx-1", "tx-2"]):
            await stub.Echo(Echo())
        await until(lambda: len(exported.spans) >= 3)
    finally:
        await asyncio.to_thread(stop)
    step = exported.span("receive order")
    assert attributes(step)[names.TRANSACTION_ID] == ["tx-1", "tx-2"]
    client, served = (each for each in exported.spans if each.name == f"{SERVICE}/Echo")
    assert step.trace_id == client.trace_id == served.trace_id
    assert {client.parent_span_id, served.parent_span_id} == {step.span_id, client.span_id} or {
        client.parent_span_id,
        served.parent_span_id,
    } == {step.span_id, served.span_id}
    told = {each.key: each.value.string_value for each in exported.resources[0].attributes}
    assert told["service.name"] == "probe"
    durations = [each for each in exported.metrics if each.name == names.CALLS]
    assert durations, "no call duration was exported"
    [labels] = [{each.key for each in point.attributes} for point in durations[-1].histogram.data_points]
    assert labels == {names.RPC_SYSTEM, names.RPC_METHOD, names.RPC_STATUS}


def test_a_step_links_to_its_cause_unless_it_is_asked_to_follow_it() -> None:
    with root_span("release", SpanKind.SERVER) as cause:
        pass
    linked = root_span("process", SpanKind.CONSUMER, links=[Link(cause.place)])
    assert linked.parent is None
    assert linked.trace_id != cause.trace_id
    follow_causes(True)
    try:
        followed = root_span("process", SpanKind.CONSUMER, links=[Link(cause.place)])
        batch = root_span("process", SpanKind.CONSUMER, links=[Link(cause.place), Link(linked.place)])
    finally:
        follow_causes(False)
    assert (followed.trace_id, followed.parent) == (cause.trace_id, cause.place)
    assert batch.parent is None


def test_nothing_is_built_without_an_endpoint() -> None:
    stop = configure_telemetry("probe", environment={})
    metrics.record_call(names.CALLS, "m", "OK", 0.1)
    stop()


def test_every_service_decides_alike_about_a_transaction() -> None:
    half = Sampling(0.5)
    ids = [f"tx-{number}" for number in range(2000)]
    kept = {each for each in ids if half.keeps([each])}
    assert kept == {each for each in ids if Sampling(0.5).keeps([each])}
    assert 850 < len(kept) < 1150
    assert kept <= {each for each in ids if Sampling(0.6).keeps([each])}


def test_a_step_is_kept_if_one_of_its_transactions_is() -> None:
    half = Sampling(0.5)
    kept = next(each for each in map(str, range(99)) if half.keeps([each]))
    dropped = next(each for each in map(str, range(99)) if not half.keeps([each]))
    assert half.keeps([dropped, kept])
    assert not half.keeps([dropped])


def test_failures_and_retries_are_kept_whatever_the_ratio() -> None:
    spans: list[Span] = []
    record_with(spans.append, Sampling(0.0))
    try:
        with root_span("quiet", SpanKind.CONSUMER, transaction_ids=["t"]):
            pass
        with root_span("failed", SpanKind.CONSUMER, transaction_ids=["t"]) as failing:
            failing.fail("Timeout")
        with root_span("again", SpanKind.CONSUMER, transaction_ids=["t"]) as again:
            again.attempt = 2
    finally:
        record_with(None)
    assert [each.name for each in spans] == ["failed", "again"]
