"""After the last fault: what was parked is tried again as an operator would, then nothing may be left to do.

Then whatever a client did not learn is asked again, with the same request: the answer says what had happened, and a
third time it must be the same. Some calls whose answer is known are asked again too.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from partners.cast import Cast
from partners.sales.desk import SalesDesk
from partners.stock.desk import StockDesk
from partners.suite import PASSING, Suite

from faults.history import History, Operation, digest

REPEATABLE = (
    "ReserveStock",
    "AdjustStock",
    "SubmitPurchaseOrder",
    "AcknowledgePurchaseOrder",
    "RecordShipNotice",
    "RecordSupplierInvoice",
    "RecordStockReport",
    "RecordStatement",
    "PlaceOrder",
    "ChangeLine",
    "CancelOrder",
    "AuthorizeReturn",
    "RequestCredit",
)
SAMPLE = 80
NOBODY = "failed to connect"
"""By this a client's library says that it sent nothing."""
ASKED_AT_ONCE = 8
AGAIN_SECONDS = 30.0
Asked = tuple[Operation, tuple[str, str]]


@dataclass
class Settling:
    suites: Sequence[Suite]
    cast: Cast
    desk: SalesDesk
    stock: StockDesk
    retried: int = 0
    still_open: list[str] = field(default_factory=list)

    async def quiet(self, seconds: float, longest: float = math.inf) -> bool:
        """Whether everything came to rest, twice in a row. Gives up after so many seconds in which nothing moved: a
        slow machine may take its time, work that is stuck may not. `longest` is for builds that may never rest."""
        began = moved = time.monotonic()
        seen, held = "", 0
        while held < 2:
            await self._retry_parked()
            held = held + 1 if await self._at_rest() else 0
            if (now_open := "; ".join(self.still_open)) != seen:
                moved, seen = time.monotonic(), now_open
            now = time.monotonic()
            if not held and (now - moved > seconds or now - began > longest):
                return False
            await asyncio.sleep(0.4)
        return True

    async def _at_rest(self) -> bool:
        self.cast.check()
        left = [f"{len(self.cast.unfinished)} steps of partners"] if self.cast.unfinished or self.cast.busy else []
        for suite in self.suites:
            try:
                rows = await suite.backlog()
            except grpc.aio.AioRpcError as error:
                self.still_open = [f"a service does not answer: {error.code().name}"]
                return False
            for name, row in rows.items():
                counts = {"unpublished": row.unpublished, "unprocessed": row.unprocessed, "held": row.held}
                counts |= {"undelivered": row.undelivered, **row.own}
                left += [f"{name}: {count} {word}" for word, count in counts.items() if count]
        self.still_open = left + self.cast.unfinished[:5] if left else []
        return not left

    async def _retry_parked(self) -> None:
        """What a poison or a silent partner left behind is started again at its exception."""
        for suite in self.suites:
            for name, desk in suite.desks.items():
                for row in await self._parked(suite, desk):
                    request = ops.RetryExceptionRequest(
                        request_id=str(uuid4()), exception_id=row.exception_id, reason="the cause is gone"
                    )
                    try:
                        await desk.RetryException(request, metadata=tuple(suite.credentials()), timeout=10)
                        self.retried += 1
                    except grpc.aio.AioRpcError as error:
                        if error.code() not in PASSING:
                            self.still_open.append(f"{name}: {row.subject} cannot be retried: {error.details()}")

    async def _parked(self, suite: Suite, desk: Any) -> list[ops.Exception]:
        request = ops.ListExceptionsRequest(page_size=500)
        try:
            answer = await desk.ListExceptions(request, metadata=tuple(suite.credentials()), timeout=10)
        except grpc.aio.AioRpcError:
            return []
        kinds = ("held/", "delivery/", "timer/")
        return [row for row in answer.exceptions if row.subject.startswith(kinds)]

    async def ask_again(self, history: History, seed: int) -> list[Asked]:
        """Each unknown call that may have arrived, and a sample of the unsent and of the known ones; each twice."""
        known = [each for each in history if each.outcome == "ok" and each.what in REPEATABLE]
        unknown = [each for each in history if each.outcome == "unknown" and each.request is not None]
        unsent = [each for each in unknown if NOBODY in each.reason]
        chance = random.Random(seed)
        sample = chance.sample(known, min(SAMPLE, len(known))) + chance.sample(unsent, min(SAMPLE, len(unsent)))
        unknown = [each for each in unknown if NOBODY not in each.reason]
        by_tenant = {_tenant(suite): suite for suite in self.suites}
        at_once = asyncio.Semaphore(ASKED_AT_ONCE)

        async def twice(operation: Operation) -> Asked:
            suite = by_tenant[operation.tenant]
            async with at_once:
                return operation, (await self._answer(suite, operation), await self._answer(suite, operation))

        return list(await asyncio.gather(*(twice(operation) for operation in [*unknown, *sample])))

    async def _answer(self, suite: Suite, operation: Operation) -> str:
        """A hash of the answer, or the refusal in words."""
        desk = self.desk
        stubs = (suite.inventory, suite.procurement, desk.orders, desk.returns, desk.postings, self.stock.control)
        method = next(getattr(stub, operation.what) for stub in stubs if hasattr(stub, operation.what))
        try:
            return digest(await suite.call(method, operation.request, AGAIN_SECONDS))
        except grpc.aio.AioRpcError as error:
            return f"refused {error.code().name}: {error.details()}"


def _tenant(suite: Suite) -> str:
    return next(value for name, value in suite.credentials() if name == "x-crossdock-tenant")
