"""The ERP's books of served orders: each document once and in its sequence, whatever order reports come in."""

from __future__ import annotations

from datetime import UTC, datetime

import grpc
import pytest
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.repairs.redoing import NothingToRetry
from fulfillment.domain.refusals import CreditAboveInvoice, PostingNotDue
from fulfillment_cases.calls import Caller, line, origin, unique
from fulfillment_cases.ledger import Ledger, shown, totals
from fulfillment_cases.warehouse import Site, reported


async def placed(caller: Caller, **more: str) -> tuple[str, str]:
    """Number and id of an order of one line."""
    number = unique("S")
    found = await caller.place(number, line("1", 10), **more)
    return number, found.order.order_id


async def issued(site: Site, number: str, shipment: str = "", amount: int = 10) -> str:
    """The shipment's id."""
    said = await site.issue(unique("GI"), shipment or unique("SH"), reported(number, "BOLT", amount))
    return str(said.shipment_id)


@pytest.mark.feature("F126", "F155", "F156", "F157", "F161", "F033")
async def test_order_shipment_and_invoice_are_posted_once_and_in_sequence(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    shipment_id = await issued(site, number)
    await ledger.triggered(shipment_id, order_id)
    await ledger.triggered(shipment_id, order_id)
    books = await ledger.books(order_id)
    assert sorted(books) == ["invoice waiting", "order requested", "shipment waiting"]
    await ledger.answer(books["order requested"], "4711")
    books = await ledger.books(order_id)
    assert sorted(books) == ["invoice waiting", "order posted", "shipment requested"]
    await ledger.answer(books["shipment requested"], "8001")
    books = await ledger.books(order_id)
    assert sorted(books) == ["invoice requested", "order posted", "shipment posted"]
    assert not (await ledger.answer(books["invoice requested"], "9001", totals=totals())).repeated
    assert (await ledger.answer(books["invoice requested"], "9001", totals=totals())).repeated
    [shipped] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_SHIPMENT)
    assert shipped.billing == posting_pb2.BILLING_STATE_INVOICED
    [invoice] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert (invoice.number, invoice.totals.gross.amount, invoice.lines[0].quantity.value) == ("9001", "119.00", "10")
    order = (await caller.order(order_id)).order
    assert [(each.system, each.number) for each in order.system_numbers] == [("SHOP-EU", number), ("ERP-EU", "4711")]
    facts = await caller.fetch(
        "SELECT type, aggregate FROM journal WHERE aggregate LIKE $1 ORDER BY recorded_at, version",
        f"posting/{order_id}.%",
    )
    told = [row["type"].rpartition(".")[2] for row in facts]
    asked = [row["aggregate"].split(".")[1] for row in facts if row["type"].endswith("PostingRequested")]
    assert asked == ["order", "shipment", "invoice"]
    assert told.count("InvoicePosted") == 1
    assert told[-1] == "InvoicePosted"


