"""What inventory answers to orders of a served fulfillment, as its consumer would book it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from crossdock_kit.context import Cause, caused_by
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.questions import Held, Shortage
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork, FulfillmentWork
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer


@asynccontextmanager
async def working(uow: UnitOfWork) -> AsyncIterator[FulfillmentWork]:
    name = str(uuid4())
    with caused_by(Cause("event", "test", "acme", "catalog", name, name, "", datetime.now(UTC))):
        async with FulfillmentUnitOfWork(uow)() as work:
            yield work


async def stocked(uow: UnitOfWork, order_id: str, amount: int = 10, attempt: int = 1) -> None:
    """It is held at WH-EAST."""
    held = [Held("BOLT", "WH-EAST", Decimal(amount))]
    await _answered(uow, Answer(order_id, 1, attempt, str(uuid4()), held))


async def short(uow: UnitOfWork, order_id: str, there: int) -> None:
    """There is so much of it."""
    await _answered(uow, Answer(order_id, 1, 1, short=[Shortage("BOLT", Decimal(there), "STOCK_SHORT")]))


async def _answered(uow: UnitOfWork, answer: Answer) -> None:
    async with working(uow) as work:
        orders = await lock_orders([answer.order_id], work)
        await take_answer(answer, orders[answer.order_id], work)
