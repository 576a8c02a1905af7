"""A customer on EDI asks by 180 to send goods back, and is answered by 180."""

from __future__ import annotations

from typing import Any

import pytest
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import x12_180
from connector_samples import customers, files, orders
from connector_samples.calls import control, refusal
from connector_samples.rig import Rig
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import return_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from crossdock.options.v1 import options_pb2
from crossdock_edi.x12.return_authorization import ReturnAuthorization
from crossdock_kit.events import Origin
from fulfillment.domain.refusals import NotDelivered

HEAD = ("BGN*13*RMA-9*20261205", "RDR**NA**TOO SMALL", "PRF*PO-7001")
BOLTS = ("BLI*VP*A1001*4*EA", "N9*LI*1")
GLOVES = ("BLI*BP*M-80*1*CA", "PRF*PO-7001****2")
ROUTES = [
    {"kind": "x12.180", "direction": "IN"},
    {"kind": "x12.180", "direction": "OUT"},
    *customers.ROUTES,
]


def written(*segments: str, number: int = 1) -> bytes:
    content = files.interchange("180", segments, control=number, sender="MERCATO", group="AN")
    return content.replace(b"*ZZ*MERCATO", b"*08*MERCATO")


def parsed(content: bytes) -> Any:
    [message] = x12_document.read_file(content, {})[0].messages
    assert message.wrong == "", message.wrong
    return message.document


def read(*segments: str, **changes: Any) -> Any:
    return x12_180.read(parsed(written(*segments)), orders.reading(customers.partner(**changes), x12=True))


@pytest.mark.feature("F133")
def test_a_180_names_return_order_lines_and_reason() -> None:
    command = read(*HEAD, *BOLTS, *GLOVES)
    request = command.request
    assert isinstance(request, returns.AuthorizeReturnRequest)
    assert (request.ref.channel, request.ref.number, request.number) == ("edi-mercato", "PO-7001", "RMA-9")
    assert request.reason == "NA TOO SMALL"
    assert [(each.line_number, each.quantity.value, each.quantity.unit) for each in request.lines] == [
        ("1", "4", "EA"),
        ("2", "1", "XCS"),
    ]
    assert command.sequence == ("order:PO-7001",)


@pytest.mark.parametrize(
    ("segments", "says"),
    [
        (("BGN*01*RMA-9*20261205", HEAD[2], *BOLTS), "01 asks for no return"),
        (HEAD, "1 to 200 lines"),
        ((HEAD[0], *BOLTS), "PRF01: the order is missing"),
        ((*HEAD, *BOLTS, "BLI*VP*A1004*1*EA", "PRF*PO-7002****2"), "a return is of one order"),
        ((*HEAD, "BLI*VP*A1001*4*EA"), "N9 LI or in PRF05"),
        ((*HEAD, "BLI*VP*A1001**EA", "N9*LI*1"), "the quantity is missing"),
    ],
)
def test_what_asks_for_no_return_is_refused(segments: tuple[str, ...], says: str) -> None:
    [message] = x12_document.read_file(written(*segments), {})[0].messages
    document: Any = message.document
    with pytest.raises(DocumentFault, match=says):
        x12_180.read(document, orders.reading(customers.partner(), x12=True))


def test_only_customers_send_goods_back() -> None:
    with pytest.raises(DocumentFault, match="only a customer"):
        x12_180.read(parsed(written(*HEAD, *BOLTS)), orders.reading(orders.partner(options_pb2.ROLE_ERP), x12=True))


async def answer(rig: Rig) -> ReturnAuthorization:
    [content] = [content for each, content in await rig.send(customers.NAME) if each.kind == "x12.180"]
    document = parsed(content)
    assert isinstance(document, ReturnAuthorization)
    return document


@pytest.fixture
async def customer(rig: Rig) -> Rig:
    await rig.partner(customers.NAME, **customers.profile(documents=ROUTES))
    await rig.send(customers.NAME)
    rig.procurement.requests.clear()
    return rig


@pytest.mark.feature("F130", "F133")
@pytest.mark.usefixtures("accepting")
async def test_a_return_that_may_come_is_answered_and_one_that_may_not_is(customer: Rig) -> None:
    granted = return_pb2.CustomerReturn(return_id="r-9", order_id="so-7001", number="RMA-9")
    customer.procurement.accepts("AuthorizeReturn", returns.AuthorizeReturnResponse(customer_return=granted))
    document = await customer.given(customers.NAME, written(*HEAD, *BOLTS, number=control()))
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("r-9", "so-7001")), document.reason
    line = return_pb2.ReturnLine(line_number="1", sku="A1001", authorized=orders.quantity("4"))
    granted.lines.append(line)
    said = {"return_id": "r-9", "number": "RMA-9", "order_id": "so-7001", "order_number": "PO-7001"}
    fact = events_pb2.ReturnAuthorized(**said, customer_return=granted, channel=customers.NAME)
    await customer.tell(fact, aggregate="return/r-9", origin=Origin(system="MERCATO"))
    may = await answer(customer)
    assert (may.purpose, may.number, may.reason and may.reason.disposition) == ("11", "RMA-9", "RA")
    assert (may.order and may.order.number) == "PO-7001"
    assert [(each.notes[0].reference, str(each.quantity), each.item_ids[0].value) for each in may.lines] == [
        ("1", "4", "A1001")
    ]
    # What comes back by somebody else's word answers nothing.
    await customer.tell(fact, aggregate="return/r-10", origin=Origin(system="UPS"))
    assert [each.kind for each, _ in await customer.send(customers.NAME)] == []
    customer.procurement.refuses("AuthorizeReturn", refusal(NotDelivered("PO-7001", "1", "4")))
    late = await customer.given(customers.NAME, written(*HEAD, *BOLTS, number=control()))
    assert await customer.exceptions(late.document_id) == [("business", "NOT_DELIVERED", "returns-desk")]
    no = await answer(customer)
    assert (no.purpose, no.number) == ("11", "RMA-9")
    assert no.reason is not None
    assert (no.reason.disposition, no.reason.text) == ("RD", "NOT_DELIVERED")