@pytest.mark.feature("F156")
async def test_goods_that_leave_in_parts_are_invoiced_each_once_after_one_trigger(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    name = unique("SH")
    shipment_id = await issued(site, number, name, 4)
    await ledger.triggered(shipment_id, order_id)
    assert await issued(site, number, name, 6) == shipment_id
    await ledger.triggered(shipment_id, order_id)
    invoices = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert sorted(each.lines[0].quantity.value for each in invoices) == ["4", "6"]


async def test_shipments_pending_posting_are_listed_until_the_erp_has_them(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    await issued(site, number)
    pending = {"kind": posting_pb2.POSTING_KIND_SHIPMENT, "pending": True}
    assert order_id in {each.order_id for each in await ledger.postings(**pending)}
    await ledger.answer((await ledger.books(order_id))["order requested"], "4712")
    await ledger.answer((await ledger.books(order_id))["shipment requested"], "8002")
    assert order_id not in {each.order_id for each in await ledger.postings(**pending)}
    unbilled = await ledger.postings(billing=posting_pb2.BILLING_STATE_NOT_BILLABLE)
    assert order_id in {each.order_id for each in unbilled}


async def test_by_a_customers_terms_the_goods_issue_is_enough_to_invoice(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    rule = NewRule(
        key="fulfillment.billing",
        value={"basis": "goods_issue"},
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        scope=Scope(business_unit="EU-DIRECT"),
    )
    async with transaction(caller.engine, ["acme"]) as tx:
        await policy.add(tx.driver, "acme", rule)
    number, order_id = await placed(caller, business_unit="EU-DIRECT")
    shipment_id = await issued(site, number)
    await ledger.triggered(shipment_id, order_id)
    assert len(await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)) == 1


async def test_a_trigger_without_a_goods_issue_is_the_billing_desks(caller: Caller, ledger: Ledger) -> None:
    _, order_id = await placed(caller)
    await ledger.triggered(unique("nobodys"), order_id)
    assert ("BILLING_WITHOUT_GOODS_ISSUE", "billing-desk", True) in await caller.exceptions(order_id)


async def test_what_the_erp_refuses_holds_up_what_follows_until_it_is_asked_again(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    await issued(site, number)
    asked = (await ledger.books(order_id))["order requested"]
    await ledger.answer(asked, refusal="customer is blocked")
    assert sorted(await ledger.books(order_id)) == ["order refused", "shipment waiting"]
    assert ("POSTING_REFUSED", "finance", True) in await caller.exceptions(order_id)
    await ledger.again(f"posting/{asked}")
    await ledger.answer(asked, "4713")
    assert sorted(await ledger.books(order_id)) == ["order posted", "shipment requested"]
    assert ("POSTING_REFUSED", "finance", False) in await caller.exceptions(order_id)


async def test_what_the_erp_never_answered_is_asked_for_again_by_its_deadlines_exception(
    caller: Caller, ledger: Ledger
) -> None:
    _, order_id = await placed(caller)
    asked = (await ledger.books(order_id))["order requested"]
    await ledger.again(f"process/posting/{asked}")
    attempts = await caller.fetch("SELECT attempt FROM posting WHERE posting_id = $1", asked)
    assert [row["attempt"] for row in attempts] == [2]
    with pytest.raises(NothingToRetry):
        await ledger.again(f"process/order_schedule/{order_id}/1")


@pytest.mark.feature("F156")
async def test_what_waits_for_its_turn_is_not_asked_for_before_it_whoever_wants_that(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    await issued(site, number)
    waiting = (await ledger.books(order_id))["shipment waiting"]
    with pytest.raises(PostingNotDue):
        await ledger.again(f"process/posting/{waiting}")
    assert sorted(await ledger.books(order_id)) == ["order requested", "shipment waiting"]


@pytest.mark.feature("F132", "F156")
async def test_what_is_changed_or_cancelled_after_the_order_was_posted_reaches_the_erp_behind_it(
    caller: Caller, ledger: Ledger
) -> None:
    _, order_id = await placed(caller)
    await caller.change(order_id, "1", 4, reason="fewer guests")
    assert sorted(await ledger.books(order_id)) == ["change waiting", "order requested"]
    await ledger.answer((await ledger.books(order_id))["order requested"], "4720")
    await caller.cancel(order_id, reason="no party")
    first, second = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_CHANGE)
    assert [shown(first), shown(second)] == ["change requested", "change waiting"]
    assert [(each.cause, each.lines[0].quantity.value) for each in (first, second)] == [
        ("fewer guests", "4"),
        ("no party", "0"),
    ]
    assert second.follows == [f"{order_id}.order.1", first.posting_id]
    await ledger.answer(first.posting_id, "4721")
    assert "change requested" in await ledger.books(order_id)


@pytest.mark.feature("F156")
async def test_goods_follow_the_newest_change_of_their_order(caller: Caller, site: Site, ledger: Ledger) -> None:
    number, order_id = await placed(caller)
    await caller.change(order_id, "1", 12)
    await issued(site, number)
    await ledger.answer((await ledger.books(order_id))["order requested"], "4722")
    books = await ledger.books(order_id)
    assert sorted(books) == ["change requested", "order posted", "shipment waiting"]
    await ledger.answer(books["change requested"], "4723")
    assert "shipment requested" in await ledger.books(order_id)


async def test_an_order_that_was_never_submitted_is_none_of_the_erps(caller: Caller, ledger: Ledger) -> None:
    order_id = (await caller.open(unique("S"))).order.order_id
    await caller.append(order_id, line("1", 10))
    await caller.cancel(order_id)
    assert await ledger.books(order_id) == {}


@pytest.mark.feature("F145", "F161")
async def test_an_invoice_shows_what_made_it_due_and_so_does_one_of_what_is_issued_later(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    shipment = unique("SH")
    shipment_id = await issued(site, number, shipment, 6)
    await ledger.triggered(shipment_id, order_id, proof="photo/1")
    await ledger.triggered(shipment_id, order_id, proof="photo/2")
    await issued(site, number, shipment, 4)
    due = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert [(each.evidence.basis, each.evidence.reference) for each in due] == [("PROOF", "photo/1")] * 2
    assert {each.evidence.at.ToJsonString() for each in due} == {"2026-03-04T00:00:00Z"}
    shipped = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_SHIPMENT)
    assert not any(each.HasField("evidence") for each in shipped)


@pytest.mark.feature("F158")
async def test_a_refused_credit_note_leaves_room_for_the_corrected_one(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    await ledger.triggered(await issued(site, number), order_id)
    for kind, said in (("order", "4716"), ("shipment", "8004"), ("invoice", "9003")):
        await ledger.answer((await ledger.books(order_id))[f"{kind} requested"], said, totals=totals())
    invoice = (await ledger.books(order_id))["invoice posted"]
    refused = (await ledger.credit(order_id, invoice, "C-1", "119.00")).posting.posting_id
    await ledger.answer(refused, refusal="no such reason code")
    await ledger.credit(order_id, invoice, "C-2", "100.00")
    with pytest.raises(CreditAboveInvoice):
        await ledger.again(f"posting/{refused}")


@pytest.mark.feature("F158")
async def test_credit_notes_stay_within_their_invoice_and_are_asked_for_once(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number, order_id = await placed(caller)
    await ledger.triggered(await issued(site, number), order_id)
    for kind, said in (("order", "4714"), ("shipment", "8003"), ("invoice", "9002")):
        await ledger.answer((await ledger.books(order_id))[f"{kind} requested"], said, totals=totals())
    invoice = (await ledger.books(order_id))["invoice posted"]
    first = await ledger.credit(order_id, invoice, "C-1", "100.00")
    assert (await ledger.credit(order_id, invoice, "C-1", "100.00")).repeated
    for wrong in (("C-2", "19.01"), ("C-1", "50.00")):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ledger.credit(order_id, invoice, *wrong)
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    await ledger.answer(first.posting.posting_id, "CN-1", totals=totals("84.03", "15.97", "100.00"))
    waiting = await ledger.postings(kind=posting_pb2.POSTING_KIND_CREDIT, pending=True)
    assert order_id not in {each.order_id for each in waiting}


@pytest.mark.parametrize("role", [options_pb2.ROLE_WMS, options_pb2.ROLE_CHANNEL, options_pb2.ROLE_CARRIER])
async def test_only_the_erp_says_that_something_is_posted(caller: Caller, ledger: Ledger, role: int) -> None:
    _, order_id = await placed(caller)
    asked = (await ledger.books(order_id))["order requested"]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ledger.answer(asked, "4715", origin=origin(role, "SOMEBODY"))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "FIELD_NOT_OWNED" in str(refused.value.trailing_metadata()) or "writ" in str(refused.value.details())
    assert "order requested" in await ledger.books(order_id)
