"""Transfers between our own places in documents: what left, what came, what a dock expects, and what the ERP posts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.codecs.x12_document import Address, Numbers
from connector.domain.documents import State
from connector.mappings import wms_a_transfer, x12_943
from connector.mappings.registry import INBOUND
from connector.store.codes import Entry, Thing
from connector_samples import files, orders
from connector_samples.partners import ERP_ROUTES, WMS_ROUTES, http
from connector_samples.rig import TENANT, Rig
from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi import X12_DIALECT
from crossdock_kit.events import Origin
from google.protobuf.timestamp_pb2 import Timestamp

NINE = Timestamp(seconds=1_794_301_200)
ADDRESS = Address(("ZZ", "ACME"), ("ZZ", "LOGI"), "ACME", "LOGI", "004010", False, X12_DIALECT)
LONG = "TO-" + "9" * 40
SHIPMENT = {
    "type": "TRANSFER_SHIPMENT",
    "transfer": "TO-1",
    "warehouse": "EAST1",
    "to": "WEST1",
    "shippedAt": "2026-11-10T09:00:00Z",
    "expectedOn": "2026-11-12",
    "lines": [{"sku": "A1001", "lot": "L1", "qty": "2", "uom": "EACH", "serials": ["S1", "S2"]}],
}
RECEIPT = {
    "type": "TRANSFER_RECEIPT",
    "receiptNumber": "TR-1",
    "transfer": "TO-1",
    "warehouse": "EAST1",
    "receivedAt": "2026-11-10T09:00:00Z",
}


@pytest.fixture(scope="module")
async def west(rig: Rig) -> Rig:
    """Besides the usual ones a warehouse in the west, and an ERP that posts transfers."""
    routes = [
        *WMS_ROUTES,
        {"kind": "wms_a.expected_transfer", "direction": "OUT", "path": "/expected-transfers"},
        {"kind": "wms_a.transfer_receipt", "direction": "IN", "path": "transfer-receipts"},
        {"kind": "wms_a.transfer_shipment", "direction": "IN", "path": "transfer-shipments"},
    ]
    await rig.partner(
        "wms-west", role="WMS", system="WMS-WEST", locations=["WH-WEST"], transport=http(), documents=routes
    )
    posts = [*ERP_ROUTES, {"kind": "json.stock_transfer", "direction": "OUT", "path": "/stock-transfers"}]
    await rig.partner("erp-eu", role="ERP", system="ERP-EU", transport=http(), documents=posts)
    await rig.knows(
        Thing(TENANT, "location", "WH-WEST", ()),
        entries=[
            Entry(TENANT, "wms-west", "location", "", "WEST1", "WH-WEST"),
            Entry(TENANT, "wms-west", "location", "", "EAST1", "WH-EAST"),
            Entry(TENANT, "wms-west", "unit", "", "EACH", "EA"),
        ],
    )
    return rig


def parsed(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


def came(quantity: str, condition: str = "", **more: Any) -> dict[str, Any]:
    line = {"sku": "A1001", "qty": quantity, "uom": "EACH"} | more
    return line | ({"condition": condition} if condition else {})


def sent(number: str = "TO-1", state: pb.TransferState.ValueType = pb.TRANSFER_STATE_IN_TRANSIT) -> Any:
    identity = str(uuid4())
    transfer = pb.StockTransfer(
        transfer_id=identity,
        number=number,
        from_location_id="WH-EAST",
        to_location_id="WH-WEST",
        business_unit="EU01",
        sent_at=NINE,
        expected_on=orders.day(11, 12),
        state=state,
    )
    part = pb.TransferredStock(sku="A1001", lot="L1", quantity=orders.quantity("2"), serials=["S1", "S2"])
    moved = inventory.Movement(sku="A1001", quantity=orders.quantity("2"), occurred_at=NINE)
    return events_pb2.StockTransferSent(transfer_id=identity, transfer=transfer, parts=[part], movements=[moved])


def brought(fact: Any, number: str = "TR-1") -> Any:
    transfer = pb.StockTransfer()
    transfer.CopyFrom(fact.transfer)
    transfer.state = pb.TRANSFER_STATE_CLOSED_SHORT
    transfer.lines.add(sku="A1001", sent=orders.quantity("2"), missing=orders.quantity("1"))
    part = pb.TransferredStock(sku="A1001", quantity=orders.quantity("1"))
    return events_pb2.StockTransferReceived(
        transfer_id=fact.transfer_id, number=number, transfer=transfer, parts=[part], movements=fact.movements
    )


@pytest.mark.feature("F104")
async def test_what_a_warehouse_says_has_left_becomes_a_command_once(west: Rig) -> None:
    transfer = pb.StockTransfer(transfer_id="transfer-1")
    west.procurement.requests.clear()
    west.procurement.accepts("SendTransfer", pb.SendTransferResponse(transfer=transfer))
    body = json.dumps(SHIPMENT | {"warehouse": "WEST1", "to": "EAST1"}).encode()
    document = await west.given("wms-west", body, path="transfer-shipments")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("transfer-1",))
    [request] = west.procurement.requests
    assert isinstance(request, pb.SendTransferRequest)
    assert (request.number, request.from_location_id, request.to_location_id) == ("TO-1", "WH-WEST", "WH-EAST")
    assert (request.sent_at, request.expected_on, request.origin.system) == (NINE, orders.day(11, 12), "WMS-WEST")
    [line] = request.lines
    assert (line.sku, line.lot, line.quantity.value, list(line.serials)) == ("A1001", "L1", "2", ["S1", "S2"])
    again = await west.given("wms-west", body, path="transfer-shipments")
    assert (again.state, len(west.procurement.requests)) == (State.DUPLICATE, 1)


@pytest.mark.feature("F104")
def test_what_came_damaged_or_on_hold_has_come_and_is_not_for_sale() -> None:
    lines = [came("5"), came("2", "DMG", lot="L1"), came("1", "QA")]
    command = wms_a_transfer.read_receipt(parsed(RECEIPT | {"final": True, "lines": lines}), orders.reading())
    request: Any = command.request
    assert (request.number, request.transfer_number, request.location_id) == ("TR-1", "TO-1", "WH-EAST")
    assert (request.final, request.business_unit) == (True, "EU01")
    assert [each.quantity.value for each in request.lines] == ["5", "2", "1"]
    assert command.keys == ("transfer:TO-1", "sku:A1001")
    [apart] = command.then
    assert isinstance(apart, moves.RecordStockMovesRequest)
    assert (apart.number, apart.moved_at) == ("TR-1/held", request.received_at)
    assert [(each.kind, each.quantity.value, each.lot, each.reason) for each in apart.lines] == [
        (moves.STOCK_MOVE_KIND_HOLD_PLACED, "2", "L1", "DMG"),
        (moves.STOCK_MOVE_KIND_HOLD_REJECTED, "2", "L1", "DMG"),
        (moves.STOCK_MOVE_KIND_HOLD_PLACED, "1", "", "QA"),
    ]
    assert wms_a_transfer.read_receipt(parsed(RECEIPT | {"lines": [came("5")]}), orders.reading()).then == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (RECEIPT | {"lines": []}, "at least one line"),
        (RECEIPT | {"transfer": "", "lines": [came("5")]}, "transfer: is missing"),
    ],
)
def test_a_receipt_that_says_too_little_is_refused(body: dict[str, Any], says: str) -> None:
    with pytest.raises(DocumentFault, match=says):
        wms_a_transfer.read_receipt(parsed(body), orders.reading())


def test_a_last_receipt_may_bring_nothing() -> None:
    request: Any = wms_a_transfer.read_receipt(parsed(RECEIPT | {"final": True}), orders.reading()).request
    assert (request.final, list(request.lines)) == (True, [])


# --- what is told


@pytest.mark.feature("F104")
async def test_the_erp_posts_what_left_and_each_receipt_and_the_other_dock_expects_it(west: Rig) -> None:
    fact = sent("TO-7")
    aggregate = f"stock_transfer/{fact.transfer_id}"
    await west.tell(fact, aggregate=aggregate)
    await west.tell(brought(fact), aggregate=aggregate, version=2)
    posted = [*await west.send("erp-eu"), *await west.send("erp-eu")]
    assert [document.kind for document, _ in posted] == ["json.stock_transfer"] * 2
    assert [document.source_aggregate for document, _ in posted] == [f"{aggregate}/sent", f"{aggregate}/received/TR-1"]
    left, arrived = (json.loads(content) for _, content in posted)
    assert (left["step"], left["reference"], left["fromPlant"], left["expectedOn"]) == (
        "sent",
        "TO-7",
        "1010",
        "2026-11-12",
    )
    assert [(each["material"], each["quantity"], each["lot"], each["serials"]) for each in left["lines"]] == [
        ("A1001", "2", "L1", ["S1", "S2"])
    ]
    assert (arrived["step"], arrived["receipt"], arrived["state"]) == ("received", "TR-1", "closed_short")
    assert [(each["material"], each["quantity"]) for each in arrived["missing"]] == [("A1001", "1")]
    [(document, content)] = await west.send("wms-west")
    told = json.loads(content)
    assert (document.kind, told["transfer"], told["from"], told["warehouse"], told["due"]) == (
        "wms_a.expected_transfer",
        "TO-7",
        "EAST1",
        "WEST1",
        "2026-11-12",
    )
    assert [(each["sku"], each["qty"], each["uom"], each["serials"]) for each in told["lines"]] == [
        ("A1001", "2", "EACH", ["S1", "S2"])
    ]
    assert await west.exceptions_like(aggregate) == []


async def test_who_said_it_is_not_told_and_a_dock_that_has_it_all_expects_nothing(west: Rig) -> None:
    fact = sent("TO-8", pb.TRANSFER_STATE_RECEIVED)
    await west.tell(fact, aggregate=f"stock_transfer/{fact.transfer_id}", origin=Origin(system="ERP-EU"))
    assert await west.send("erp-eu") == []
    assert await west.send("wms-west") == []


# --- X12


def read(set_id: str, group: str, *segments: str, **options: Any) -> Any:
    content = files.interchange(set_id, list(segments), group=group)
    [message] = x12_document.read_file(content, {})[0].messages
    assert message.wrong == "", message.wrong
    partner = orders.partner(options_pb2.ROLE_WMS, options={"zone": "Europe/Berlin"} | options)
    return INBOUND[f"x12.{set_id}"].read(message.document, orders.reading(partner, x12=True))


@pytest.mark.feature("F104", "F203")
@pytest.mark.parametrize("number", ["TO-1", LONG], ids=["short", "long"])
def test_a_943_that_we_write_is_read_as_the_same_transfer(number: str) -> None:
    written = x12_943.write(sent(number), orders.writing(x12=True))
    content = x12_document.write(written, ADDRESS, Numbers(12, 12, 1), orders.AT)
    assert x12_document.wrong_in(content) == ""
    [message] = x12_document.read_file(content, {})[0].messages
    partner = orders.partner(options_pb2.ROLE_WMS, options={"zone": "Europe/Berlin"})
    document: Any = message.document
    names = [(each.role, each.id) for each in document.parties]
    assert [role for role, _ in names] == ["WH", "SF"]
    assert [(each.qualifier, each.description) for each in document.notes] == [("TN", number)]
    [item] = document.items
    assert [(each.qualifier, each.reference) for each in item.notes] == [("LT", "L1"), ("SE", "S1"), ("SE", "S2")]
    with pytest.raises(DocumentFault, match="no place that it goes to"):
        INBOUND["x12.943"].read(document, orders.reading(partner, x12=True))


SENT = ("W06*J*DO-7*20261110*SH-9********1", "N1*WH**92*EAST1", "N1*ST**92*EAST1")
ITEM = ("W04*2*EA**BP*A1001", "N9*LT*L1", "N9*SE*S1", "N9*SE*S2", "W03*2")


@pytest.mark.feature("F104", "F203")
def test_a_943_says_what_left_a_third_partys_house() -> None:
    request = read("943", "AR", *SENT, "N9*TN*TO-1", "G62*17*20261112", *ITEM).request
    assert (request.number, request.from_location_id, request.to_location_id) == ("TO-1", "WH-EAST", "WH-EAST")
    assert request.sent_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 10, 11, tzinfo=UTC)
    assert request.expected_on == orders.day(11, 12)
    [line] = request.lines
    assert (line.sku, line.lot, line.quantity.value, list(line.serials)) == ("A1001", "L1", "2", ["S1", "S2"])
    assert read("943", "AR", *SENT, *ITEM, transit_days=3).request.expected_on == orders.day(11, 13)
    assert read("943", "AR", *SENT, *ITEM, transit_days=3).request.number == "DO-7"


def test_a_943_without_a_day_or_that_takes_goods_back_is_refused() -> None:
    with pytest.raises(DocumentFault, match="the day by which it is there is missing"):
        read("943", "AR", *SENT, "N9*TN*TO-1", *ITEM)
    with pytest.raises(DocumentFault, match="cannot be withdrawn"):
        read("943", "AR", SENT[0][:-1] + "3", *SENT[1:], "G62*17*20261112", *ITEM)


@pytest.mark.feature("F104", "F203")
def test_a_944_that_names_a_transfer_is_its_receipt_and_any_other_an_orders() -> None:
    head, place = "W17*F*20261110*RC-1*n-1*SH-1", "N1*WH**92*EAST1"
    item = ("W07*5*EA**BP*A1001***L1", "W13*2*EA*01", "W14*5")
    command = read("944", "RE", head, place, f"N9*TN*{LONG[:30]}*{LONG}", *item)
    assert isinstance(command.request, pb.RecordTransferReceiptRequest)
    assert (command.request.transfer_number, command.request.number, command.request.final) == (LONG, "RC-1", True)
    assert [(each.lot, each.quantity.value) for each in command.request.lines] == [("L1", "3"), ("L1", "2")]
    [apart] = command.then
    assert [(each.quantity.value, each.reason) for each in apart.lines] == [("2", "944 damaged")] * 2
    other = read("944", "RE", head, place, *item)
    assert isinstance(other.request, procurement.RecordReceiptRequest)
