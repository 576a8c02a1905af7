"""A parcel that its carrier brings back never arrived: it comes to its end without anybody asking for a return."""

from __future__ import annotations

import grpc
import pytest
from crossdock.delivery.events.v1 import events_pb2 as delivery
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, sales_order_pb2
from fulfillment.domain.on_the_road import DELIVERED
from fulfillment.wire import road
from fulfillment_cases.calls import Caller, line, standing, unique
from fulfillment_cases.ledger import Ledger, totals
from fulfillment_cases.ledger import shown as posting_shown
from fulfillment_cases.returns import Returns, came, restocked, shown

CLOSED = sales_order_pb2.SCHEDULE_STATE_CLOSED


async def on_the_road(caller: Caller, returns: Returns) -> tuple[str, str]:
    """An order of ten that has left, and its shipment."""
    number = unique("S")
    order_id = (await caller.place(number, line("1", 10))).order.order_id
    return order_id, await returns.gone(order_id, number)


async def only(returns: Returns, order_id: str) -> return_pb2.CustomerReturn:
    [found] = await returns.listed(order_id=order_id)
    return found


async def stands(caller: Caller, order_id: str) -> dict[str, str]:
    return standing((await caller.order(order_id)).lines[0])


@pytest.mark.feature("F133")
async def test_what_comes_back_undelivered_is_restocked_and_credited(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id, shipment_id = await on_the_road(caller, returns)
    await ledger.triggered(shipment_id, order_id)
    for kind in ("order", "shipment", "invoice"):
        await ledger.answer((await ledger.books(order_id))[f"{kind} requested"], unique("D"), totals=totals())
    await returns.say(shipment_id, trouble="E-1", comes_back=True)
    found = await only(returns, order_id)
    assert (shown(found), found.reason, found.lines[0].authorized.value) == ("authorized", "UNDELIVERED", "10")
    assert await stands(caller, order_id) == {"delivery_exception": "10"}, "nobody calls it delivered"
    await returns.received(came(10), order_id=order_id)
    assert (await stands(caller, order_id), shown(await only(returns, order_id))) == ({"returned": "10"}, "received")
    await returns.inspected(restocked(10), order_id=order_id)
    [credit] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_CREDIT)
    assert (posting_shown(credit), credit.wanted.amount, credit.cause) == ("credit requested", "119.00", "UNDELIVERED")
    await ledger.answer(credit.posting_id, unique("CN"), totals=totals())
    assert (await stands(caller, order_id), shown(await only(returns, order_id))) == ({"credited": "10"}, "credited")
    assert {(code, is_open) for code, _, is_open in await caller.exceptions(order_id)} == set()


@pytest.mark.feature("F133")
async def test_a_warehouse_that_has_it_before_its_carrier_says_so_is_right(caller: Caller, returns: Returns) -> None:
    order_id, shipment_id = await on_the_road(caller, returns)
    await returns.received(came(10), order_id=order_id)
    assert shown(await only(returns, order_id)) == "unauthorized"
    await returns.say(shipment_id, trouble="E-1", comes_back=True)
    assert shown(await only(returns, order_id)) == "received"
    assert await stands(caller, order_id) == {"returned": "10"}
    assert ("RETURN_NOT_AUTHORIZED", "returns-desk", False) in await caller.exceptions(order_id)


async def test_the_same_word_twice_opens_one_return_and_a_correction_ends_it(caller: Caller, returns: Returns) -> None:
    order_id, shipment_id = await on_the_road(caller, returns)
    for said in ("E-1", "E-1", "E-2"):
        await returns.say(shipment_id, trouble=said, comes_back=True)
    await returns.say(shipment_id, settled="E-1")
    assert shown(await only(returns, order_id)) == "authorized", "the other word holds"
    await returns.say(shipment_id, settled="E-2")
    assert (shown(await only(returns, order_id)), await stands(caller, order_id)) == ("withdrawn", {"shipped": "10"})
    await returns.say(shipment_id, trouble="E-3", comes_back=True)
    assert sorted(shown(each) for each in await returns.listed(order_id=order_id)) == ["authorized", "withdrawn"]
    await returns.say(shipment_id, reached=DELIVERED)
    assert await stands(caller, order_id) == {"delivered": "10"}


