"""No call runs without an end: the contract's deadline bounds what a caller asks, and stands in where it asks none."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from crossdock_kit.client import remaining_seconds
from crossdock_kit.context import current_deadline
from crossdock_kit.testing import RunningServer
from kit_probe import Echo, ProbeServicer, ProbeStub


async def test_a_call_without_a_deadline_ends_with_the_contracts(bare: Any, allowed: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bare("Hang")(Echo(), metadata=allowed)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert caught.value.details() == "took longer than it may"


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
