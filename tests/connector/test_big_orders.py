"""An order of more lines than one call takes comes in a document of any kind, whole or not at all."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings.sales_orders import LINES_AT_ONCE, MOST_LINES, placed
from connector_samples import customers, files
from connector_samples.calls import ItemUnknown, control, refusal
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import sales_order_pb2
from fulfillment.domain.refusals import LineNumberTwice

LINES = 2 * LINES_AT_ONCE + 3
ORDER = sales_order_pb2.SalesOrder(order_id=customers.ORDER_ID)


def by_edi(number: str) -> bytes:
    lines = [f"PO1*{position}*1*EA*1*PE*VP*A1001" for position in range(1, LINES + 1)]
    head = [f"BEG*00*SA*{number}**20261102", "CUR*BY*EUR", *customers.SHIP_TO]
    written = files.interchange("850", [*head, *lines, f"CTT*{LINES}"], control=control(), sender="MERCATO")
    return written.replace(b"*ZZ*MERCATO", b"*08*MERCATO")


def by_shop(number: str) -> bytes:
    lines = [{"id": position, "sku": "A1001", "quantity": 1, "price": "1"} for position in range(1, LINES + 1)]
    head = {"name": number, "created_at": "2026-11-20T10:00:00-05:00", "currency": "EUR"}
    return json.dumps(head | {"shipping_lines": [{"code": "NOW"}], "line_items": lines}).encode()


def by_people(number: str) -> bytes:
    lines = [
        {"line": str(position), "material": "A1001", "quantity": "1", "unit": "EA"} for position in range(1, LINES + 1)
    ]
    order = {"number": number, "changedAt": "2026-11-20T10:00:00Z", "orderDate": "2026-11-20", "currency": "EUR"}
    said = {"documentType": "salesOrder", "action": "release", "salesOrder": order | {"lines": lines}}
    return json.dumps(said).encode()


CHANNELS: dict[str, Any] = {
    customers.NAME: (customers.profile(), by_edi, ""),
    "shop-big": (
        {
            "role": "CHANNEL",
            "partyId": "CUS-SHOP",
            "transport": http(),
            "documents": [
                {
                    "kind": "shop.order",
                    "direction": "IN",
                    "path": "orders",
                    "mapping": {"shipping": {"NOW": "SAME_DAY"}},
                }
            ],
        },
        by_shop,
        "orders",
    ),
    "crm-big": (
        {
            "role": "CRM",
            "partyId": "CUS-SHOP",
            "transport": http(),
            "documents": [{"kind": "json.sales_order", "direction": "IN", "path": "orders"}],
        },
        by_people,
        "orders",
    ),
}


@pytest.fixture
async def taking(rig: Rig, accepting: None) -> Rig:
    """Fulfillment takes each step of it."""
    for name, (spec, _, _) in CHANNELS.items():
        await rig.partner(name, **spec)
    rig.procurement.accepts("OpenOrder", sales.OpenOrderResponse(order=ORDER))
    rig.procurement.accepts("AppendLines", sales.AppendLinesResponse())
    rig.procurement.accepts("SubmitOrder", sales.SubmitOrderResponse(order=ORDER))
    return rig


async def given(rig: Rig, channel: str, number: str) -> Any:
    _, written, path = CHANNELS[channel]
    return await rig.given(channel, written(number), name=uuid4().hex, path=path)


@pytest.mark.feature("F112")
@pytest.mark.parametrize("channel", CHANNELS)
async def test_it_is_opened_filled_and_submitted_in_this_sequence(taking: Rig, channel: str) -> None:
    number = f"BIG-{uuid4().hex[:8]}"
    document = await given(taking, channel, number)
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, (customers.ORDER_ID,)), document.reason
    opened, *appended, submitted = taking.procurement.requests
    assert isinstance(opened, sales.OpenOrderRequest)
    assert isinstance(submitted, sales.SubmitOrderRequest)
    assert (opened.order.channel, opened.order.number, submitted.line_count) == (channel, number, LINES)
    sent: Any = appended
    assert [len(each.lines) for each in sent] == [LINES_AT_ONCE, LINES_AT_ONCE, 3]
    assert {(each.ref.channel, each.ref.number) for each in (*sent, submitted)} == {(channel, number)}
    assert [line.line_number for each in sent for line in each.lines] == [str(each) for each in range(1, LINES + 1)]
    lanes = "SELECT DISTINCT express, ordering_key FROM delivery WHERE $1 = ANY(keys) AND partner = 'fulfillment'"
    assert [tuple(each) for each in await taking.rows(lanes, f"order:{number}")] == [
        (channel == "shop-big", f"{channel}/order:{number}")
    ]


async def test_a_part_that_waits_for_master_data_has_all_of_it_said_again(taking: Rig) -> None:
    taking.procurement.refuses("AppendLines", refusal(ItemUnknown("A1001")))
    document = await given(taking, "crm-big", f"BIG-{uuid4().hex[:8]}")
    assert document.state is State.WAITING
    taking.procurement.requests.clear()
    taking.procurement.accepts("AppendLines", sales.AppendLinesResponse())
    await taking.due_now(document.document_id)
    await taking.translate("crm-big")
    await taking.dispatch()
    assert (await taking.document(document.document_id)).state is State.UNDERSTOOD
    assert [type(each).__name__[:6] for each in taking.procurement.requests] == [
        "OpenOr",
        "Append",
        "Append",
        "Append",
        "Submit",
    ]


async def test_a_part_that_is_refused_makes_the_document_somebodys_whatever_becomes_of_the_others(taking: Rig) -> None:
    taking.procurement.refuses("AppendLines", refusal(LineNumberTwice("7")))
    document = await given(taking, "crm-big", f"BIG-{uuid4().hex[:8]}")
    assert (document.state, "LINE_NUMBER_TWICE" in document.messages[0].reason) == (State.EXCEPTION, True)
    assert await taking.exceptions(document.document_id) == [("business", "LINE_NUMBER_TWICE", "order-desk")]


def test_what_one_call_takes_is_one_command_and_beyond_all_bounds_is_none() -> None:
    terms = sales.OrderTerms(channel="c", number="1")
    line = sales.OrderedLine(line_number="1")
    command = placed(sales.PlaceOrderRequest().origin, terms, [line] * LINES_AT_ONCE, "lines")
    assert isinstance(command.request, sales.PlaceOrderRequest)
    assert command.then == ()
    for wrong in ([], [line] * (MOST_LINES + 1)):
        with pytest.raises(DocumentFault, match="at least one and at most"):
            placed(sales.PlaceOrderRequest().origin, terms, wrong, "lines")
