"""What gRPC leaves of the desk: reservations by call beside a method that does nothing, on the same guarded server.

The clients are a process of their own, so that their work is not taken for the server's.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from crossdock_kit.clock import SystemClock
from crossdock_kit.testing import RunningServer, start_service
from inventory.api import InventoryServicer
from inventory_stage import Stage

from benchmarks.figures import Figure

ROUNDS, SECONDS, PER_CALL = 3, 4.0, 16


class WithEmptyMethod(InventoryServicer):
    """VerifyLedger does nothing here: what is left is the server and its guard."""

    async def VerifyLedger(  # noqa: N802  the contract's name
        self, request: pb.VerifyLedgerRequest, context: Any
    ) -> pb.VerifyLedgerResponse:
        return pb.VerifyLedgerResponse()


async def calls_figures(stage: Stage) -> Sequence[Figure]:
    servicer = WithEmptyMethod(stage.engine, stage.uow, stage.desk, stage.items, stage.availability, SystemClock())
    registration = (pb_grpc.add_InventoryServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as server:
        for kind in ("empty", "one", "many"):
            await rate(server, kind, 0.5)
        rounds = [[await rate(server, kind, SECONDS) for kind in ("empty", "one", "many")] for _ in range(ROUNDS)]
    empty, one, many = (median(each) for each in zip(*rounds, strict=True))
    return [
        Figure("reservations through gRPC, one per call", one, "/s", empty, "empty calls/s", floor=0.5),
        Figure(f"reservations through gRPC, {PER_CALL} per call", many * PER_CALL, "/s", one, "one per call", floor=4),
    ]


async def rate(server: RunningServer, kind: str, seconds: float) -> float:
    """Calls per second that the clients' process gets answered."""
    token = server.issuer.token(["acme"], ["*"])
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.reservation_clients",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told = {"address": server.address, "token": token, "kind": kind, "seconds": seconds, "per_call": PER_CALL}
    said, _ = await child.communicate(json.dumps(told).encode())
    if child.returncode:
        raise RuntimeError(f"the clients failed with {child.returncode}")
    return float(said)
