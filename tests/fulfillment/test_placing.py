"""Orders as channels place them, on a real database: once each, whole or in parts, and of one tenant alone."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock.options.v1 import options_pb2
from fulfillment_cases.calls import (
    CONSIGNEE,
    SECONDS,
    Caller,
    line,
    origin,
    placement,
    reason,
    standing,
    state_of,
    unique,
)
from google.protobuf.message import Message


@pytest.mark.feature("F021", "F116")
async def test_an_order_is_accepted_and_its_stock_is_asked_for(caller: Caller) -> None:
    done = await caller.place(unique("S"), line("1", 2, unit="XCS"), line("2", 5, "NUT"))
    assert done.placement == pb.ORDER_PLACEMENT_CREATED
    assert state_of(done.order) == "accepted"
    assert [standing(each) for each in done.lines] == [{"accepted": "24"}, {"accepted": "5"}]
    assert await caller.facts(done.order.order_id) == ["OrderSubmitted", "OrderAccepted"]
    assert await caller.deliveries(done.order.order_id) == [("inventory.allocate", f"{done.order.order_id}/1", False)]
    found = await caller.order(done.order.order_id)
    assert found.order == done.order
    assert list(found.lines) == list(done.lines)


@pytest.mark.feature("F113")
async def test_the_same_order_twice_is_one_order(caller: Caller) -> None:
    number, lines = unique("S"), [line("1"), line("2", 3, "NUT")]
    first = await caller.place(number, *lines)
    again = await caller.place(number, *reversed(lines))
    assert again.placement == pb.ORDER_PLACEMENT_REPEATED
    assert again.order == first.order
    assert await caller.facts(first.order.order_id) == ["OrderSubmitted", "OrderAccepted"]
    assert len(await caller.deliveries(first.order.order_id)) == 1


async def test_one_request_sent_twice_has_one_answer(caller: Caller) -> None:
    request = placement(unique("S"))
    assert await caller.stub.PlaceOrder(request, timeout=SECONDS) == await caller.stub.PlaceOrder(
        request, timeout=SECONDS
    )


@pytest.mark.feature("F113")
async def test_an_order_placed_by_many_at_once_is_one_order(caller: Caller) -> None:
    number = unique("S")
    done = await asyncio.gather(*(caller.place(number) for _ in range(8)))
    assert len({each.order.order_id for each in done}) == 1
    assert [each.placement for each in done].count(pb.ORDER_PLACEMENT_CREATED) == 1


@pytest.mark.feature("F113")
async def test_another_order_under_a_known_number_is_refused_and_changes_nothing(caller: Caller) -> None:
    number = unique("S")
    first = await caller.place(number)
    assert await reason(caller.place(number, line("1", 11))) == "ORDER_NUMBER_REUSED"
    assert await reason(caller.place(number, channel_confirmed=True)) == "ORDER_NUMBER_REUSED"
    assert (await caller.order(first.order.order_id)).order == first.order
    other = await caller.place(number, channel="edi-mercato")
    assert other.order.order_id != first.order.order_id


async def deadline_of(caller: Caller, order_id: str) -> list[str]:
    """The state of its first part whose time is running."""
    rows = await caller.fetch(
        "SELECT payload FROM timer WHERE kind = 'process/order_schedule' AND subject = $1", f"{order_id}/1"
    )
    return [json.loads(bytes(row["payload"]))["state"] for row in rows]


async def test_an_order_of_which_no_part_is_taken_does_not_stay_open_unseen(caller: Caller) -> None:
    order_id = (await caller.open(unique("S"))).order.order_id
    assert await reason(caller.append(order_id, line(sku="STRANGE"))) == "ITEM_UNKNOWN"
    assert await deadline_of(caller, order_id) == ["received"]
    await caller.cancel(order_id)
    assert await deadline_of(caller, order_id) == []


async def test_a_document_that_says_a_refused_part_otherwise_goes_on_with_what_is_open(caller: Caller) -> None:
    number = unique("S")
    order_id = (await caller.open(number)).order.order_id
    await caller.append(order_id, line("1"))
    assert await reason(caller.append(order_id, line("2", sku="STRANGE"))) == "ITEM_UNKNOWN"
    assert await reason(caller.submit(order_id, 2)) == "LINES_MISSING"
    assert await deadline_of(caller, order_id) == ["received"]
    again = await caller.open(number)
    assert (again.order.order_id, again.placement) == (order_id, pb.ORDER_PLACEMENT_REPEATED)
    assert (await caller.append(order_id, line("1"))).repeated_count == 1
    await caller.append(order_id, line("2"))
    await caller.submit(order_id, 2)
    assert await deadline_of(caller, order_id) == ["accepted"]


async def test_what_master_data_does_not_know_is_refused(caller: Caller) -> None:
    assert await reason(caller.place(unique("S"), customer_id="NOBODY")) == "PARTY_UNKNOWN"
    assert await reason(caller.place(unique("S"), customer_id="SUP-NORDIC")) == "PARTY_UNKNOWN"
    assert await reason(caller.place(unique("S"), line(sku="STRANGE"))) == "ITEM_UNKNOWN"
    assert await reason(caller.place(unique("S"), line(unit="KGM"))) == "UNIT_NOT_CONVERTIBLE"
    assert await reason(caller.place(unique("S"), line("1"), line("1"))) == "LINE_NUMBER_TWICE"
    assert await reason(caller.place(unique("S"), currency="USD")) == "CURRENCY_MIXED"


async def test_only_who_owns_an_order_may_place_it(caller: Caller) -> None:
    request = placement(unique("S"))
    request.origin.CopyFrom(origin(options_pb2.ROLE_CARRIER, "DHL"))
    assert await reason(caller.stub.PlaceOrder(request, timeout=SECONDS)) == "FIELD_NOT_OWNED"


@pytest.mark.feature("F120")
async def test_a_same_day_order_goes_by_the_express_lane(caller: Caller) -> None:
    done = await caller.place(unique("S"), same_day=True)
    assert [express for _, _, express in await caller.deliveries(done.order.order_id)] == [True]


async def test_who_receives_it_stands_in_one_table_and_in_no_event(caller: Caller) -> None:
    done = await caller.place(unique("S"))
    request = pb.GetConsigneeRequest(order_id=done.order.order_id)
    assert (await caller.stub.GetConsignee(request, timeout=SECONDS)).consignee == CONSIGNEE
    rows = await caller.fetch("SELECT body FROM journal WHERE aggregate = $1", f"sales_order/{done.order.order_id}")
    assert all(b"Kim" not in bytes(row["body"]) for row in rows)
    for table in ("sales_order", "order_line", "line_schedule", "delivery", "audit"):
        held = await caller.fetch(f"SELECT 1 FROM {table} t WHERE t::text LIKE '%Kim Doe%'")
        assert held == []


async def test_who_receives_several_orders_is_one_question(caller: Caller, stranger: Caller) -> None:
    placed = [await caller.place(unique("S")) for _ in range(2)]
    nobodys = placement(unique("S"))
    nobodys.order.ClearField("consignee")
    placed.append(await caller.stub.PlaceOrder(nobodys, timeout=SECONDS))
    known, erased, nobody = [each.order.order_id for each in placed]
    erase = "UPDATE personal_data SET facts = NULL, erased_at = now() WHERE personal_data_id = $1 RETURNING 1"
    assert await caller.fetch(erase, f"consignee/{erased}")
    request = pb.BatchGetConsigneesRequest(order_ids=[known, erased, nobody, "unknown"])
    answer = await caller.stub.BatchGetConsignees(request, timeout=SECONDS)
    assert {each.order_id: (each.consignee, each.erased) for each in answer.orders} == {
        known: (CONSIGNEE, False),
        erased: (Consignee(), True),
        nobody: (Consignee(), False),
    }
    assert [each.order_id for each in answer.orders if each.HasField("consignee")] == [known]
    assert not (await stranger.stub.BatchGetConsignees(request, timeout=SECONDS)).orders


async def test_a_big_order_comes_in_parts(caller: Caller) -> None:
    opened = await caller.open(unique("S"))
    order_id = opened.order.order_id
    assert state_of(opened.order) == "open"
    lines = [line(str(number), 1, "NUT") for number in range(1, 451)]
    assert (await caller.append(order_id, *lines[:300])).line_count == 300
    again = await caller.append(order_id, *lines[250:])
    assert (again.line_count, again.repeated_count) == (450, 50)
    assert await reason(caller.append(order_id, line("1", 9, "NUT"))) == "LINE_NUMBER_TWICE"
    assert await reason(caller.submit(order_id, 451)) == "LINES_MISSING"
    done = await caller.submit(order_id, 450)
    assert state_of(done.order) == "accepted"
    assert [(each.state, each.schedules) for each in done.order.counts] == [(5, 450)]
    assert [key for _, key, _ in await caller.deliveries(order_id)] == [f"{order_id}/{part}" for part in (1, 2, 3)]
    assert (await caller.facts(order_id))[-2:] == ["OrderSubmitted", "OrderAccepted"]
    assert await reason(caller.append(order_id, line("451"))) == "ORDER_NOT_OPEN"
    recounted = await caller.fetch(
        "SELECT state, count(*)::int AS found FROM line_schedule WHERE order_id = $1 GROUP BY 1", order_id
    )
    assert [(row["state"], row["found"]) for row in recounted] == [("accepted", 450)]


async def test_lines_and_orders_are_listed_page_by_page(caller: Caller) -> None:
    channel = unique("channel")
    placed = await caller.place(unique("S"), *(line(str(number)) for number in range(1, 6)), channel=channel)
    found, token = list[str](), ""
    while True:
        page = await caller.stub.ListOrderLines(
            pb.ListOrderLinesRequest(order_id=placed.order.order_id, page_size=2, page_token=token), timeout=SECONDS
        )
        found += [each.line_number for each in page.lines]
        if not (token := page.next_page_token):
            break
    assert found == ["1", "2", "3", "4", "5"]
    second = await caller.place(unique("S"), channel=channel)
    listed = await caller.stub.ListOrders(pb.ListOrdersRequest(channel=channel), timeout=SECONDS)
    assert [each.order_id for each in listed.orders] == [second.order.order_id, placed.order.order_id]


@pytest.mark.feature("F132")
async def test_a_line_can_be_changed_and_an_order_cancelled_before_stock_has_answered(caller: Caller) -> None:
    placed = await caller.place(unique("S"), line("1", 10), line("2", 5, "NUT"))
    order_id = placed.order.order_id
    assert await reason(caller.change(order_id, "1", 4, etag="another")) == "ORDER_OUTDATED"
    changed = await caller.change(order_id, "1", 4, etag=placed.order.etag)
    assert standing(changed.line) == {"accepted": "4", "cancelled": "6"}
    assert changed.line.ordered.value == "4"
    cancelled = await caller.cancel(order_id)
    assert state_of(cancelled.order) == "cancelled"
    assert state_of((await caller.cancel(order_id)).order) == "cancelled"
    assert (await caller.facts(order_id))[2:] == ["OrderLineChanged", "OrderLinesCancelled", "OrderLinesCancelled"]
    assert await reason(caller.change(order_id, "9", 4)) == "LINE_UNKNOWN"


async def test_who_knows_no_id_fills_and_submits_its_order_by_the_number_that_it_gave_it(caller: Caller) -> None:
    number = unique("S")
    opened = await caller.open(number)
    ref = pb.OrderRef(channel=opened.order.channel, number=number)
    for _ in range(2):
        request = pb.AppendLinesRequest(request_id=str(uuid4()), ref=ref, lines=[line("1", 10), line("2", 5, "NUT")])
        filled = await caller.stub.AppendLines(request, timeout=SECONDS)
    assert (filled.line_count, filled.repeated_count) == (2, 2)
    short = pb.SubmitOrderRequest(request_id=str(uuid4()), ref=ref, line_count=3)
    assert await reason(caller.stub.SubmitOrder(short, timeout=SECONDS)) == "LINES_MISSING"
    whole = pb.SubmitOrderRequest(request_id=str(uuid4()), ref=ref, line_count=2)
    submitted = await caller.stub.SubmitOrder(whole, timeout=SECONDS)
    assert (submitted.order.order_id, submitted.order.line_count) == (opened.order.order_id, 2)
    nobody = pb.AppendLinesRequest(request_id=str(uuid4()), lines=[line("1", 10)])
    assert await reason(caller.stub.AppendLines(nobody, timeout=SECONDS)) == "FIELD_MISSING"
    elsewhere = pb.OrderRef(channel="another", number=number)
    request = pb.AppendLinesRequest(request_id=str(uuid4()), ref=elsewhere, lines=[line("1", 10)])
    assert await reason(caller.stub.AppendLines(request, timeout=SECONDS)) == "ORDER_UNKNOWN"


@pytest.mark.feature("F132")
async def test_a_channel_takes_its_order_back_by_the_number_that_it_gave_it(caller: Caller) -> None:
    number = unique("S")
    placed = await caller.place(number, line("1", 10))
    ref = pb.OrderRef(channel=placed.order.channel, number=number)
    cancelled = await caller.cancel("", ref=ref)
    assert (cancelled.order.order_id, state_of(cancelled.order)) == (placed.order.order_id, "cancelled")
    assert await reason(caller.cancel("", ref=pb.OrderRef(channel="another", number=number))) == "ORDER_UNKNOWN"
    assert await reason(caller.cancel("")) == "FIELD_MISSING"


async def test_a_tenant_never_sees_the_orders_of_another(caller: Caller, stranger: Caller) -> None:
    number = unique("S")
    placed = await caller.place(number)
    order_id = placed.order.order_id
    questions: list[tuple[str, Message]] = [
        ("GetOrder", pb.GetOrderRequest(ref=pb.OrderRef(order_id=order_id))),
        ("GetOrder", pb.GetOrderRequest(ref=pb.OrderRef(number=number))),
        ("ListOrderLines", pb.ListOrderLinesRequest(order_id=order_id)),
        ("GetConsignee", pb.GetConsigneeRequest(order_id=order_id)),
        ("CancelOrder", pb.CancelOrderRequest(request_id=str(uuid4()), origin=origin(), order_id=order_id)),
        (
            "CancelOrder",
            pb.CancelOrderRequest(request_id=str(uuid4()), origin=origin(), ref=pb.OrderRef(number=number)),
        ),
    ]
    for name, request in questions:
        assert await reason(getattr(stranger.stub, name)(request, timeout=SECONDS)) == "ORDER_UNKNOWN"
    assert (await stranger.place(number)).placement == pb.ORDER_PLACEMENT_CREATED
    assert (await caller.order(order_id)).order == placed.order
