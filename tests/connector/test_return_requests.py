"""A customer asks by document to send goods back: it is authorised or refused, and hears which."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import json_return_request
from connector_samples import orders
from connector_samples.calls import refusal
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.fulfillment.v1 import return_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from crossdock.options.v1 import options_pb2
from fulfillment.domain.refusals import NotDelivered

SHOP = "shop-requests"
WISH: dict[str, Any] = {
    "documentType": "returnRequest",
    "order": "#1001",
    "return": "R-1",
    "reason": "too small",
    "lines": [{"line": "71", "quantity": "2", "unit": "EA"}],
}


def read(role: options_pb2.Role.ValueType = options_pb2.ROLE_CHANNEL, **changes: Any) -> Any:
    parsed = json_document.decode(json.dumps(WISH | changes).encode())
    return json_return_request.read(parsed, orders.reading(orders.partner(role, name=SHOP)))


@pytest.mark.feature("F133")
def test_a_channels_wish_names_its_own_order_by_its_number() -> None:
    command = read(orderRef="so-of-another", channel="shop-other")
    request = command.request
    assert isinstance(request, returns.AuthorizeReturnRequest)
    assert (request.ref.channel, request.ref.number, request.ref.order_id) == (SHOP, "#1001", "")
    assert (request.number, request.reason, request.origin.role) == ("R-1", "too small", options_pb2.ROLE_CHANNEL)
    assert [(each.line_number, each.quantity.value, each.quantity.unit) for each in request.lines] == [
        ("71", "2", "EA")
    ]
    # Behind the order, and whatever else is said of it.
    assert (command.sequence, command.keys) == (("order:#1001",), ("return:R-1", "order:#1001"))


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"channel": "shop-1"}, ("shop-1", "#1001", "")),
        ({}, ("", "#1001", "")),
        ({"orderRef": "so-9"}, ("", "", "so-9")),
    ],
)
def test_customer_service_names_an_order_of_any_channel(said: dict[str, str], named: tuple[str, str, str]) -> None:
    ref = read(options_pb2.ROLE_CRM, **said).request.ref
    assert (ref.channel, ref.number, ref.order_id) == named


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"order": ""}, "order: is missing"),
        ({"return": None}, "return: is missing"),
        ({"lines": []}, "1 to 200 lines"),
        ({"lines": [{"line": "1", "unit": "EA"}]}, "quantity"),
        ({"lines": [{"quantity": "1", "unit": "EA"}]}, "line: is missing"),
        ({"lines": WISH["lines"] * 201}, "1 to 200 lines"),
        ({"documentType": "salesOrder"}, "documentType"),
    ],
)
def test_what_is_no_wish_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DocumentFault, match=says):
        read(**changes)


async def shop(rig: Rig, name: str) -> None:
    routes = [
        {"kind": "json.return_request", "direction": "IN", "path": "returns"},
        {"kind": "json.return_status", "direction": "OUT", "path": "/return-status"},
    ]
    await rig.partner(name, role="CHANNEL", partyId="CUS-SHOP", transport=http(), documents=routes)
    rig.procurement.requests.clear()


async def asked(rig: Rig, name: str, **changes: Any) -> Any:
    return await rig.given(name, json.dumps(WISH | changes).encode(), path="returns")


async def answers(rig: Rig, name: str) -> list[dict[str, Any]]:
    return [json.loads(content) for _, content in await rig.send(name)]


@pytest.mark.feature("F133")
async def test_a_return_that_is_authorised_stands_in_the_timelines_of_both(rig: Rig) -> None:
    await shop(rig, SHOP)
    granted = return_pb2.CustomerReturn(return_id="r-1", order_id="so-9", number="R-1")
    rig.procurement.accepts("AuthorizeReturn", returns.AuthorizeReturnResponse(customer_return=granted))
    document = await asked(rig, SHOP)
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("r-1", "so-9")), document.reason
    assert [type(each) for each in rig.procurement.requests] == [returns.AuthorizeReturnRequest]
    # The same bytes again ask for nothing.
    assert (await asked(rig, SHOP)).state is State.DUPLICATE
    assert len(rig.procurement.requests) == 1
    # That it may come is a fact of fulfillment's, and told as such.
    assert await answers(rig, SHOP) == []


@pytest.mark.feature("F133")
async def test_a_return_that_is_refused_is_answered_and_the_returns_desks(rig: Rig) -> None:
    await shop(rig, "shop-refused")
    rig.procurement.refuses("AuthorizeReturn", refusal(NotDelivered("#1001", "71", "2")))
    document = await asked(rig, "shop-refused")
    assert document.state is State.EXCEPTION
    assert await rig.exceptions(document.document_id) == [("business", "NOT_DELIVERED", "returns-desk")]
    [(sent, content)] = await rig.send("shop-refused")
    said = json.loads(content)
    assert (said["status"], said["return"], said["order"]) == ("refused", "R-1", "#1001")
    assert (said["reason"], said["lines"]) == ("NOT_DELIVERED", [])
    assert (sent.related, sent.kind) == (document.document_id, "json.return_status")
    assert said["messageId"] == str(sent.document_id)


async def test_a_wish_that_cannot_be_read_is_answered_with_what_is_wrong(rig: Rig) -> None:
    await shop(rig, "shop-wrong")
    document = await asked(rig, "shop-wrong", lines=[])
    assert document.state is State.REFUSED
    [said] = await answers(rig, "shop-wrong")
    assert (said["status"], said["reason"]) == ("refused", "lines: a return has 1 to 200 lines")
    # The same again is the same document, and has its answer.
    await asked(rig, "shop-wrong", lines=[])
    assert len(await answers(rig, "shop-wrong")) == 1, "it was refused as a whole, so it may be sent anew"


async def test_who_takes_no_answer_gets_none(rig: Rig) -> None:
    routes = [{"kind": "json.return_request", "direction": "IN", "path": "returns"}]
    await rig.partner("crm-silent", role="CRM", transport=http(), documents=routes)
    rig.procurement.refuses("AuthorizeReturn", refusal(NotDelivered("#1001", "71", "2")))
    document = await asked(rig, "crm-silent")
    assert await rig.exceptions(document.document_id) == [("business", "NOT_DELIVERED", "returns-desk")]
    assert await rig.send("crm-silent") == []
