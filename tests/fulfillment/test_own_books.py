"""A business unit without an ERP: what it posts is booked here, in the same sequence, under numbers without a gap."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from crossdock.fulfillment.v1 import posting_pb2
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from fulfillment.domain.own_books import OwnBooks
from fulfillment.domain.posting import Kind, Money, PostingLine, posting
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.terms import Price
from fulfillment_cases.calls import Caller, line, unique
from fulfillment_cases.ledger import Ledger, shown
from fulfillment_cases.trade import D, placed
from fulfillment_cases.trade import line as ordered
from fulfillment_cases.warehouse import Site, reported


async def own(caller: Caller, unit: str) -> None:
    rules = {"fulfillment.books": {"books": "own", "tax_percent": "19", "prefix": f"{unit}-"}}
    async with transaction(caller.engine, ["acme"]) as tx:
        for key, value in (rules | {"fulfillment.billing": {"basis": "goods_issue"}}).items():
            valid_from = datetime(2020, 1, 1, tzinfo=UTC)
            await policy.add(
                tx.driver, "acme", NewRule(key=key, value=value, valid_from=valid_from, scope=Scope(business_unit=unit))
            )


async def shipped(caller: Caller, site: Site, unit: str, *, priced: bool = True) -> str:
    """The id of an order of 3 at 2.50 that is shipped."""
    number, wanted = unique("S"), line("1", 3)
    if not priced:
        wanted.ClearField("price")
    found = await caller.place(number, wanted, business_unit=unit)
    await site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", 3))
    return found.order.order_id


@pytest.mark.feature("F126", "F157", "F158")
async def test_everything_is_booked_at_once_and_invoices_are_numbered_without_a_gap(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    unit = unique("DIRECT").upper()
    await own(caller, unit)
    orders = [await shipped(caller, site, unit) for _ in range(2)]
    for count, order_id in enumerate(orders, start=1):
        assert sorted(await ledger.books(order_id)) == ["invoice posted", "order posted", "shipment posted"]
        [invoice] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
        said = [each.amount for each in (invoice.totals.net, invoice.totals.tax, invoice.totals.gross)]
        assert (invoice.number, said) == (f"{unit}-{count:06d}", ["7.50", "1.43", "8.93"])
        facts = await caller.fetch(
            "SELECT type FROM journal WHERE aggregate LIKE $1 ORDER BY recorded_at, version", f"posting/{order_id}.%"
        )
        assert [row["type"].rpartition(".")[2] for row in facts] == ["PostingBooked", "PostingBooked", "InvoicePosted"]
        assert "POSTING_REFUSED" not in {code for code, *_ in await caller.exceptions(order_id)}


@pytest.mark.feature("F158")
async def test_a_credit_note_is_booked_with_its_own_number_and_never_above_the_invoice(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    unit = unique("DIRECT").upper()
    await own(caller, unit)
    order_id = await shipped(caller, site, unit)
    invoice = (await ledger.books(order_id))["invoice posted"]
    noted = (await ledger.credit(order_id, invoice, "CN-1", "5.95")).posting
    totals = [each.amount for each in (noted.totals.net, noted.totals.tax, noted.totals.gross)]
    assert (shown(noted), noted.number, totals) == ("credit posted", f"{unit}-000001", ["5.00", "0.95", "5.95"])


async def test_what_has_no_price_is_not_guessed(caller: Caller, site: Site, ledger: Ledger) -> None:
    unit = unique("DIRECT").upper()
    await own(caller, unit)
    order_id = await shipped(caller, site, unit, priced=False)
    assert sorted(await ledger.books(order_id)) == ["invoice refused", "order posted", "shipment posted"]
    await ledger.again(f"posting/{(await ledger.books(order_id))['invoice refused']}")
    assert "invoice refused" in await ledger.books(order_id)
    assert ("POSTING_REFUSED", "finance", True) in await caller.exceptions(order_id)
    priced = await shipped(caller, site, unit)
    [invoice] = await ledger.postings(order_id=priced, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert invoice.number == f"{unit}-000001"


@pytest.mark.parametrize(
    ("price", "currency", "expected"),
    [
        (Price(D("12.00"), "EUR", "XCS"), "EUR", ["3.00", "0.57", "3.57"]),
        (Price(D("0.335"), "EUR"), "EUR", ["1.01", "0.19", "1.20"]),
        (Price(D("100"), "JPY", "EA", 100), "JPY", ["3", "1", "4"]),
        (Price(D("1.2345"), "KWD"), "KWD", ["3.704", "0.704", "4.408"]),
    ],
    ids=["a case's price for its pieces", "half a cent", "no cents", "three places"],
)
def test_lines_and_tax_are_rounded_to_what_can_be_paid(price: Price, currency: str, expected: list[str]) -> None:
    of = placed(ordered("1", 24, unit="EA" if price.unit != "XCS" else "XCS")).lines[1]
    made = posting("0191-1", Kind.INVOICE, "r-1", [PostingLine("1", "BOLT", Quantity(D(3), "EA"), price)])
    found = OwnBooks(D(19)).totals(made, {"1": of}, currency)
    assert found is not None
    assert found.agree
    assert [str(each.amount) for each in (found.net, found.tax, found.gross)] == expected


def test_a_price_for_an_unknown_unit_tells_nothing_but_a_wanted_credit_does() -> None:
    of = placed(ordered("1", 24)).lines[1]
    price = Price(D("1.00"), "EUR", "XPX")
    made = posting("0191-1", Kind.CREDIT, "r-1", [PostingLine("1", "BOLT", Quantity(D(3), "EA"), price)])
    assert OwnBooks(D(19)).totals(made, {"1": of}, "EUR") is None
    made.wanted = Money(D("1.19"), "EUR")
    found = OwnBooks(D(19)).totals(made, {"1": of}, "EUR")
    assert found is not None
    assert [each.amount for each in (found.net, found.tax, found.gross)] == [D("1.00"), D("0.19"), D("1.19")]
