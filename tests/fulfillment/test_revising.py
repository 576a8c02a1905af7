"""A customer changes its order as a whole: quantities, lines that go and come, its day; all of it or nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import posting_pb2, posting_service_pb2
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock_kit.testing import RunningServer
from fulfillment_cases.calls import SECONDS, Caller, line, origin, quantity, reason, standing, unique
from google.type.date_pb2 import Date

WANTED = Date(year=2026, month=3, day=9)


def wish(number: str, ordered: float, sku: str = "", **more: Any) -> pb.LineChange:
    return pb.LineChange(line_number=number, ordered=quantity(ordered), sku=sku, **more)


async def change(caller: Caller, order_id: str, *lines: pb.LineChange, **more: Any) -> pb.ChangeOrderResponse:
    said: dict[str, Any] = {"ref": pb.OrderRef(order_id=order_id), "request_id": str(uuid4()), "origin": origin()}
    return await caller.stub.ChangeOrder(pb.ChangeOrderRequest(**said | more, lines=lines), timeout=SECONDS)


async def placed(caller: Caller, *lines: pb.OrderedLine, **more: Any) -> tuple[str, str]:
    number = unique("S")
    found = await caller.place(number, *(lines or (line("1", 10), line("2", 5, "NUT"))), **more)
    return found.order.order_id, number


@pytest.mark.feature("F132")
async def test_quantities_lines_that_go_and_come_and_the_day_are_one_change(caller: Caller) -> None:
    order_id, number = await placed(caller)
    ref = pb.OrderRef(channel="shop-eu", number=number)
    said = (wish("1", 4), wish("2", 0), wish("3", 7, "NUT", description="besides"))
    done = await change(caller, order_id, *said, ref=ref, requested_on=WANTED, reference="860/1")
    assert done.order.requested_on == WANTED
    assert {each.line_number: standing(each) for each in done.lines} == {
        "1": {"accepted": "4", "cancelled": "6"},
        "2": {"cancelled": "5"},
        "3": {"accepted": "7"},
    }
    found = await caller.order(order_id)
    assert {each.line_number: each.ordered.value for each in found.lines} == {"1": "4", "2": "0", "3": "7"}
    # Bolts at 2.50: four of ten, and seven nuts at no price.
    assert (found.order.net.amount, found.order.line_count) == ("10", 3)
    told = (await caller.facts(order_id))[2:]
    assert sorted(set(told)) == ["OrderChanged", "OrderLineChanged", "OrderLinesAppended", "OrderLinesCancelled"]
    assert told.count("OrderChanged") == 1


@pytest.mark.feature("F132")
async def test_the_same_change_again_changes_nothing_and_tells_nothing(caller: Caller) -> None:
    order_id, _ = await placed(caller)
    said = (wish("1", 12), wish("3", 7, "NUT"))
    await change(caller, order_id, *said, requested_on=WANTED)
    facts, before = await caller.facts(order_id), await caller.order(order_id)
    await change(caller, order_id, *said, requested_on=WANTED)
    after = await caller.order(order_id)
    assert await caller.facts(order_id) == facts
    assert after.lines == before.lines


@pytest.mark.feature("F132")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (wish("2", 5, "BOLT"), "LINE_IS_ANOTHER"),
        (pb.LineChange(line_number="2", ordered=common.Quantity(value="1", unit="XCS")), "LINE_IS_ANOTHER"),
        (wish("2", 5, price=common.UnitPrice(money=common.Money(amount="9", currency="EUR"))), "LINE_IS_ANOTHER"),
        (wish("9", 5), "LINE_UNKNOWN"),
        (wish("9", 0, "NUT"), "LINE_UNKNOWN"),
        (wish("9", 5, "GHOST"), "ITEM_UNKNOWN"),
        (wish("9", 5, "NUT", supplier_id="NOBODY"), "PARTY_UNKNOWN"),
        (wish("1", 3), "LINE_NUMBER_TWICE"),
    ],
)
async def test_what_of_a_change_is_refused_refuses_all_of_it(caller: Caller, wrong: pb.LineChange, code: str) -> None:
    order_id, _ = await placed(caller)
    facts, before = await caller.facts(order_id), await caller.order(order_id)
    assert await reason(change(caller, order_id, wish("1", 4), wrong, requested_on=WANTED)) == code
    assert (await caller.facts(order_id), await caller.order(order_id)) == (facts, before)


async def test_a_change_of_nothing_or_of_what_is_no_order_is_refused(caller: Caller) -> None:
    order_id, _ = await placed(caller)
    assert await reason(change(caller, order_id)) == "NOTHING_CHANGES"
    assert await reason(change(caller, order_id, wish("1", 4), etag="another")) == "ORDER_OUTDATED"
    assert await reason(change(caller, order_id, wish("1", 4), ref=pb.OrderRef(number="GHOST"))) == "ORDER_UNKNOWN"
    await caller.cancel(order_id)
    assert await reason(change(caller, order_id, wish("1", 4))) == "ORDER_NOT_OPEN"
    opened = await caller.open(unique("S"))
    assert await reason(change(caller, opened.order.order_id, wish("1", 4))) == "ORDER_NOT_OPEN"


async def test_a_tenant_never_changes_the_order_of_another(caller: Caller, stranger: Caller) -> None:
    order_id, number = await placed(caller)
    for ref in (pb.OrderRef(order_id=order_id), pb.OrderRef(number=number)):
        assert await reason(change(stranger, order_id, wish("1", 4), ref=ref)) == "ORDER_UNKNOWN"


@pytest.mark.feature("F126", "F132")
async def test_lines_that_fill_a_part_are_a_change_to_the_erp_and_those_of_a_new_part_an_order(
    caller: Caller, server: RunningServer
) -> None:
    order_id, _ = await placed(caller, *(line(str(number), 1) for number in range(1, 200)))
    added = [wish(str(number), 2, "NUT") for number in range(200, 203)]
    done = await change(caller, order_id, *added)
    assert [each.part for each in done.lines] == [1, 2, 2]
    request = posting_service_pb2.ListPostingsRequest(order_id=order_id, page_size=10)
    books: Any = server.caller(posting_grpc.PostingServiceStub, tenant="acme")
    found = await books.ListPostings(request, timeout=SECONDS)
    kinds = posting_pb2.PostingKind.Name
    owed = {
        (kinds(each.kind).removeprefix("POSTING_KIND_"), each.reference): [one.line_number for one in each.lines]
        for each in found.postings
        if each.reference != "1" or each.kind != posting_pb2.POSTING_KIND_ORDER
    }
    assert [lines for (kind, _), lines in owed.items() if kind == "CHANGE"] == [["200"]]
    assert [lines for (kind, _), lines in owed.items() if kind == "ORDER" and len(lines) < 199] == [["201", "202"]]
