"""Checks of orders on a real database: asked, answered late or never, let through by people; nothing leaves before."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import transaction
from crossdock_kit.testing import FixedClock
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.questions import Held
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer
from fulfillment_cases.calls import Caller, line, origin, reason, state_of, unique
from fulfillment_cases.desk import LONG_AGO, PASSED, REFUSED, Desk, check_of, shown
from google.protobuf.timestamp_pb2 import Timestamp

BOTH = {"credit": {"fallback": "hold"}, "export": {"fallback": "hold"}}


@pytest.fixture(scope="module")
async def declared(server: Any, uow: UnitOfWork) -> None:
    """The customers' checks, once for all tests."""
    desk = Desk(None, uow)
    await desk.declare("CUS-HOLD", **BOTH)
    await desk.declare("CUS-CACHED", credit={"fallback": "cached", "cached_hours": 1}, tax={"required": False})
    await desk.declare("CUS-REFUSE", credit={"fallback": "refuse", "owner": "bank"})
    await desk.declare("CUS-ALL", credit={}, tax={}, export={})
    await desk.declare("CUS-GROWS", credit={"fallback": "hold"})
    await desk.declare("CUS-PARTS", tax={"fallback": "hold"})


pytestmark = pytest.mark.usefixtures("declared")


async def stocked(order_id: str, uow: UnitOfWork, amount: int = 10, attempt: int = 1, part: int = 1) -> None:
    """Inventory holds it at WH-EAST."""
    name = str(uuid4())
    with caused_by(Cause("delivery", "test", "acme", "inventory", name, name, "", LONG_AGO)):
        async with FulfillmentUnitOfWork(uow)() as work:
            orders = await lock_orders([order_id], work)
            held = [Held("BOLT", "WH-EAST", Decimal(amount))]
            await take_answer(Answer(order_id, part, attempt, str(uuid4()), held), orders[order_id], work)


async def questions(caller: Caller, order_id: str) -> list[events_pb2.OrderCheckRequested]:
    async with transaction(caller.engine, [caller.tenant]) as tx:
        rows = await tx.driver.fetch(
            "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE '%OrderCheckRequested' ORDER BY version",
            f"sales_order/{order_id}",
        )
    return [events_pb2.OrderCheckRequested.FromString(row["body"]) for row in rows]


@pytest.mark.feature("F114")
async def test_an_order_waits_for_its_answers_before_it_is_accepted(caller: Caller, desk: Desk) -> None:
    done = await caller.place(unique("S"), line("1", 4), customer_id="CUS-HOLD")
    order_id = done.order.order_id
    assert (state_of(done.order), shown(done.order)) == ("validating", {"credit": "asked", "export": "asked"})
    assert await caller.deliveries(order_id) == []
    assert await caller.facts(order_id) == ["OrderSubmitted", "OrderCheckRequested", "OrderCheckRequested"]
    asked = await questions(caller, order_id)
    assert [(each.order.net.amount, each.order.ship_to_country, len(each.lines)) for each in asked] == [
        ("10", "DE", 1),
        ("10", "DE", 1),
    ]
    one = await desk.says(check_of(done.order, "credit"), PASSED, reference="CR-1")
    assert (state_of(one.order), one.repeated) == ("validating", False)
    both = await desk.says(check_of(done.order, "export"), PASSED)
    assert (state_of(both.order), shown(both.order)) == (
        "accepted",
        dict.fromkeys(("credit", "export"), "passed answer"),
    )
    assert [kind for kind, _, _ in await caller.deliveries(order_id)] == ["inventory.allocate"]
    facts = await caller.facts(order_id)
    assert facts[3:] == ["OrderCheckDecided", "OrderCheckDecided", "OrderAccepted"]
    assert (await caller.order(order_id)).order == both.order


