"""Payments as the ERP reports them: each once, before or after its invoice, visible at it and in its events."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from fulfillment_cases.calls import SECONDS, Caller, line, origin, unique
from fulfillment_cases.ledger import ERP, Ledger, euros, totals
from fulfillment_cases.warehouse import Site, now, reported


async def pay(ledger: Ledger, invoice: str, number: str, amount: str, /, **more: Any) -> pb.RecordPaymentResponse:
    said: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": ERP,
        "invoice_number": invoice,
        "number": number,
        "amount": euros(amount),
        "paid_at": now(),
    }
    answer: pb.RecordPaymentResponse = await ledger.stub.RecordPayment(
        pb.RecordPaymentRequest(**said | more), timeout=SECONDS
    )
    return answer


async def asked(caller: Caller, site: Site, ledger: Ledger) -> tuple[str, str]:
    """An order whose invoice the ERP is asked for; its id and the invoice's posting."""
    number = unique("S")
    order_id = (await caller.place(number, line("1", 10))).order.order_id
    issue = await site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", 10))
    await ledger.triggered(str(issue.shipment_id), order_id)
    await ledger.answer((await ledger.books(order_id))["order requested"], unique("O"))
    await ledger.answer((await ledger.books(order_id))["shipment requested"], unique("D"))
    return order_id, (await ledger.books(order_id))["invoice requested"]


async def invoiced(caller: Caller, site: Site, ledger: Ledger) -> tuple[str, str]:
    order_id, posting_id = await asked(caller, site, ledger)
    number = unique("INV")
    await ledger.answer(posting_id, number, totals=totals())
    return order_id, number


async def settlement(ledger: Ledger, order_id: str) -> posting_pb2.Settlement:
    [found] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    return found.settlement


def sums(found: posting_pb2.Settlement) -> tuple[str, str, str, str]:
    state = posting_pb2.SettlementState.Name(found.state).removeprefix("SETTLEMENT_STATE_")
    return state, found.paid.amount, found.open.amount, found.overpaid.amount


@pytest.mark.feature("F159")
async def test_an_invoice_shows_what_was_paid_of_it_and_each_payment_counts_once(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    order_id, number = await invoiced(caller, site, ledger)
    assert sums(await settlement(ledger, order_id)) == ("OPEN", "0.00", "119.00", "0.00")
    first = unique("P")
    assert not (await pay(ledger, number, first, "50.00")).repeated
    again = await pay(ledger, number, first, "50.00")
    assert again.repeated
    assert sums(again.posting.settlement) == ("PARTLY_SETTLED", "50.00", "69.00", "0.00")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await pay(ledger, number, first, "60.00")
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    await pay(ledger, number, unique("P"), "69.00")
    assert sums(await settlement(ledger, order_id)) == ("SETTLED", "119.00", "0.00", "0.00")
    told = await caller.fetch(
        "SELECT headers FROM journal WHERE type LIKE '%SettlementChanged' AND aggregate LIKE $1 ORDER BY version",
        f"posting/{order_id}.%",
    )
    assert len(told) == 2
    assert f"payment:{first}" in told[0]["headers"]
    assert f"invoice:{number}" in told[0]["headers"]


@pytest.mark.feature("F159")
async def test_what_is_paid_too_much_is_finances_and_never_settles_more_than_the_invoice(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    order_id, number = await invoiced(caller, site, ledger)
    await pay(ledger, number, unique("P"), "120.00")
    assert sums(await settlement(ledger, order_id)) == ("SETTLED", "120.00", "0.00", "1.00")
    query = (
        "SELECT code, owner, resolved_at IS NULL AS open FROM exception"
        " WHERE $1 = ANY (transaction_ids) AND code = 'PAID_ABOVE_INVOICE'"
    )
    assert [tuple(row) for row in await caller.fetch(query, order_id)] == [("PAID_ABOVE_INVOICE", "finance", True)]
    await pay(ledger, number, unique("P"), "-1.00")
    assert sums(await settlement(ledger, order_id)) == ("SETTLED", "119.00", "0.00", "0.00")
    assert [tuple(row) for row in await caller.fetch(query, order_id)] == [("PAID_ABOVE_INVOICE", "finance", False)]


@pytest.mark.feature("F159")
async def test_a_payment_that_comes_before_its_invoice_settles_it_when_it_is_posted(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    order_id, posting_id = await asked(caller, site, ledger)
    number, payment = unique("INV"), unique("P")
    early = await pay(ledger, number, payment, "19.00")
    assert not early.HasField("posting")
    assert (await pay(ledger, number, payment, "19.00")).repeated
    query = (
        "SELECT owner, resolved_at IS NULL AS open FROM exception WHERE code = 'PAYMENT_UNMATCHED' AND subject LIKE $1"
    )
    assert [tuple(row) for row in await caller.fetch(query, f"%/{payment}/%")] == [("finance", True)]
    await ledger.answer(posting_id, number, totals=totals())
    assert sums(await settlement(ledger, order_id)) == ("PARTLY_SETTLED", "19.00", "100.00", "0.00")
    assert [tuple(row) for row in await caller.fetch(query, f"%/{payment}/%")] == [("finance", False)]
    assert sums((await pay(ledger, number, payment, "19.00")).posting.settlement)[1] == "19.00"


@pytest.mark.feature("F159")
async def test_a_posted_credit_note_settles_what_is_left(caller: Caller, site: Site, ledger: Ledger) -> None:
    order_id, number = await invoiced(caller, site, ledger)
    [invoice] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    await pay(ledger, number, unique("P"), "100.00")
    await ledger.credit(order_id, invoice.posting_id, "C-1", "19.00")
    assert sums(await settlement(ledger, order_id))[0] == "PARTLY_SETTLED"
    await ledger.answer(
        (await ledger.books(order_id))["credit requested"], unique("C"), totals=totals("15.97", "3.03", "19.00")
    )
    found = await settlement(ledger, order_id)
    assert (sums(found), found.credited.amount) == (("SETTLED", "100.00", "0.00", "0.00"), "19.00")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": euros("1.00", "USD")}, grpc.StatusCode.FAILED_PRECONDITION),
        ({"amount": euros("-1.00")}, grpc.StatusCode.FAILED_PRECONDITION),
        ({"amount": euros("0.00")}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"origin": origin(options_pb2.ROLE_WMS, "WMS-EAST")}, grpc.StatusCode.FAILED_PRECONDITION),
    ],
)
async def test_another_currency_less_than_nothing_or_another_role_settles_nothing(
    caller: Caller, site: Site, ledger: Ledger, more: dict[str, Any], code: grpc.StatusCode
) -> None:
    order_id, number = await invoiced(caller, site, ledger)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await pay(ledger, number, unique("P"), "1.00", **more)
    assert refused.value.code() is code
    assert sums(await settlement(ledger, order_id)) == ("OPEN", "0.00", "119.00", "0.00")
