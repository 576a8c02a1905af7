"""Who allocates an order is said by policy when it is placed; nobody else's allocation counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from crossdock.fulfillment.v1 import allocation_service_pb2_grpc as allocation_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.processes import Raise
from crossdock_kit.repairs.redoing import NothingToRetry
from crossdock_kit.testing import RunningServer
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.consumers import asked_again
from fulfillment.domain.lifecycle import DEADLINES
from fulfillment.domain.terms import OURS, Allocator
from fulfillment.store.unit_of_work import on
from fulfillment_cases.calls import Caller, line, reason, standing, state_of, unique
from fulfillment_cases.planner import ERP, WMS, Planner, taken


async def placed(caller: Caller, planner: Planner, **policy: str) -> str:
    """The id of an order of 10 bolts whose allocator is asked."""
    channel = await planner.allocates(unique("shop"), **policy or {"role": "ERP"})
    return (await caller.place(unique("S"), line("1", 10), channel=channel)).order.order_id


async def asks_again(subject: str, uow: UnitOfWork) -> str:
    """An operator retries the exception of this subject."""
    name = str(uuid4())
    with caused_by(Cause("call", "test", "acme", "retry", name, name, "", datetime.now(UTC))):
        async with uow(tenants=["acme"]) as work:
            return await asked_again(on)(subject, work)


async def test_an_order_is_crossdocks_to_allocate_where_no_policy_says_otherwise(caller: Caller) -> None:
    found = (await caller.place(unique("S"), line("1", 10))).order
    assert found.allocator == options_pb2.ROLE_UNSPECIFIED
    assert [kind for kind, *_ in await caller.deliveries(found.order_id)] == ["inventory.allocate"]


@pytest.mark.feature("F111", "F217")
async def test_an_erp_that_allocates_is_asked_and_its_answer_is_bound_place_by_place(
    caller: Caller, planner: Planner
) -> None:
    order_id = await placed(caller, planner)
    [asked] = await planner.asked(order_id)
    assert [(each.line_number, each.sku, each.quantity.value) for each in asked.steps] == [("1", "BOLT", "10")]
    assert (asked.allocator, asked.location_id, asked.allocation_id) == (ERP, "", f"{order_id}:1:1")
    assert (asked.order.allocator, await caller.deliveries(order_id)) == (ERP, [])
    done = await planner.answers(order_id, taken("1", "BOLT", "WH-EAST", 0.5, unit="XCS"))
    assert (done.repeated, state_of(done.order)) == (False, "backordered")
    assert [kind for kind, *_ in await caller.deliveries(order_id)] == ["inventory.allocate"]
    assert standing((await caller.order(order_id)).lines[0]) == {"accepted": "6", "backordered": "4"}
    assert (await caller.facts(order_id))[-2:] == ["AllocationRequested", "OrderLinesBackordered"]


async def test_a_warehouse_that_allocates_is_named_and_takes_from_its_own_places_only(
    caller: Caller, planner: Planner
) -> None:
    order_id = await placed(caller, planner, role="WMS", location="WH-EAST")
    [asked] = await planner.asked(order_id)
    assert (asked.allocator, asked.location_id) == (WMS, "WH-EAST")
    where = taken("1", "BOLT", "WH-OTHERS", 10)
    assert await reason(planner.answers(order_id, where, role=WMS, system="WMS-EAST")) == "LOCATION_OF_ANOTHER_SYSTEM"
    assert not (
        await planner.answers(order_id, taken("1", "BOLT", "WH-EAST", 10), role=WMS, system="WMS-EAST")
    ).repeated


async def test_a_warehouse_that_was_not_asked_allocates_nothing_not_even_of_its_own(
    caller: Caller, planner: Planner
) -> None:
    order_id = await placed(caller, planner, role="WMS", location="WH-OTHERS")
    others: dict[str, Any] = {"role": WMS, "system": "WMS-EAST"}
    for lines in ((), (taken("1", "BOLT", "WH-EAST", 10),)):
        assert await reason(planner.answers(order_id, *lines, **others)) == "LOCATION_OF_ANOTHER_SYSTEM"
    assert not (await planner.answers(order_id, role=WMS, system="WMS-OTHERS")).repeated


@pytest.mark.feature("F111")
async def test_an_allocation_of_somebody_else_is_refused_and_changes_nothing(caller: Caller, planner: Planner) -> None:
    order_id = await placed(caller, planner)
    line_taken = taken("1", "BOLT", "WH-EAST", 10)
    assert await reason(planner.answers(order_id, line_taken, role=WMS, system="WMS-EAST")) == "NOT_THE_ALLOCATOR"
    channel = options_pb2.ROLE_CHANNEL
    assert await reason(planner.answers(order_id, line_taken, role=channel)) == "FIELD_NOT_OWNED"
    ours = (await caller.place(unique("S"), line("1", 10))).order.order_id
    for role in (ERP, WMS):
        assert await reason(planner.says(f"{ours}:1:1", line_taken, role=role)) == "NOT_THE_ALLOCATOR"
    assert await caller.facts(order_id) == ["OrderSubmitted", "OrderAccepted", "AllocationRequested"]


async def test_what_names_no_question_or_cannot_be_meant_is_refused(caller: Caller, planner: Planner) -> None:
    order_id = await placed(caller, planner)
    for nobodys in (
        "x",
        f"{order_id}:1:2",
        f"{order_id}:2:1",
        f"{order_id}:0:1",
        f"{order_id}:999999999:1",
        "other:1:1",
    ):
        assert await reason(planner.says(nobodys)) == "ALLOCATION_UNKNOWN"
    for wrong, code in (
        (taken("1", "BOLT", "WH-EAST", 11), "ALLOCATED_ABOVE_ORDER"),
        (taken("7", "BOLT", "WH-EAST", 1), "LINE_UNKNOWN"),
        (taken("1", "NUT", "WH-EAST", 1), "LINE_UNKNOWN"),
        (taken("1", "BOLT", "WH-MOON", 1), "LOCATION_UNKNOWN"),
        (taken("1", "GHOST", "WH-EAST", 1), "ITEM_UNKNOWN"),
        (taken("1", "BOLT", "WH-EAST", 1, unit="KGM"), "UNIT_NOT_CONVERTIBLE"),
        (taken("1", "BOLT", "WH-EAST", 0), "QUANTITY_INVALID"),
    ):
        assert await reason(planner.answers(order_id, wrong)) == code
    assert not (await planner.answers(order_id, taken("1", "BOLT", "WH-EAST", 10))).repeated


async def test_the_same_answer_twice_is_one_and_another_is_refused(caller: Caller, planner: Planner) -> None:
    order_id = await placed(caller, planner)
    await planner.answers(order_id, taken("1", "BOLT", "WH-EAST", 10))
    facts = await caller.facts(order_id)
    assert (await planner.answers(order_id, taken("1", "BOLT", "WH-EAST", 10))).repeated
    assert await reason(planner.answers(order_id, taken("1", "BOLT", "WH-EAST", 9))) == "ALLOCATION_ANSWERED"
    assert await caller.facts(order_id) == facts
    assert len(await caller.deliveries(order_id)) == 1


@pytest.mark.feature("F132")
async def test_an_answer_after_the_cancellation_binds_nothing_and_its_allocator_has_been_told(
    caller: Caller, planner: Planner
) -> None:
    order_id = await placed(caller, planner)
    await caller.cancel(order_id)
    [withdrawn] = await planner.withdrawn(order_id)
    assert (withdrawn.allocation_id, list(withdrawn.steps)) == (f"{order_id}:1:1", [])
    late = await planner.answers(order_id, taken("1", "BOLT", "WH-EAST", 10))
    assert (late.repeated, state_of(late.order)) == (True, "cancelled")
    assert await caller.deliveries(order_id) == []


async def test_a_change_asks_anew_and_the_old_answer_counts_no_more(caller: Caller, planner: Planner) -> None:
    order_id = await placed(caller, planner)
    await caller.change(order_id, "1", 12)
    first, second = await planner.asked(order_id)
    assert [each.quantity.value for each in second.steps] == ["10", "2"]
    assert (await planner.says(first.allocation_id, taken("1", "BOLT", "WH-EAST", 10))).repeated
    assert not (await planner.says(second.allocation_id, taken("1", "BOLT", "WH-EAST", 12))).repeated
    assert standing((await caller.order(order_id)).lines[0]) == {"accepted": "2"}


async def test_who_never_answers_has_a_deadline_that_somebody_owns_and_can_be_asked_again(
    caller: Caller, planner: Planner, uow: UnitOfWork
) -> None:
    order_id = await placed(caller, planner)
    assert DEADLINES["accepted"].on_expiry == Raise("ALLOCATION_OVERDUE", "order-desk")
    timers = "SELECT payload FROM timer WHERE kind = 'process/order_schedule' AND subject = $1"
    [timer] = await caller.fetch(timers, f"{order_id}/1")
    assert json.loads(bytes(timer["payload"]))["state"] == "accepted"
    assert "ERP" in await asks_again(f"process/order_schedule/{order_id}/1", uow)
    assert [each.allocation_id for each in await planner.asked(order_id)] == [f"{order_id}:1:1", f"{order_id}:1:2"]
    await planner.answers(order_id)
    with pytest.raises(NothingToRetry):
        await asks_again(f"process/order_schedule/{order_id}/1", uow)


async def test_a_role_that_may_not_allocate_is_no_policy(caller: Caller, planner: Planner) -> None:
    channel = await planner.allocates(unique("shop"), role="SUPPLIER")
    assert await reason(caller.place(unique("S"), line("1", 10), channel=channel)) != ""
    assert await caller.fetch("SELECT 1 FROM sales_order WHERE channel = $1", channel) == []


async def test_another_company_can_allocate_nothing_of_ours(
    caller: Caller, planner: Planner, server: RunningServer
) -> None:
    order_id = await placed(caller, planner)
    stranger = Planner(server.caller(allocation_grpc.AllocationServiceStub, tenant="globex"), planner.engine)
    assert await reason(stranger.says(f"{order_id}:1:1", taken("1", "BOLT", "WH-EAST", 10))) == "ALLOCATION_UNKNOWN"
    assert len(await caller.facts(order_id)) == 3


def test_what_is_not_said_is_crossdocks() -> None:
    assert Allocator("CROSSDOCK") == OURS
    assert OURS.is_ours
    assert not Allocator("ERP").is_ours