@pytest.mark.feature("F114")
async def test_the_same_answer_twice_is_one_and_another_one_is_refused(caller: Caller, desk: Desk) -> None:
    done = await caller.place(unique("S"), customer_id="CUS-GROWS")
    credit = check_of(done.order, "credit")
    answers = await asyncio.gather(*(desk.says(credit, PASSED) for _ in range(6)))
    assert sorted(each.repeated for each in answers) == [False, *[True] * 5]
    assert (await caller.facts(done.order.order_id)).count("OrderAccepted") == 1
    assert await reason(desk.says(credit, REFUSED)) == "CHECK_DECIDED"
    assert await reason(desk.says(f"{uuid4()}:credit:1", PASSED)) == "CHECK_UNKNOWN"
    assert await reason(desk.says("what", PASSED)) == "CHECK_UNKNOWN"
    assert await reason(desk.says(credit, PASSED, origin=origin(options_pb2.ROLE_WMS))) == "FIELD_NOT_OWNED"
    assert await reason(desk.says(credit, REFUSED, reason="")) == "FIELD_MISSING"


@pytest.mark.feature("F114")
async def test_a_refused_check_refuses_the_order_before_anything_of_it_is_promised(caller: Caller, desk: Desk) -> None:
    done = await caller.place(unique("S"), customer_id="CUS-ALL")
    found = (await desk.says(check_of(done.order, "credit"), REFUSED)).order
    assert state_of(found) == "rejected"
    assert shown(found) == {"credit": "refused answer", "tax": "withdrawn", "export": "withdrawn"}
    assert (await caller.facts(found.order_id))[-2:] == ["OrderCheckDecided", "OrderRejected"]
    assert await caller.deliveries(found.order_id) == []
    late = await desk.says(check_of(done.order, "tax"), PASSED)
    assert (late.repeated, state_of(late.order)) == (True, "rejected")
    assert await caller.fetch("SELECT kind FROM timer WHERE subject LIKE $1", f"{found.order_id}%") == []
    assert await caller.exceptions(found.order_id) == []


@pytest.mark.feature("F114", "F115")
async def test_what_a_shop_has_confirmed_is_held_and_owned_and_never_refused(
    caller: Caller, desk: Desk, uow: UnitOfWork
) -> None:
    done = await caller.place(unique("S"), customer_id="CUS-REFUSE", channel_confirmed=True)
    order_id = done.order.order_id
    found = (await desk.says(check_of(done.order, "credit"), REFUSED)).order
    assert (state_of(found), shown(found)) == ("accepted", {"credit": "held answer"})
    assert await caller.exceptions(order_id) == [("CREDIT_HOLD", "bank", True)]
    await stocked(order_id, uow)
    assert state_of((await caller.order(order_id)).order) == "allocated"
    released = await desk.releases(order_id, "credit")
    assert (state_of(released.order), shown(released.order)) == ("released", {"credit": "released person"})
    assert released.order.checks[0].reason == "paid by wire"
    assert released.order.checks[0].system
    assert await caller.exceptions(order_id) == [("CREDIT_HOLD", "bank", False)]
    assert (await desk.releases(order_id, "credit")).repeated
    assert await reason(desk.releases(order_id, "tax")) == "CHECK_DECIDED"


@pytest.mark.feature("F115", "F118")
async def test_nothing_is_released_to_a_warehouse_before_tax_credit_and_export_are_final(
    caller: Caller, desk: Desk, uow: UnitOfWork
) -> None:
    done = await caller.place(unique("S"), customer_id="CUS-ALL")
    order_id = done.order.order_id
    for kind in ("credit", "tax", "export"):
        await desk.nobody_answers(order_id, kind)
    await stocked(order_id, uow)
    held = (await caller.order(order_id)).order
    assert (state_of(held), shown(held)) == ("allocated", dict.fromkeys(("credit", "tax", "export"), "held silence"))
    owners = {code: owner for code, owner, _ in await caller.exceptions(order_id)}
    assert owners == {"CREDIT_HOLD": "credit-desk", "TAX_HOLD": "tax-desk", "EXPORT_HOLD": "trade-compliance"}
    for kind in ("credit", "tax"):
        found = (await desk.says(check_of(held, kind), PASSED)).order
        assert state_of(found) == "allocated"
    found = (await desk.says(check_of(held, "export"), PASSED)).order
    assert state_of(found) == "released"
    assert not any(is_open for _, _, is_open in await caller.exceptions(order_id))
    assert (await caller.facts(order_id)).count("OrderReleased") == 1


