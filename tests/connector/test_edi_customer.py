"""A customer on EDI orders by 850, as any channel orders, and is answered in the same timeline."""

from __future__ import annotations

from typing import Any

import pytest
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import x12_850
from connector.mappings.model import Command
from connector_samples import customers, orders
from connector_samples.calls import control
from connector_samples.rig import Rig
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import sales_order_pb2


def read(*segments: str, **options: Any) -> Command:
    [interchange] = x12_document.read_file(customers.purchase_order(*segments), {})
    [message] = interchange.messages
    partner = customers.partner(options=options)
    return x12_850.read(message.document, orders.reading(partner, x12=True))  # type: ignore[arg-type]


def without(*tags: str, instead: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (*(each for each in customers.SEGMENTS if not each.startswith(tags)), *instead)


def lines(*found: str, **options: Any) -> Command:
    return read(*without("PO1", "CTT"), *found, **options)


@pytest.mark.feature("F112")
def test_a_customers_850_is_a_sales_order_with_its_lines_its_day_and_who_receives_it() -> None:
    command = read()
    request: Any = command.request
    assert isinstance(request, sales.PlaceOrderRequest)
    terms, person = request.order, request.order.consignee
    assert (terms.channel, terms.number, terms.customer_order_number) == ("edi-mercato", "PO-7001", "PO-7001")
    assert (terms.customer_id, terms.currency, terms.channel_confirmed) == ("CUS-MERCATO", "EUR", False)
    assert (terms.requested_on.month, terms.requested_on.day) == (11, 20)
    assert terms.shortage == sales_order_pb2.SHORTAGE_RULE_SHIP_COMPLETE
    assert (person.company, person.name) == ("MERCATO STORE 42", customers.SOMEBODY)
    assert (list(person.address_lines), person.city, person.country) == (["1 QUAY", "DOCK 3"], "HAMBURG", "DE")
    assert (person.phone, person.email) == ("+49 40 0000", "STORE42@EXAMPLE.COM")
    assert [(each.line_number, each.sku, each.ordered.value, each.ordered.unit) for each in request.lines] == [
        ("1", "A1001", "24", "EA"),
        ("2", "A1004", "2", "XCS"),
    ]
    assert request.lines[0].price.money.amount == "2.5"
    assert (command.keys, command.orders) == (("order:PO-7001",), ())


@pytest.mark.feature("F132")
def test_a_customer_that_takes_its_order_back_cancels_it_by_its_number() -> None:
    command = read("BEG*01*SA*PO-7001**20261102", *customers.LINES)
    request: Any = command.request
    assert isinstance(request, sales.CancelOrderRequest)
    assert (request.ref.channel, request.ref.number) == ("edi-mercato", "PO-7001")
    assert command.sequence == read().sequence == ("order:PO-7001",)


def test_our_own_number_counts_more_than_the_customers_that_looks_like_one() -> None:
    request: Any = lines("PO1*1*1*EA*1**BP*A1004*VP*A1001").request
    assert request.lines[0].sku == "A1001"


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("CSH*N", sales_order_pb2.SHORTAGE_RULE_CANCEL),
        ("CSH*Y", sales_order_pb2.SHORTAGE_RULE_BACKORDER),
        ("FOB*PP", sales_order_pb2.SHORTAGE_RULE_BACKORDER),
    ],
)
def test_what_becomes_of_what_is_short_is_the_customers_word(said: str, rule: int) -> None:
    head = tuple(said if each.startswith("CSH") else each for each in customers.SEGMENTS)
    request: Any = read(*head).request
    assert request.order.shortage == rule


@pytest.mark.parametrize(
    ("replaced", "by", "where"),
    [
        ("BEG", "BEG*04*SA*PO-7001**20261102", "BEG01"),
        ("BEG", "BEG*00*SA***20261102", "BEG03"),
        ("BEG", "BEG*00*SA*PO-7001", "BEG05"),
        ("CUR", "FOB*PP", "CUR02"),
        ("N4", "N4*HAMBURG**20457*DEUTSCHLAND", "N404"),
        ("PO1*1", "PO1*1**EA*2.5*PE*VP*A1001", "PO102"),
        ("PO1*1", "PO1*1*0*EA*2.5*PE*VP*A1001", "PO102"),
        ("PO1*1", "PO1*1*5*EA*2.5*PE", "PO1 of line 1"),
    ],
)
def test_what_is_no_order_is_refused_without_a_word_of_who_would_receive_it(replaced: str, by: str, where: str) -> None:
    segments = tuple(by if each.startswith(replaced) else each for each in customers.SEGMENTS)
    with pytest.raises(DocumentFault) as refused:
        read(*segments)
    assert where in str(refused.value)
    assert customers.SOMEBODY not in str(refused.value)


def test_an_order_without_lines_is_refused() -> None:
    with pytest.raises(DocumentFault, match="at least one line"):
        lines()


def test_a_line_to_another_address_is_refused_because_an_order_has_one() -> None:
    with pytest.raises(DocumentFault, match="another address"):
        lines("PO1*1*1*EA*1**VP*A1001", "N1*ST*MERCATO STORE 43*92*0043")
    with pytest.raises(DocumentFault, match="SDQ of line 1: the line goes to another address"):
        lines("PO1*1*5*EA*1**VP*A1001", "SDQ*EA*92*0042*3*0043*2")
    assert lines("PO1*1*5*EA*1**VP*A1001", "SDQ*EA*92*0042*5")


@pytest.fixture
async def customer(rig: Rig) -> Rig:
    await rig.partner(customers.NAME, **customers.profile())
    answer = sales.PlaceOrderResponse(order=sales_order_pb2.SalesOrder(order_id="so-7001"))
    rig.procurement.accepts("PlaceOrder", answer)
    await rig.send(customers.NAME)
    rig.procurement.requests.clear()
    return rig


@pytest.mark.feature("F112", "F127")
async def test_a_customers_order_is_carried_and_acknowledged_in_one_timeline(customer: Rig) -> None:
    document = await customer.given(customers.NAME, customers.purchase_order(control=control()))
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("so-7001",))
    assert "order:PO-7001" in document.keys
    [request] = customer.procurement.requests
    assert isinstance(request, sales.PlaceOrderRequest)
    assert request.origin.system == "MERCATO"
    [(reply, content)] = await customer.send(customers.NAME)
    assert (reply.kind, reply.related) == ("x12.997", document.document_id)
    assert b"AK2*850*0001~AK5*A~" in content


@pytest.mark.feature("F113")
async def test_the_same_order_under_another_control_number_says_the_same_to_fulfillment(customer: Rig) -> None:
    for _ in range(2):
        await customer.given(customers.NAME, customers.purchase_order(control=control()))
    requests: list[Any] = customer.procurement.requests
    first, second = requests
    assert (first.order, list(first.lines)) == (second.order, list(second.lines))
    assert first.request_id != second.request_id


async def test_nobody_who_receives_an_order_stands_in_a_command_in_clear(customer: Rig) -> None:
    await customer.given(customers.NAME, customers.purchase_order(control=control()))
    hidden = customers.SOMEBODY.encode().hex()
    for table in ("delivery", "document", "exception", "journal"):
        counted = f"SELECT count(*) FROM {table} t WHERE t::text LIKE $1 OR t::text LIKE $2"
        found = await customer.value(counted, f"%{customers.SOMEBODY}%", f"%{hidden}%")
        assert (table, found) == (table, 0)
