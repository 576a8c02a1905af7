"""A customer that is put on hold after its orders were accepted, and checks that are taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock_kit.database import Engine, transaction
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.store.master_data import MasterDataRows
from fulfillment.use_cases.checking import customer_changed
from fulfillment.wire import master_data
from fulfillment_cases.calls import Caller, line, reason, state_of, unique
from fulfillment_cases.desk import PASSED, REFUSED, WITHDRAWN, Desk, check_of, shown
from fulfillment_cases.lives import short, stocked, working
from fulfillment_cases.warehouse import Site, reported

OPEN, ON_HOLD = catalog.TRADING_OPEN, catalog.TRADING_ON_HOLD
Says = Callable[..., Awaitable[None]]


@pytest.fixture
def customer() -> str:
    return unique("CUS").upper()


@pytest.fixture
async def says(engine: Engine, uow: UnitOfWork, customer: str) -> Says:
    """Catalog says how the customer is traded with; unheard where its event is still on its way."""

    async def say(trading: catalog.Trading.ValueType, *, heard: bool = True) -> None:
        party = catalog.Party(party_id=customer, name="C", roles=[catalog.PARTY_ROLE_CUSTOMER], trading=trading)
        async with transaction(engine, ["acme"]) as tx:
            await MasterDataRows(tx.driver).keep_parties([master_data.party("acme", party)])
        if heard:
            # Whatever comes twice changes nothing.
            for _ in range(2):
                async with working(uow) as work:
                    await customer_changed(customer, work)

    await say(OPEN)
    return say


@pytest.mark.feature("F114", "F131")
async def test_what_is_not_released_yet_is_held_with_its_customer_and_goes_on_with_it(
    caller: Caller, uow: UnitOfWork, customer: str, says: Says
) -> None:
    order_id = (await caller.place(unique("S"), customer_id=customer)).order.order_id
    await says(ON_HOLD)
    held = (await caller.order(order_id)).order
    assert shown(held) == {"customer": "held master_data"}
    assert await caller.exceptions(order_id) == [("CUSTOMER_HOLD", "order-desk", True)]
    timers = await caller.fetch("SELECT 1 FROM timer WHERE subject = $1 AND kind LIKE '%customer%'", order_id)
    assert len(timers) == 1
    await stocked(uow, order_id)
    assert state_of((await caller.order(order_id)).order) == "allocated"
    await says(OPEN)
    found = (await caller.order(order_id)).order
    assert (state_of(found), shown(found)) == ("released", {"customer": "passed master_data"})
    assert await caller.exceptions(order_id) == [("CUSTOMER_HOLD", "order-desk", False)]
    facts = await caller.facts(order_id)
    assert (facts.count("OrderCheckDecided"), facts.count("OrderReleased")) == (2, 1)


@pytest.mark.feature("F114")
async def test_nothing_is_released_to_a_customer_whose_hold_is_still_on_its_way(
    caller: Caller, uow: UnitOfWork, customer: str, says: Says
) -> None:
    order_id = (await caller.place(unique("S"), customer_id=customer)).order.order_id
    await says(ON_HOLD, heard=False)
    await stocked(uow, order_id)
    found = (await caller.order(order_id)).order
    assert (state_of(found), shown(found)) == ("allocated", {"customer": "held master_data"})


async def test_what_its_warehouse_ships_while_the_order_is_held_is_not_released_once_more(
    caller: Caller, uow: UnitOfWork, site: Site, customer: str, says: Says
) -> None:
    order = (await caller.place(unique("S"), customer_id=customer)).order
    await says(ON_HOLD)
    await stocked(uow, order.order_id)
    [gone] = (await caller.order(order.order_id)).lines
    told = reported(order.number, gone.sku, int(gone.ordered.value))
    issued = await site.issue(unique("945"), unique("SH"), told)
    assert issued.unreleased_count == 1
    await says(OPEN)
    assert state_of((await caller.order(order.order_id)).order) == "packed"
    assert "OrderReleased" not in await caller.facts(order.order_id)
    assert ("HANDLED_WITHOUT_RELEASE", "warehouse", True) in await caller.exceptions(order.order_id)


@pytest.mark.feature("F114", "F115")
async def test_what_was_released_before_is_told_to_its_owner_and_goes_its_way_without_a_label(
    caller: Caller, site: Site, uow: UnitOfWork, customer: str, says: Says
) -> None:
    number = unique("S")
    order_id = (await caller.place(number, customer_id=customer)).order.order_id
    await short(uow, order_id, 4)
    await stocked(uow, order_id, 4, attempt=2)
    assert state_of((await caller.order(order_id)).order) == "partly_released"
    await says(ON_HOLD)
    owners = [("CUSTOMER_HOLD", "order-desk", True), ("RELEASED_BEFORE_CUSTOMER_HOLD", "order-desk", True)]
    assert sorted(await caller.exceptions(order_id)) == owners
    assert "OrderCancellationRequested" not in await caller.facts(order_id)
    shipment = unique("SH")
    await site.pick(unique("P"), reported(number, "BOLT", 4))
    packed = await site.pack(shipment, reported(number, "BOLT", 4))
    [ready] = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE '%ShipmentReady'",
        f"outbound_shipment/{packed.shipment_id}",
    )
    assert list(events_pb2.ShipmentReady.FromString(ready["body"]).barred_order_numbers) == [number]
    await says(OPEN)
    assert not any(is_open for _, _, is_open in await caller.exceptions(order_id))
    assert await told_of(caller, packed.shipment_id) == ["ShipmentReady", "ShipmentCleared"]


async def told_of(caller: Caller, shipment_id: str) -> list[str]:
    rows = await caller.fetch(
        "SELECT type FROM journal WHERE aggregate = $1 ORDER BY version", f"outbound_shipment/{shipment_id}"
    )
    return [row["type"].rpartition(".")[2] for row in rows]


@pytest.mark.feature("F115")
async def test_a_truck_of_two_held_orders_is_cleared_with_the_second_and_one_that_left_never(
    caller: Caller, desk: Desk, site: Site, uow: UnitOfWork, customer: str, says: Says
) -> None:
    numbers = [unique("S") for _ in range(3)]
    orders = [(await caller.place(number, customer_id=customer)).order.order_id for number in numbers]
    for order_id in orders:
        await stocked(uow, order_id)
    await says(ON_HOLD)
    both = await site.pack(unique("SH"), *(reported(number, "BOLT", 10) for number in numbers[:2]))
    gone = unique("SH")
    alone = await site.pack(gone, reported(numbers[2], "BOLT", 10))
    await site.issue(unique("GI"), gone, reported(numbers[2], "BOLT", 10))
    await desk.releases(orders[0], "customer")
    assert await told_of(caller, both.shipment_id) == ["ShipmentReady"]
    await says(OPEN)
    assert await told_of(caller, both.shipment_id) == ["ShipmentReady", "ShipmentCleared"]
    assert await told_of(caller, alone.shipment_id) == ["ShipmentReady", "GoodsIssued"]


@pytest.mark.feature("F114")
async def test_what_has_left_and_what_a_person_let_through_is_not_held(
    caller: Caller, desk: Desk, site: Site, uow: UnitOfWork, customer: str, says: Says
) -> None:
    gone, mine = unique("S"), unique("S")
    gone_id = (await caller.place(gone, customer_id=customer)).order.order_id
    await stocked(uow, gone_id)
    await site.issue(unique("GI"), unique("SH"), reported(gone, "BOLT", 10))
    mine_id = (await caller.place(mine, customer_id=customer)).order.order_id
    await says(ON_HOLD)
    assert shown((await caller.order(gone_id)).order) == {}
    await desk.releases(mine_id, "customer")
    await says(ON_HOLD)
    await stocked(uow, mine_id)
    found = (await caller.order(mine_id)).order
    assert (state_of(found), shown(found)) == ("released", {"customer": "released person"})


@pytest.mark.feature("F114", "F115")
async def test_credit_that_is_withdrawn_holds_what_was_accepted_until_it_is_given_again(
    caller: Caller, desk: Desk, uow: UnitOfWork, customer: str, says: Says
) -> None:
    await desk.declare(customer, credit={"fallback": "hold"})
    placed = (await caller.place(unique("S"), customer_id=customer)).order
    first = check_of(placed, "credit")
    await desk.says(first, PASSED)
    assert await reason(desk.says(first, REFUSED)) == "CHECK_DECIDED"
    withdrawn = await desk.says(first, WITHDRAWN, reason="insolvent")
    assert shown(withdrawn.order) == {"credit": "held answer"}
    second = check_of(withdrawn.order, "credit")
    assert second != first
    # Neither the word that took it back nor the one that let it through changes anything when it comes again.
    assert (await desk.says(first, WITHDRAWN, reason="insolvent")).repeated
    assert (await desk.says(first, PASSED)).repeated
    await stocked(uow, placed.order_id)
    assert state_of((await caller.order(placed.order_id)).order) == "allocated"
    assert await caller.exceptions(placed.order_id) == [("CREDIT_HOLD", "credit-desk", True)]
    facts = await caller.facts(placed.order_id)
    assert facts.count("OrderCheckRequested") == 2
    found = (await desk.says(second, PASSED)).order
    assert (state_of(found), shown(found)) == ("released", {"credit": "passed answer"})


@pytest.mark.feature("F115")
async def test_an_export_that_is_stopped_after_its_release_is_told_and_after_its_departure_refused(
    caller: Caller, desk: Desk, site: Site, uow: UnitOfWork, customer: str, says: Says
) -> None:
    await desk.declare(customer, export={"fallback": "hold"})
    number = unique("S")
    placed = (await caller.place(number, customer_id=customer)).order
    await desk.says(check_of(placed, "export"), PASSED)
    await stocked(uow, placed.order_id)
    held = (await desk.says(check_of(placed, "export"), WITHDRAWN, reason="embargo")).order
    assert (state_of(held), shown(held)) == ("released", {"export": "held answer"})
    codes = [code for code, _, _ in await caller.exceptions(placed.order_id)]
    assert sorted(codes) == ["EXPORT_HOLD", "RELEASED_BEFORE_EXPORT_HOLD"]
    assert state_of((await desk.releases(placed.order_id, "export")).order) == "released"
    assert not any(is_open for _, _, is_open in await caller.exceptions(placed.order_id))
    await site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", 10))
    late = desk.says(check_of(held, "export"), WITHDRAWN, reason="embargo again")
    assert await reason(late) == "CHECK_DECIDED"


async def test_an_order_that_was_never_let_through_hears_a_withdrawal_as_a_no(
    caller: Caller, desk: Desk, customer: str, says: Says
) -> None:
    await desk.declare(customer, credit={"fallback": "hold"})
    placed = (await caller.place(unique("S"), line("1", 3), customer_id=customer)).order
    found = (await desk.says(check_of(placed, "credit"), WITHDRAWN, reason="never")).order
    assert (state_of(found), shown(found)) == ("rejected", {"credit": "refused answer"})
