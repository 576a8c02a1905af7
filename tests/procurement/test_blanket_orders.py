"""Blanket orders: releases count once, whoever writes them and in any order, never silently above the agreement."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import blanket_order_pb2 as blanket_pb
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock_cli.po_blanket import headline, lines_table, released_line, releases_table
from procurement_cases.calls import Caller, agreed, agreement, answered, line, on, release, says, unique
from procurement_cases.refusals import refused
from rich.console import Console
from rich.table import Table

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
BUYER = "buyer"


async def agree(
    caller: Caller, number: str, *lines: blanket_pb.BlanketOrderLine, **more: Any
) -> pb.SubmitBlanketOrderResponse:
    return await caller.stub.SubmitBlanketOrder(agreement(number, *lines, **more), timeout=caller.timeout)


async def call_off(caller: Caller, number: str, part: str, amount: Any, **more: Any) -> pb.ReleaseBlanketOrderResponse:
    return await caller.stub.ReleaseBlanketOrder(release(number, part, amount, **more), timeout=caller.timeout)


async def buy(caller: Caller, blanket: str, *lines: pb.OrderedLine, **more: Any) -> order_pb.PurchaseOrder:
    """The ERP's order under a blanket order."""
    number = more.pop("number", "") or unique("PO")
    reference = order_pb.BlanketOrderRef(number=blanket, release_number="7")
    done = await caller.submit(number, lines or [line("10", 30)], blanket_order=reference, **more)
    return done.purchase_order


async def shown(caller: Caller, number: str) -> pb.GetBlanketOrderResponse:
    return await caller.stub.GetBlanketOrder(pb.GetBlanketOrderRequest(number=number), timeout=caller.timeout)


async def counts(caller: Caller, number: str) -> tuple[str, str]:
    """What was called off of its first item, and what is left, in base units."""
    [first, *_] = (await shown(caller, number)).blanket_order.lines
    return first.released_quantity, first.open_quantity


async def concerns(caller: Caller, order: order_pb.PurchaseOrder) -> list[tuple[str, str, bool]]:
    return [each for each in await caller.exceptions(order.purchase_order_id) if "BLANKET" in each[0]]


