"""Somebody's word on one invoice: what differs is accepted by its line, or the invoice rejected; charges take part."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import grpc
import pytest
from crossdock.common.v1 import values_pb2 as common
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from procurement.domain import events
from procurement.domain.announcing import OrderBook
from procurement.domain.invoice_decisions import accept, reject
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import InvoiceClosed, InvoiceLineUnknown, NothingToAccept, VarianceNotAcceptable
from procurement.domain.supplier_invoice import ChargeTerms, MatchDecision, SupplierInvoice
from procurement_cases import calls, trade
from procurement_cases.calls import Caller, counted, invoicing, unique
from procurement_cases.refusals import refused
from procurement_cases.trade import INVOICE_TOLERANCES, NOW, billed, invoice, line, matched

WORD = MatchDecision("ap.weber", "agreed by phone", NOW)
CHARGING = replace(
    INVOICE_TOLERANCES, charge_percent=Decimal(10), charge_amount=Decimal(20), charge_rule="the charges' rule"
)
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def received(quantity: int = 100) -> PurchaseOrder:
    """Order 4711: line 10 of 100 BOLT, of which this many have come."""
    order = trade.released(line("10", 100))
    if quantity:
        trade.receive(trade.counted(quantity, purchase_order_number="4711", line_number="10"), orders=[order])
    trade.told(order)
    return order


def decided(found: SupplierInvoice, order: PurchaseOrder, *lines: str, charges: bool = False) -> list[events.Event]:
    trade.told(found)
    accept(found, lines, WORD, OrderBook([order]), charges=charges)
    return trade.told(found)


def test_what_is_accepted_has_passed_counts_as_invoiced_and_concerns_nobody_any_more() -> None:
    order, found = received(), invoice(billed(60, "2.75"), billed(40))
    assert matched(found, order) == ("blocked", "price_variance", "matched")
    [concern] = found.concerns
    [told] = decided(found, order)
    assert isinstance(told, events.SupplierInvoiceDecided)
    assert (told.accepted, told.lines, told.charges) == (True, ("1",), False)
    assert (found.state.value, found.lines[0].decision, found.lines[1].decision) == ("ready", WORD, None)
    assert [each.outcome.value for each in found.lines[0].variances] == ["price_variance"], "what differed is kept"
    assert (found.settled, int(order.line("10").invoiced)) == ([concern.identity], 100)
    assert matched(invoice(billed(2)), order) == ("blocked", "quantity_variance"), "it was paid for"
    assert matched(found, order) == ("ready", "accepted", "matched")
    assert trade.told(found) == [], "it is matched no more"


def test_of_several_variances_only_the_named_lines_pass() -> None:
    order, found = received(), invoice(billed(10, "2.75"), billed(20, "2.80"))
    matched(found, order)
    decided(found, order, "2")
    assert (found.state.value, [each.outcome.value for each in found.lines]) == (
        "blocked",
        ["price_variance", "accepted"],
    )
    assert int(order.line("10").invoiced) == 20
    for lines, error in ((("2",), NothingToAccept), (("9",), InvoiceLineUnknown)):
        with pytest.raises(error):
            accept(found, lines, WORD, OrderBook([order]), charges=False)
    with pytest.raises(NothingToAccept):
        accept(found, (), WORD, OrderBook([order]), charges=True)


@pytest.mark.parametrize(
    "unknown", [billed(1, purchase_order_number="4799"), billed(9, unit="XPX"), billed(1, price_unit="XPX")]
)
def test_what_nobody_knows_cannot_be_accepted_and_then_nothing_is(unknown: Any) -> None:
    order, found = received(), invoice(billed(10, "2.75"), unknown)
    matched(found, order)
    with pytest.raises(VarianceNotAcceptable):
        accept(found, (), WORD, OrderBook([order]), charges=False)
    assert (int(order.line("10").invoiced), found.lines[0].decision) == (0, None)


def test_goods_that_have_not_come_may_be_paid_and_are_not_paid_again_when_they_come() -> None:
    order, found = received(0), invoice(billed(100))
    assert matched(found, order) == ("awaiting_receipt", "no_receipt")
    decided(found, order)
    assert found.state.value == "ready"
    trade.receive(trade.counted(100, purchase_order_number="4711", line_number="10"), orders=[order])
    assert matched(invoice(billed(100)), order) == ("blocked", "quantity_variance")


def test_a_rejected_invoice_counts_for_nothing_and_is_matched_no_more() -> None:
    order, found = received(), invoice(billed(60), billed(40, "2.75"))
    assert matched(found, order) == ("blocked", "matched", "price_variance")
    [concern] = found.concerns
    trade.told(found)
    reject(found, WORD, OrderBook([order]))
    [told] = trade.told(found)
    assert isinstance(told, events.SupplierInvoiceDecided)
    assert (told.accepted, found.state.value, found.rejection) == (False, "rejected", WORD)
    assert (found.settled, int(order.line("10").invoiced)) == ([concern.identity], 0)
    assert matched(found, order)[0] == "rejected"
    assert (trade.told(found), int(order.line("10").invoiced)) == ([], 0)
    assert matched(invoice(billed(100)), order) == ("ready", "matched")


@pytest.mark.parametrize("rejected", [True, False])
def test_nothing_is_decided_twice(rejected: bool) -> None:
    order, found = received(), invoice(billed(100, "2.75"))
    matched(found, order)
    if rejected:
        reject(found, WORD, OrderBook([order]))
    else:
        accept(found, (), WORD, OrderBook([order]), charges=False)
    for verb in (lambda: reject(found, WORD, OrderBook([order])), lambda: decided(found, order)):
        with pytest.raises(InvoiceClosed):
            verb()


# --- charges


def charged(*amounts: str, lines: Any = ()) -> SupplierInvoice:
    return invoice(
        *lines or [billed(100)], charges=tuple(ChargeTerms(Decimal(each), "D240", "Freight") for each in amounts)
    )


@pytest.mark.parametrize(
    ("amounts", "outcome"),
    [
        (("20",), "within_tolerance"),
        (("20.01",), "charge_variance"),
        (("30", "-10"), "within_tolerance"),
        (("-50",), "matched"),
    ],
)
def test_charges_are_held_against_the_worth_of_the_goods_and_an_amount(amounts: Any, outcome: str) -> None:
    found = charged(*amounts)
    state = "blocked" if outcome == "charge_variance" else "ready"
    assert matched(found, received(), tolerances=CHARGING) == (state, "matched")
    assert found.charges.outcome is not None
    assert found.charges.outcome.value == outcome
    assert [(each.code, each.owner, each.details) for each in found.concerns] == (
        [("INVOICE_CHARGE_VARIANCE", "accounts-payable", {"policy": "the charges' rule"})] if state == "blocked" else []
    )


def test_a_lenient_rule_asks_for_either_limit_of_charges_too() -> None:
    lenient = replace(CHARGING, lenient=True)
    assert matched(charged("25"), received(), tolerances=lenient) == ("ready", "matched")
    assert matched(charged("25.01"), received(), tolerances=lenient) == ("blocked", "matched")


def test_charges_wait_for_the_orders_of_all_lines() -> None:
    found = charged("500", lines=(billed(100), billed(1, purchase_order_number="4799")))
    matched(found, received(), tolerances=CHARGING)
    assert found.charges.outcome is None


def test_accepted_charges_pass_beside_their_lines() -> None:
    order, found = received(), charged("80", lines=(billed(100, "2.75"),))
    matched(found, order, tolerances=CHARGING)
    [told] = decided(found, order, charges=True)
    assert isinstance(told, events.SupplierInvoiceDecided)
    assert (told.lines, told.charges, found.state.value) == ((), True, "blocked")
    [told] = decided(found, order)
    assert isinstance(told, events.SupplierInvoiceDecided)
    assert (told.lines, told.charges, found.state.value) == (("1",), False, "ready")


# --- through calls


async def billed_too_high(caller: Caller, **more: Any) -> tuple[order_pb.PurchaseOrder, invoice_pb.SupplierInvoice]:
    number = unique("PO")
    await caller.submit(number)
    order = (await caller.answer(number)).purchase_order
    await caller.receive(unique("RC"), counted(100, purchase_order_number=number, line_number="10"))
    done = await caller.invoice(unique("INV"), calls.billed(number, 100, "2.75"), **more)
    return order, done.supplier_invoice


async def decide(caller: Caller, found: invoice_pb.SupplierInvoice, decision: Any, **more: Any) -> Any:
    request = calls.decision(found.invoice_id, decision, **more)
    return (await caller.stub.DecideInvoiceMatch(request, timeout=caller.timeout)).supplier_invoice


async def test_who_accepted_what_and_why_is_kept_told_and_shown(caller: Caller) -> None:
    freight = invoice_pb.InvoiceCharge(code="D240", amount=common.Money(amount="101", currency="EUR"))
    order, found = await billed_too_high(caller, charges=[freight])
    assert found.charges.outcome == invoice_pb.MATCH_OUTCOME_CHARGE_VARIANCE
    done = await decide(caller, found, pb.DECISION_ACCEPT, reason="agreed by phone", etag=found.etag)
    assert (done.state, done.etag != found.etag) == (invoice_pb.SUPPLIER_INVOICE_STATE_READY, True)
    [shown] = (await caller.order(order.number)).supplier_invoices
    assert shown == done
    [asked] = shown.lines
    assert (asked.outcome, asked.decision.reason) == (invoice_pb.MATCH_OUTCOME_ACCEPTED, "agreed by phone")
    assert asked.decision.by
    assert shown.charges.decision == asked.decision
    assert (await caller.facts(order.purchase_order_id))[-1] == "SupplierInvoiceDecided"
    standing = [each for each in await caller.exceptions(order.purchase_order_id) if each[0].startswith("INVOICE_")]
    assert standing
    assert not any(still_open for _, _, still_open in standing)
    again = decide(caller, found, pb.DECISION_REFUSE)
    assert await refused(again) == (PRECONDITION, "INVOICE_CLOSED")


async def test_a_rejection_frees_the_goods_for_the_invoice_that_waits(caller: Caller) -> None:
    order, wrong = await billed_too_high(caller)
    await decide(caller, wrong, pb.DECISION_ACCEPT)
    number = unique("INV")
    waits = (
        await caller.invoice(number, calls.billed(order.number, 50), calls.billed(order.number, 60))
    ).supplier_invoice
    assert waits.state == invoice_pb.SUPPLIER_INVOICE_STATE_BLOCKED
    gone = await decide(caller, waits, pb.DECISION_REFUSE, reason="billed twice")
    assert (gone.state, gone.rejection.reason) == (invoice_pb.SUPPLIER_INVOICE_STATE_REJECTED, "billed twice")
    repeated = invoicing(number, calls.billed(order.number, 50), calls.billed(order.number, 60))
    done = await caller.stub.RecordSupplierInvoice(repeated, timeout=caller.timeout)
    assert (done.repeated_invoice, done.supplier_invoice.state) == (True, gone.state), "it is not opened again"


async def test_only_a_caller_of_the_tenant_who_saw_the_state_decides_and_says_why(
    caller: Caller, stranger: Caller
) -> None:
    _, found = await billed_too_high(caller)
    for call, status in (
        (decide(stranger, found, pb.DECISION_ACCEPT), grpc.StatusCode.NOT_FOUND),
        (decide(caller, found, pb.DECISION_ACCEPT, etag="999"), grpc.StatusCode.ABORTED),
        (decide(caller, found, pb.DECISION_ACCEPT, reason=""), grpc.StatusCode.INVALID_ARGUMENT),
        (decide(caller, found, pb.DECISION_REFUSE, line_ids=["1"]), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        assert (await refused(call))[0] is status
    asked = pb.GetSupplierInvoiceRequest(invoice_id=found.invoice_id)
    assert (await caller.stub.GetSupplierInvoice(asked, timeout=20)).supplier_invoice == found
