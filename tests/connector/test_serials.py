"""Pieces by their serials, as warehouses and suppliers name them: in JSON as a list, in X12 one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.mappings import json_goods_receipt, wms_a_expected_receipt, x12_943
from connector.mappings.registry import INBOUND
from connector_samples import files, orders
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2

AT = "2026-11-10T09:30:00Z"
ITEM = {"sku": "A1001", "uom": "EACH"}
ORDERED = ITEM | {"order": "SO-7", "orderLine": "1", "qty": "2"}
DOCUMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "wms_a.receipt": (
        {"type": "RECEIPT", "receiptNumber": "RC-1", "warehouse": "EAST1", "receivedAt": AT},
        ITEM | {"qty": "2", "condition": "OK"},
    ),
    "wms_a.pick": ({"type": "PICK", "pickNumber": "P-1", "pickedAt": AT}, ORDERED),
    "wms_a.goods_issue": (
        {"type": "GOODS_ISSUE", "issueNumber": "I-1", "shipment": "SH-1", "issuedAt": AT},
        ORDERED,
    ),
    "wms_a.recall_result": (
        {"type": "PICK_RECALL_RESULT", "recallNumber": "RR-1", "answeredAt": AT},
        ORDERED | {"stopped": "2"},
    ),
    "wms_a.return_receipt": (
        {"type": "RETURN_RECEIPT", "receiptNumber": "RT-1", "receivedAt": AT},
        ITEM | {"qty": "2"},
    ),
    "wms_a.count": ({"type": "COUNT", "number": "C-1", "countedAt": AT}, ITEM | {"counted": "2", "condition": "OK"}),
    "wms_a.adjustment": (
        {"type": "ADJUSTMENT", "number": "A-1", "adjustedAt": AT},
        ITEM | {"change": "-2", "condition": "OK", "reason": "07"},
    ),
    "wms_a.put_away": ({"type": "PUT_AWAY", "number": "PA-1", "completedAt": AT}, ITEM | {"qty": "2"}),
    "json.ship_notice": (
        {"event": "shipment.announced", "number": "SH-1"},
        {"order": "PO1", "buyerItem": "A1001", "quantity": "2", "unit": "EACH"},
    ),
}


def line_of(kind: str, serials: Any) -> Any:
    head, line = DOCUMENTS[kind]
    where = "contents" if kind == "json.ship_notice" else "lines"
    body = {"warehouse": "EAST1"} | head | {where: [line | {"serials": serials}]}
    document = json_document.decode(json.dumps(body).encode())
    request: Any = INBOUND[kind].read(document, orders.reading()).request
    [read] = request.lines
    return read


@pytest.mark.feature("F070")
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_line_names_its_pieces_or_says_nothing_of_them(kind: str) -> None:
    assert list(line_of(kind, ["S1", 17]).serials) == ["S1", "17"]
    assert list(line_of(kind, None).serials) == []


@pytest.mark.parametrize(
    ("serials", "says"),
    [
        ("S1", "a list is needed"),
        ([""], r"serials\[0\]: is missing"),
        (["S1", None], r"serials\[1\]: is missing"),
        (["x" * 51], "longer than 50"),
        (["S\u0000"], "control character"),
        ([f"S{number}" for number in range(2001)], "more than 2000"),
    ],
)
def test_what_is_no_list_of_names_is_refused_and_says_where(serials: Any, says: str) -> None:
    with pytest.raises(DocumentFault, match=says):
        line_of("wms_a.receipt", serials)


def read(set_id: str, group: str, *segments: str) -> Any:
    content = files.interchange(set_id, list(segments), group=group)
    [message] = x12_document.read_file(content, {})[0].messages
    assert message.wrong == "", message.wrong
    partner = orders.partner(options_pb2.ROLE_WMS, options={"zone": "Europe/Berlin"})
    return INBOUND[f"x12.{set_id}"].read(message.document, orders.reading(partner, x12=True)).request


@pytest.mark.feature("F070")
def test_a_944_names_the_pieces_of_an_item_and_those_of_its_exceptions() -> None:
    item = ("W07*3*EA**BP*A1001***L1", "N9*PO*4500000001", "N9*SE*S1", "N9*SE*S2", "N9*SE*S3")
    request = read(
        "944", "RE", "W17*F*20261110*RC-1*n-1*SH-1", "N1*WH**92*EAST1", *item, "W13*1*EA*01", "N9*SE*S3", "W14*3"
    )
    assert [(each.quantity.value, list(each.serials)) for each in request.lines] == [("2", ["S1", "S2"]), ("1", ["S3"])]


@pytest.mark.feature("F086")
def test_a_945_names_the_pieces_that_left() -> None:
    item = ("LX*1", "W12*CP*2*2*0*EA**BP*A1001*L1", "N9*LI*1", "N9*SE*S1", "N9*SE*S2")
    request = read("945", "SW", "W06*J*SO-7/1.1*20261110*DO-1", "N1*WH**92*EAST1", *item, "W03*2")
    assert [list(each.serials) for each in request.lines] == [["S1", "S2"]]


@pytest.mark.feature("F086")
@pytest.mark.parametrize("reason", ["AU", "05"], ids=["gone", "on hold"])
def test_a_947_names_the_pieces_that_are_gone_or_held(reason: str) -> None:
    item = (f"W19*{reason}*-2*EA**BP*A1001*L1", "N9*SE*S1", "N9*SE*S2")
    request = read("947", "AW", "W15*20261110*ADJ-1", "N1*WH**92*EAST1", *item)
    assert [list(each.serials) for each in request.lines] == [["S1", "S2"]]


def test_an_856_names_the_pieces_of_an_item() -> None:
    levels = ("HL*1**S", "HL*2*1*O", "PRF*4500000001", "HL*3*2*I")
    item = ("LIN*10*BP*A1001*SN*S1", "SN1**2*EA", "REF*SE*S2")
    request = read("856", "SH", "BSN*00*SH-1*20261109*1200", *levels, *item)
    assert [list(each.serials) for each in request.lines] == [["S1", "S2"]]


def test_an_x12_line_names_no_more_pieces_than_a_line_may() -> None:
    item = ("LX*1", "W12*CP*2*2*0*EA**BP*A1001*L1", "N9*LI*1", *(f"N9*SE*S{number}" for number in range(2001)))
    with pytest.raises(DocumentFault, match="more than 2000 serials"):
        read("945", "SW", "W06*J*SO-7/1.1*20261110*DO-1", "N1*WH**92*EAST1", *item, "W03*2")


def test_a_warehouse_is_told_which_pieces_are_announced_and_an_erp_which_came() -> None:
    line = events_pb2.ExpectedLine(sku="A1001", quantity=orders.quantity("2"), serials=["S1", "S2"])
    expected = events_pb2.InboundExpected(reference="n-1", location_id="WH-EAST", sequence=1, lines=[line])
    assert wms_a_expected_receipt.write(expected, orders.writing())["lines"][0]["serials"] == ["S1", "S2"]
    [item] = x12_943.write(expected, orders.writing(x12=True)).items
    assert [each.reference for each in item.notes if each.qualifier == "SE"] == ["S1", "S2"]
    came = inbound_pb2.ReceiptLine(
        sku="A1001", quantity=orders.quantity("1"), condition=inbound_pb2.CONDITION_GOOD, serials=["S1"]
    )
    received = events_pb2.GoodsReceived(
        receipt_id="r-1", location_id="WH-EAST", receipt=inbound_pb2.Receipt(lines=[came])
    )
    assert json_goods_receipt.write(received, orders.writing())["lines"][0]["serials"] == ["S1"]
    del received.receipt.lines[0].serials[:]
    assert "serials" not in json_goods_receipt.write(received, orders.writing())["lines"][0]
