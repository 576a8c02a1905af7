"""The ERP's documents through a real call: released, revised, repeated, late, cancelled, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import crossdock.procurement.events.v1.events_pb2 as facts
import grpc
import pytest
from crossdock.common.v1 import values_pb2 as common
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from google.type.date_pb2 import Date
from procurement_cases.calls import Caller, line, on, quantity, submission, unique
from procurement_cases.refusals import refused

PART = order_pb.ScheduleLine(quantity=quantity(1), date=on(1))


@pytest.mark.feature("F005", "F006")
async def test_a_submitted_order_is_released_once(caller: Caller) -> None:
    number = unique("PO")
    done = await caller.submit(number)
    order = done.purchase_order
    assert done.placement == pb.PLACEMENT_CREATED
    assert (order.revision, order.state) == (1, order_pb.PURCHASE_ORDER_STATE_RELEASED)
    (fact,) = await caller.journal(order.purchase_order_id)
    assert isinstance(fact, facts.PurchaseOrderReleased)
    assert fact.purchase_order == order
    delta = fact.lines[0]
    assert (delta.on_order_change, delta.base_unit, delta.ship_to_id) == ("100", "EA", "WH-EAST")
    assert "procurement.unacknowledged" in await caller.timers(order.purchase_order_id)


@pytest.mark.feature("F055")
async def test_lines_units_windows_and_terms_come_out_as_they_went_in(caller: Caller) -> None:
    number = unique("PO")
    window = common.DeliveryWindow(
        from_date=on(3), to_date=on(4), from_time="08:00", to_time="16:00", zone="Europe/Berlin"
    )
    schedules = [
        order_pb.ScheduleLine(quantity=quantity(part, "XCS"), date=on(day)) for part, day in (("1.5", 3), (2, 9))
    ]
    asked = line(
        "00010",
        "3.5",
        unit="XCS",
        supplier_item="ND-77",
        description="Hex bolt",
        requested_window=window,
        requested=schedules,
    )
    await caller.submit(number, [asked])
    kept = (await caller.order(number)).purchase_order
    (found,) = kept.lines
    assert (kept.incoterms, kept.currency, kept.supplier_id) == ("FCA Rotterdam", "EUR", "SUP-NORDIC")
    for name in ("line_number", "sku", "supplier_item", "description", "ordered", "price", "requested_window"):
        assert getattr(found, name) == getattr(asked, name), name
    kept_dates = [(each.quantity, each.date) for each in found.requested]
    assert kept_dates == [(each.quantity, each.date) for each in schedules]
    assert (found.open_quantity, found.confirmed_quantity) == ("3.5", "0")


@pytest.mark.feature("F007")
async def test_a_change_is_the_next_revision_with_its_deltas(caller: Caller) -> None:
    number = unique("PO")
    first = (await caller.submit(number)).purchase_order
    changed = await caller.submit(number, [line("10", 80), line("20", 5)], hours=1)
    assert changed.placement == pb.PLACEMENT_REVISED
    fact = (await caller.journal(first.purchase_order_id))[-1]
    assert isinstance(fact, facts.PurchaseOrderRevised)
    assert (fact.previous_revision, fact.purchase_order.revision) == (1, 2)
    assert [(each.line_number, each.on_order_change) for each in fact.lines] == [("10", "-20"), ("20", "5")]
    assert fact.purchase_order.lines[0].line_id == first.lines[0].line_id


async def test_repeated_and_late_documents_are_placed_without_effect(caller: Caller) -> None:
    number = unique("PO")
    order = (await caller.submit(number, hours=0)).purchase_order
    await caller.submit(number, [line("10", 80)], hours=5)
    assert (await caller.submit(number, [line("10", 80)], hours=5)).placement == pb.PLACEMENT_REPEATED
    late = await caller.submit(number, [line("10", 90)], hours=3)
    assert (late.placement, late.purchase_order.revision) == (pb.PLACEMENT_LATE, 2)
    assert await caller.facts(order.purchase_order_id) == ["PurchaseOrderReleased", "PurchaseOrderRevised"]


async def test_a_cancellation_of_an_order_that_nobody_knows_is_kept_with_its_own_dates(caller: Caller) -> None:
    number = unique("PO")
    done = await caller.submit(number, hours=2, purpose=pb.ORDER_PURPOSE_CANCEL)
    assert (done.placement, done.purchase_order.ordered_on) == (pb.PLACEMENT_CANCELLED, on(0))
    found = (await caller.order(number)).purchase_order
    assert (found.state, found.ordered_on) == (order_pb.PURCHASE_ORDER_STATE_CANCELLED, on(0))
    assert (await caller.submit(number)).placement == pb.PLACEMENT_LATE, "and its order is never released"


@pytest.mark.feature("F059")
async def test_a_cancelled_order_takes_everything_back(caller: Caller) -> None:
    number = unique("PO")
    order = (await caller.submit(number)).purchase_order
    await caller.answer(number)
    done = await caller.submit(number, hours=2, purpose=pb.ORDER_PURPOSE_CANCEL)
    assert done.placement == pb.PLACEMENT_CANCELLED
    assert done.purchase_order.state == order_pb.PURCHASE_ORDER_STATE_CANCELLED
    assert await caller.timers(order.purchase_order_id) == {}
    told = await caller.journal(order.purchase_order_id)
    expected = [each for each in told if isinstance(each, facts.InboundExpected)]
    assert [(each.sequence, each.withdrawn) for each in expected] == [(1, False), (2, True)]


async def test_the_same_call_twice_is_one_order(caller: Caller) -> None:
    request = submission(unique("PO"))
    first = await caller.stub.SubmitPurchaseOrder(request, timeout=20)
    again = await caller.stub.SubmitPurchaseOrder(request, timeout=20)
    assert first == again
    assert await caller.facts(first.purchase_order.purchase_order_id) == ["PurchaseOrderReleased"]


async def test_many_hand_overs_of_one_order_at_once_make_one_order(caller: Caller) -> None:
    number = unique("PO")
    done = await asyncio.gather(*(caller.submit(number) for _ in range(8)))
    assert len({each.purchase_order.purchase_order_id for each in done}) == 1
    assert sorted(each.placement for each in done) == [pb.PLACEMENT_CREATED] + [pb.PLACEMENT_REPEATED] * 7


async def test_changes_at_once_are_put_in_their_own_order(caller: Caller) -> None:
    number = unique("PO")
    await caller.submit(number)
    await asyncio.gather(*(caller.submit(number, [line("10", 100 + hours)], hours=hours) for hours in range(1, 7)))
    order = (await caller.order(number)).purchase_order
    assert order.lines[0].ordered == quantity(106)
    told = await caller.journal(order.purchase_order_id)
    revisions = [each.purchase_order.revision for each in told if isinstance(each, facts.PurchaseOrderRevised)]
    assert revisions == list(range(2, order.revision + 1))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lines": [line("10", 0)]}, "QUANTITY_INVALID"),
        ({"lines": [line("10", -1)]}, "QUANTITY_INVALID"),
        (
            {"lines": [line("10", 100, requested=[order_pb.ScheduleLine(quantity=quantity(1), date=on(1))])]},
            "SCHEDULES_DO_NOT_SUM",
        ),
        ({"lines": [line("10"), line("10")]}, "LINE_NUMBER_TWICE"),
        ({"lines": [line("10", price="-2.50")]}, "INVALID_FIELDS"),
        ({"ordered_on": Date(year=2026, month=2, day=30)}, "INVALID_FIELDS"),
    ],
)
async def test_a_contradictory_order_is_invalid(caller: Caller, changes: dict[str, Any], reason: str) -> None:
    number = unique("PO")
    assert await refused(caller.submit(number, **changes)) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert await refused(caller.order(number)) == (grpc.StatusCode.NOT_FOUND, "PURCHASE_ORDER_UNKNOWN")


@pytest.mark.parametrize("value", ["NaN", "1e-9", "0.0000001", "1,5", "", "Infinity", "١"])
async def test_a_quantity_that_is_no_plain_decimal_breaks_the_contract(caller: Caller, value: str) -> None:
    wrong = pb.OrderedLine(line_number="10", sku="BOLT", ordered=common.Quantity(value=value, unit="EA"))
    status, _ = await refused(caller.submit(unique("PO"), [wrong]))
    assert status is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.feature("F181")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lines": [line("10", 1, "GHOST")]}, "ITEM_UNKNOWN"),
        ({"lines": [line("10", 1, unit="XPX")]}, "UNIT_NOT_CONVERTIBLE"),
        ({"ship_to_id": "WH-MOON"}, "LOCATION_UNKNOWN"),
        ({"supplier_id": "SUP-GHOST"}, "PARTY_UNKNOWN"),
    ],
)
async def test_what_master_data_does_not_know_is_refused_by_name(
    caller: Caller, changes: dict[str, Any], reason: str
) -> None:
    number = unique("PO")
    assert await refused(caller.submit(number, **changes)) == (grpc.StatusCode.FAILED_PRECONDITION, reason)
    assert await refused(caller.order(number)) == (grpc.StatusCode.NOT_FOUND, "PURCHASE_ORDER_UNKNOWN")


async def test_another_tenants_order_does_not_exist(caller: Caller, stranger: Caller) -> None:
    number = unique("PO")
    order = (await caller.submit(number)).purchase_order
    ref = inbound.PurchaseOrderRef(purchase_order_id=order.purchase_order_id)
    unknown = (grpc.StatusCode.NOT_FOUND, "PURCHASE_ORDER_UNKNOWN")
    assert await refused(stranger.order(number)) == unknown
    assert await refused(stranger.stub.GetPurchaseOrder(pb.GetPurchaseOrderRequest(ref=ref), timeout=20)) == unknown
    assert await refused(stranger.answer(number)) == unknown
    decision = pb.DecideProposedChangeRequest(
        request_id=str(uuid4()),
        purchase_order_id=order.purchase_order_id,
        line_number="10",
        decision=pb.DECISION_ACCEPT,
    )
    assert await refused(stranger.stub.DecideProposedChange(decision, timeout=20)) == unknown
    assert (await stranger.stub.ListPurchaseOrders(pb.ListPurchaseOrdersRequest(), timeout=20)).purchase_orders == []
    assert (await stranger.submit(number)).placement == pb.PLACEMENT_CREATED, "the number is the other tenant's own"


async def test_orders_are_listed_newest_first_page_by_page(caller: Caller) -> None:
    numbers = [unique("LIST") for _ in range(3)]
    for number in numbers:
        await caller.submit(number, supplier_id="SUP-DELTA")
    listed: list[str] = []
    token = ""
    while not listed or token:
        request = pb.ListPurchaseOrdersRequest(supplier_id="SUP-DELTA", page_size=2, page_token=token)
        page = await caller.stub.ListPurchaseOrders(request, timeout=20)
        listed += [each.number for each in page.purchase_orders]
        token = page.next_page_token
    assert [each for each in listed if each in numbers] == numbers[::-1]
    assert len(listed) == len(set(listed))