def text(table: Table) -> str:
    console = Console(width=200, markup=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


async def test_a_release_is_a_purchase_order_at_the_agreed_price_that_names_its_agreement(caller: Caller) -> None:
    number = unique("B")
    price = {"price": "30.00", "unit": "XCS"}
    done = await agree(caller, number, agreed(10, supplier_item="ND-77", **price))
    assert (done.placement, done.blanket_order.revision) == (pb.PLACEMENT_CREATED, 1)
    released = await call_off(caller, number, "1", 24)
    order = released.purchase_order
    assert (order.number, order.supplier_id, order.currency) == (f"{number}-1", "SUP-NORDIC", "EUR")
    assert (order.blanket_order.number, order.blanket_order.release_number) == (number, "1")
    [asked] = order.lines
    assert (asked.sku, asked.ordered.value, asked.supplier_item) == ("BOLT", "24", "ND-77")
    assert (asked.price.money.amount, asked.price.unit) == ("30.00", "XCS"), "pieces at the price of a case"
    assert (asked.requested[0].date, order.state) == (on(20), order_pb.PURCHASE_ORDER_STATE_RELEASED)
    assert await counts(caller, number) == ("24", "96")
    assert await concerns(caller, order) == []
    told = await caller.journal(order.purchase_order_id)
    [drawn] = [each for each in told if isinstance(each, facts.BlanketOrderReleased)]
    assert [(each.sku, each.quantity) for each in drawn.called_off] == [("BOLT", "24")]
    assert "PurchaseOrderReleased" in [type(each).__name__ for each in told], "the supplier hears of it as of any order"
    [listed] = (await shown(caller, number)).releases
    assert (listed.number, listed.release_number, listed.state) == (order.number, "1", order.state)


async def test_a_request_never_goes_beyond_the_agreement(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number)
    await call_off(caller, number, "1", 60)
    assert await refused(call_off(caller, number, "2", 41)) == (PRECONDITION, "BLANKET_BEYOND_AGREED")
    assert await refused(call_off(caller, number, "2", 4, unit="XCS")) == (PRECONDITION, "BLANKET_BEYOND_AGREED")
    assert await refused(call_off(caller, number, "2", 1, sku="NUT")) == (PRECONDITION, "BLANKET_ITEM_UNKNOWN")
    for day in (-11, 91):
        outside = call_off(caller, number, "2", 1, ordered_on=on(day))
        assert await refused(outside) == (PRECONDITION, "BLANKET_EXPIRED")
    stranger_role = call_off(caller, number, "2", 1, role=options_pb2.ROLE_SUPPLIER)
    assert (await refused(stranger_role))[1] == "FIELD_NOT_OWNED"
    assert (await refused(call_off(caller, unique("B"), "1", 1)))[0] == grpc.StatusCode.NOT_FOUND
    assert await counts(caller, number) == ("60", "40"), "what is refused leaves nothing behind"
    assert (await refused(caller.order(f"{number}-2")))[0] == grpc.StatusCode.NOT_FOUND
    last = await call_off(caller, number, "2", 40, ordered_on=on(90))
    assert await concerns(caller, last.purchase_order) == []
    assert await counts(caller, number) == ("100", "0")


async def test_a_release_that_comes_twice_counts_once_and_its_number_stands_for_nothing_else(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number)
    first = await call_off(caller, number, "1", 60)
    again = await call_off(caller, number, "1", 60, hours=7)
    assert (again.placement, again.purchase_order.purchase_order_id) == (
        pb.PLACEMENT_REPEATED,
        first.purchase_order.purchase_order_id,
    )
    assert await refused(call_off(caller, number, "1", 61)) == (PRECONDITION, "RELEASE_NUMBER_REUSED")
    assert await counts(caller, number) == ("60", "40")


async def test_of_many_requests_at_once_none_goes_beyond_the_agreement(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number)

    async def until_decided(part: int) -> str:
        """The caller of a request that met another asks again, as its client would."""
        for _ in range(50):
            try:
                await call_off(caller, number, str(part), 30)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.ABORTED:
                    return error.code().name
            else:
                return "OK"
        raise AssertionError("never decided")

    ends = await asyncio.gather(*(until_decided(part) for part in range(6)))
    assert sorted(ends) == ["FAILED_PRECONDITION"] * 3 + ["OK"] * 3
    assert await counts(caller, number) == ("90", "10")


async def test_an_order_of_the_erp_above_the_agreement_stands_and_is_the_buyers_until_mended(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number, agreed(100))
    await buy(caller, number, line("10", 70))
    second = await buy(caller, number, line("10", 31))
    assert second.state == order_pb.PURCHASE_ORDER_STATE_RELEASED
    assert await counts(caller, number) == ("101", "-1")
    assert await concerns(caller, second) == [("BLANKET_EXCEEDED", BUYER, True)]
    await buy(caller, number, line("10", 30), number=second.number, hours=2)
    assert await counts(caller, number) == ("100", "0")
    assert await concerns(caller, second) == [("BLANKET_EXCEEDED", BUYER, False)]


async def test_days_prices_and_items_that_differ_are_the_buyers_and_go_with_a_new_agreement(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number, agreed(100, price="30.00", unit="XCS"), valid_to=on(-1))
    order = await buy(caller, number, line("10", 24, price="2.51"), line("20", 5, "NUT"))
    standing = {(code, still_open) for code, owner, still_open in await concerns(caller, order) if owner == BUYER}
    assert standing == {("BLANKET_EXPIRED", True), ("BLANKET_TERMS_DIFFER", True)}
    assert await counts(caller, number) == ("24", "1176"), "what is bought counts whatever its price"
    # 30.12 for a case of twelve is 2.51 for a piece.
    wider = agreed(100, price="30.12", unit="XCS"), agreed(50, "NUT")
    await agree(caller, number, *wider, valid_to=on(30), hours=4)
    assert {(code, still_open) for code, _, still_open in await concerns(caller, order)} == {
        ("BLANKET_EXPIRED", False),
        ("BLANKET_TERMS_DIFFER", False),
    }
    [_, nuts] = (await shown(caller, number)).blanket_order.lines
    assert (nuts.released_quantity, nuts.open_quantity) == ("5", "45"), "the item that is in it now counts"


async def test_an_agreement_that_comes_after_its_orders_counts_them(caller: Caller) -> None:
    number = unique("B")
    order = await buy(caller, number, line("10", 30))
    gone = await buy(caller, number, line("10", 20))
    assert await concerns(caller, order) == [("BLANKET_UNKNOWN", BUYER, True)]
    await buy(caller, number, number=gone.number, purpose=pb.ORDER_PURPOSE_CANCEL, hours=1)
    await agree(caller, number, hours=9)
    assert await concerns(caller, order) == [("BLANKET_UNKNOWN", BUYER, False)]
    assert await concerns(caller, gone) == [("BLANKET_UNKNOWN", BUYER, False)]
    assert await counts(caller, number) == ("30", "70")


async def test_what_leaves_an_order_may_be_called_off_again(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number)
    order = await buy(caller, number, line("10", 60), line("20", 40))
    assert await counts(caller, number) == ("100", "0")
    rejected = answered("10", says(pb.ACKNOWLEDGMENT_OUTCOME_REJECTED, 60))
    await caller.answer(order.number, rejected)
    assert await counts(caller, number) == ("40", "60")
    await buy(caller, number, line("10", 60), line("20", 40), number=order.number, hours=3, incoterms="DAP Riga")
    await buy(caller, number, line("10", 60, deleted=True), line("20", 15), number=order.number, hours=4)
    assert await counts(caller, number) == ("15", "85")
    await buy(caller, number, number=order.number, purpose=pb.ORDER_PURPOSE_CANCEL, hours=5)
    assert await counts(caller, number) == ("0", "100")


async def test_an_order_that_names_another_agreement_counts_on_that_one_alone(caller: Caller) -> None:
    first, second = unique("B"), unique("B")
    for number in (first, second):
        await agree(caller, number)
    order = await buy(caller, first)
    await buy(caller, second, number=order.number, hours=2)
    assert (await counts(caller, first), await counts(caller, second)) == (("0", "100"), ("30", "70"))
    await caller.submit(order.number, [line("10", 30)], hours=3)
    assert await counts(caller, second) == ("0", "100")


async def test_documents_of_an_agreement_are_placed_by_when_they_were_written(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number, hours=1)
    assert (await agree(caller, number, hours=2)).placement == pb.PLACEMENT_REPEATED
    assert (await agree(caller, number, agreed(5), hours=0)).placement == pb.PLACEMENT_LATE
    await buy(caller, number, line("10", 30))
    done = await agree(caller, number, agreed(20, "NUT"), hours=3)
    assert (done.placement, done.blanket_order.revision) == (pb.PLACEMENT_REVISED, 2)
    left = {each.sku: each.open_quantity for each in done.blanket_order.lines}
    assert left == {"NUT": "20", "BOLT": "-30"}, "an item that is dropped stays with what was called off"
    same_hour = agree(caller, number, agreed(21, "NUT"), hours=3)
    assert await refused(same_hour) == (PRECONDITION, "REVISION_AMBIGUOUS")
    other = agree(caller, number, agreed(21, "NUT"), hours=4, supplier_id="SUP-DELTA")
    assert await refused(other) == (PRECONDITION, "SUPPLIER_CHANGED")
    ended = await agree(caller, number, hours=5, purpose=pb.ORDER_PURPOSE_CANCEL)
    assert (ended.placement, ended.blanket_order.cancelled) == (pb.PLACEMENT_CANCELLED, True)
    assert await refused(call_off(caller, number, "1", 1, sku="NUT")) == (PRECONDITION, "BLANKET_EXPIRED")


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_to": on(-11)},
        {"lines": [agreed(1), agreed(2)]},
        {"lines": [agreed(-1)]},
        {"lines": [agreed("0.0000001")]},
        {"lines": [agreed(1, "GHOST")]},
        {"supplier_id": "SUP-GHOST"},
        {"role": options_pb2.ROLE_SUPPLIER},
    ],
)
async def test_an_agreement_that_makes_no_sense_is_refused_whole(caller: Caller, wrong: dict[str, Any]) -> None:
    number = unique("B")
    code, _ = await refused(agree(caller, number, **wrong))
    assert code in {grpc.StatusCode.INVALID_ARGUMENT, PRECONDITION}
    assert (await refused(shown(caller, number)))[0] == grpc.StatusCode.NOT_FOUND


