"""Orders that people type in an ERP, a CRM or a portal are sales orders of the channel that their system is."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import json_sales_order
from connector.mappings.model import Command
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock.options.v1 import options_pb2

SOMEBODY = "Quentin Ausgedacht"
ADDRESS = {"name": SOMEBODY, "street": "1 Quay", "postalCode": "20457", "city": "Hamburg", "country": "de"}


def line(number: str = "10", **more: Any) -> dict[str, Any]:
    price = {"amount": "2.50", "per": "1", "unit": "ST"}
    return {"line": number, "material": "A1001", "quantity": "2", "unit": "ST", "price": price} | more


def written(number: str = "20000001", action: str = "release", **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "number": number,
        "version": "3",
        "changedAt": "2026-11-20T10:00:00+01:00",
        "orderDate": "2026-11-20",
        "customer": "V100010",
        "currency": "EUR",
        "shipTo": ADDRESS,
        "lines": [line()],
    }
    return {"documentType": "salesOrder", "action": action, "salesOrder": said | more}


def read(document: dict[str, Any], role: options_pb2.Role.ValueType = options_pb2.ROLE_ERP, **who: Any) -> Command:
    facts = {"name": "erp-eu", "system": "ERP-EU"} | who
    parsed = json_document.decode(json.dumps(document).encode())
    return json_sales_order.read(parsed, orders.reading(orders.partner(role, **facts)))


@pytest.mark.feature("F112")
def test_an_order_typed_in_the_erp_is_ours_with_its_customer_its_day_and_who_receives_it() -> None:
    command = read(written(requestedOn="2026-11-24", priority="sameDay", shortage="complete", plant="1010"))
    request: Any = command.request
    assert isinstance(request, sales.PlaceOrderRequest)
    terms, person = request.order, request.order.consignee
    assert (terms.channel, terms.number, terms.customer_id) == ("erp-eu", "20000001", "SUP-NORDIC")
    assert (terms.same_day, terms.channel_confirmed, list(terms.locations)) == (True, False, ["WH-EAST"])
    assert terms.shortage == sales_order_pb2.SHORTAGE_RULE_SHIP_COMPLETE
    assert (terms.ordered_on.day, terms.requested_on.day) == (20, 24)
    assert (person.name, list(person.address_lines), person.country) == (SOMEBODY, ["1 Quay"], "DE")
    [bolts] = request.lines
    assert (bolts.line_number, bolts.sku, bolts.ordered.value, bolts.ordered.unit) == ("10", "A1001", "2", "EA")
    assert (bolts.price.money.amount, bolts.price.unit) == ("2.5", "EA")
    assert (request.origin.role, request.origin.system) == (options_pb2.ROLE_ERP, "ERP-EU")
    assert (request.origin.revision, command.keys) == ("3", ("order:20000001",))


def test_the_portal_of_one_customer_need_not_name_it() -> None:
    document = written(customer=None, confirmed=True)
    request: Any = read(document, role=options_pb2.ROLE_CRM, name="portal", party_id="CUS-FORGE").request
    assert (request.order.customer_id, request.order.channel) == ("CUS-FORGE", "portal")
    assert request.order.channel_confirmed
    with pytest.raises(DocumentFault, match="customer"):
        read(document, role=options_pb2.ROLE_CRM, name="crm", party_id="")


@pytest.mark.feature("F132")
def test_what_is_taken_back_is_cancelled_by_its_number_behind_its_order() -> None:
    command = read(written(action="cancel", reason="customer called"))
    request = command.request
    assert isinstance(request, sales.CancelOrderRequest)
    assert (request.ref.channel, request.ref.number, request.reason) == ("erp-eu", "20000001", "customer called")
    assert command.sequence == read(written()).sequence
    assert SOMEBODY.encode() not in request.SerializeToString()


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"lines": [line(quantity="NaN")]},
        {"shortage": "whatever"},
        {"priority": "soon"},
        {"number": None},
        {"changedAt": "2026-11-20"},
        {"currency": "EURO"},
        {"shipTo": ADDRESS | {"country": SOMEBODY}},
    ],
)
def test_what_is_no_order_is_refused_without_a_word_of_who_would_receive_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(DocumentFault) as refused:
        read(written(**wrong))
    assert SOMEBODY not in str(refused.value)


async def test_an_erp_hands_in_what_was_typed_there_and_twice_is_once(rig: Rig) -> None:
    routes = [{"kind": "json.sales_order", "direction": "IN", "path": "sales-orders"}]
    await rig.partner("erp-typed", role="ERP", system="ERP-TYPED", transport=http(), documents=routes)
    answer = sales.PlaceOrderResponse(order=sales_order_pb2.SalesOrder(order_id="so-7"))
    rig.procurement.accepts("PlaceOrder", answer)
    rig.procurement.requests.clear()
    content = json.dumps(written(uuid4().hex[:10], customer="SUP-NORDIC", lines=[line(unit="EA", price=None)])).encode()
    document = await rig.given("erp-typed", content, path="sales-orders")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("so-7",))
    assert (await rig.given("erp-typed", content, path="sales-orders")).state is State.DUPLICATE
    [request] = [each for each in rig.procurement.requests if isinstance(each, sales.PlaceOrderRequest)]
    assert (request.order.channel, request.order.consignee.name) == ("erp-typed", SOMEBODY)
