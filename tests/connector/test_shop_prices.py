"""What a buyer paid in a web shop is what the order comes to: discounts, tax, carriage, edits and what nobody ships."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from connector.codecs import json_document
from connector.mappings import (
    json_order_check,
    json_posting_request,
    json_sales_order,
    shop_order,
    x12_customer_invoice,
)
from connector_samples import customers, orders
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2, posting_pb2, sales_order_pb2

FREIGHT = sales_order_pb2.CHARGE_KIND_FREIGHT
GIFT_CARD = sales_order_pb2.CHARGE_KIND_GIFT_CARD
OTHER = sales_order_pb2.CHARGE_KIND_OTHER


def item(quantity: int = 3, price: str = "9.99", **more: Any) -> dict[str, Any]:
    return {"id": 71, "sku": "A1001", "quantity": quantity, "price": price, "title": "Bolt"} | more


def sold(*lines: dict[str, Any], **more: Any) -> Any:
    said = {"name": "#1001", "created_at": "2026-11-20T22:30:00-05:00", "currency": "EUR", "line_items": list(lines)}
    document = json_document.decode(json.dumps(said | more).encode())
    return shop_order.read(document, orders.reading()).request


def off(*amounts: str) -> list[dict[str, str]]:
    return [{"amount": each} for each in amounts]


def tax(*amounts: str) -> list[dict[str, str]]:
    return [{"price": each, "title": "VAT"} for each in amounts]


def comes_to(request: fulfillment_service_pb2.PlaceOrderRequest) -> Decimal:
    lines = [
        Decimal(each.price.money.amount) * Decimal(each.ordered.value) / Decimal(each.price.per or 1)
        for each in request.lines
    ]
    return sum(lines, Decimal()) + sum((Decimal(each.amount.amount) for each in request.order.charges), Decimal())


@pytest.mark.parametrize(
    ("line", "with_tax", "price", "per"),
    [
        pytest.param(item(), False, "9.99", "", id="at its list price"),
        pytest.param(item(discount_allocations=off("10.00")), False, "19.97", "3", id="ten off three pieces"),
        pytest.param(item(discount_allocations=off("2.00", "1.00")), False, "26.97", "3", id="two discounts"),
        pytest.param(item(total_discount="3.00", discount_allocations=[]), False, "26.97", "3", id="the older way"),
        pytest.param(
            item(total_discount="3.00", discount_allocations=off("3.00", "2.00")), False, "24.97", "3", id="both ways"
        ),
        pytest.param(item(discount_allocations=off("29.97")), False, "0", "3", id="for nothing"),
        pytest.param(item(tax_lines=tax("4.79")), False, "9.99", "", id="tax beside the price"),
        pytest.param(item(tax_lines=tax("4.79")), True, "25.18", "3", id="tax in the price"),
        pytest.param(
            item(discount_allocations=off("6.17"), tax_lines=tax("3.80")), True, "20", "3", id="discount and tax in it"
        ),
    ],
)
def test_a_line_costs_what_the_buyer_paid_for_it_without_tax(
    line: dict[str, Any], with_tax: bool, price: str, per: str
) -> None:
    [found] = sold(line, taxes_included=with_tax).lines
    assert (found.price.money.amount, found.price.per, found.ordered.value) == (price, per, "3")


def test_what_was_edited_away_is_neither_ordered_nor_paid() -> None:
    kept = item(current_quantity=2, discount_allocations=off("3.00"))
    request = sold(kept, item(id=72, current_quantity=0), item(id=73, current_quantity=3))
    assert [(each.line_number, each.ordered.value) for each in request.lines] == [("71", "2"), ("73", "3")]
    assert comes_to(request) == Decimal("26.97") * 2 / 3 + Decimal("29.97")


def test_carriage_and_what_nobody_ships_are_charges_and_no_lines() -> None:
    card = item(1, "50.00", id=72, sku=None, title="Gift card", requires_shipping=False, gift_card=True)
    service = item(2, "15.00", id=73, sku=None, title="Set-up", requires_shipping=False, discount_allocations=off("5"))
    freight = {"code": "STD", "title": "Standard", "price": "4.90", "discount_allocations": off("1.00")}
    free = {"code": "FREE", "title": "Free Shipping", "price": "0.00"}
    gone = {"code": "FAST", "title": "Express", "price": "12.00", "is_removed": True}
    request = sold(item(), card, service, shipping_lines=[freight, free, gone])
    assert [each.line_number for each in request.lines] == ["71"]
    assert [(each.kind, each.description, each.amount.amount) for each in request.order.charges] == [
        (GIFT_CARD, "Gift card", "50"),
        (OTHER, "Set-up", "25"),
        (FREIGHT, "Standard", "3.9"),
    ]
    assert {each.amount.currency for each in request.order.charges} == {"EUR"}


def test_an_order_comes_to_the_cent_to_what_its_buyer_paid() -> None:
    """3 x 19.99 and 7 x 4.49 with 10 % off, 4.99 of carriage and a card; 19 % in all but the card."""
    discounts = ("6.00", "3.14")
    taxed = ("8.62", "4.52")
    lines = [
        item(3, "19.99", id=71, discount_allocations=off(discounts[0]), tax_lines=tax(taxed[0])),
        item(7, "4.49", id=72, discount_allocations=off(discounts[1]), tax_lines=tax(taxed[1])),
        item(1, "25.00", id=73, requires_shipping=False, gift_card=True),
    ]
    freight = {"code": "STD", "title": "Standard", "price": "4.99", "tax_lines": tax("0.80")}
    gross = Decimal("59.97") + Decimal("31.43") - Decimal("9.14") + Decimal("4.99") + Decimal("25.00")
    assert comes_to(sold(*lines, taxes_included=True, shipping_lines=[freight])) == gross - Decimal("13.94")


@pytest.mark.parametrize(
    "wrong",
    [
        item(discount_allocations=off("29.98")),
        item(discount_allocations=off("-1.00")),
        item(tax_lines=tax("30.00")),
        item(price="-9.99"),
    ],
    ids=["more off than it costs", "less than nothing off", "more tax than price", "a price below nothing"],
)
def test_what_cannot_have_been_paid_is_refused_where_it_stands(wrong: dict[str, Any]) -> None:
    with pytest.raises(json_document.DocumentFault) as refused:
        sold(wrong, taxes_included=True)
    assert refused.value.path.startswith("line_items[0].")


def test_what_has_nothing_to_be_shipped_is_no_order_of_ours() -> None:
    with pytest.raises(json_document.DocumentFault, match="that is shipped"):
        sold(item(requires_shipping=False, gift_card=True), item(current_quantity=0))


# --- what others say and hear of charges


def charge(kind: Any = FREIGHT, amount: str = "4.9", description: str = "Standard") -> sales_order_pb2.Charge:
    money = values_pb2.Money(amount=amount, currency="EUR")
    return sales_order_pb2.Charge(kind=kind, amount=money, description=description)


SAID = [
    {"kind": "freight", "description": "Standard", "amount": "4.9"},
    {"kind": "giftCard", "description": None, "amount": "50"},
]
CHARGES = [charge(), charge(GIFT_CARD, "50", "")]


def test_an_erp_is_asked_for_charges_with_what_they_belong_to() -> None:
    posting = posting_pb2.Posting(kind=posting_pb2.POSTING_KIND_ORDER, charges=CHARGES)
    event = events_pb2.PostingRequested(posting_id="p-1", posting=posting, currency="EUR")
    assert json_posting_request.write(event, customers.writing())["charges"] == SAID
    posting.ClearField("charges")
    event.posting.CopyFrom(posting)
    assert "charges" not in json_posting_request.write(event, customers.writing())


def test_whoever_checks_an_order_sees_what_is_paid_besides_goods() -> None:
    event = events_pb2.OrderCheckRequested(order=sales_order_pb2.SalesOrder(charges=CHARGES))
    assert json_order_check.CREDIT.write(event, customers.writing())["charges"] == SAID


def test_an_order_that_people_typed_may_have_charges() -> None:
    line = {"line": "10", "material": "A1001", "quantity": "2", "unit": "EA"}
    order = {
        "number": "SO-1",
        "changedAt": "2026-11-20T08:00:00Z",
        "currency": "EUR",
        "orderDate": "2026-11-20",
        "customer": "C-77",
        "charges": [*SAID, {"amount": "0"}, {"amount": "7.50", "description": "Small order"}],
        "lines": [line],
    }
    body = {"documentType": "salesOrder", "action": "release", "companyCode": "EU01", "salesOrder": order}
    request: Any = json_sales_order.read(
        json_document.decode(json.dumps(body).encode()), orders.reading(orders.partner())
    ).request
    assert list(request.order.charges) == [*CHARGES, charge(OTHER, "7.5", "Small order")]


def test_a_customers_invoice_says_its_charges_apart_from_its_lines() -> None:
    event = customers.invoiced()
    event.posting.charges.extend(CHARGES)
    document = x12_customer_invoice.write(event, customers.writing())
    assert [(each.indicator, each.code, each.amount, each.description) for each in document.charges] == [
        ("C", "D240", Decimal("4.9"), "Standard"),
        ("C", "ZZZZ", Decimal(50), ""),
    ]
    own = x12_customer_invoice.write(event, customers.writing(charges={"GIFT_CARD": "F050"}))
    assert [each.code for each in own.charges] == ["D240", "F050"]
