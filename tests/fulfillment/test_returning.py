"""Returns as their callers see them: authorised, back at a warehouse, inspected, credited by the ERP."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest
from crossdock.common.v1.values_pb2 import Money
from crossdock.fulfillment.events.v1 import events_pb2 as event_pb
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as fulfillment_pb
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, sales_order_pb2
from crossdock.options.v1 import options_pb2
from fulfillment.domain.refusals import NothingLeftToCredit
from fulfillment_cases.calls import Caller, line, origin, quantity, standing, unique
from fulfillment_cases.ledger import Ledger, totals
from fulfillment_cases.ledger import shown as posting_shown
from fulfillment_cases.returns import Returns, came, restocked, shown


async def delivered(caller: Caller, returns: Returns, ledger: Ledger | None = None) -> str:
    """An order of ten that its customer has; invoiced where there is a ledger."""
    number = unique("S")
    order_id = (await caller.place(number, line("1", 10))).order.order_id
    shipment_id = await returns.delivered(order_id, number)
    if ledger is not None:
        await ledger.triggered(shipment_id, order_id)
        await invoiced(ledger, order_id)
    return str(order_id)


async def invoiced(ledger: Ledger, order_id: str, comes_to: posting_pb2.Totals | None = None) -> None:
    for kind in ("order", "shipment", "invoice"):
        asked = (await ledger.books(order_id))[f"{kind} requested"]
        await ledger.answer(asked, unique("D"), totals=comes_to or totals())


async def credit_of(ledger: Ledger, order_id: str) -> posting_pb2.Posting:
    [found] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_CREDIT)
    return found


@pytest.mark.feature("F034", "F109", "F133", "F158")
async def test_a_partial_return_comes_back_is_inspected_and_credited(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id = await delivered(caller, returns, ledger)
    number = unique("R")
    found = (await returns.authorize(order_id, number, 4)).customer_return
    assert (shown(found), found.order_id) == ("authorized", order_id)
    order = await caller.order(order_id)
    assert standing(order.lines[0]) == {"delivered": "6", "return_requested": "4"}
    await returns.received(came(4), return_number=number)
    assert shown(await returns.one(found.return_id)) == "received"
    await returns.inspected(restocked(4), return_number=number)
    assert standing((await caller.order(order_id)).lines[0]) == {"delivered": "6", "inspected": "4"}
    credit = await credit_of(ledger, order_id)
    assert (posting_shown(credit), credit.wanted.amount, credit.cause) == ("credit requested", "47.60", "too many")
    assert [each.quantity.value for each in credit.lines] == ["4"]
    assert found.return_id in {each.return_id for each in await returns.listed(awaiting_credit=True)}
    await ledger.answer(credit.posting_id, unique("CN"), totals=totals("40.00", "7.60", "47.60"))
    assert shown(await returns.one(found.return_id)) == "credited"
    assert standing((await caller.order(order_id)).lines[0]) == {"delivered": "6", "credited": "4"}
    assert found.return_id not in {each.return_id for each in await returns.listed(awaiting_credit=True)}
    facts = await caller.fetch(
        "SELECT type, version FROM journal WHERE aggregate = $1 ORDER BY version", f"return/{found.return_id}"
    )
    assert [row["type"].rpartition(".")[2] for row in facts] == [
        "ReturnAuthorized",
        "ReturnReceived",
        "ReturnInspected",
        "ReturnCredited",
    ]


@pytest.mark.feature("F133")
async def test_a_return_is_asked_for_by_the_orders_channel_and_number_and_its_facts_name_the_channel(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id = await delivered(caller, returns, ledger)
    order = (await caller.order(order_id)).order
    ref = fulfillment_pb.OrderRef(channel=order.channel, number=order.number)
    found = (await returns.authorize("", number := unique("R"), 4, ref=ref)).customer_return
    assert found.order_id == order_id
    assert (await returns.authorize("", number, 4, ref=ref)).repeated
    for wrong in (fulfillment_pb.OrderRef(channel="shop-other", number=order.number), fulfillment_pb.OrderRef()):
        with pytest.raises(grpc.aio.AioRpcError):
            await returns.authorize("", unique("R"), 1, ref=wrong)
    await returns.received(came(3), return_number=number)
    await returns.inspected(restocked(3), return_number=number)
    await returns.withdraw(found.return_id)
    kinds = (event_pb.ReturnAuthorized, event_pb.ReturnReceived, event_pb.ReturnInspected, event_pb.ReturnWithdrawn)
    rows = await caller.fetch("SELECT type, body FROM journal WHERE aggregate = $1", f"return/{found.return_id}")
    told = {row["type"]: bytes(row["body"]) for row in rows}
    for kind in kinds:
        assert kind.FromString(told[kind.DESCRIPTOR.full_name]).channel == order.channel, kind
    credit = await credit_of(ledger, order_id)
    await ledger.answer(credit.posting_id, unique("CN"), totals=totals("30.00", "5.70", "35.70"))
    issued = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND type = $2",
        f"posting/{credit.posting_id}",
        event_pb.CreditIssued.DESCRIPTOR.full_name,
    )
    note = event_pb.CreditIssued.FromString(bytes(issued[0]["body"]))
    [invoice] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert (note.invoice_number, note.ordered_on) == (invoice.number, order.ordered_on)


@pytest.mark.feature("F156", "F158")
async def test_a_credit_waits_for_its_invoice_and_comes_to_its_share_of_it(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id = await delivered(caller, returns)
    await returns.authorize(order_id, unique("R"), 5)
    await returns.inspected(restocked(5), order_id=order_id)
    credit = await credit_of(ledger, order_id)
    assert posting_shown(credit) == "credit waiting"
    assert not credit.HasField("wanted")
    [shipped] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_SHIPMENT)
    await ledger.triggered(shipped.shipment_id, order_id)
    await invoiced(ledger, order_id)
    credit = await credit_of(ledger, order_id)
    assert (posting_shown(credit), credit.wanted.amount) == ("credit requested", "59.50")


@pytest.mark.feature("F158")
async def test_what_nothing_was_paid_for_comes_back_and_the_erp_says_what_that_comes_to(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    number, free = unique("S"), line("1", 10)
    free.price.money.amount = "0"
    carriage = sales_order_pb2.Charge(
        kind=sales_order_pb2.CHARGE_KIND_FREIGHT, amount=Money(amount="119", currency="EUR")
    )
    order_id = (await caller.place(number, free, charges=[carriage])).order.order_id
    await ledger.triggered(await returns.delivered(order_id, number), order_id)
    await invoiced(ledger, order_id)
    found = (await returns.authorize(order_id, unique("R"), 4)).customer_return
    await returns.inspected(restocked(4), order_id=order_id)
    credit = await credit_of(ledger, order_id)
    assert posting_shown(credit) == "credit requested"
    assert not credit.HasField("wanted")
    await ledger.answer(credit.posting_id, unique("CN"), totals=totals("0.00", "0.00", "0.00"))
    assert shown(await returns.one(found.return_id)) == "credited"


@pytest.mark.feature("F158")
async def test_returns_of_an_invoice_come_to_it_to_the_cent(caller: Caller, returns: Returns, ledger: Ledger) -> None:
    number = unique("S")
    order_id = (await caller.place(number, line("1", 10))).order.order_id
    await ledger.triggered(await returns.delivered(order_id, number), order_id)
    await invoiced(ledger, order_id, totals("84.04", "15.97", "100.01"))
    for amount in (3, 3, 4):
        number = unique("R")
        await returns.authorize(order_id, number, amount)
        await returns.inspected(restocked(amount), return_number=number)
    notes = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_CREDIT)
    assert sorted(each.wanted.amount for each in notes) == ["30.00", "30.01", "40.00"]


@pytest.mark.feature("F158")
async def test_what_is_credited_already_is_not_credited_again_by_a_return(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id = await delivered(caller, returns, ledger)
    await ledger.credit(order_id, (await ledger.books(order_id))["invoice posted"], "C-1", "119.00")
    await returns.authorize(order_id, unique("R"), 10)
    await returns.inspected(restocked(10), order_id=order_id)
    books = await ledger.books(order_id)
    assert "credit waiting" in books
    assert ("NOTHING_LEFT_TO_CREDIT", "finance", True) in await caller.exceptions(order_id)


@pytest.mark.feature("F158")
async def test_what_found_nothing_left_to_credit_is_asked_for_once_there_is(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id = await delivered(caller, returns, ledger)
    other = await ledger.credit(order_id, (await ledger.books(order_id))["invoice posted"], "C-1", "119.00")
    await returns.authorize(order_id, unique("R"), 10)
    await returns.inspected(restocked(10), order_id=order_id)
    waiting = (await ledger.books(order_id))["credit waiting"]
    with pytest.raises(NothingLeftToCredit):
        await ledger.again(f"posting/{waiting}")
    await ledger.answer(other.posting.posting_id, refusal="no such reason code")
    await ledger.again(f"posting/{waiting}")
    asked = {each.posting_id: each for each in await ledger.postings(order_id=order_id)}[waiting]
    assert (posting_shown(asked), asked.wanted.amount) == ("credit requested", "119.00")
    assert ("NOTHING_LEFT_TO_CREDIT", "finance", False) in await caller.exceptions(order_id)


@pytest.mark.feature("F158")
@pytest.mark.parametrize("billed_first", [True, False])
async def test_a_credit_note_that_the_erp_books_before_its_invoice_counts_on_it(
    caller: Caller, returns: Returns, ledger: Ledger, billed_first: bool
) -> None:
    order_id = await delivered(caller, returns)
    [shipped] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_SHIPMENT)
    if billed_first:
        await ledger.triggered(shipped.shipment_id, order_id)
    await returns.authorize(order_id, unique("R"), 5)
    await returns.inspected(restocked(5), order_id=order_id)
    note = await credit_of(ledger, order_id)
    await ledger.answer(note.posting_id, unique("CN"), totals=totals("50.00", "9.50", "59.50"))
    if not billed_first:
        await ledger.triggered(shipped.shipment_id, order_id)
    await invoiced(ledger, order_id)
    [invoice] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert (invoice.settlement.credited.amount, invoice.settlement.open.amount) == ("59.50", "59.50")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ledger.credit(order_id, invoice.posting_id, "C-1", "60.00")
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.feature("F133")
async def test_a_return_whose_rest_stays_with_the_customer_ends_with_its_lines(
    caller: Caller, returns: Returns, ledger: Ledger
) -> None:
    order_id = await delivered(caller, returns, ledger)
    found = (await returns.authorize(order_id, unique("R"), 5)).customer_return
    await returns.inspected(restocked(2), return_number=found.number)
    note = await credit_of(ledger, order_id)
    await ledger.answer(note.posting_id, unique("CN"), totals=totals("20.00", "3.80", "23.80"))
    assert shown(await returns.withdraw(found.return_id)) == "credited"
    order = await caller.order(order_id)
    assert standing(order.lines[0]) == {"delivered": "5", "credited": "2", "closed": "3"}


@pytest.mark.feature("F133")
async def test_what_was_never_authorised_is_booked_and_the_desks_until_it_is(caller: Caller, returns: Returns) -> None:
    order_id = await delivered(caller, returns)
    number = unique("R")
    said = await returns.received(came(3, line=""), return_number=number)
    assert (said.unauthorized, said.order_id) == (True, "")
    assert ("RETURN_NOT_AUTHORIZED", "returns-desk", True) in await caller.exceptions(said.return_id)
    found = (await returns.authorize(order_id, number, 3)).customer_return
    assert (found.return_id, shown(found)) == (said.return_id, "received")
    assert ("RETURN_NOT_AUTHORIZED", "returns-desk", False) in await caller.exceptions(said.return_id)
    assert standing((await caller.order(order_id)).lines[0]) == {"delivered": "7", "returned": "3"}


async def test_goods_of_no_order_are_booked_under_the_warehouses_own_number(caller: Caller, returns: Returns) -> None:
    said = await returns.received(came(2, line="", sku="NUT"), order_number=unique("nobodys"))
    found = await returns.one(said.return_id)
    assert (shown(found), found.order_id, found.business_unit) == ("unauthorized", "", "EU01")
    assert (await returns.withdraw(said.return_id)).state == return_pb2.RETURN_STATE_WITHDRAWN
    assert ("RETURN_NOT_AUTHORIZED", "returns-desk", False) in await caller.exceptions(said.return_id)


async def test_the_same_report_and_the_same_authorisation_twice_are_one(caller: Caller, returns: Returns) -> None:
    order_id = await delivered(caller, returns)
    number, report = unique("R"), unique("RR")
    assert not (await returns.authorize(order_id, number, 2)).repeated
    assert (await returns.authorize(order_id, number, 2)).repeated
    first = await returns.received(came(2), return_number=number, number=report)
    again = await returns.received(came(2), return_number=number, number=report)
    assert (first.repeated, again.repeated, again.return_id) == (False, True, first.return_id)
    [back] = (await returns.one(first.return_id)).lines
    assert back.received == quantity(2)
    for wrong in (
        returns.authorize(order_id, number, 3),
        returns.received(came(1), return_number=number, number=report),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await wrong
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_only_what_was_delivered_can_come_back(caller: Caller, returns: Returns) -> None:
    order_id = (await caller.place(unique("S"), line("1", 10))).order.order_id
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await returns.authorize(order_id, unique("R"), 1)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert await returns.listed(order_id=order_id) == []


@pytest.mark.parametrize("role", [options_pb2.ROLE_WMS, options_pb2.ROLE_CARRIER])
async def test_a_warehouse_authorises_nothing(caller: Caller, returns: Returns, role: int) -> None:
    order_id = await delivered(caller, returns)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await returns.authorize(order_id, unique("R"), 1, origin=origin(role))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_what_does_not_come_back_is_somebodys_after_its_deadline_and_can_be_withdrawn(
    caller: Caller, returns: Returns
) -> None:
    order_id = await delivered(caller, returns)
    found = (await returns.authorize(order_id, unique("R"), 4)).customer_return
    [timer] = await caller.fetch(
        "SELECT due_at, kind FROM timer WHERE subject = $1 AND kind = 'process/return'", found.return_id
    )
    assert timer["due_at"] - found.created_at.ToDatetime(timer["due_at"].tzinfo) >= timedelta(days=30)
    assert shown(await returns.withdraw(found.return_id)) == "withdrawn"
    assert standing((await caller.order(order_id)).lines[0]) == {"delivered": "6", "closed": "4"}
    assert not await caller.fetch("SELECT 1 FROM timer WHERE subject = $1", found.return_id)
