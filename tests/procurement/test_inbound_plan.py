"""What is still to come: each quantity once, by the best word there is, page by page and up to a named event."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.procurement.v1 import inbound_plan_pb2 as plan_pb
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1.purchase_order_pb2 import ScheduleLine
from crossdock_cli.po_inbound import inbound_table
from procurement.domain.inbound_plan import to_come
from procurement.domain.outcomes import Outcome
from procurement_cases import calls, trade
from procurement_cases.calls import Caller, on, packed, unique
from procurement_cases.trade import document, line, on_days, says
from rich.console import Console


def seen(order: Any, *notices: Any) -> list[tuple[str, int, int | None]]:
    """Basis, quantity and day (counted from the day of the order), by day."""
    days = [
        (each.basis.value, int(each.base), (each.on - trade.day(0)).days if each.on else None)
        for each in to_come(order, notices)
    ]
    return sorted(days, key=lambda row: (row[2] is None, row[2] or 0, row[0]))


@pytest.mark.feature("F082")
def test_a_quantity_is_told_once_by_the_best_word_there_is() -> None:
    order = trade.released(line("10", 100, requested=on_days((70, 5), (30, 9))))
    assert seen(order) == [("requested", 70, 5), ("requested", 30, 9)]
    trade.acknowledge(order, says(Outcome.DATE_CHANGED, 60, on=trade.day(7)), says(Outcome.BACKORDERED, 40))
    assert seen(order) == [("requested", 10, 5), ("promised", 60, 7), ("requested", 30, 9)]
    notice = trade.ship(trade.packed(order, 50), orders=[order], expected_on=trade.day(8))
    told = [("requested", 10, 5), ("promised", 10, 7), ("announced", 50, 8), ("requested", 30, 9)]
    assert seen(order, notice) == told
    trade.receive(trade.counted(20, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert ("announced", 30, 8) in seen(order, notice)
    assert sum(quantity for _, quantity, _ in seen(order, notice)) == 80


@pytest.mark.feature("F082")
def test_nothing_comes_of_what_was_rejected_cancelled_closed_or_goes_to_a_customer() -> None:
    order = trade.released(line("10", 100), line("20", 5, "NUT"), line("30", 7, drop_ship_party_id="CUS-1"))
    trade.acknowledge(order, says(Outcome.REJECTED, 100))
    assert seen(order) == [("requested", 5, None)]
    order.place(document(line("20", 5, "NUT"), hours=3, revision="2", cancels=True), trade.ITEMS)
    assert seen(order) == []
    other = trade.released(line("10", 100))
    notice = trade.ship(trade.packed(other, 100), orders=[other])
    report = trade.counted(99, ship_notice_number=notice.number)
    trade.receive(report, orders=[other], notices=[notice], final=True, short_stays=False)
    assert seen(other, notice) == []


def test_what_is_on_its_way_for_a_cancelled_order_still_comes() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(trade.packed(order, 40), orders=[order])
    order.place(document(line("10", 100), hours=3, revision="2", cancels=True), trade.ITEMS)
    assert seen(order, notice) == [("announced", 40, 5)]


# --- through calls


async def listed(caller: Caller, **more: Any) -> list[plan_pb.InboundOrder]:
    """All pages of two orders."""
    found: list[plan_pb.InboundOrder] = []
    request = pb.ListInboundRequest(page_size=2, **more)
    while True:
        page = await caller.stub.ListInbound(request, timeout=caller.timeout)
        assert len(page.orders) <= 2
        found += page.orders
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


@pytest.mark.feature("F082")
async def test_a_plan_is_read_page_by_page_and_names_the_event_to_go_on_from(caller: Caller, stranger: Caller) -> None:
    numbers = [unique("PO") for _ in range(5)]
    for number in numbers:
        await caller.submit(number)
        await caller.answer(number)
    notice = unique("SH")
    await caller.ship(notice, packed(numbers[0], 60))
    await caller.stub.RecordDockAppointment(calls.appointment(unique("AP"), notice, day=6), timeout=20)
    gone = unique("PO")
    await caller.submit(gone)
    await caller.submit(gone, purpose=pb.ORDER_PURPOSE_CANCEL, hours=1)
    found = {each.number: each for each in await listed(caller)}
    assert set(numbers) <= set(found)
    assert gone not in found
    first = found[numbers[0]]
    told = [(each.basis, each.quantity.value, each.expected_on, each.ship_notice_number) for each in first.quantities]
    assert told[0] == (plan_pb.INBOUND_BASIS_APPOINTED, "60", on(6), notice)
    assert [(basis, value) for basis, value, _, _ in told[1:]] == [(plan_pb.INBOUND_BASIS_PROMISED, "40")]
    assert first.event_version == 2, "its release and its answer"
    assert await listed(stranger) == []


async def test_a_plan_of_one_place_item_or_horizon_has_nothing_else(caller: Caller) -> None:
    number = unique("PO")
    west = calls.line("20", 7, "NUT", ship_to_id="WH-WEST", requested=[asked(7, 30)])
    await caller.submit(number, [calls.line("10", 100), west])

    async def skus(**more: Any) -> set[str]:
        return {q.sku for each in await listed(caller, **more) if each.number == number for q in each.quantities}

    assert await skus() == {"BOLT", "NUT"}
    assert await skus(location_id="WH-WEST") == {"NUT"}
    assert await skus(sku="BOLT") == {"BOLT"}
    assert await skus(to_date=on(29)) == {"BOLT"}, "what has no day may come any day"
    assert await skus(to_date=on(30)) == {"BOLT", "NUT"}


def asked(value: int, day: int) -> Any:
    return ScheduleLine(quantity=calls.quantity(value), date=on(day))


def test_the_command_line_sorts_by_day() -> None:
    def row(day: int | None, number: str) -> plan_pb.InboundQuantity:
        on_day = None if day is None else on(day)
        return plan_pb.InboundQuantity(
            line_number=number,
            sku="BOLT",
            location_id="WH-EAST",
            quantity=calls.quantity(5),
            expected_on=on_day,
            basis=plan_pb.INBOUND_BASIS_PROMISED,
        )

    order = plan_pb.InboundOrder(number="4711", supplier_id="SUP-NORDIC", quantities=[row(None, "1"), row(3, "2")])
    console = Console(width=200, markup=False)
    with console.capture() as captured:
        console.print(inbound_table([order]))
    _, dated, undated = captured.get().splitlines()
    assert dated.split() == ["2026-03-05", "WH-EAST", "BOLT", "5", "EA", "promised", "4711", "2", "SUP-NORDIC"]
    assert undated.split()[0] == "-"