@pytest.mark.feature("F114")
async def test_silence_falls_back_on_the_last_answer_only_while_it_counts(
    caller: Caller, desk: Desk, clock: FixedClock
) -> None:
    async def silent(ordered: float) -> dict[str, str]:
        placed = await caller.place(unique("S"), line("1", ordered), customer_id="CUS-CACHED")
        await desk.nobody_answers(placed.order.order_id, "credit")
        return shown((await caller.order(placed.order.order_id)).order)

    async def answered(before: timedelta) -> None:
        placed = await caller.place(unique("S"), line("1", 10), customer_id="CUS-CACHED")
        at = Timestamp()
        at.FromDatetime(clock.now() - before)
        await desk.says(check_of(placed.order, "credit"), PASSED, answered_at=at)

    assert await silent(4) == {"credit": "held silence"}
    await answered(timedelta(hours=2))
    assert await silent(4) == {"credit": "held silence"}
    await answered(timedelta(minutes=50))
    await answered(timedelta(hours=3))
    assert await silent(10) == {"credit": "passed cached"}
    assert await silent(11) == {"credit": "held silence"}


@pytest.mark.feature("F114")
async def test_silence_refuses_where_the_rule_says_so(caller: Caller, desk: Desk) -> None:
    done = await caller.place(unique("S"), customer_id="CUS-REFUSE")
    await desk.nobody_answers(done.order.order_id, "credit")
    found = (await caller.order(done.order.order_id)).order
    assert (state_of(found), shown(found)) == ("rejected", {"credit": "refused silence"})
    # Its deadline may come twice.
    await desk.nobody_answers(done.order.order_id, "credit")
    assert (await caller.facts(done.order.order_id)).count("OrderRejected") == 1


@pytest.mark.feature("F115")
async def test_an_order_that_grows_is_checked_anew_before_more_of_it_leaves(
    caller: Caller, desk: Desk, uow: UnitOfWork
) -> None:
    done = await caller.place(unique("S"), customer_id="CUS-GROWS")
    order_id, first = done.order.order_id, check_of(done.order, "credit")
    assert await reason(caller.change(order_id, "1", 50)) == "ORDER_BEING_CHECKED"
    await desk.says(first, PASSED)
    changed = await caller.change(order_id, "1", 50)
    assert (shown(changed.order), changed.order.net.amount) == ({"credit": "asked"}, "125")
    await stocked(order_id, uow, 50, attempt=2)
    assert state_of((await caller.order(order_id)).order) == "allocated"
    assert (await desk.says(first, PASSED)).repeated
    second = check_of(changed.order, "credit")
    assert second != first
    assert state_of((await desk.says(second, PASSED)).order) == "released"
    # Less needs no new answer.
    assert shown((await caller.change(order_id, "1", 5)).order) == {"credit": "passed answer"}


@pytest.mark.feature("F114")
async def test_a_big_order_waits_as_a_whole_and_is_worked_in_parts_then(caller: Caller, desk: Desk) -> None:
    order_id = (await caller.open(unique("S"), customer_id="CUS-PARTS")).order.order_id
    await caller.append(order_id, *(line(str(number), 1) for number in range(1, 451)))
    waiting = (await caller.submit(order_id, 450)).order
    assert (state_of(waiting), shown(waiting), waiting.net.amount) == ("validating", {"tax": "asked"}, "1125")
    assert await caller.deliveries(order_id) == []
    found = (await desk.says(check_of(waiting, "tax"), PASSED)).order
    assert state_of(found) == "accepted"
    assert len(await caller.deliveries(order_id)) == 3


async def test_an_order_that_is_cancelled_while_it_is_checked_waits_for_nobody(caller: Caller, desk: Desk) -> None:
    done = await caller.place(unique("S"), customer_id="CUS-HOLD")
    cancelled = (await caller.cancel(done.order.order_id)).order
    assert (state_of(cancelled), shown(cancelled)) == ("cancelled", {"credit": "withdrawn", "export": "withdrawn"})
    late = await desk.says(check_of(done.order, "credit"), PASSED)
    assert (late.repeated, state_of(late.order)) == (True, "cancelled")
    await desk.nobody_answers(done.order.order_id, "export")
    assert shown((await caller.order(done.order.order_id)).order)["export"] == "withdrawn"
    postings = await caller.fetch("SELECT 1 FROM posting WHERE order_id = $1", done.order.order_id)
    assert postings == []
