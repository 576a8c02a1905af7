"""What the ERP posts of an order: once, in its sequence, under its own numbers; credits stay within the invoice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from crossdock_kit.processes import TransitionNotOwned, TransitionUnknown
from fulfillment.domain import billing_lifecycle, posting_lifecycle
from fulfillment.domain.billing_lifecycle import State as Billing
from fulfillment.domain.posting import Fact, Kind, Money, Posted, Posting, PostingLine, Totals, due, order_of, posting
from fulfillment.domain.posting_lifecycle import State
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.refusals import (
    CreditAboveInvoice,
    CreditNotPositive,
    CurrencyOfAnotherInvoice,
    InvoiceNotPosted,
    PostedUnderAnotherNumber,
    TotalsMissing,
)
from fulfillment_cases.trade import D
from hypothesis import given
from hypothesis import strategies as st

ORDER = "0191-1"
LINES = (PostingLine("1", "BOLT", Quantity(D(10), "EA")),)


def euros(amount: str, currency: str = "EUR") -> Money:
    return Money(D(amount), currency)


def totals(net: str = "100.00", tax: str = "19.00", gross: str = "119.00", currency: str = "EUR") -> Totals:
    return Totals(*(euros(each, currency) for each in (net, tax, gross)))


def said(number: str = "ERP-1", money: Totals | None = None, refusal: str = "") -> Posted:
    return Posted("ERP-EU", "" if refusal else number, datetime(2026, 3, 2, tzinfo=UTC), money, refusal)


def shipped(key: str = "r-1") -> Posting:
    made = posting(ORDER, Kind.SHIPMENT, key, LINES, follows=[f"{ORDER}.order.1"])
    made.billing = Billing.NOT_BILLABLE
    return made


def invoiced() -> Posting:
    made = shipped().bill()
    assert made is not None
    made.request()
    made.answer(said("INV-1", totals()), "EUR")
    return made


@pytest.mark.feature("F126", "F156")
@given(st.permutations(["order", "shipment", "invoice"]))
def test_postings_are_asked_for_in_their_sequence_whatever_order_they_arise_in(arising: list[str]) -> None:
    order, goods = posting(ORDER, Kind.ORDER, "1", LINES), shipped()
    invoice = goods.bill()
    assert invoice is not None
    made = {"order": order, "shipment": goods, "invoice": invoice}
    there: list[Posting] = []
    asked: list[str] = []
    posted: set[str] = set()
    for name in arising:
        there.append(made[name])
        while ready := due(there, frozenset(posted)):
            for each in ready:
                each.request()
                asked.append(each.kind.value)
                each.answer(said(each.kind.value, totals()), "EUR")
                posted.add(each.posting_id)
    assert asked == ["order", "shipment", "invoice"]


def test_a_posting_is_asked_for_only_while_it_waits() -> None:
    made = posting(ORDER, Kind.ORDER, "1", LINES)
    assert due([made], frozenset()) == [made]
    made.request()
    assert due([made], frozenset()) == []
    assert made.facts == [Fact.REQUESTED]
    assert made.posting_id == f"{ORDER}.order.1"
    assert (order_of(made.posting_id), order_of("nothing")) == (ORDER, "")


@pytest.mark.feature("F155")
def test_the_erps_number_and_totals_are_kept_and_a_repeat_changes_nothing() -> None:
    made = invoiced()
    assert (made.state, made.number, made.system) == (State.POSTED, "INV-1", "ERP-EU")
    facts = list(made.facts)
    assert facts == [Fact.REQUESTED, Fact.POSTED]
    assert not made.answer(said("INV-1", totals()), "EUR")
    assert made.facts == facts
    with pytest.raises(PostedUnderAnotherNumber):
        made.answer(said("INV-2", totals()), "EUR")
    with pytest.raises(PostedUnderAnotherNumber):
        made.answer(said(refusal="no"), "EUR")
    assert made.concerns == []


def test_an_invoice_without_totals_is_not_posted() -> None:
    made = shipped().bill()
    assert made is not None
    made.request()
    with pytest.raises(TotalsMissing):
        made.answer(said("INV-1"), "EUR")
    assert made.state is State.REQUESTED


@pytest.mark.parametrize(
    ("booked", "why"),
    [
        (totals(currency="USD"), "is in USD, its order in EUR"),
        (totals(gross="120.00"), "net 100.00 and tax 19.00 are not gross 120.00"),
    ],
)
def test_totals_that_cannot_be_right_are_booked_and_somebody_is_told(booked: Totals, why: str) -> None:
    made = shipped().bill()
    assert made is not None
    made.request()
    made.answer(said("INV-1", booked), "EUR")
    assert made.state is State.POSTED
    assert [(each.code, each.owner) for each in made.concerns] == [("POSTED_TOTALS_DOUBTFUL", "finance")]
    assert why in made.concerns[0].summary


def test_what_the_erp_refuses_is_somebodys_and_can_be_asked_again() -> None:
    made = posting(ORDER, Kind.ORDER, "1", LINES)
    made.request()
    made.answer(said(refusal="period closed"), "EUR")
    assert made.state is State.REFUSED
    assert [(each.code, each.owner) for each in made.concerns] == [("POSTING_REFUSED", "finance")]
    assert not made.answer(said(refusal="period closed"), "EUR")
    made.settled.clear()
    made.request()
    assert (made.attempt, made.reason, made.settled) == (2, "", [made.concerns[0].identity])
    made.answer(said("SO-1"), "EUR")
    with pytest.raises(TransitionUnknown):
        made.request()


@pytest.mark.feature("F157")
def test_what_was_shipped_is_billed_once() -> None:
    goods = shipped()
    invoice = goods.bill()
    assert invoice is not None
    assert (invoice.posting_id, invoice.follows) == (f"{ORDER}.invoice.r-1", (goods.posting_id,))
    assert goods.bill() is None
    goods.invoiced()
    assert goods.bill() is None
    assert goods.billing is Billing.INVOICED


@pytest.mark.feature("F158")
@given(st.lists(st.integers(-3, 90), max_size=6))
def test_credit_notes_never_exceed_their_invoice(wishes: list[int]) -> None:
    invoice = invoiced()
    granted = D(0)
    for number, wish in enumerate(wishes):
        try:
            made = invoice.credit(str(number), euros(str(wish)))
        except (CreditAboveInvoice, CreditNotPositive):
            assert wish <= 0 or granted + wish > D(119)
        else:
            granted += wish
            assert made.follows == (invoice.posting_id,)
    assert invoice.credited == granted <= D(119)


@pytest.mark.feature("F158")
def test_a_credit_note_that_the_erp_refuses_is_none_and_counts_again_if_it_is_booked_after_all() -> None:
    invoice = invoiced()
    first = invoice.credit("1", euros("119.00"))
    first.request()
    first.answer(said(refusal="wrong reason"), "EUR")
    invoice.hear(first, State.REQUESTED)
    assert invoice.credited == 0
    invoice.credit("2", euros("100.00"))
    first.answer(said("CN-1", totals()), "EUR")
    invoice.hear(first, State.REFUSED)
    assert invoice.credited == D(219)
    assert [(each.code, each.owner) for each in invoice.concerns] == [("CREDITED_ABOVE_INVOICE", "finance")]


def test_only_a_posted_invoice_can_be_credited_and_in_its_own_currency() -> None:
    unposted = shipped().bill()
    assert unposted is not None
    for each in (unposted, posting(ORDER, Kind.ORDER, "1")):
        with pytest.raises(InvoiceNotPosted):
            each.credit("C-1", euros("1"))
    with pytest.raises(CurrencyOfAnotherInvoice):
        invoiced().credit("C-1", euros("1", "USD"))


@pytest.mark.parametrize("role", ["CROSSDOCK", "WMS", "CARRIER", "CHANNEL"])
def test_only_the_erp_says_posted_refused_or_invoiced(role: str) -> None:
    for trigger in ("post", "refuse"):
        with pytest.raises(TransitionNotOwned):
            posting_lifecycle.moved(State.REQUESTED, trigger, role)
    with pytest.raises(TransitionNotOwned):
        billing_lifecycle.moved(Billing.BILLABLE, "invoice", role)
