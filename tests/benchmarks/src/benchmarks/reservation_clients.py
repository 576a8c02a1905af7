"""The clients of the reservation benchmark, in a process of their own: told by a line of JSON, answers with a rate."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import grpc
import uvloop
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc

CLIENTS, CHANNELS = 64, 4
HOT, COLD, HOT_SHARE = 10, 1_000, 0.9
MOST_PER_SECOND = {"empty": 8_000, "one": 4_000, "many": 500}
"""Calls that are made ready for each second; beyond it they are made on the way."""


def reservation() -> pb.ReservationRequest:
    is_hot = random.random() < HOT_SHARE
    sku = f"HOT-{random.randrange(HOT)}" if is_hot else f"COLD-{random.randrange(COLD)}"
    line = pb.ReservationLine(sku=sku, quantity=values_pb2.Quantity(value="1", unit="EA"))
    return pb.ReservationRequest(
        request_id=str(uuid4()), business_unit="EU01", channel="web", priority=5, locations=["EAST"], lines=[line]
    )


def request(kind: str, per_call: int) -> Any:
    if kind == "empty":
        return pb.VerifyLedgerRequest()
    return pb.ReserveStockRequest(reservations=[reservation() for _ in range(per_call if kind == "many" else 1)])


async def measure(address: str, token: str, kind: str, seconds: float, per_call: int) -> float:
    channels = [grpc.aio.insecure_channel(address, options=[("channel", n)]) for n in range(CHANNELS)]
    stubs = [pb_grpc.InventoryServiceStub(channel) for channel in channels]
    metadata = (("authorization", f"Bearer {token}"),)
    # Made beforehand: what a caller does to find out what it wants is not the call's.
    ready = [request(kind, per_call) for _ in range(int(seconds * MOST_PER_SECOND[kind]))]
    began = time.perf_counter()
    answered = 0

    async def client(call: Callable[..., Awaitable[Any]]) -> None:
        nonlocal answered
        while time.perf_counter() - began < seconds:
            wanted = ready.pop() if ready else request(kind, per_call)
            response = await call(wanted, metadata=metadata, timeout=10)
            answered += 1
            if kind != "empty" and not all(each.HasField("reservation") for each in response.results):
                raise RuntimeError(f"refused: {response}")

    calls = [stub.VerifyLedger if kind == "empty" else stub.ReserveStock for stub in stubs]
    await asyncio.gather(*(client(calls[n % CHANNELS]) for n in range(CLIENTS)))
    took = time.perf_counter() - began
    for channel in channels:
        await channel.close()
    return answered / took


if __name__ == "__main__":
    told = json.loads(sys.stdin.read())
    print(uvloop.run(measure(**told)))
