"""The three-way match: what an invoice asks for against what was ordered and received, over several of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from procurement.domain import events
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.supplier_invoice import PASSED, SupplierInvoice, normalised
from procurement.domain.terms import Price
from procurement_cases import trade
from procurement_cases.trade import INVOICE_TOLERANCES, ITEMS, billed, counted, document, invoice, line, matched


def received(quantity: float = 100, *lines: object) -> PurchaseOrder:
    order = trade.released(*lines or (line("10", 100),))  # type: ignore[arg-type]
    if quantity:
        trade.receive(counted(quantity, purchase_order_number="4711", line_number="10"), orders=[order])
    trade.told(order)
    return order


@pytest.mark.feature("F151", "F152")
def test_what_was_ordered_and_received_at_the_agreed_price_matches() -> None:
    found = invoice(billed(100))
    assert matched(found, received()) == ("ready", "matched")
    assert [type(each) for each in trade.told(found)] == [events.SupplierInvoiceMatched]
    assert found.concerns == []


@pytest.mark.feature("F152")
@pytest.mark.parametrize(
    ("line_terms", "outcome", "owner"),
    [
        (billed(100, "2.60"), "price_variance", "buyer"),
        (billed(100, "2.40"), "price_variance", "buyer"),
        (billed(110), "quantity_variance", "procurement"),
        (billed(100, currency="USD"), "currency_mismatch", "accounts-payable"),
        (billed(9, unit="XPX"), "unit_mismatch", "master-data"),
        (billed(100, price_unit="XPX"), "unit_mismatch", "master-data"),
        (billed(100, purchase_order_number="4712"), "unknown_order", "accounts-payable"),
        (billed(100, line_number="90"), "unknown_order", "accounts-payable"),
    ],
)
def test_each_variance_blocks_the_invoice_and_has_its_owner(line_terms: object, outcome: str, owner: str) -> None:
    found = invoice(line_terms)  # type: ignore[arg-type]
    assert matched(found, received()) == ("blocked", outcome)
    [concern] = found.concerns
    assert (concern.code, concern.owner) == (f"INVOICE_{outcome.upper()}", owner)


@pytest.mark.feature("F152")
@pytest.mark.parametrize("days", [-1, 4])
def test_an_invoice_of_before_the_order_or_of_tomorrow_is_dated_wrongly(days: int) -> None:
    found = invoice(billed(100), invoiced_on=trade.day(days))
    assert matched(found, received()) == ("blocked", "date_variance")


def test_all_that_differs_is_said_and_the_first_of_it_is_the_outcome() -> None:
    found = invoice(billed(120, "3.00"))
    assert matched(found, received()) == ("blocked", "quantity_variance")
    assert [each.code for each in found.concerns] == ["INVOICE_QUANTITY_VARIANCE", "INVOICE_PRICE_VARIANCE"]


@pytest.mark.feature("F151")
def test_small_differences_pass_within_the_policy_and_name_its_rule() -> None:
    found = invoice(billed(101, "2.52"))
    assert matched(found, received()) == ("ready", "within_tolerance")
    assert [each.rule for each in found.lines[0].variances] == [INVOICE_TOLERANCES.rule] * 2
    assert found.concerns == []


@pytest.mark.feature("F151")
def test_a_strict_rule_asks_for_both_limits_of_the_price_and_a_lenient_one_for_either() -> None:
    beyond_amount = billed(1000, "2.52")
    order = trade.released(line("10", 1000))
    trade.receive(counted(1000, purchase_order_number="4711", line_number="10"), orders=[order])
    assert matched(invoice(beyond_amount), order) == ("blocked", "price_variance")
    lenient = replace(INVOICE_TOLERANCES, lenient=True)
    assert matched(invoice(beyond_amount), order, tolerances=lenient) == ("ready", "within_tolerance")


@pytest.mark.feature("F150", "F151")
def test_an_invoice_before_the_goods_waits_and_is_matched_when_they_arrive() -> None:
    order, found = received(0), invoice(billed(100))
    assert matched(found, order) == ("awaiting_receipt", "no_receipt")
    [waits] = found.concerns
    trade.told(found)
    trade.receive(counted(60, purchase_order_number="4711", line_number="10"), orders=[order])
    assert matched(found, order) == ("blocked", "quantity_variance")
    assert found.settled == [waits.identity]
    trade.receive(counted(40, purchase_order_number="4711", line_number="10"), orders=[order])
    assert matched(found, order) == ("ready", "matched")
    assert len(trade.told(found)) == 2
    assert matched(found, order) == ("ready", "matched")
    assert trade.told(found) == []


@pytest.mark.feature("F153", "F154")
def test_goods_that_one_invoice_passed_for_are_not_there_for_another() -> None:
    order = received(60)
    assert matched(invoice(billed(40)), order) == ("ready", "matched")
    assert matched(invoice(billed(40)), order) == ("blocked", "quantity_variance")
    assert matched(invoice(billed(10), billed(10)), order) == ("ready", "matched", "matched")
    assert matched(invoice(billed(1)), order) == ("blocked", "quantity_variance")


@pytest.mark.feature("F151")
def test_the_price_is_that_of_the_revision_in_force() -> None:
    order = received()
    dearer = line("10", 100, price=Price(Decimal("2.75"), "EUR"))
    found = invoice(billed(100, "2.75"))
    assert matched(found, order) == ("blocked", "price_variance")
    order.place(document(dearer, revision="2", hours=3), ITEMS)
    assert matched(found, order) == ("ready", "matched")


@pytest.mark.feature("F151")
def test_prices_for_other_units_are_compared_exactly() -> None:
    """Seven nuts to a case: the price of one has no end as a decimal."""
    ordered = line("10", 10, "NUT", unit="XCS", price=Price(Decimal("10.00"), "EUR"))
    order = trade.released(ordered)
    trade.receive(counted(70, "NUT", purchase_order_number="4711", line_number="10"), orders=[order])
    by_piece = billed(70, "10.00", price_unit="EA", per=7)
    assert matched(invoice(by_piece), order) == ("ready", "matched")
    assert order.lines[0].invoiced == 70


@pytest.mark.feature("F172")
def test_a_price_for_a_case_was_agreed_for_what_a_case_held_when_it_was_ordered() -> None:
    ordered = line("10", 10, "BOLT", unit="XCS", price=Price(Decimal("12.00"), "EUR"))
    order = trade.released(ordered)
    trade.receive(counted(120, "BOLT", purchase_order_number="4711", line_number="10"), orders=[order])
    of_ten = ITEMS | {"BOLT": replace(ITEMS["BOLT"], factors={"XCS": Decimal(10)})}
    by_piece = billed(120, "1.00", price_unit="EA")
    assert matched(invoice(by_piece), order, items=of_ten) == ("ready", "matched")


def test_a_line_whose_order_is_not_at_hand_stays_as_it_was() -> None:
    order = received()
    found = invoice(billed(100, "9.99"))
    before = matched(found, order)
    trade.told(found)
    assert matched(found, trade.released(number="4713")) == before
    assert trade.told(found) == []


@pytest.mark.feature("F154")
@pytest.mark.parametrize("again", ["INV-0042", "inv 42", "Inv/42", "INV.00042"])
def test_an_invoice_number_is_the_same_however_it_is_written(again: str) -> None:
    assert normalised(again) == normalised("INV42") == "INV-42"
    assert invoice(number=again, total=Decimal("250.0")).terms.identity == invoice(number="INV42").terms.identity


@pytest.mark.parametrize("other", ["INV-43", "INV-4-2", "INW-42", "42"])
def test_another_number_is_another_invoice(other: str) -> None:
    assert normalised(other) != normalised("INV-42")


Acts = st.lists(st.tuples(st.sampled_from(["receive", "invoice", "again"]), st.integers(1, 40)), max_size=20)


@pytest.mark.feature("F151", "F153")
@given(Acts)
def test_never_is_more_invoiced_than_received_and_tolerated(acts: list[tuple[str, int]]) -> None:
    order, invoices = received(0, line("10", 400)), list[SupplierInvoice]()
    do: dict[str, Callable[[int], object]] = {
        "receive": lambda n: trade.receive(counted(n, purchase_order_number="4711", line_number="10"), orders=[order]),
        "invoice": lambda n: invoices.append(invoice(billed(n))),
        "again": lambda n: None,
    }
    for verb, number in acts:
        do[verb](number)
        for each in invoices:
            matched(each, order)
        ordered = order.lines[0]
        passed = sum(each.lines[0].base for each in invoices if each.lines[0].outcome in PASSED)
        assert ordered.invoiced == passed
        assert passed * 100 <= ordered.received * (100 + INVOICE_TOLERANCES.quantity_percent)
