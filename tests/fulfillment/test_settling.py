"""What is settled of an invoice is what was paid and credited of it, never more than it comes to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fulfillment.domain.posting import PAID_ABOVE_INVOICE, Fact, Kind, Money, Posted, Posting, Totals, posting
from fulfillment.domain.posting_lifecycle import State as Posting_
from fulfillment.domain.refusals import CurrencyOfAnotherInvoice, InvoiceNotPosted, MoreTakenBackThanPaid
from fulfillment.domain.settling import Payment, Settlement, State
from fulfillment_cases.trade import D
from hypothesis import given
from hypothesis import strategies as st

ORDER = "0191-1"


def totals(gross: str) -> Totals:
    return Totals(Money(D(gross), "EUR"), Money(D(0), "EUR"), Money(D(gross), "EUR"))


def invoice(gross: str = "119.00") -> Posting:
    made = posting(ORDER, Kind.INVOICE, "r-1")
    made.request()
    made.answer(Posted("ERP-EU", "9001", datetime(2026, 3, 2, tzinfo=UTC), totals(gross)), "EUR")
    made.facts.clear()
    made.settled.clear()
    return made


def paid(amount: str, number: str = "P-1", currency: str = "EUR") -> Payment:
    return Payment("ERP-EU", number, "9001", D(amount), currency)


def standing(made: Posting) -> tuple[str, str, str, str]:
    found = made.settlement
    assert found is not None
    return found.state.value, str(found.paid), str(found.open), str(found.overpaid)


@pytest.mark.feature("F159")
def test_an_invoice_is_settled_by_its_payments_in_parts() -> None:
    made = invoice()
    assert standing(made) == ("open", "0", "119.00", "0")
    made.pay(paid("50.00"))
    assert standing(made) == ("partly_settled", "50.00", "69.00", "0")
    made.pay(paid("69.00", "P-2"))
    assert standing(made) == ("settled", "119.00", "0", "0")
    assert made.facts == [Fact.SETTLED, Fact.SETTLED]
    assert made.concerns == []


@pytest.mark.feature("F159")
def test_what_is_paid_above_the_invoice_is_finances_until_it_is_taken_back() -> None:
    made = invoice()
    made.pay(paid("120.00"))
    assert standing(made) == ("settled", "120.00", "0", "1.00")
    [concern] = made.concerns
    assert (concern.code, concern.owner) == (PAID_ABOVE_INVOICE, "finance")
    assert concern.summary == ("invoice 9001 of ERP-EU: 120.00 paid and 0 credited of 119.00 EUR, 1.00 too much")
    made.pay(paid("-1.00", "P-2"))
    assert standing(made) == ("settled", "119.00", "0", "0")
    assert made.settled == [concern.identity]


@pytest.mark.feature("F159")
def test_a_credit_note_counts_once_the_erp_has_posted_it() -> None:
    made = invoice()
    note = made.credit("C-1", Money(D("19.00"), "EUR"))
    made.pay(paid("100.00"))
    assert standing(made) == ("partly_settled", "100.00", "19.00", "0")
    note.request()
    before = note.state
    note.answer(Posted("ERP-EU", "8001", None, totals("19.00")), "EUR")
    made.hear(note, before)
    assert standing(made) == ("settled", "100.00", "0", "0")


def test_a_credit_note_of_what_was_paid_already_leaves_money_to_give_back() -> None:
    made = invoice()
    made.pay(paid("119.00"))
    note = made.credit("C-1", Money(D("19.00"), "EUR"))
    note.request()
    before = note.state
    note.answer(Posted("ERP-EU", "8001", None, totals("19.00")), "EUR")
    made.hear(note, before)
    assert standing(made) == ("settled", "119.00", "0", "19.00")
    assert [each.code for each in made.concerns] == [PAID_ABOVE_INVOICE]


def test_what_was_not_paid_cannot_be_taken_back_and_another_currency_pays_nothing() -> None:
    made = invoice()
    with pytest.raises(MoreTakenBackThanPaid):
        made.pay(paid("-1.00"))
    with pytest.raises(CurrencyOfAnotherInvoice):
        made.pay(paid("1.00", currency="USD"))
    waiting = posting(ORDER, Kind.INVOICE, "r-2")
    with pytest.raises(InvoiceNotPosted):
        waiting.pay(paid("1.00"))
    assert waiting.state is Posting_.WAITING
    assert standing(made) == ("open", "0", "119.00", "0")
    assert [made.takes(each) for each in (paid("-1"), paid("1", currency="USD"), paid("1"))] == [False, False, True]


MONEY = st.decimals(min_value=0, max_value=10_000, places=2)


@pytest.mark.feature("F159")
@given(gross=MONEY, paid_=MONEY, credited=MONEY)
def test_what_is_settled_and_what_is_open_are_the_invoice_and_nothing_is_settled_twice(
    gross: object, paid_: object, credited: object
) -> None:
    found = Settlement(D(str(gross)), D(str(paid_)), D(str(credited)))
    assert found.settled + found.open == found.gross
    assert 0 <= found.settled <= found.gross
    assert found.settled + found.overpaid == found.paid + found.credited
    assert (found.open == 0) is (found.state is State.SETTLED)
