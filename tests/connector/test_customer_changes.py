"""A customer changes its order by document: 860 in with 865 out, and a sales order of people's that says `change`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import json_sales_order, x12_860, x12_customer_change
from connector.mappings.model import Command
from connector_samples import customers, orders
from connector_samples.calls import control, refusal
from connector_samples.rig import Rig
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock_edi.x12.order_change import PurchaseOrderChangeAcknowledgment
from fulfillment.domain.refusals import OrderAlreadyShipped

HEAD = "BCH*04*SA*PO-7001**2*20261102"
LESS = "POC*1*QD*20**EA"
MORE_LINES = "POC*3*AI*2*2*CA*40**VP*A1004"
GONE = "POC*2*DI***CA"


def read(*segments: str, **options: Any) -> Command:
    [interchange] = x12_document.read_file(customers.order_change(*segments), {})
    [message] = interchange.messages
    assert message.wrong == "", message.wrong
    partner = customers.partner(options=options)
    return x12_860.read(message.document, orders.reading(partner, x12=True))  # type: ignore[arg-type]


@pytest.mark.feature("F132")
def test_an_860_says_quantities_lines_that_go_and_come_and_the_day_in_one_command() -> None:
    command = read(HEAD, "CUR*BY*EUR", "DTM*002*20261124", LESS, GONE, MORE_LINES)
    request: Any = command.request
    assert isinstance(request, sales.ChangeOrderRequest)
    assert (request.ref.channel, request.ref.number, request.reference) == ("edi-mercato", "PO-7001", "2")
    assert (request.requested_on.month, request.requested_on.day) == (11, 24)
    assert [(each.line_number, each.ordered.value, each.ordered.unit, each.sku) for each in request.lines] == [
        ("1", "20", "EA", ""),
        ("2", "0", "XCS", ""),
        ("3", "2", "XCS", "A1004"),
    ]
    assert [each.price.money.amount for each in request.lines] == ["", "", "40"]
    # Behind the order itself, whichever of the two is read first.
    assert command.sequence == ("order:PO-7001",)


@pytest.mark.feature("F132")
def test_an_860_that_cancels_takes_the_order_back_whole() -> None:
    request: Any = read(HEAD.replace("*04*", "*01*"), LESS).request
    assert isinstance(request, sales.CancelOrderRequest)
    assert (request.ref.channel, request.ref.number) == ("edi-mercato", "PO-7001")


def test_one_day_of_all_its_lines_is_the_day_of_the_order() -> None:
    dated = ("DTM*002*20261124",)
    request: Any = read(HEAD, "POC*1*RS*24**EA", *dated, "POC*2*RS*2**CA", *dated).request
    assert request.requested_on.day == 24
    with pytest.raises(DocumentFault, match="is wanted on one day"):
        read(HEAD, "POC*1*RS*24**EA", *dated, "POC*2*QD*1**CA")


@pytest.mark.parametrize(
    ("segments", "says"),
    [
        (("BCH*00*SA*PO-7001**2*20261102", LESS), "'?00'? is no change"),
        ((HEAD,), "nothing is changed"),
        ((HEAD, "POC*1*NC*24**EA"), "nothing is changed"),
        ((HEAD, "POC*1*PC*24**EA*9"), r"'PC' \(price change\) is none of"),
        ((HEAD, "POC*1*RE*24**EA***VP*A1004"), r"'RE' \(replacement item\) is none of"),
        ((HEAD, "POC*1*QD***EA"), "POC03 of line 1: the new quantity is missing"),
        ((HEAD, "POC*1*QD*-4**EA"), "less than nothing"),
        ((HEAD, "POC*3*AI*0**EA***VP*A1001"), "less than nothing"),
        ((HEAD, "POC**QD*4**EA"), "POC01"),
    ],
)
def test_what_is_no_change_of_an_order_is_refused(segments: tuple[str, ...], says: str) -> None:
    with pytest.raises(DocumentFault, match=says):
        read(*segments)


def test_a_supplier_or_an_erp_changes_no_order_of_ours_by_860() -> None:
    [interchange] = x12_document.read_file(customers.order_change(HEAD, LESS), {})
    with pytest.raises(DocumentFault, match=r"json\.purchase_order"):
        x12_860.read(interchange.messages[0].document, orders.reading(x12=True))  # type: ignore[arg-type]


def changed(*lines: sales_order_pb2.OrderLine, added: tuple[str, ...] = ()) -> events_pb2.OrderChanged:
    told = customers.acknowledged()
    said: dict[str, Any] = {"order_id": told.order_id, "channel": told.channel, "number": told.number}
    return events_pb2.OrderChanged(order=told.order, lines=lines, added_lines=added, reference="2", **said)


@pytest.mark.feature("F132")
def test_an_865_says_of_each_line_what_is_taken_under_the_number_of_the_change() -> None:
    gone = customers.gloves()
    gone.ordered.value = "0"
    event = changed(customers.bolts(ordered="20"), gone, added=("1",))
    document = x12_customer_change.write(event, customers.writing())
    assert isinstance(document, PurchaseOrderChangeAcknowledgment)
    assert (document.order_number, document.change_sequence, document.type) == ("PO-7001", "2", "AC")
    found = [(each.line, each.change, str(each.quantity), each.acknowledgments[0].status) for each in document.lines]
    assert found == [("1", "AI", "20", "IA"), ("2", "DI", "0", "ID")]
    assert {each.qualifier: each.value for each in document.lines[0].item_ids} == {"VP": "A1001", "BP": "M-77"}


@pytest.mark.feature("F112", "F132")
@pytest.mark.usefixtures("accepting")
async def test_a_customer_changes_its_order_and_is_answered_or_its_desk_is(rig: Rig) -> None:
    await rig.partner(customers.NAME, **customers.profile())
    await rig.send(customers.NAME)
    rig.procurement.accepts(
        "ChangeOrder", sales.ChangeOrderResponse(order=sales_order_pb2.SalesOrder(order_id=customers.ORDER_ID))
    )
    document = await rig.given(customers.NAME, customers.order_change(HEAD, LESS, control=control()))
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, (customers.ORDER_ID,)), document.reason
    [request] = rig.procurement.requests
    assert isinstance(request, sales.ChangeOrderRequest)
    await rig.tell(changed(customers.bolts(ordered="20")), aggregate=f"sales_order/{customers.ORDER_ID}", version=3)
    sent = {each.kind: content for each, content in await rig.send(customers.NAME)}
    assert b"BCA*00*AC*PO-7001**2*" in sent["x12.865"]
    assert x12_document.wrong_in(sent["x12.865"]) == ""
    rig.procurement.refuses("ChangeOrder", refusal(OrderAlreadyShipped("PO-7001", "4 of line 1")))
    late = await rig.given(customers.NAME, customers.order_change(HEAD, LESS.replace("20", "9"), control=control()))
    assert await rig.exceptions(late.document_id) == [("business", "ORDER_ALREADY_SHIPPED", "order-desk")]
    rejection = await rejected(rig)
    assert (rejection.order_number, rejection.change_sequence, rejection.lines) == ("PO-7001", "2", ())
    assert [each.messages for each in rejection.notes] == [("ORDER_ALREADY_SHIPPED",)]


async def rejected(rig: Rig) -> PurchaseOrderChangeAcknowledgment:
    """The one 865 that the customer is sent now."""
    [content] = [content for each, content in await rig.send(customers.NAME) if each.kind == "x12.865"]
    [interchange] = x12_document.read_file(content, {})
    [message] = interchange.messages
    assert message.wrong == ""
    assert isinstance(message.document, PurchaseOrderChangeAcknowledgment)
    assert (message.document.purpose, message.document.type) == ("00", "RJ")
    return message.document


@pytest.mark.feature("F132")
@pytest.mark.usefixtures("accepting")
async def test_a_change_that_is_none_is_rejected_with_what_is_wrong_in_it(rig: Rig) -> None:
    await rig.partner(customers.NAME, **customers.profile())
    await rig.send(customers.NAME)
    price = customers.order_change(HEAD, "POC*1*PC*24**EA*9", control=control())
    document = await rig.given(customers.NAME, price)
    assert document.state is State.REFUSED
    [note] = (await rejected(rig)).notes
    assert note.messages[0].startswith("POC02 of line 1: 'PC' (price change) is none of")
    # Nothing is answered twice, and what names no order has no answer.
    rig.procurement.requests.clear()
    await rig.given(customers.NAME, customers.order_change(HEAD.replace("PO-7001", ""), LESS, control=control()))
    assert [each.kind for each, _ in await rig.send(customers.NAME) if each.kind == "x12.865"] == []
    assert rig.procurement.requests == []


def typed(*lines: dict[str, Any], **facts: Any) -> Any:
    order = {"number": "20000001", "version": "2", "changedAt": "2026-11-20T11:00:00+01:00", "currency": "EUR"}
    body = {"documentType": "salesOrder", "action": "change", "salesOrder": order | {"lines": lines} | facts}
    parsed = json_document.decode(json.dumps(body).encode())
    return json_sales_order.read(parsed, orders.reading(orders.partner(name="crm"))).request


@pytest.mark.feature("F132")
def test_a_sales_order_that_says_change_names_the_lines_that_change() -> None:
    request = typed(
        {"line": "10", "quantity": "4", "unit": "ST"},
        {"line": "20", "unit": "ST", "deleted": True},
        {"line": "30", "material": "A1001", "quantity": "2", "unit": "ST", "price": {"amount": "2.50"}},
        requestedOn="2026-11-24",
        reason="on the phone",
    )
    assert isinstance(request, sales.ChangeOrderRequest)
    assert (request.ref.channel, request.ref.number, request.reference) == ("crm", "20000001", "2")
    assert (request.requested_on.day, request.reason) == (24, "on the phone")
    assert [(each.line_number, each.ordered.value, each.sku, each.price.money.amount) for each in request.lines] == [
        ("10", "4", "", ""),
        ("20", "0", "", ""),
        ("30", "2", "A1001", "2.5"),
    ]
