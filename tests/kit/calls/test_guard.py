"""What stands between the wire and a method, over a real socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import grpc
import pytest
from crossdock.common.v1.values_pb2 import Quantity
from crossdock_kit import context
from crossdock_kit.errors import Refused, Unavailable
from crossdock_kit.peers import PeerRefused, peer_error, reason_in, status_in
from crossdock_kit.server.line import LONG_SECONDS, Line
from crossdock_kit.server.methods import UnguardedMethod
from crossdock_kit.server.requests import LARGEST_MESSAGE, LARGEST_ON_WIRE
from crossdock_kit.server.shares import FEW, Shares
from crossdock_kit.testing import RunningServer, TokenIssuer, Unrecorded, start_service
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from kit_probe import Answer, Book, Echo, Item, ProbeServicer, ProbeStub, add_probe_to_server
from kit_probe.contract import SERVICE


async def failed(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def detail(error: grpc.aio.AioRpcError, kind: Any) -> Any:
    found = kind()
    assert any(each.Unpack(found) for each in status_in(error).details), f"no {kind.__name__}"
    return found


async def test_a_call_that_may_gets_its_answer(server: RunningServer) -> None:
    stub = server.caller(ProbeStub, tenant="acme", permissions=["probe.echo"])
    assert (await stub.Echo(Echo(text="hello"))).text == "hello"


async def test_a_call_without_a_token_is_unauthenticated(server: RunningServer) -> None:
    error = await failed(server.stub(ProbeStub).Echo(Echo()))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert reason_in(status_in(error)) == "UNAUTHENTICATED"


async def test_a_call_with_a_forged_token_is_unauthenticated(server: RunningServer) -> None:
    error = await failed(server.stub(ProbeStub, TokenIssuer().token(["acme"], ["*"])).Echo(Echo()))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("method", ["Echo", "Book", "BookMany", "Touch", "Upload", "Tail", "Chat"])
async def test_every_shape_of_method_denies_a_caller_without_its_permission(server: RunningServer, method: str) -> None:
    stub = server.caller(ProbeStub, tenant="acme", permissions=["probe.other"])
    call = getattr(stub, method)
    # Streams that say nothing: what is on its way when the call ends may fail in the client before it hears why.
    requests = {"Book": Book(), "Upload": iter(()), "Chat": iter(())}
    made = call(requests.get(method, call._method.request()))  # the request of whatever shape
    error = await failed(made if method not in {"Tail", "Chat"} else made.read())
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_tenant_that_is_not_the_callers_is_denied(server: RunningServer) -> None:
    stub = server.caller(ProbeStub, tenant="acme")
    error = await failed(stub.Echo(Echo(), metadata=(("x-crossdock-tenant", "globex"),)))
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_the_method_sees_the_callers_tenant_and_cause(server: RunningServer, probe: ProbeServicer) -> None:
    seen: list[Any] = []

    async def look(_: Any) -> str:
        seen.append((context.tenant(), context.actor().subject, context.cause()))
        return ""

    probe.on("Echo", look)
    stub = server.caller(ProbeStub, tenant=["acme", "globex"])
    await stub.Echo(Echo(), metadata=(("x-crossdock-tenant", "globex"), ("x-crossdock-correlation-id", "corr-1")))
    [(tenant, subject, cause)] = seen
    assert (tenant, subject) == ("globex", "tester")
    assert (cause.kind, cause.name, cause.correlation_id, cause.causation_id) == ("call", "Echo", "corr-1", "corr-1")
    assert cause.traceparent.startswith("00-")


@pytest.mark.parametrize("value", ["NaN", "1e-9", "", "+5", "1,5", "9" * 16])
async def test_an_invalid_quantity_names_its_field(server: RunningServer, value: str) -> None:
    stub = server.caller(ProbeStub, tenant="acme")
    item = Item(sku="A1", quantity=Quantity(value=value, unit="EA"))
    request = Book(request_id="0192d5a8-0000-7000-8000-000000000001", items=[item, Item(sku="")])
    error = await failed(stub.Book(request))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    fields = [each.field for each in detail(error, BadRequest).field_violations]
    assert fields == ["items[0].quantity.value", "items[1].sku"]


async def test_streamed_requests_are_validated_too(server: RunningServer) -> None:
    stub = server.caller(ProbeStub, tenant="acme")
    requests = iter([Echo(text="ok"), Echo(quantity=Quantity(value="x", unit="EA"))])
    error = await failed(stub.Upload(requests))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_bytes_that_are_no_message_are_invalid(bare: Any, allowed: Any) -> None:
    echo = bare("Echo", bytes)
    for body in (b"\xff\xff\xff", b"\x0a\x02\xc3\x28"):
        error = await failed(echo(body, metadata=allowed))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def of_size(size_bytes: int) -> Echo:
    """A request of so many bytes; its tag and length take five of them."""
    request = Echo(text="x" * (size_bytes - 5))
    assert request.ByteSize() == size_bytes
    return request


async def test_a_message_of_the_limit_is_taken(bare: Any, allowed: Any) -> None:
    assert await bare("Echo")(of_size(LARGEST_MESSAGE), metadata=allowed)


@pytest.mark.parametrize("excess", [1, 1024 * 1024, LARGEST_MESSAGE])
async def test_a_message_above_the_limit_is_told_its_size_and_the_limit(bare: Any, allowed: Any, excess: int) -> None:
    error = await failed(bare("Echo")(of_size(LARGEST_MESSAGE + excess), metadata=allowed))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    info = detail(error, ErrorInfo)
    sizes = {"size_bytes": str(LARGEST_MESSAGE + excess), "limit_bytes": str(LARGEST_MESSAGE)}
    assert (info.reason, dict(info.metadata)) == ("MESSAGE_TOO_LARGE", sizes)
    assert isinstance(peer_error(error), PeerRefused), "sending the same again is of no use"


async def test_a_message_above_what_the_transport_takes_is_refused_by_grpc_itself(bare: Any, allowed: Any) -> None:
    error = await failed(bare("Echo")(of_size(LARGEST_ON_WIRE + 1), metadata=allowed))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert Answer.FromString(await bare("Echo")(Echo(text="still here"), metadata=allowed)).text == "still here"


async def test_metadata_of_64_kibibytes_is_refused(server: RunningServer) -> None:
    stub = server.caller(ProbeStub, tenant="acme")
    error = await failed(stub.Echo(Echo(), metadata=(("x-much", "y" * 65536),)))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (await stub.Echo(Echo(text="still here"))).text == "still here"


@dataclass
class StockShort(Refused):
    sku: str
    retry_after: timedelta | None = timedelta(seconds=7)


async def test_a_refusal_carries_reason_fields_retry_and_trace(server: RunningServer, probe: ProbeServicer) -> None:
    async def refuse(_: Any) -> str:
        raise StockShort("A1")

    probe.on("Echo", refuse)
    error = await failed(server.caller(ProbeStub, tenant="acme").Echo(Echo()))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    info = detail(error, ErrorInfo)
    assert (info.reason, info.domain, dict(info.metadata)) == ("STOCK_SHORT", "test.crossdock.dev", {"sku": "A1"})
    assert detail(error, RetryInfo).retry_delay.seconds == 7
    assert len(detail(error, RequestInfo).request_id) == 32


async def test_a_bug_says_nothing_of_itself_but_is_logged(
    server: RunningServer, probe: ProbeServicer, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(_: Any) -> str:
        raise KeyError("SELECT secret FROM vault at db-7.internal")

    probe.on("Echo", break_down)
    with caplog.at_level(logging.ERROR):
        error = await failed(server.caller(ProbeStub, tenant="acme").Echo(Echo()))
    assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, "internal error")
    assert "secret" not in str(status_in(error))
    assert "SELECT secret" in caplog.text


async def test_a_lost_connection_inside_is_unavailable(bare: Any, allowed: Any, probe: ProbeServicer) -> None:
    async def lose(_: Any) -> str:
        raise ConnectionResetError("10.0.0.7:5432")

    probe.on("Touch", lose)
    error = await failed(bare("Touch")(Echo(), metadata=allowed))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "10.0.0.7" not in (error.details() or "")


async def test_one_tenant_cannot_take_the_whole_server(probe: ProbeServicer) -> None:
    release, entered = asyncio.Event(), asyncio.Semaphore(0)

    async def hold(_: Any) -> str:
        entered.release()
        await release.wait()
        return "done"

    probe.on("Touch", hold)
    async with start_service((add_probe_to_server, probe), once=Unrecorded(), shares=Shares(2)) as server:
        greedy, other = server.caller(ProbeStub, tenant="acme"), server.caller(ProbeStub, tenant="globex")
        held = [asyncio.ensure_future(greedy.Touch(Echo())) for _ in range(2)]
        for _ in held:
            await entered.acquire()
        error = await failed(greedy.Touch(Echo()))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        fair = asyncio.ensure_future(other.Touch(Echo()))
        await entered.acquire()
        release.set()
        assert [answer.text for answer in await asyncio.gather(*held, fair)] == ["done"] * 3
        assert (await greedy.Touch(Echo())).text == "done"


class LongLine(Line):
    @property
    def seconds(self) -> float:
        return 2 * LONG_SECONDS


async def test_while_calls_stand_in_line_who_had_its_part_is_refused_unread(probe: ProbeServicer) -> None:
    async with start_service(
        (add_probe_to_server, probe), once=Unrecorded(), shares=Shares(line=LongLine(), burst=FEW, now=lambda: 0.0)
    ) as server:
        greedy, other = server.caller(ProbeStub, tenant="acme"), server.caller(ProbeStub, tenant="globex")
        outcomes = [await outcome(greedy.Echo(Echo())) for _ in range(3 * FEW)]
        error = await failed(greedy.Touch(Echo()))
        assert await outcome(other.Touch(Echo())) == "OK"
    assert outcomes[:FEW] == ["OK"] * FEW
    assert "RESOURCE_EXHAUSTED" in outcomes[FEW:]
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert reason_in(status_in(error)) == "LINE_TOO_LONG"
    assert detail(error, RetryInfo).retry_delay.seconds == 1
    with pytest.raises(AssertionError):
        detail(error, RequestInfo)


async def test_nobody_unknown_learns_that_a_tenant_is_busy(probe: ProbeServicer) -> None:
    async with start_service(
        (add_probe_to_server, probe), once=Unrecorded(), shares=Shares(line=LongLine(), burst=FEW, now=lambda: 0.0)
    ) as server:
        greedy = server.caller(ProbeStub, tenant="acme")
        await asyncio.gather(*(outcome(greedy.Echo(Echo())) for _ in range(3 * FEW)))
        error = await failed(server.stub(ProbeStub, TokenIssuer().token(["acme"], ["*"])).Echo(Echo()))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


async def outcome(call: Awaitable[Any]) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


async def listed(address: str) -> list[str]:
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))
        answer = await stub.ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        ).read()
    return [each.name for each in answer.list_services_response.service]


async def test_reflection_is_off_unless_switched_on(server: RunningServer) -> None:
    # One message and its end at once: a stream that is still being written to may be reset before its status is read.
    async with grpc.aio.insecure_channel(server.address) as channel:
        ask: Any = channel.unary_unary("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        error = await failed(ask(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_reflection_lists_the_services_when_it_is_on(probe: ProbeServicer) -> None:
    async with start_service((add_probe_to_server, probe), once=Unrecorded(), reflect=True) as server:
        assert SERVICE in await listed(server.address)


async def test_an_unknown_method_is_unimplemented(bare: Any) -> None:
    error = await failed(bare("Nothing")(Echo()))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_mutating_method_is_not_served_without_a_record(probe: ProbeServicer) -> None:
    with pytest.raises(UnguardedMethod, match="keeps no record"):
        async with start_service((add_probe_to_server, probe)):
            pass


async def test_streams_pass_the_guard_in_both_directions(server: RunningServer) -> None:
    stub = server.caller(ProbeStub, tenant="acme")
    assert (await stub.Upload(iter([Echo(text="a"), Echo(text="b")]))).text == "a,b"
    assert [answer.text async for answer in stub.Tail(Echo(text="n"))] == ["n0", "n1", "n2"]
    assert [answer async for answer in stub.Chat(iter([Echo(text="x")]))] == [Answer(text="x")]


async def test_unavailable_is_retried_by_the_client_and_then_told(server: RunningServer, probe: ProbeServicer) -> None:
    async def away(_: Any) -> str:
        raise Unavailable("the shard is moving")

    probe.on("Echo", away)
    error = await failed(server.caller(ProbeStub, tenant="acme").Echo(Echo()))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, "the shard is moving")
    assert probe.calls["Echo"] == 4


async def test_a_small_message_that_inflates_beyond_the_limit_is_refused(server: RunningServer, allowed: Any) -> None:
    bomb = Echo(text="x" * (10 * 1024 * 1024)).SerializeToString()
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(server.address, options, compression=grpc.Compression.Gzip) as channel:
        call: Any = channel.unary_unary(f"/{SERVICE}/Echo")
        error = await failed(call(bomb, metadata=allowed, timeout=60))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_server_waits_in_one_task_however_many_methods_it_serves(probe: ProbeServicer) -> None:
    """grpc.aio goes through all waiting tasks at every call."""
    before = asyncio.all_tasks()
    async with start_service((add_probe_to_server, probe), once=Unrecorded()):
        waiting = [task for task in asyncio.all_tasks() - before if "_request" in repr(task)]
        assert len(waiting) == 1, waiting
