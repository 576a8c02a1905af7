"""What a customer pays besides goods: it counts for its credit, is told to the ERP once, and invoiced once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import posting_pb2, sales_order_pb2
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from fulfillment.domain.crediting import share
from fulfillment.domain.posting import Kind, Money, Posted, Posting, PostingLine, Totals, posting
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.terms import Charge, ChargeKind, Price
from fulfillment_cases.calls import Caller, line, quantity, reason, unique
from fulfillment_cases.ledger import Ledger, totals
from fulfillment_cases.trade import D
from fulfillment_cases.warehouse import Site, reported

INVOICE = posting_pb2.POSTING_KIND_INVOICE
ORDER = posting_pb2.POSTING_KIND_ORDER


def charge(amount: str = "4.90", currency: str = "EUR", kind: Any = None) -> sales_order_pb2.Charge:
    return sales_order_pb2.Charge(
        kind=kind or sales_order_pb2.CHARGE_KIND_FREIGHT,
        description="Standard",
        amount=common.Money(amount=amount, currency=currency),
    )


CARD = charge("50", kind=sales_order_pb2.CHARGE_KIND_GIFT_CARD)


def discounted(number: str = "1", ordered: int = 3) -> pb.OrderedLine:
    """Three pieces of 9.99 and ten off them."""
    price = common.UnitPrice(money=common.Money(amount="19.97", currency="EUR"), per="3")
    return pb.OrderedLine(line_number=number, sku="BOLT", ordered=quantity(ordered), price=price)


async def own_books(caller: Caller, unit: str) -> None:
    rules = {
        "fulfillment.books": {"books": "own", "tax_percent": "19"},
        "fulfillment.billing": {"basis": "goods_issue"},
    }
    async with transaction(caller.engine, ["acme"]) as tx:
        for key, value in rules.items():
            rule = NewRule(
                key=key, value=value, valid_from=datetime(2020, 1, 1, tzinfo=UTC), scope=Scope(business_unit=unit)
            )
            await policy.add(tx.driver, "acme", rule)


async def test_an_order_comes_to_its_lines_and_its_charges(caller: Caller) -> None:
    found = (await caller.place(unique("S"), discounted(), charges=[charge(), CARD])).order
    assert (found.net.amount, list(found.charges)) == ("74.87", [charge("4.9"), CARD])
    shown = (await caller.order(found.order_id)).order
    assert list(shown.charges) == list(found.charges)


async def test_the_same_order_with_other_charges_is_another(caller: Caller) -> None:
    number = unique("S")
    await caller.place(number, line(), charges=[charge()])
    assert (await caller.place(number, line(), charges=[charge("4.900")])).placement == pb.ORDER_PLACEMENT_REPEATED
    assert await reason(caller.place(number, line(), charges=[charge("5.00")])) == "ORDER_NUMBER_REUSED"
    assert await reason(caller.place(number, line())) == "ORDER_NUMBER_REUSED"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (charge(currency="USD"), "CURRENCY_MIXED"),
        (charge("0"), "CHARGE_NOT_POSITIVE"),
        (charge("-1"), "CHARGE_NOT_POSITIVE"),
        (sales_order_pb2.Charge(amount=common.Money(amount="1", currency="EUR")), "INVALID_FIELDS"),
    ],
    ids=["another currency", "nothing", "less than nothing", "of no kind"],
)
async def test_what_is_no_charge_is_refused_with_its_order(
    caller: Caller, wrong: sales_order_pb2.Charge, why: str
) -> None:
    assert await reason(caller.place(unique("S"), line(), charges=[wrong])) == why


async def test_the_erp_is_told_once_and_the_first_invoice_has_them(caller: Caller, site: Site, ledger: Ledger) -> None:
    number = unique("S")
    found = await caller.place(number, discounted(), charges=[charge()])
    order_id = found.order.order_id
    await caller.change(order_id, "1", 4)
    for amount in (1, 3):
        said = await site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", amount))
        await ledger.triggered(said.shipment_id, order_id)
        await ledger.triggered(said.shipment_id, order_id)
    postings = await ledger.postings(order_id=order_id)
    counts = [(each.kind, len(each.charges)) for each in postings if each.charges]
    assert sorted(counts) == sorted([(ORDER, 1), (INVOICE, 1)])
    charged = [bool(each.charges) for each in postings if each.kind == INVOICE]
    assert charged == [True, False], "the first that could be invoiced"


async def test_a_big_orders_charges_stand_with_its_first_part(caller: Caller, ledger: Ledger) -> None:
    order_id = (await caller.open(unique("S"), charges=[charge()])).order.order_id
    await caller.append(order_id, *(line(str(number), 1) for number in range(1, 202)))
    await caller.submit(order_id, 201)
    orders = await ledger.postings(order_id=order_id, kind=ORDER)
    assert {each.reference: len(each.charges) for each in orders} == {"1": 1, "2": 0}


@pytest.mark.feature("F157")
async def test_our_own_invoice_comes_to_the_cent_to_what_the_buyer_paid(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    unit, number = unique("CHARGED").upper(), unique("S")
    await own_books(caller, unit)
    order_id = (await caller.place(number, discounted(), charges=[charge()], business_unit=unit)).order.order_id
    await site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", 3))
    [invoice] = await ledger.postings(order_id=order_id, kind=INVOICE)
    said = [each.amount for each in (invoice.totals.net, invoice.totals.tax, invoice.totals.gross)]
    assert said == ["24.87", "4.73", "29.60"]


async def test_an_invoice_that_is_refused_keeps_its_charges_when_it_is_asked_for_again(
    caller: Caller, site: Site, ledger: Ledger
) -> None:
    number = unique("S")
    order_id = (await caller.place(number, discounted(), charges=[charge()])).order.order_id
    said = await site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", 3))
    await ledger.triggered(said.shipment_id, order_id)
    for name, document in (("order requested", "4711"), ("shipment requested", "8001")):
        await ledger.answer((await ledger.books(order_id))[name], document)
    invoice_id = (await ledger.books(order_id))["invoice requested"]
    await ledger.answer(invoice_id, refusal="period closed")
    await ledger.again(f"posting/{invoice_id}")
    await ledger.answer(invoice_id, "9001", totals=totals("24.87", "4.73", "29.60"))
    [invoice] = await ledger.postings(order_id=order_id, kind=INVOICE)
    assert (invoice.number, len(invoice.charges)) == ("9001", 1)


# --- credit


def invoice(gross: str, *charges: str) -> Posting:
    price = Price(D("10.00"), "EUR", "EA")
    made = posting("0191-1", Kind.INVOICE, "r-1", [PostingLine("1", "BOLT", Quantity(D(4), "EA"), price)])
    made.charges = tuple(Charge(ChargeKind.FREIGHT, D(each), "EUR") for each in charges)
    made.request()
    money = [Money(D(each), "EUR") for each in (gross, "0.00", gross)]
    made.answer(Posted("ERP-EU", "INV-1", None, Totals(*money)), "EUR")
    return made


@pytest.mark.feature("F158")
@pytest.mark.parametrize(
    ("charges", "gross", "credited"), [((), "47.60", "11.90"), (("10.00",), "59.50", "11.90"), (("5", "5"), "50", "10")]
)
def test_goods_that_come_back_bring_no_carriage_back(charges: tuple[str, ...], gross: str, credited: str) -> None:
    of = invoice(gross, *charges)
    back = [PostingLine("1", "BOLT", Quantity(D(1), "EA"), of.lines[0].price)]
    found = share(of, back)
    assert found is not None
    assert found.amount == D(credited)