async def test_one_number_of_two_business_units_is_two_agreements(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number)
    await agree(caller, number, business_unit="US01")
    assert await refused(shown(caller, number)) == (PRECONDITION, "BLANKET_ORDER_AMBIGUOUS")
    await call_off(caller, number, "1", 30, business_unit="US01")
    request = pb.GetBlanketOrderRequest(number=number, business_unit="EU01")
    found = await caller.stub.GetBlanketOrder(request, timeout=caller.timeout)
    assert found.blanket_order.lines[0].released_quantity == "0"


async def test_the_command_line_shows_what_is_left_and_by_which_orders(caller: Caller) -> None:
    number = unique("B")
    await agree(caller, number, agreed(10, price="30.00", unit="XCS"))
    await call_off(caller, number, "1", 24)
    found = await shown(caller, number)
    assert headline(found.blanket_order).startswith(f"{number} of EU01 with SUP-NORDIC: from 2026-02-20 to 2026-05-31")
    lines = text(lines_table(found.blanket_order)).split()
    assert " ".join(lines[7:]) == "10-BOLT BOLT 10 XCS 30.00 EUR 24 EA 96 EA"
    assert f"{number}-1" in text(releases_table(list(found.releases)))
    typed = released_line("BOLT=2.5:XCS")
    assert (typed.sku, typed.quantity.value, typed.quantity.unit) == ("BOLT", "2.5", "XCS")
