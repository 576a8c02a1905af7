"""No call runs without an end: a caller says how long it will wait, and the contract bounds that."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from crossdock_kit.client import remaining_seconds
from crossdock_kit.context import current_deadline
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.testing import RunningServer
from google.rpc.error_details_pb2 import ErrorInfo
from kit_probe import Echo, ProbeServicer, ProbeStub
from kit_probe.contract import SERVICE


async def test_a_call_without_a_deadline_is_refused_with_the_word_that_mends_it(
    bare: Any, allowed: Any, probe: ProbeServicer
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bare("Echo", timeout=None)(Echo(), metadata=allowed)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "no deadline: send one with the call; Echo takes at most 2 s"
    info = ErrorInfo()
    assert status_in(caught.value).details[0].Unpack(info)
    assert (info.reason, dict(info.metadata)) == ("DEADLINE_MISSING", {"method": "Echo", "longest_seconds": "2.0"})
    assert "Echo" not in probe.calls, "nothing was done"


async def test_a_stream_without_a_deadline_is_refused_too(server: RunningServer, allowed: Any) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        tail: Any = channel.unary_stream(f"/{SERVICE}/Tail", Echo.SerializeToString)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await tail(Echo(), metadata=allowed).read()
    assert reason_in(status_in(caught.value)) == "DEADLINE_MISSING"


async def test_who_is_nobody_learns_nothing_of_deadlines(bare: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bare("Echo", timeout=None)(Echo())
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_probe_of_health_needs_no_deadline(server: RunningServer) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert await check(b"")


async def test_a_deadline_of_ten_years_is_clamped_to_the_contracts(bare: Any, allowed: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bare("Hang")(Echo(), metadata=allowed, timeout=10 * 365 * 86400)
    assert caught.value.details() == "took longer than it may"


async def test_a_deadline_of_a_millisecond_harms_nobody(server: RunningServer) -> None:
    stub = server.caller(ProbeStub, tenant="acme")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Hang(Echo(), timeout=0.001)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert (await stub.Echo(Echo(text="well"))).text == "well"


async def test_our_client_sends_the_contracts_deadline_if_told_nothing(
    server: RunningServer, probe: ProbeServicer
) -> None:
    left: list[float] = []

    async def look(_: Any) -> str:
        deadline = current_deadline.get()
        assert deadline is not None
        left.append(deadline - asyncio.get_running_loop().time())
        return ""

    probe.on("Echo", look)
    await server.caller(ProbeStub, tenant="acme").Echo(Echo())
    assert 0 < left[0] <= 2


async def test_a_call_inside_a_call_gets_only_what_remains() -> None:
    token = current_deadline.set(asyncio.get_running_loop().time() + 0.5)
    try:
        assert remaining_seconds(10) <= 0.5
        assert remaining_seconds(0.1) == 0.1
    finally:
        current_deadline.reset(token)
    assert remaining_seconds(10) == 10


async def test_a_handler_is_stopped_when_its_time_is_over(server: RunningServer, probe: ProbeServicer) -> None:
    stopped = asyncio.Event()

    async def hang(_: Any) -> str:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()
        return ""

    probe.on("Echo", hang)
    with pytest.raises(grpc.aio.AioRpcError):
        await server.caller(ProbeStub, tenant="acme").Echo(Echo(), timeout=0.1)
    async with asyncio.timeout(20):
        await stopped.wait()
