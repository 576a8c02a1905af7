"""Planning and reporting read the one lifecycle that operations work by: every line, its states, and since when."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import uuid4

import pytest
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import sales_order_pb2 as order_pb
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment_cases.calls import SECONDS, Caller, line, quantity, reason, unique
from fulfillment_cases.desk import PASSED, Desk, check_of
from fulfillment_cases.lives import short, stocked
from fulfillment_cases.warehouse import Site, reported


async def lives(caller: Caller, size: int = 2, **filters: Any) -> list[order_pb.LineLifecycle]:
    """Page by page."""
    found: list[order_pb.LineLifecycle] = []
    request, more = pb.ListLineLifecyclesRequest(page_size=size, **filters), True
    while more:
        page = await caller.stub.ListLineLifecycles(request, timeout=SECONDS)
        found.extend(page.lines)
        request.page_token, more = page.next_page_token, bool(page.next_page_token)
    return found


def states(found: order_pb.ScheduleLifecycle) -> list[str]:
    name = order_pb.ScheduleState.Name
    return [name(each.state).removeprefix("SCHEDULE_STATE_").lower() for each in found.reached]


@pytest.mark.feature("F134")
async def test_each_part_of_a_line_has_its_states_with_their_instants(
    caller: Caller, site: Site, uow: UnitOfWork
) -> None:
    number = unique("S")
    placed = await caller.place(number, line("1", 10))
    order_id = placed.order.order_id
    await short(uow, order_id, 4)
    await stocked(uow, order_id, 4, attempt=2)
    await site.pick(unique("P"), reported(number, "BOLT", 4))
    await site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", 4))
    [found] = await lives(caller, order_id=order_id)
    assert (found.order_id, found.order_number, found.business_unit, found.channel) == (
        order_id,
        number,
        "EU01",
        "shop-eu",
    )
    assert (found.line.line_number, found.line.sku, found.line.ordered.value) == ("1", "BOLT", "10")
    assert not found.line.schedules
    gone, waiting = found.schedules
    begun = ["received", "validating", "accepted"]
    assert states(gone) == [*begun, "allocated", "released", "picked", "packed", "handed_over"]
    assert states(waiting) == [*begun, "backordered"]
    assert (gone.schedule.quantity.value, waiting.schedule.quantity.value) == ("4", "6")
    at = [each.at.ToDatetime(tzinfo=UTC) for each in gone.reached]
    assert at == sorted(at)


@pytest.mark.feature("F134")
async def test_orders_that_came_in_parts_and_waited_for_a_check_are_read_as_all_others(
    caller: Caller, desk: Desk
) -> None:
    channel, customer = unique("channel"), "CUS-PARTS"
    await desk.declare(customer, tax={"fallback": "hold"})
    order_id = (await caller.open(unique("S"), customer_id=customer, channel=channel)).order.order_id
    await caller.append(order_id, *(line(str(number), 1) for number in range(1, 6)))
    submitted = (await caller.submit(order_id, 5)).order
    assert {tuple(states(each.schedules[0])) for each in await lives(caller, channel=channel)} == {
        ("received", "validating")
    }
    await desk.says(check_of(submitted, "tax"), PASSED)
    found = await lives(caller, channel=channel)
    assert [each.line.line_number for each in found] == ["1", "2", "3", "4", "5"]
    assert {tuple(states(each.schedules[0])) for each in found} == {("received", "validating", "accepted")}


@pytest.mark.feature("F134")
async def test_lives_are_listed_order_by_order_of_what_is_asked_for_and_of_nobody_else(
    caller: Caller, stranger: Caller
) -> None:
    channel = unique("channel")
    orders = [(await caller.place(unique("S"), line("1", 1), line("2", 2), channel=channel)).order for _ in range(3)]
    wanted = [(each.order_id, number) for each in orders for number in ("1", "2")]
    for size in (1, 2, 5, 100):
        found = await lives(caller, size, channel=channel)
        assert [(each.order_id, each.line.line_number) for each in found] == wanted
    assert await lives(caller, channel=channel, business_unit="US01") == []
    assert await lives(stranger, channel=channel) == []
    other = pb.ListLineLifecyclesRequest(page_size=1, channel=channel)
    token = (await caller.stub.ListLineLifecycles(other, timeout=SECONDS)).next_page_token
    moved = pb.ListLineLifecyclesRequest(page_size=1, channel=f"{channel}x", page_token=token)
    assert await reason(caller.stub.ListLineLifecycles(moved, timeout=SECONDS)) != ""


async def test_a_cancelled_line_has_the_instant_of_its_end(caller: Caller) -> None:
    placed = await caller.place(unique("S"), line("1", 3))
    await caller.cancel(placed.order.order_id, reason=str(uuid4())[:8])
    [found] = await lives(caller, order_id=placed.order.order_id)
    assert states(found.schedules[0]) == ["received", "validating", "accepted", "cancelled"]
    assert found.schedules[0].schedule.quantity == quantity(3)
