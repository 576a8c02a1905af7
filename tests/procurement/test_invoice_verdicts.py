"""What the ERPs decide on suppliers' invoices: it counts unless ours does, once, and the last word stands."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock_cli.po_voices import voices
from crossdock_kit import policy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.policy import NewRule, Scope
from procurement_cases.calls import DAY_ZERO, Caller, billed, counted, line, origin, unique, verdict
from procurement_cases.refusals import refused

READY = invoice_pb.SUPPLIER_INVOICE_STATE_READY
BLOCKED = invoice_pb.SUPPLIER_INVOICE_STATE_BLOCKED
REJECTED = invoice_pb.SUPPLIER_INVOICE_STATE_REJECTED
RELEASED, BLOCKS = invoice_pb.VERDICT_RELEASED, invoice_pb.VERDICT_BLOCKED
REFUSED, PAID = invoice_pb.VERDICT_REFUSED, invoice_pb.VERDICT_PAID


async def received(caller: Caller, value: int, **more: Any) -> order_pb.PurchaseOrder:
    number = unique("PO")
    order = (await caller.submit(number, [line("10", 100)], **more)).purchase_order
    await caller.receive(unique("RC"), counted(value, purchase_order_id=order.purchase_order_id, line_number="10"))
    return order


async def say(caller: Caller, invoice_id: str, word: Any, hours: float = 60, **more: Any) -> Any:
    return await caller.stub.RecordInvoiceVerdict(verdict(invoice_id, word, hours, **more), timeout=20)


async def stands(caller: Caller, invoice_id: str) -> invoice_pb.SupplierInvoice:
    answer = await caller.stub.GetSupplierInvoice(pb.GetSupplierInvoiceRequest(invoice_id=invoice_id), timeout=20)
    return answer.supplier_invoice


async def counts(engine: Engine, order: order_pb.PurchaseOrder) -> int:
    async with transaction(engine, ["acme"]) as tx:
        query = "SELECT invoiced FROM purchase_order_line WHERE purchase_order_id = $1"
        return int(await tx.driver.fetchval(query, order.purchase_order_id))


@pytest.mark.feature("F150", "F163")
async def test_what_the_erp_releases_has_passed_and_concerns_nobody_any_more(caller: Caller, engine: Engine) -> None:
    order = await received(caller, 90)
    invoice = (await caller.invoice(unique("INV"), billed(order.number, 100, "2.75"))).supplier_invoice
    assert invoice.state == BLOCKED
    word: dict[str, Any] = {"number": "5105600101", "reason": "agreed by phone"}
    for repeated in (False, True):
        done = await say(caller, invoice.invoice_id, RELEASED, **word)
        assert (done.repeated_verdict, done.supplier_invoice.state) == (repeated, READY)
    [kept] = (await stands(caller, invoice.invoice_id)).verdicts
    assert (kept.business_unit, kept.verdict, kept.number, kept.system) == ("EU01", RELEASED, "5105600101", "ERP-EU")
    assert await counts(engine, order) == 100
    raised = await caller.exceptions(order.purchase_order_id)
    assert {(code, is_open) for code, _, is_open in raised if code.startswith("INVOICE")} == {
        ("INVOICE_QUANTITY_VARIANCE", False),
        ("INVOICE_PRICE_VARIANCE", False),
    }
    told = [
        each for each in await caller.journal(invoice.invoice_id) if isinstance(each, facts.SupplierInvoiceVerdictGiven)
    ]
    assert [each.verdict.number for each in told] == ["5105600101"]
    said = dict(voices(await caller.order(order.number), []))
    assert said["ERP-EU"].startswith(f"invoice {invoice.number} released as 5105600101: agreed by phone")


async def test_a_word_that_was_given_before_the_last_changes_nothing(caller: Caller) -> None:
    order = await received(caller, 90)
    invoice = (await caller.invoice(unique("INV"), billed(order.number, 100))).supplier_invoice
    await say(caller, invoice.invoice_id, PAID, 70)
    late = await say(caller, invoice.invoice_id, BLOCKS, 65)
    assert late.repeated_verdict
    assert [each.verdict for each in (await stands(caller, invoice.invoice_id)).verdicts] == [PAID]


@pytest.mark.feature("F163")
async def test_what_the_erp_refuses_counts_for_nothing_until_it_releases_it(caller: Caller, engine: Engine) -> None:
    order = await received(caller, 100)
    first = (await caller.invoice(unique("INV"), billed(order.number, 100))).supplier_invoice
    second = (await caller.invoice(unique("INV"), billed(order.number, 60))).supplier_invoice
    assert (first.state, second.state) == (READY, BLOCKED)
    done = await say(caller, first.invoice_id, REFUSED, reason="not ours")
    assert (done.supplier_invoice.state, done.supplier_invoice.rejection.by) == (REJECTED, "ERP-EU")
    assert ((await stands(caller, second.invoice_id)).state, await counts(engine, order)) == (READY, 60)
    done = await say(caller, first.invoice_id, RELEASED, 61)
    assert (done.supplier_invoice.state, await counts(engine, order)) == (READY, 160)
    assert not done.supplier_invoice.HasField("rejection")


async def test_what_the_erp_blocks_is_shown_and_matched_further(caller: Caller) -> None:
    order = await received(caller, 90)
    invoice = (await caller.invoice(unique("INV"), billed(order.number, 100))).supplier_invoice
    done = await say(caller, invoice.invoice_id, BLOCKS, reason="bank details")
    assert done.supplier_invoice.state == BLOCKED
    await caller.receive(unique("RC"), counted(10, purchase_order_number=order.number, line_number="10"))
    found = await stands(caller, invoice.invoice_id)
    assert (found.state, [each.reason for each in found.verdicts]) == (READY, ["bank details"])


@pytest.mark.feature("F150")
async def test_where_ours_is_the_verdict_another_word_is_raised_and_changes_nothing(
    caller: Caller, engine: Engine
) -> None:
    async with transaction(engine, ["acme"]) as tx:
        scope = Scope(business_unit="OURS")
        rule = NewRule(key="procurement.match_is_verdict", value=True, valid_from=DAY_ZERO, scope=scope)
        await policy.add(tx.driver, "acme", rule)
    of_ours = origin("ERP-OURS", options_pb2.ROLE_ERP, 0)
    order = await received(caller, 90, origin=of_ours, business_unit="OURS")
    invoice = (await caller.invoice(unique("INV"), billed(order.number, 100))).supplier_invoice
    differs = ("INVOICE_VERDICT_DIFFERS", "accounts-payable")
    for hours, word, is_open in ((60, PAID, True), (61, BLOCKS, False)):
        done = await say(caller, invoice.invoice_id, word, hours, system="ERP-OURS")
        assert done.supplier_invoice.state == BLOCKED
        assert (*differs, is_open) in await caller.exceptions(order.purchase_order_id)
    assert await counts(engine, order) == 0


@pytest.mark.feature("F179")
async def test_each_erp_speaks_of_its_own_part(caller: Caller) -> None:
    eu = await received(caller, 90)
    us = await received(caller, 90, origin=origin("ERP-US", options_pb2.ROLE_ERP, 0), business_unit="US01")
    lines = (billed(eu.number, 100), billed(us.number, 100))
    invoice = (await caller.invoice(unique("INV"), *lines)).supplier_invoice
    done = await say(caller, invoice.invoice_id, RELEASED, business_unit="US01", system="ERP-US")
    assert {each.business_unit: each.state for each in done.supplier_invoice.parts} == {"EU01": BLOCKED, "US01": READY}
    done = await say(caller, invoice.invoice_id, RELEASED, business_unit="EU01")
    assert [each.business_unit for each in done.supplier_invoice.verdicts] == ["EU01", "US01"]
    assert done.supplier_invoice.state == READY


async def test_a_line_that_nobody_can_place_is_paid_all_the_same(caller: Caller) -> None:
    invoice = (await caller.invoice(unique("INV"), billed(unique("NO-PO"), 5))).supplier_invoice
    done = await say(caller, invoice.invoice_id, PAID)
    assert done.supplier_invoice.state == READY
    assert ("INVOICE_UNKNOWN_ORDER", "accounts-payable", False) in await caller.exceptions(invoice.invoice_id)


@pytest.mark.feature("F048")
async def test_who_is_no_erp_and_which_invoice_is_not_meant_is_refused(caller: Caller) -> None:
    order = await received(caller, 90)
    number = unique("INV")
    invoice = (await caller.invoice(number, billed(order.number, 100))).supplier_invoice
    precondition = grpc.StatusCode.FAILED_PRECONDITION
    by_supplier = say(caller, invoice.invoice_id, PAID, role=options_pb2.ROLE_SUPPLIER)
    assert (await refused(by_supplier))[1] == "FIELD_NOT_OWNED"
    elsewhere = say(caller, invoice.invoice_id, PAID, business_unit="US01")
    assert await refused(elsewhere) == (precondition, "VERDICT_OF_ANOTHER_UNIT")
    unknown = say(caller, "nothing", PAID)
    assert await refused(unknown) == (grpc.StatusCode.NOT_FOUND, "SUPPLIER_INVOICE_UNKNOWN")
    by_number = verdict("", PAID)
    by_number.supplier_id, by_number.number = "SUP-NORDIC", number
    done = await caller.stub.RecordInvoiceVerdict(by_number, timeout=20)
    assert done.supplier_invoice.invoice_id == invoice.invoice_id
