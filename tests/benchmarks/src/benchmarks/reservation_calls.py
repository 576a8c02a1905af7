"""What gRPC leaves of the desk: reservations by call beside a method that does nothing, on the same guarded server.

The clients are a process of their own, so that their work is not taken for the server's.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from crossdock_kit import heap
from crossdock_kit.clock import SystemClock
from crossdock_kit.testing import start_service
from inventory.allocation_desk import AllocationDesk
from inventory.api import InventoryServicer
from inventory_stage import Stage

from benchmarks.figures import Figure, middle

ROUNDS, SECONDS, PER_CALL = 5, 4.0, 16


class WithEmptyMethod(InventoryServicer):
    """VerifyLedger does nothing here: what is left is the server and its guard."""

    async def VerifyLedger(  # noqa: N802  the contract's name
        self, request: pb.VerifyLedgerRequest, context: Any
    ) -> pb.VerifyLedgerResponse:
        return pb.VerifyLedgerResponse()


async def calls_figures(stage: Stage) -> Sequence[Figure]:
    servicer = WithEmptyMethod(
        engine=stage.engine,
        uow=stage.uow,
        desk=stage.desk,
        allocations=AllocationDesk(stage.uow),
        items=stage.items,
        priorities=stage.priorities,
        availability=stage.availability,
        clock=SystemClock(),
    )
    registration = (pb_grpc.add_InventoryServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as server, bare(servicer) as address:
        token = server.issuer.token(["acme"], ["*"])
        tried = [(address, "empty"), *((server.address, kind) for kind in ("empty", "one", "many"))]
        heap.settle()
        for each in tried:
            await rate(*each, token, 0.5)
        rounds = [[await rate(*each, token, SECONDS) for each in tried] for _ in range(ROUNDS)]
    guarded = middle([(empty, unguarded) for unguarded, empty, _, _ in rounds])
    alone = middle([(one, empty) for _, empty, one, _ in rounds])
    together = middle([(many * PER_CALL, one) for _, _, one, many in rounds])
    return [
        Figure("what the kit's interceptors leave", guarded[0], "/s", guarded[1], "of a bare grpc.aio server"),
        Figure("reservations through gRPC, one per call", alone[0], "/s", alone[1], "empty calls/s", floor=0.5),
        Figure(
            f"reservations through gRPC, {PER_CALL} per call", together[0], "/s", together[1], "one per call", floor=4
        ),
    ]


@asynccontextmanager
async def bare(servicer: InventoryServicer) -> AsyncIterator[str]:
    """The same methods as grpc.aio serves them by itself, with nothing around them; its address."""
    server = grpc.aio.server()
    pb_grpc.add_InventoryServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(1.0)


async def rate(address: str, kind: str, token: str, seconds: float) -> float:
    """Calls per second that the clients' process gets answered."""
    told = {"address": address, "token": token, "kind": kind, "seconds": seconds, "per_call": PER_CALL}
    # Not asyncio's subprocesses: uvloop forks in full, and gRPC, whose threads are at work, complains of it each time.
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "benchmarks.reservation_clients"],
        input=json.dumps(told).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(child.stdout)