async def test_what_a_warehouse_has_is_not_taken_back_by_a_correction(caller: Caller, returns: Returns) -> None:
    order_id, shipment_id = await on_the_road(caller, returns)
    await returns.say(shipment_id, trouble="E-1", comes_back=True)
    await returns.received(came(4), order_id=order_id)
    await returns.say(shipment_id, settled="E-1")
    assert shown(await only(returns, order_id)) == "partly_received"
    assert await stands(caller, order_id) == {"returned": "4", "delivery_exception": "6"}
    await returns.received(came(6), order_id=order_id)
    assert shown(await only(returns, order_id)) == "received"


async def test_what_went_wrong_on_the_way_may_be_asked_back_and_what_is_on_the_way_may_not(
    caller: Caller, returns: Returns
) -> None:
    order_id, shipment_id = await on_the_road(caller, returns)
    with pytest.raises(grpc.aio.AioRpcError, match="not delivered"):
        await returns.authorize(order_id, unique("R"), 10)
    await returns.say(shipment_id, trouble="E-1")
    found = (await returns.authorize(order_id, unique("R"), 10)).customer_return
    await returns.withdraw(found.return_id)
    assert await stands(caller, order_id) == {"delivery_exception": "10"}, "somebody has to decide anew"
    number = unique("R")
    await returns.authorize(order_id, number, 10)
    await returns.inspected(restocked(10), return_number=number)
    assert await stands(caller, order_id) == {"closed": "10"}, "it was never invoiced"


async def shipped_of(ledger: Ledger, order_id: str) -> posting_pb2.Posting:
    [found] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_SHIPMENT)
    return found


@pytest.mark.feature("F133", "F157")
async def test_what_was_never_invoiced_waits_for_no_credit(caller: Caller, returns: Returns, ledger: Ledger) -> None:
    """Its customer pays by a proof that does not come."""
    order_id, shipment_id = await on_the_road(caller, returns)
    await returns.say(shipment_id, trouble="E-1", comes_back=True)
    await returns.received(came(10), order_id=order_id)
    await returns.inspected(restocked(4), order_id=order_id)
    assert shown(await only(returns, order_id)) == "received"
    await returns.inspected(restocked(6), order_id=order_id)
    assert shown(await only(returns, order_id)) == "closed"
    assert [each.state for each in (await caller.order(order_id)).lines[0].schedules] == [CLOSED, CLOSED]
    assert await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_CREDIT) == []
    shipped = await shipped_of(ledger, order_id)
    assert shipped.billing == posting_pb2.BILLING_STATE_RETURNED
    assert [each.quantity.value for each in shipped.returned] == ["4", "6"]
    subjects = [shipped.posting_id, (await only(returns, order_id)).return_id]
    timers = await caller.fetch("SELECT kind FROM timer WHERE subject = ANY($1::text[])", subjects)
    assert {row["kind"] for row in timers} == {"process/posting"}, "nobody waits for an invoice or a credit"
    # A proof that comes all the same invoices nothing.
    await ledger.triggered(shipment_id, order_id)
    assert await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE) == []


async def test_what_of_a_shipment_arrives_after_all_is_invoiced_without_the_rest(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id, shipment_id = await on_the_road(caller, returns)
    await returns.say(shipment_id, trouble="E-1", comes_back=True)
    await returns.inspected(restocked(4), order_id=order_id)
    await returns.withdraw((await only(returns, order_id)).return_id)
    assert shown(await only(returns, order_id)) == "closed"
    assert await stands(caller, order_id) == {"closed": "4", "delivery_exception": "6"}
    await returns.say(shipment_id, settled="E-1")
    await returns.say(shipment_id, reached=DELIVERED)
    await ledger.triggered(shipment_id, order_id)
    [invoice] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert [each.quantity.value for each in invoice.lines] == ["6"]


async def test_what_was_delivered_and_sent_back_before_its_invoice_is_credited_on_it(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    number = unique("S")
    order_id = (await caller.place(number, line("1", 10))).order.order_id
    await returns.delivered(order_id, number)
    await returns.authorize(order_id, unique("R"), 4)
    await returns.inspected(restocked(4), order_id=order_id)
    [credit] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_CREDIT)
    assert posting_shown(credit) == "credit waiting"
    assert (await shipped_of(ledger, order_id)).billing == posting_pb2.BILLING_STATE_NOT_BILLABLE


def test_only_what_is_brought_back_comes_back() -> None:
    for trouble, comes_back in ((shipment_pb2.TROUBLE_RETURNED, True), (shipment_pb2.TROUBLE_REFUSED, False)):
        said = delivery.DeliveryExceptionRaised(shipment_id="sh", exception_id="E", trouble=trouble)
        assert road.failed(said).comes_back is comes_back
