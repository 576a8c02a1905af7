"""A supplier gives back what it invoiced: as far as it was invoiced, once, whatever comes first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock.procurement.v1.supplier_invoice_pb2 import SupplierInvoiceLine
from crossdock_kit.database import Engine, transaction
from procurement_cases.calls import Caller, billed, counted, crediting, decision, unique

READY = invoice_pb.SUPPLIER_INVOICE_STATE_READY
BLOCKED = invoice_pb.SUPPLIER_INVOICE_STATE_BLOCKED
CREDITED = invoice_pb.MATCH_OUTCOME_CREDITED
ABOVE = invoice_pb.MATCH_OUTCOME_CREDIT_ABOVE_INVOICED


async def received(caller: Caller, value: int) -> order_pb.PurchaseOrder:
    number = unique("PO")
    await caller.submit(number)
    order = (await caller.answer(number)).purchase_order
    if value:
        await arrive(caller, order, value)
    return order


async def arrive(caller: Caller, order: order_pb.PurchaseOrder, value: int) -> None:
    await caller.receive(unique("RC"), counted(value, purchase_order_number=order.number, line_number="10"))


async def credit(caller: Caller, *lines: SupplierInvoiceLine, **more: Any) -> pb.RecordSupplierInvoiceResponse:
    number = more.pop("number", "") or unique("CR")
    return await caller.stub.RecordSupplierInvoice(crediting(number, *lines, **more), timeout=20)


async def states(caller: Caller, order: order_pb.PurchaseOrder) -> list[int]:
    """In the order in which they came."""
    return [each.state for each in (await caller.order(order.number)).supplier_invoices]


async def outcomes(caller: Caller, order: order_pb.PurchaseOrder) -> list[int]:
    return [line.outcome for each in (await caller.order(order.number)).supplier_invoices for line in each.lines]


async def counts(engine: Engine, order: order_pb.PurchaseOrder) -> int:
    async with transaction(engine, ["acme"]) as tx:
        query = "SELECT invoiced FROM purchase_order_line WHERE purchase_order_id = $1"
        return int(await tx.driver.fetchval(query, order.purchase_order_id))


@pytest.mark.feature("F151")
async def test_what_was_credited_may_be_invoiced_again(caller: Caller, engine: Engine) -> None:
    order = await received(caller, 100)
    await caller.invoice(number := unique("INV"), billed(order.number, 100))
    done = await credit(caller, billed(order.number, 10), number=number)
    assert (done.supplier_invoice.state, await counts(engine, order)) == (READY, 90)
    assert done.supplier_invoice.kind == invoice_pb.INVOICE_KIND_CREDIT
    again = await asyncio.gather(*(credit(caller, billed(order.number, 10), number=number) for _ in range(2)))
    assert (all(each.repeated_invoice for each in again), await counts(engine, order)) == (True, 90)
    await caller.invoice(unique("INV"), billed(order.number, 10))
    assert (await states(caller, order), await counts(engine, order)) == ([READY] * 3, 100)


@pytest.mark.feature("F152")
async def test_more_than_was_invoiced_is_not_taken_and_is_accounts_payables(caller: Caller, engine: Engine) -> None:
    order = await received(caller, 100)
    await caller.invoice(unique("INV"), billed(order.number, 40))
    done = await credit(caller, billed(order.number, 50))
    assert [each.outcome for each in done.supplier_invoice.lines] == [ABOVE]
    assert await counts(engine, order) == 40
    raised = ("CREDIT_ABOVE_INVOICED", "accounts-payable", True)
    assert raised in await caller.exceptions(order.purchase_order_id)
    await caller.invoice(unique("INV"), billed(order.number, 60))
    assert (await states(caller, order), await counts(engine, order)) == ([READY] * 3, 50)
    assert raised not in await caller.exceptions(order.purchase_order_id)


@pytest.mark.feature("F151")
@pytest.mark.parametrize("credit_first", [True, False])
async def test_an_invoice_above_the_receipt_passes_once_its_credit_memo_has_come(
    caller: Caller, engine: Engine, credit_first: bool
) -> None:
    order, number = await received(caller, 90), unique("INV")

    async def invoiced() -> int:
        return (await caller.invoice(number, billed(order.number, 100))).supplier_invoice.state

    async def credited() -> int:
        return (await credit(caller, billed(order.number, 10), credits=number)).supplier_invoice.state

    first, second = (credited, invoiced) if credit_first else (invoiced, credited)
    assert (await first(), await second()) == (BLOCKED, READY)
    assert (await states(caller, order), await counts(engine, order)) == ([READY, READY], 90)
    raised = await caller.exceptions(order.purchase_order_id)
    assert not [code for code, _, is_open in raised if is_open and code.startswith(("INVOICE", "CREDIT"))]


async def test_a_credit_memo_waits_with_its_invoice_for_the_goods(caller: Caller, engine: Engine) -> None:
    order, number = await received(caller, 0), unique("INV")
    await caller.invoice(number, billed(order.number, 100))
    await credit(caller, billed(order.number, 10), credits=number.lower())
    await arrive(caller, order, 90)
    assert (await states(caller, order), await counts(engine, order)) == ([READY, READY], 90)


@pytest.mark.feature("F151")
async def test_a_wrong_invoice_is_credited_whole_and_its_right_one_passes(caller: Caller, engine: Engine) -> None:
    order, number = await received(caller, 100), unique("INV")
    await caller.invoice(number, billed(order.number, 100, "2.75"))
    await credit(caller, billed(order.number, 100, "2.75"), credits=number)
    assert (await states(caller, order), await counts(engine, order)) == ([READY, READY], 0)
    assert (await outcomes(caller, order))[0] == CREDITED
    await caller.invoice(unique("INV"), billed(order.number, 100))
    assert (await states(caller, order), await counts(engine, order)) == ([READY] * 3, 100)


@pytest.mark.feature("F152", "F163")
async def test_a_credit_below_the_price_is_the_buyers_and_counts_when_it_is_accepted(
    caller: Caller, engine: Engine
) -> None:
    order = await received(caller, 100)
    await caller.invoice(unique("INV"), billed(order.number, 100))
    memo = (await credit(caller, billed(order.number, 20, "2.00"))).supplier_invoice
    assert (memo.state, await counts(engine, order)) == (BLOCKED, 100)
    assert ("INVOICE_PRICE_VARIANCE", "buyer", True) in await caller.exceptions(order.purchase_order_id)
    await caller.stub.DecideInvoiceMatch(decision(memo.invoice_id, pb.DECISION_ACCEPT), timeout=20)
    assert (await states(caller, order), await counts(engine, order)) == ([READY, READY], 80)


@pytest.mark.feature("F163")
async def test_a_rejected_credit_memo_gives_back_what_it_took(caller: Caller, engine: Engine) -> None:
    order, number = await received(caller, 90), unique("INV")
    await caller.invoice(number, billed(order.number, 100))
    lines = (billed(order.number, 10), billed(order.number, 500))
    memo = (await credit(caller, *lines, credits=number)).supplier_invoice
    assert [each.outcome for each in memo.lines] == [invoice_pb.MATCH_OUTCOME_MATCHED, ABOVE]
    assert await counts(engine, order) == 90
    await caller.stub.DecideInvoiceMatch(decision(memo.invoice_id, pb.DECISION_REFUSE), timeout=20)
    assert await counts(engine, order) == 100, "the invoice had passed with it"
