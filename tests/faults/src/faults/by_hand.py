"""What a scene does itself, call by call, beside no load: as a caller who places orders, as an operator who repairs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import repair_service_pb2 as repair
from partners.suite import Suite

from faults.calls import Clients
from faults.checkers.finding import Finding

QUIET_SECONDS = 90.0
CONTRADICTED = "HISTORY_CONTRADICTED"
OTHER_HISTORIES = (CONTRADICTED, "HISTORY_LOST")
Placed = tuple[str, str, str]


async def placed(clients: Clients) -> Placed:
    before = len(clients.placed)
    while len(clients.placed) == before:
        await clients.order("by hand")
    return clients.placed[-1]


async def answered(clients: Clients, orders: Sequence[Placed], finding: Finding) -> None:
    """Every order is answered by its supplier."""
    for order in orders:
        clients.placed[:] = [order]
        await clients.answer("by hand")
        last = clients.history.operations[-1]
        finding.look(last.outcome != "ok", f"{order[0]} cannot be answered: {last.reason}")


async def at_rest(suite: Suite) -> None:
    """Raises TimeoutError if the suite does not come to rest."""
    until = time.monotonic() + QUIET_SECONDS
    while not await suite.quiet():
        if time.monotonic() > until:
            raise TimeoutError("the suite does not come to rest")
        await asyncio.sleep(0.3)


async def contradictions(suite: Suite) -> list[ops.Exception]:
    return [each for each in await suite.open_exceptions() if each.code in OTHER_HISTORIES]


async def given_up(suite: Suite, raised: ops.Exception, reason: str) -> bool:
    """Whether it could be: the oldest event of an order comes first."""
    request = repair.DiscardExceptionRequest(request_id=str(uuid4()), exception_id=raised.exception_id, reason=reason)
    try:
        await suite.call(suite.repairs[raised.service].DiscardException, request)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
            raise
        return False
    return True


async def decided(suite: Suite, reason: str) -> int:
    """Gives up every second telling until nothing is left to do, or for as long as that may take; how many."""
    count, until = 0, time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        raised = await contradictions(suite)
        if not raised and await suite.quiet():
            break
        for each in raised:
            count += await given_up(suite, each, reason)
        await asyncio.sleep(0.5)
    return count
