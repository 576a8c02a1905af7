"""shop.order, in: an order that a web shop has taken, in the form in which Shopify's webhooks tell it.

The shop has confirmed it to its customer, so it is never refused for want of stock. What the buyer paid counts: prices
are after discount and before tax; carriage and what nobody ships are charges. Who receives it is personal data: it goes
into the command, and into no key, fault or finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2, sales_order_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical, shop_prices
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.sales_orders import placed

SAME_DAY = "SAME_DAY"
"""What a partner's option `shipping` says of the codes of its shipping lines that have to leave today."""


def read(document: JsonObject, reading: Reading) -> Command:
    number = document.text("name", longest=64)
    if document.boolean("test"):
        raise document.fault("test", "a shop's trial is no order")
    currency = document.text("currency", longest=3)
    with_tax = document.boolean("taxes_included")
    wanted = [each for each in document.objects("line_items") if shop_prices.left_of(each)]
    lines = [_line(each, reading, currency, with_tax) for each in wanted if shop_prices.is_shipped(each)]
    if not lines:
        raise document.fault("line_items", "an order has at least one line that is shipped")
    taken_at = document.instant("created_at")
    partner = reading.partner
    terms = fulfillment_service_pb2.OrderTerms(
        business_unit=partner.business_unit,
        channel=partner.name,
        number=number,
        customer_id=partner.party_id,
        currency=currency,
        ordered_on=canonical.to_day(_day(document)),
        same_day=_same_day(document, reading),
        channel_confirmed=True,
        shortage=sales_order_pb2.SHORTAGE_RULE_BACKORDER,
        consignee=_consignee(document),
        charges=_charges(document, wanted, currency, with_tax),
    )
    return placed(reading.origin(occurred_at=taken_at), terms, lines, "line_items")


def _day(document: JsonObject) -> date:
    """The day on which it was ordered where the shop is: the instant is written in its own zone."""
    text = document.text("created_at")[:10]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise document.fault("created_at", "begins with no date") from None


def _same_day(document: JsonObject, reading: Reading) -> bool:
    meanings = reading.partner.table("shipping", {})
    codes = [each.optional_text("code") for each in document.objects("shipping_lines")]
    return any(meanings.get(code) == SAME_DAY for code in codes)


def _charges(
    document: JsonObject, wanted: Sequence[JsonObject], currency: str, with_tax: bool
) -> list[sales_order_pb2.Charge]:
    """What the buyer paid besides the goods; what cost nothing is none."""
    rest = [each for each in wanted if not shop_prices.is_shipped(each)]
    others = [shop_prices.unshipped(each, currency, with_tax=with_tax) for each in rest]
    freight = [shop_prices.freight(each, currency, with_tax=with_tax) for each in document.objects("shipping_lines")]
    return [each for each in (*others, *freight) if each.amount.amount != "0"]


def _line(line: JsonObject, reading: Reading, currency: str, with_tax: bool) -> fulfillment_service_pb2.OrderedLine:
    sku = reading.codes.item(line.text("sku", longest=80))
    unit = reading.codes.packing(sku).base_unit if sku else ""
    return fulfillment_service_pb2.OrderedLine(
        line_number=line.text("id", longest=32),
        sku=sku,
        description=line.optional_text("title", longest=255)[:200],
        ordered=values_pb2.Quantity(value=str(shop_prices.left_of(line)), unit=unit),
        price=shop_prices.price(line, currency, with_tax=with_tax),
    )


def _consignee(document: JsonObject) -> sales_order_pb2.Consignee | None:
    """Whom the shop names, as far as the contract has room; nobody where it ships to no address."""
    found = document.optional_object("shipping_address")
    if found is None:
        return None
    people = " ".join(filter(None, (found.optional_text("first_name"), found.optional_text("last_name"))))
    name = found.optional_text("name") or people
    streets = [found.optional_text("address1"), found.optional_text("address2")]
    return sales_order_pb2.Consignee(
        name=name[:100],
        company=found.optional_text("company")[:100],
        address_lines=[each[:100] for each in streets if each],
        postal_code=found.optional_text("zip", longest=20),
        city=found.optional_text("city", longest=100),
        region=found.optional_text("province", longest=100),
        country=found.optional_text("country_code", longest=2).upper(),
        phone=(found.optional_text("phone", longest=40) or document.optional_text("phone", longest=40)),
        email=document.optional_text("email", longest=254),
    )


MAPPING = Inbound("shop.order", read)
