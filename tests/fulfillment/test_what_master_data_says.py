"""What master data says against an order: a customer that is not sold to, and a price that is not the authority's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.store.master_data import MasterDataRows
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.use_cases.checking import customer_changed
from fulfillment.wire import master_data
from fulfillment_cases.calls import Caller, line, reason, state_of, unique
from fulfillment_cases.desk import Desk, shown


@pytest.fixture(scope="module")
async def declared(server: Any, uow: UnitOfWork) -> None:
    """Prices are checked for two customers, once for all tests."""
    desk = Desk(None, uow)
    await desk.declare("CUS-PRICED", price={"fallback": "hold", "tolerance": "0.02"})
    await desk.declare("CUS-STRICT", price={"fallback": "refuse"})


pytestmark = pytest.mark.usefixtures("declared")


def priced(amount: str, unit: str = "", per: str = "", number: str = "1", sku: str = "BOLT") -> pb.OrderedLine:
    made = line(number, 2, sku, "XCS" if unit == "XCS" else "EA")
    money = common.Money(amount=amount, currency="EUR")
    made.price.CopyFrom(common.UnitPrice(money=money, unit=unit, per=per))
    return made


@pytest.mark.feature("F113", "F114")
@pytest.mark.parametrize(
    ("offered", "checks"),
    [
        # The authority says 30.00 for a case of 12: 2.50 each, and two in a hundred more or less.
        (priced("2.50"), {}),
        (priced("2.55"), {}),
        (priced("2.45"), {}),
        (priced("30.00", "XCS"), {}),
        (priced("250", per="100"), {}),
        (priced("2.551"), {"price": "held master_data"}),
        (priced("2.44"), {"price": "held master_data"}),
        (priced("2.50", "XCS"), {"price": "held master_data"}),
        (priced("1.00", sku="NUT"), {"price": "held master_data"}),
    ],
)
async def test_a_line_at_another_price_than_the_authoritys_is_held_whatever_unit_it_is_for(
    caller: Caller, offered: pb.OrderedLine, checks: dict[str, str]
) -> None:
    done = await caller.place(unique("S"), offered, customer_id="CUS-PRICED")
    assert (state_of(done.order), shown(done.order)) == ("accepted", checks)
    owners = [("PRICE_HOLD", "pricing-desk", True)] if checks else []
    assert await caller.exceptions(done.order.order_id) == owners


@pytest.mark.feature("F113")
async def test_a_person_lets_a_price_through_and_a_line_without_one_needs_nobody(caller: Caller, desk: Desk) -> None:
    done = await caller.place(unique("S"), priced("9.99"), customer_id="CUS-PRICED")
    assert done.order.checks[0].reason == "line 1: 9.99 EUR, the authority says 30 EUR per XCS"
    released = await desk.releases(done.order.order_id, "price", "agreed on the phone")
    assert shown(released.order) == {"price": "released person"}
    silent = line("1", 2)
    silent.ClearField("price")
    assert shown((await caller.place(unique("S"), silent, customer_id="CUS-PRICED")).order) == {}


@pytest.mark.feature("F113", "F114")
async def test_a_price_is_refused_where_the_policy_says_so_but_not_of_what_a_shop_has_confirmed(caller: Caller) -> None:
    number = unique("S")
    assert await reason(caller.place(number, priced("2.50"), customer_id="CUS-STRICT")) == "PRICE_DIFFERS"
    assert await caller.fetch("SELECT 1 FROM sales_order WHERE number = $1", number) == []
    # The business unit's price stands before everybody's.
    assert shown((await caller.place(number, priced("2.80"), customer_id="CUS-STRICT")).order) == {}
    confirmed = await caller.place(unique("S"), priced("2.50"), customer_id="CUS-STRICT", channel_confirmed=True)
    assert (state_of(confirmed.order), shown(confirmed.order)) == ("accepted", {"price": "held master_data"})


@pytest.mark.feature("F113")
async def test_the_parts_of_a_big_order_are_compared_as_they_come(caller: Caller) -> None:
    order_id = (await caller.open(unique("S"), customer_id="CUS-STRICT")).order.order_id
    await caller.append(order_id, priced("2.80"))
    assert await reason(caller.append(order_id, priced("2.50", number="2"))) == "PRICE_DIFFERS"
    assert (await caller.order(order_id)).order.line_count == 1
    held_id = (await caller.open(unique("S"), customer_id="CUS-PRICED")).order.order_id
    await caller.append(held_id, priced("1.00"), priced("1.00", number="2"))
    await caller.append(held_id, priced("1.00", number="3"))
    found = (await caller.submit(held_id, 3)).order
    assert (state_of(found), shown(found)) == ("accepted", {"price": "held master_data"})
    facts = await caller.facts(held_id)
    assert (facts[0], facts.count("OrderCheckDecided")) == ("OrderOpened", 1)


@pytest.mark.feature("F114")
async def test_nothing_is_sold_to_a_closed_customer_but_what_is_owed_already(caller: Caller) -> None:
    assert await reason(caller.place(unique("S"), customer_id="CUS-CLOSED")) == "CUSTOMER_CLOSED"
    assert await reason(caller.open(unique("S"), customer_id="CUS-CLOSED")) == "CUSTOMER_CLOSED"
    owed = await caller.place(unique("S"), customer_id="CUS-CLOSED", channel_confirmed=True)
    assert (state_of(owed.order), shown(owed.order)) == ("accepted", {"customer": "held master_data"})
    assert await caller.exceptions(owed.order.order_id) == [("CUSTOMER_HOLD", "order-desk", True)]


@pytest.mark.feature("F114")
async def test_a_held_customers_orders_go_on_once_it_is_sold_to_again(
    caller: Caller, engine: Engine, uow: UnitOfWork
) -> None:
    held = await caller.place(unique("S"), customer_id="CUS-LATE")
    assert (state_of(held.order), shown(held.order)) == ("accepted", {"customer": "held master_data"})
    opened = await caller.open(unique("S"), customer_id="CUS-LATE")
    await _changed(uow)
    assert shown((await caller.order(held.order.order_id)).order) == {"customer": "held master_data"}
    paid = catalog.Party(party_id="CUS-LATE", name="Paid", roles=[catalog.PARTY_ROLE_CUSTOMER])
    async with transaction(engine, ["acme"]) as tx:
        await MasterDataRows(tx.driver).keep_parties([master_data.party("acme", paid)])
    for _ in range(2):
        await _changed(uow)
    for each in (held.order.order_id, opened.order.order_id):
        found = (await caller.order(each)).order
        assert shown(found) == {"customer": "passed master_data"}
        assert (await caller.facts(each)).count("OrderCheckDecided") == 2
        assert await caller.exceptions(each) == [("CUSTOMER_HOLD", "order-desk", False)]


async def _changed(uow: UnitOfWork) -> None:
    """Catalog has said something of the customer."""
    name = str(uuid4())
    with caused_by(Cause("event", "test", "acme", "catalog", name, name, "", datetime.now(UTC))):
        async with FulfillmentUnitOfWork(uow)() as work:
            await customer_changed("CUS-LATE", work)
