"""An order is worth what goes out: what was let through for less is asked anew before anything is released."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.common.v1 import values_pb2 as common
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.questions import Held, Shortage
from fulfillment.store.master_data import MasterDataRows
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork, FulfillmentWork
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer
from fulfillment.wire import master_data
from fulfillment_cases.calls import Caller, line, state_of, unique
from fulfillment_cases.desk import PASSED, Desk, check_of, shown

CUSTOMER = catalog.Party(
    party_id="CUS-EASY", name="Easy", roles=[catalog.PARTY_ROLE_CUSTOMER], accepts_substitutes=True
)
ITEMS = (
    catalog.Item(sku="PEG", base_unit="EA", substitutes=["NAIL", "PIN"]),
    catalog.Item(sku="PIN", base_unit="EA"),
    # Nobody says what it costs.
    catalog.Item(sku="NAIL", base_unit="EA"),
)


@pytest.fixture(scope="module")
async def known(engine: Engine, uow: UnitOfWork) -> None:
    """The customer takes substitutes, and its credit is checked."""
    price = common.UnitPrice(money=common.Money(amount="5.00", currency="EUR"))
    async with transaction(engine, ["acme"]) as tx:
        book = MasterDataRows(tx.driver)
        await book.keep_items([master_data.item("acme", each) for each in ITEMS])
        await book.keep_parties([master_data.party("acme", CUSTOMER)])
        await book.keep_prices([master_data.price("acme", catalog.Price(sku="PIN", price=price))])
    await Desk(None, uow).declare("CUS-EASY", credit={"fallback": "hold"})


@asynccontextmanager
async def working(uow: UnitOfWork) -> AsyncIterator[FulfillmentWork]:
    name = str(uuid4())
    with caused_by(Cause("event", "test", "acme", "inventory", name, name, "", datetime.now(UTC))):
        async with FulfillmentUnitOfWork(uow)() as work:
            yield work


async def answered(uow: UnitOfWork, order_id: str, attempt: int, **said: Any) -> None:
    async with working(uow) as work:
        orders = await lock_orders([order_id], work)
        await take_answer(Answer(order_id, 1, attempt, **said), orders[order_id], work)


@pytest.mark.usefixtures("known")
async def test_a_dearer_substitute_waits_for_credit_before_it_is_released(
    caller: Caller, desk: Desk, uow: UnitOfWork
) -> None:
    placed = await caller.place(unique("S"), line("1", 10, "PEG"), customer_id="CUS-EASY")
    order_id = placed.order.order_id
    await desk.says(check_of(placed.order, "credit"), PASSED)
    await answered(uow, order_id, 1, short=[Shortage("PEG", Decimal(0), "STOCK_SHORT")])
    held = [Held("PIN", "WH-EAST", Decimal(10))]
    await answered(uow, order_id, 2, reservation_id=str(uuid4()), held=held)
    found = await caller.order(order_id)
    assert (found.lines[0].sku, found.lines[0].ordered_sku, found.order.net.amount) == ("PIN", "PEG", "50")
    assert (state_of(found.order), shown(found.order)) == ("allocated", {"credit": "asked"})
    assert (await caller.facts(order_id))[-4:] == [
        "OrderLinesSubstituted",
        "OrderLinesAllocated",
        "OrderAcknowledged",
        "OrderCheckRequested",
    ]
    await desk.says(check_of(found.order, "credit"), PASSED)
    found = await caller.order(order_id)
    assert (state_of(found.order), found.lines[0].schedules[0].location_id) == ("released", "WH-EAST")
