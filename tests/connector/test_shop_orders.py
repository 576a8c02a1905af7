"""A web shop's orders become fulfillment's, and nobody who receives one stands anywhere in clear."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from connector.codecs import json_document
from connector.domain.documents import State
from connector.mappings import shop_order, shop_order_cancellation
from connector.store.codes import Thing
from connector_samples import orders
from connector_samples.calls import refusal
from connector_samples.partners import http
from connector_samples.rig import TENANT, Rig
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import sales_order_pb2
from fulfillment.domain.refusals import OrderAlreadyShipped, OrderNumberReused

SOMEBODY = "Quentin Ausgedacht"


def written(number: str = "#1001", **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": 9001,
        "name": number,
        "created_at": "2026-11-20T22:30:00-05:00",
        "currency": "EUR",
        "email": "quentin@example.com",
        "phone": None,
        "shipping_address": {
            "first_name": "Quentin",
            "last_name": "Ausgedacht",
            "name": SOMEBODY,
            "address1": "1 Quay",
            "address2": None,
            "zip": "20457",
            "city": "Hamburg",
            "country_code": "DE",
        },
        "shipping_lines": [{"code": "COURIER"}],
        "line_items": [
            {"id": 71, "sku": "A1001", "quantity": 2, "price": "2.50", "title": "Bolt"},
            {"id": 72, "sku": "A1004", "quantity": 1, "price": "10.00", "title": "Nut"},
        ],
    }
    return said | more


def parsed(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


@pytest.mark.feature("F112")
def test_a_shops_order_is_ours_with_its_lines_its_day_and_who_receives_it() -> None:
    partner = orders.partner(options={"shipping": {"COURIER": "SAME_DAY"}})
    command = shop_order.read(parsed(written()), orders.reading(partner))
    request: Any = command.request
    terms, person = request.order, request.order.consignee
    assert (terms.number, terms.currency, terms.channel_confirmed, terms.same_day) == ("#1001", "EUR", True, True)
    assert (terms.ordered_on.year, terms.ordered_on.month, terms.ordered_on.day) == (2026, 11, 20)
    assert (person.name, list(person.address_lines), person.country) == (SOMEBODY, ["1 Quay"], "DE")
    assert [(each.line_number, each.sku, each.ordered.value, each.ordered.unit) for each in request.lines] == [
        ("71", "A1001", "2", "EA"),
        ("72", "A1004", "1", "EA"),
    ]
    assert request.lines[1].price.money.amount == "10"
    assert command.keys == ("order:#1001",)


@pytest.mark.parametrize(
    "wrong", [{"line_items": []}, {"test": True}, {"name": None}, {"created_at": "2026-11-20"}, {"currency": "EURO"}]
)
def test_what_is_no_order_is_refused_without_a_word_of_who_would_receive_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(json_document.DocumentFault) as refused:
        shop_order.read(parsed(written(**wrong)), orders.reading())
    assert SOMEBODY not in str(refused.value)


@pytest.fixture
async def shop(rig: Rig) -> Rig:
    meanings = {"shipping": {"COURIER": "SAME_DAY"}}
    routes = [
        {"kind": "shop.order", "direction": "IN", "path": "orders", "mapping": meanings},
        {"kind": "shop.order_cancellation", "direction": "IN", "path": "cancellations"},
    ]
    said = {"role": "CHANNEL", "system": "SHOP-EU", "partyId": "CUS-SHOP"}
    await rig.partner("shop-eu", **said, transport=http(), documents=routes)
    answer = sales.PlaceOrderResponse(order=sales_order_pb2.SalesOrder(order_id="so-9"))
    rig.procurement.accepts("PlaceOrder", answer)
    taken_back = sales.CancelOrderResponse(order=sales_order_pb2.SalesOrder(order_id="so-9"))
    rig.procurement.accepts("CancelOrder", taken_back)
    rig.procurement.requests.clear()
    return rig


async def given(shop: Rig, number: str) -> Any:
    return await shop.given("shop-eu", json.dumps(written(number)).encode(), path="orders")


@pytest.mark.feature("F112", "F113")
async def test_an_order_that_names_somebody_is_carried_as_it_was_said_and_once(shop: Rig) -> None:
    number = f"#{uuid4().hex[:8]}"
    document = await given(shop, number)
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("so-9",))
    assert (await given(shop, number)).state is State.DUPLICATE
    [request] = [each for each in shop.procurement.requests if isinstance(each, sales.PlaceOrderRequest)]
    assert (request.order.channel, request.order.customer_id) == ("shop-eu", "CUS-SHOP")
    assert request.order.consignee.name == SOMEBODY


async def test_nobody_who_receives_an_order_stands_in_any_table_in_clear(shop: Rig) -> None:
    await given(shop, f"#{uuid4().hex[:8]}")
    tables = await shop.rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace"
        " AND has_table_privilege(oid, 'SELECT')"
    )
    assert {"delivery", "document"} <= {row["relname"] for row in tables}
    hidden = SOMEBODY.encode().hex()
    for table in (row["relname"] for row in tables):
        counted = f"SELECT count(*) FROM {table} t WHERE t::text LIKE $1 OR t::text LIKE $2"
        assert (table, await shop.value(counted, f"%{SOMEBODY}%", f"%{hidden}%")) == (table, 0)


async def test_another_order_under_the_same_number_is_somebodys(shop: Rig) -> None:
    shop.procurement.refuses("PlaceOrder", refusal(OrderNumberReused("shop-eu", "#1")))
    document = await given(shop, f"#{uuid4().hex[:8]}")
    assert document.state is State.EXCEPTION
    [(_, code, owner)] = await shop.exceptions(document.document_id)
    assert (code, bool(owner)) == ("ORDER_NUMBER_REUSED", True)


def taken_back(number: str = "#1001", **more: Any) -> dict[str, Any]:
    return written(number, cancelled_at="2026-11-21T10:00:00-05:00", cancel_reason="customer", **more)


@pytest.mark.feature("F132")
def test_what_a_shop_takes_back_is_cancelled_by_its_number_and_names_nobody() -> None:
    partner = orders.partner(name="shop-eu")
    command = shop_order_cancellation.read(parsed(taken_back()), orders.reading(partner))
    request = command.request
    assert isinstance(request, sales.CancelOrderRequest)
    assert (request.ref.channel, request.ref.number, request.reason) == ("shop-eu", "#1001", "customer")
    assert request.origin.occurred_at.ToJsonString() == "2026-11-21T15:00:00Z"
    assert SOMEBODY.encode() not in request.SerializeToString()


@pytest.mark.feature("F232")
@pytest.mark.parametrize(("code", "overtakes"), [("COURIER", True), ("POST", False)])
async def test_an_order_of_the_day_overtakes_on_its_way_to_its_owner_already(
    shop: Rig, code: str, overtakes: bool
) -> None:
    placed = await handed(shop, written(f"#{uuid4().hex[:8]}", shipping_lines=[{"code": code}]), "orders")
    await shop.translate("shop-eu")
    [row] = await shop.rows("SELECT express FROM delivery WHERE keys && $1::text[]", [f"document:{placed}"])
    assert row["express"] is overtakes
    await shop.dispatch()


def test_an_order_that_stands_is_no_cancellation() -> None:
    with pytest.raises(json_document.DocumentFault, match="cancelled_at"):
        shop_order_cancellation.read(parsed(written()), orders.reading())


async def handed(shop: Rig, body: dict[str, Any], path: str) -> UUID:
    return await shop.hand_in("shop-eu", json.dumps(body).encode(), path=path)


def commanded(shop: Rig) -> list[str]:
    return [type(each).__name__ for each in shop.procurement.requests]


@pytest.mark.feature("F132")
async def test_an_order_and_its_end_are_carried_in_the_order_in_which_the_shop_said_them(shop: Rig) -> None:
    number = f"#{uuid4().hex[:8]}"
    placed = await handed(shop, written(number), "orders")
    ended = await handed(shop, taken_back(number), "cancellations")
    await shop.translate("shop-eu")
    rows = await shop.rows(
        "SELECT ordering_key, delivery_id, after FROM delivery WHERE keys && $1::text[] ORDER BY position",
        [f"document:{placed}", f"document:{ended}"],
    )
    assert [row["ordering_key"] for row in rows] == [f"shop-eu/order:{number}"] * 2
    await shop.dispatch()
    assert commanded(shop) == ["PlaceOrderRequest", "CancelOrderRequest"]
    assert (await shop.document(ended)).transaction_ids == ("so-9",)


@pytest.mark.feature("F132")
async def test_the_end_of_an_order_that_waits_for_master_data_waits_behind_it(shop: Rig) -> None:
    number = f"#{uuid4().hex[:8]}"
    unknown = [{"id": 71, "sku": f"NEW-{number}", "quantity": 2, "price": "2.50", "title": "Bolt"}]
    placed = await handed(shop, written(number, line_items=unknown), "orders")
    ended = await handed(shop, taken_back(number), "cancellations")
    await shop.translate("shop-eu")
    assert [(await shop.document(each)).state for each in (placed, ended)] == [State.WAITING, State.WAITING]
    await shop.knows(Thing(TENANT, "item", f"NEW-{number}", (), "EA", {}))
    for each in (placed, ended):
        await shop.due_now(each)
        await shop.translate("shop-eu")
    await shop.dispatch()
    assert commanded(shop) == ["PlaceOrderRequest", "CancelOrderRequest"]


async def test_what_has_left_cannot_be_taken_back_and_is_the_order_desks(shop: Rig) -> None:
    shop.procurement.refuses("CancelOrder", refusal(OrderAlreadyShipped("#1", "shipped")))
    document_id = await handed(shop, taken_back(f"#{uuid4().hex[:8]}"), "cancellations")
    await shop.translate("shop-eu")
    await shop.dispatch()
    assert await shop.exceptions(document_id) == [("business", "ORDER_ALREADY_SHIPPED", "order-desk")]
