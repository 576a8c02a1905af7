"""What a user asks of a running stack after a few orders, and what it answers to everything that is wrong.

Real servers and services as `make up` starts them; the command line is run as a command.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import grpc
import pytest
from connector_samples import files
from connector_samples.calls import control, purchase_order
from crossdock.catalog.v1 import catalog_service_pb2 as catalog
from crossdock.common.v1.values_pb2 import Origin
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.delivery.v1 import delivery_service_pb2_grpc as delivery_grpc
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as posting
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_local.place import Place
from crossdock_local.surroundings import partner_secrets
from partners.demo import fresh_stage, play_day
from partners.faults import Faults
from partners.feeding import feed
from partners.journal import Journal
from partners.sales_ledger import SalesLedger
from partners.stock_book import StockBook
from partners.suite import reached
from partners.web import Door, Post, Site
from partners.wms_a import WarehouseA
from procurement_cases.calls import line, quantity, submission
from small_day import NOTICE, OBSOLETE, REPEATED, TOGETHER, Refusal, SmallDay, few_orders, forged, refused

pytestmark = pytest.mark.lasting(90)

INVALID, PRECONDITION = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION
NO_QUANTITIES = ["0", "-1", "NaN", "1e-9", "0.0000000001", "Infinity", ""]


@pytest.fixture(scope="module")
async def day() -> AsyncIterator[SmallDay]:
    # Not pytest's own folder: the unprivileged user of PostgreSQL must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="crossdock-small-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o711)
        patch.setenv("CROSSDOCK_HOME", f"{folder}/home")
        with fresh_stage(Place(Path(folder) / "home"), lambda line: None, keep=False) as stage:
            await play_day(stage, lambda line: None, few_orders())
            async with reached(stage.addresses, stage.credentials) as suite:
                yield SmallDay(stage, suite)


# --- following a transaction


async def traced(day: SmallDay, key: str) -> Any:
    said = await day.crossdock("trace", key, "--json")
    assert said.code == 0, said.err
    return said.json


@pytest.mark.feature("F267")
async def test_a_timeline_tells_each_step_of_every_service(day: SmallDay) -> None:
    found = await traced(day, TOGETHER[0])
    [transaction] = found["transactions"]
    steps = found["steps"]
    assert transaction["rootKey"] == f"po:{TOGETHER[0]}"
    # Fulfillment hears what may be promised, sooner or later, for orders that wait for it.
    assert {each["service"] for each in steps} - {"fulfillment"} == {"connector", "procurement", "inventory"}
    assert [each["at"] for each in steps] == sorted(each["at"] for each in steps)
    for each in steps:
        assert each["kind"] in {"call", "event", "document", "delivery", "timer"}
        assert (len(each["traceId"]), each["attempt"] >= 1, "took" in each) == (32, True, True)
        assert "waited" in each or each["kind"] == "call", "only what has no cause of ours did not wait"
    names = [each["name"] for each in steps]
    ordered = ["read json.purchase_order", "SubmitPurchaseOrder", "PurchaseOrderReleased", "x12.850"]
    answered = [*ordered, "read x12.855", "AcknowledgePurchaseOrder", "PurchaseOrderAcknowledged"]
    shipped = [*ordered, "read x12.856", "RecordShipNotice", "ShipNoticeReceived"]
    for way in (answered, [*shipped, "RecordReceipt", "GoodsReceived", "json.goods_receipt"]):
        assert [names.index(each) for each in way] == sorted(names.index(each) for each in way)
    assert "read x12.997" in names


async def test_a_document_that_serves_several_orders_stands_in_the_timeline_of_each(day: SmallDay) -> None:
    first, second = [await traced(day, each) for each in TOGETHER]
    shared = {each["stepId"] for each in first["steps"]} & {each["stepId"] for each in second["steps"]}
    names = {each["name"] for each in first["steps"] if each["stepId"] in shared}
    assert {"read x12.856", "RecordShipNotice", "ShipNoticeReceived", "json.goods_receipt"} <= names
    assert not names & {"SubmitPurchaseOrder", "x12.850", "AcknowledgePurchaseOrder"}


async def test_a_key_of_several_transactions_lists_them_and_each_key_finds_its_own(day: SmallDay) -> None:
    roots = {f"po:{each}" for each in TOGETHER}
    assert {each["rootKey"] for each in (await traced(day, NOTICE))["transactions"]} == roots
    listed = await day.crossdock("trace", NOTICE)
    assert f"{NOTICE} names 2 transactions" in listed.out
    assert all(root in listed.out for root in roots)
    alone = (await traced(day, REPEATED))["steps"]
    sku = next(key for each in alone for key in each["keys"] if key.startswith("sku:")).removeprefix("sku:")
    assert f"po:{REPEATED}" in {each["rootKey"] for each in (await traced(day, sku))["transactions"]}
    told = next(each for each in alone if each["name"] == "PurchaseOrderReleased")
    by_correlation = await traced(day, told["correlationId"])
    assert f"po:{REPEATED}" in {each["rootKey"] for each in by_correlation["transactions"]}


async def test_the_table_for_people_has_the_columns_and_what_is_open(day: SmallDay) -> None:
    said = await day.crossdock("trace", OBSOLETE)
    heading = said.out.splitlines()[1].split()
    assert heading == ["TIME", "SERVICE", "STEP", "KEYS", "TRY", "OUTCOME", "WAITED", "TOOK", "TRACE"]
    assert "open exception OBSOLETE_REVISION for supplier-desk" in said.out


async def test_a_document_that_came_twice_is_told_as_a_repetition(day: SmallDay) -> None:
    steps = (await traced(day, REPEATED))["steps"]
    assert "duplicate" in {each["outcome"] for each in steps}


async def test_an_unknown_key_and_a_stack_that_is_not_up_are_said_and_have_codes(day: SmallDay, tmp_path: Path) -> None:
    unknown = await day.crossdock("trace", "NO-SUCH-ORDER")
    assert (unknown.code, unknown.out) == (4, "")
    assert "no service knows 'NO-SUCH-ORDER'" in unknown.err
    down = await day.crossdock("trace", TOGETHER[0], home=tmp_path)
    assert down.code == 3
    assert "the stack is not up" in down.err


# --- who may call, and how


@pytest.mark.parametrize("kind", ["nothing", "not a token", "another key", "no signature", "more permissions"])
async def test_a_call_without_a_token_of_ours_is_nobodys(day: SmallDay, kind: str) -> None:
    credentials = forged(day.stage.credentials(), kind)
    calls = [
        day.suite.catalog.GetItem(catalog.GetItemRequest(sku="A1001"), metadata=credentials, timeout=10),
        day.suite.procurement.SubmitPurchaseOrder(submission("P-FORGED"), metadata=credentials, timeout=10),
        day.suite.inventory.GetStock(inventory.GetStockRequest(sku="A1001"), metadata=credentials, timeout=10),
        day.suite.connector.ListDocuments(connector.ListDocumentsRequest(), metadata=credentials, timeout=10),
    ]
    for call in calls:
        assert (await refused(call)).code is grpc.StatusCode.UNAUTHENTICATED
    assert await day.is_unknown("P-FORGED")


async def test_a_call_without_a_deadline_is_refused(day: SmallDay) -> None:
    credentials = tuple(day.stage.credentials())
    endless = day.suite.catalog.GetItem(catalog.GetItemRequest(sku="A1001"), metadata=credentials)
    assert await refused(endless) == Refusal(INVALID, "DEADLINE_MISSING", ())
    late = day.suite.catalog.ListItems(catalog.ListItemsRequest(), metadata=credentials, timeout=0.0001)
    assert (await refused(late)).code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_message_that_is_too_large_is_refused(day: SmallDay) -> None:
    def submit(size: int) -> Any:
        request = connector.SubmitDocumentRequest(
            request_id=str(uuid4()), partner="sup-nordic", name="large", content=b"x" * size
        )
        return day.suite.connector.SubmitDocument(request, metadata=tuple(day.stage.credentials()), timeout=20)

    assert await refused(submit(5 * 2**20)) == Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", ())
    assert await refused(submit(4_000_001)) == Refusal(INVALID, "INVALID_FIELDS", ("content",))


# --- quantities, and what nobody knows


def order(number: str, *, sku: str = "A1001", **more: Any) -> procurement.SubmitPurchaseOrderRequest:
    usual = {"supplier_id": "SUP-NORDIC", "ship_to_id": "WH-EAST", "business_unit": "EU01"}
    lines = [line("10", more.pop("ordered", 5), sku, unit=more.pop("unit", "EA"))]
    return submission(number, lines, **usual | more)


def no_quantity(path: str) -> tuple[Refusal, Refusal]:
    """By the contract's rule or by the trade's."""
    return Refusal(INVALID, "INVALID_FIELDS", (path,)), Refusal(INVALID, "QUANTITY_INVALID", (path,))


@pytest.mark.parametrize("value", NO_QUANTITIES)
async def test_a_quantity_that_is_none_is_refused_and_nothing_is_booked(day: SmallDay, value: str) -> None:
    number = f"P-{uuid4().hex[:8]}"
    submitted = day.suite.call(day.suite.procurement.SubmitPurchaseOrder, order(number, ordered=value))
    assert await refused(submitted) in no_quantity("lines[0].ordered.value")
    assert await day.is_unknown(number)
    wanted = inventory.ReservationLine(sku="A1001", quantity=quantity(value))
    basket = inventory.ReservationRequest(
        request_id=str(uuid4()), business_unit="EU01", channel="web", lines=[wanted], reference=number
    )
    reserved = day.suite.call(day.suite.inventory.ReserveStock, inventory.ReserveStockRequest(reservations=[basket]))
    assert await refused(reserved) in no_quantity("reservations[0].lines[0].quantity.value")
    body = json.loads(purchase_order(number))
    body["purchaseOrder"]["lines"][0]["quantity"] = value
    document = await day.submit("erp-eu", json.dumps(body).encode(), path="purchase-orders")
    assert document.state in {connector.DOCUMENT_STATE_REFUSED, connector.DOCUMENT_STATE_EXCEPTION}
    assert "lines[0]" in (document.reason or document.messages[0].reason)
    raised = await day.exceptions_of(document)
    assert raised in ({("DOCUMENT_REFUSED", "integration")}, {("QUANTITY_INVALID", "procurement")})
    assert await day.is_unknown(number)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sku": "A9999"}, "ITEM_UNKNOWN"),
        ({"unit": "XPX"}, "UNIT_NOT_CONVERTIBLE"),
        ({"ship_to_id": "WH-NOWHERE"}, "LOCATION_UNKNOWN"),
        ({"supplier_id": "SUP-NOBODY"}, "PARTY_UNKNOWN"),
    ],
)
async def test_what_master_data_does_not_know_is_refused_by_name(day: SmallDay, changed: Any, reason: str) -> None:
    number = f"P-{uuid4().hex[:8]}"
    found = await refused(day.suite.call(day.suite.procurement.SubmitPurchaseOrder, order(number, **changed)))
    assert (found.code, found.reason) == (PRECONDITION, reason)
    assert await day.is_unknown(number)


async def test_a_text_that_no_database_holds_is_the_callers_fault(day: SmallDay) -> None:
    number = f"P-{uuid4().hex[:8]}"
    request = order(number)
    request.lines[0].description = "a\0b"
    found = await refused(day.suite.call(day.suite.procurement.SubmitPurchaseOrder, request))
    assert found.code is INVALID
    assert await day.is_unknown(number)


async def test_a_partner_that_nobody_knows_can_hand_in_nothing(day: SmallDay) -> None:
    request = connector.SubmitDocumentRequest(request_id=str(uuid4()), partner="sup-nobody", name="a", content=b"ISA")
    found = await refused(day.suite.call(day.suite.connector.SubmitDocument, request))
    assert (found.code, found.reason) == (grpc.StatusCode.NOT_FOUND, "PARTNER_UNKNOWN")


# --- documents


async def test_a_control_number_that_comes_again_is_a_repetition_or_refused(day: SmallDay) -> None:
    number = control()
    first = await day.submit("sup-nordic", files.acknowledgment(control=number, number="P-NONE"))
    again = await day.submit("sup-nordic", files.acknowledgment(control=number, number="P-NONE"))
    other = files.acknowledgment(control=number, number="P-NONE", code="IR")
    changed = await day.submit("sup-nordic", other)
    assert await day.exceptions_of(first) == {("PURCHASE_ORDER_UNKNOWN", "supplier-desk")}
    assert (again.state, again.related_document_id) == (connector.DOCUMENT_STATE_DUPLICATE, first.document_id)
    assert changed.state == connector.DOCUMENT_STATE_REFUSED
    assert "was used before with other content" in changed.reason
    assert await day.exceptions_of(changed) == {("DOCUMENT_REFUSED", "integration")}
    assert await day.content(changed) == other


async def test_a_malformed_interchange_is_refused_with_its_place_and_kept(day: SmallDay) -> None:
    number = control()
    broken = files.acknowledgment(control=number).replace(b"PO1*10*100*EA", b"PO1*10*abc*EA")
    document = await day.submit("sup-nordic", broken)
    assert document.state == connector.DOCUMENT_STATE_REFUSED
    [finding] = [each for each in document.findings if each.severity == "error"]
    assert (finding.element, finding.segment, broken[finding.offset :][:3]) == ("02", 3, b"PO1")
    assert "PO102" in finding.text
    assert await day.content(document) == broken
    assert await day.exceptions_of(document) == {("DOCUMENT_REFUSED", "integration")}
    answer = await day.acknowledgment_of(str(number))
    assert b"AK3*PO1*3" in answer
    assert b"AK4*2" in answer
    assert b"AK5*R" in answer


async def test_bytes_that_are_no_document_are_refused_and_kept(day: SmallDay) -> None:
    for content in (b"\0\1\2garbage", b"ISA*00*", b"{", "größe".encode("utf-16")):
        document = await day.submit("sup-nordic", content)
        assert (document.state, bool(document.reason)) == (connector.DOCUMENT_STATE_REFUSED, True)
        assert await day.content(document) == content


async def test_any_folder_can_be_fed_and_every_file_has_an_end(day: SmallDay, tmp_path: Path) -> None:
    good = files.interchange("850", ["BEG*00*SA*PO-1**20261102", "PO1*1*5*EA*1**BP*X-1"])
    odd: dict[bytes, bytes] = {
        b"bad\xff name": good,
        b"tab\there[b]": good,
        b"empty": b"",
        b"nul": good.replace(b"X", b"\0"),
    }
    odd |= {b"hello.txt": b"hello", b"a.json": b"{}", b"cut": good[:200], b"810": files.interchange("810", ["BIG*1"])}
    for name, content in odd.items():
        (tmp_path / os.fsdecode(name)).write_bytes(content)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "good.edi").write_bytes(good)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    fed = await feed(day.stage, tmp_path, lambda line: None)
    ends = {each.name: (each.end, each.lines) for each in fed.ends}
    assert {name for name, end in ends.items() if end == ("understood", 1)} == {
        "bad\\xff name",
        "tab\\there[b]",
        "sub/good.edi",
    }
    assert all(each.why for each in fed.ends if each.end == "refused")
    assert (
        fed.closing_line
        == f"documents: {len(odd) + 3} files, 3 understood, {len(odd)} refused, 0 with an open exception"
    )


# --- telling the stack of partners and master data

PARTNER = """
apiVersion: crossdock.dev/v1alpha1
kind: PartnerConnector
metadata: {name: sup-new}
spec:
  role: SUPPLIER
  partyId: SUP-NEW
  businessUnit: EU01
  transport: {fileDrop: {inbox: sup-new/in, outbox: sup-new/out}}
  edi: {partnerId: "ZZ:NEWCO", ownId: "ZZ:ACME", version: "004010"}
  documents: [{kind: x12.855, direction: IN}]
  stage: live
---
items: [{sku: N9001, description: "Wing nut M6", base_unit: EA}]
parties: [{party_id: SUP-NEW, name: "New Trading", roles: [PARTY_ROLE_SUPPLIER]}]
crosswalk: {sup-new: [{kind: CODE_KIND_ITEM, list: VP, partner_code: "NW-1", canonical: N9001}]}
"""


async def test_a_partner_that_is_loaded_from_a_file_is_served_at_once(day: SmallDay, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(PARTNER)
    first, again = [(await day.crossdock("load", str(file), "--json")).json for _ in range(2)]
    assert [(each["what"], each["records"], each["changed"]) for each in first] == [
        ("master data", 3, 3),
        ("partner sup-new", 1, 1),
    ]
    assert [each["changed"] for each in again] == [0, 0]
    inbox = day.stage.transport / "sup-new" / "in"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "answer.edi").write_bytes(b"no interchange")
    asked = connector.ListDocumentsRequest(partner="sup-new")
    async with asyncio.timeout(60):
        while not (await day.suite.call(day.suite.connector.ListDocuments, asked)).documents:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("items: [{sku: N1, weight: heavy}]", 'has no field named "weight"'),
        ("stock: []", "master data is a mapping of items, parties, locations, crosswalk"),
        ("items: 5", "items is a list of records"),
        ("{", "not YAML and not JSON"),
        (PARTNER.replace("role: SUPPLIER", "role: FRIEND"), "ROLE_FRIEND"),
        (PARTNER.replace("base_unit: EA", "base_unit: ''"), "base_unit"),
    ],
)
async def test_a_file_that_is_no_partner_and_no_master_data_is_refused_in_a_sentence(
    day: SmallDay, tmp_path: Path, content: str, sentence: str
) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(content.replace("sup-new", "sup-odd"))
    said = await day.crossdock("load", str(file))
    assert said.code == 1
    assert sentence in said.err
    assert "Traceback" not in said.err


async def test_of_files_of_which_one_is_wrong_nothing_is_loaded(day: SmallDay, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("items: [{sku: N9100, base_unit: EA}]")
    bad.write_text("stock: []")
    assert (await day.crossdock("load", str(good), str(bad))).code == 1
    asked = day.suite.catalog.GetItem(
        catalog.GetItemRequest(sku="N9100"), metadata=tuple(day.stage.credentials()), timeout=10
    )
    assert (await refused(asked)).code is grpc.StatusCode.NOT_FOUND


# --- a sales order


NORTH = """
items: [{sku: N9500, base_unit: EA}]
parties: [{party_id: CUS-NORTH, name: Northern shop, roles: [PARTY_ROLE_CUSTOMER]}]
locations:
  - {location_id: WH-NORTH, kind: LOCATION_KIND_WAREHOUSE, zone: Europe/Berlin, business_unit: NO01, system: WMS-NORTH}
crosswalk:
  wms-north:
    - {kind: CODE_KIND_LOCATION, partner_code: NORTH1, canonical: WH-NORTH}
    - {kind: CODE_KIND_UNIT, partner_code: EACH, canonical: EA}
---
apiVersion: crossdock.dev/v1alpha1
kind: PartnerConnector
metadata: {name: wms-north}
spec:
  role: WMS
  system: WMS-NORTH
  businessUnit: NO01
  locations: [WH-NORTH]
  transport: {http: {url: "%s", credentials: wms-north-key, webhookSecret: wms-north-webhook, timeout: 30s}}
  retry: {first: 0.2s, longest: 1s, breakerPause: 1s}
  documents:
    - {kind: wms_a.pick_request, direction: OUT, path: /pick-requests}
    - {kind: wms_a.pick, direction: IN, path: picks}
    - {kind: wms_a.packing, direction: IN, path: packings}
    - {kind: wms_a.goods_issue, direction: IN, path: goods-issues}
    - {kind: wms_a.count, direction: IN, path: counts}
    - {kind: wms_a.stock_statement, direction: IN, path: statements}
  stage: live
---
apiVersion: crossdock.dev/v1alpha1
kind: PartnerConnector
metadata: {name: erp-north}
spec:
  role: ERP
  system: ERP-NORTH
  businessUnit: NO01
  transport: {http: {url: "%s", credentials: erp-north-key, webhookSecret: erp-north-webhook, timeout: 30s}}
  documents:
    - {kind: json.posting_request, direction: OUT, path: /posting-requests}
    - {kind: json.posting_result, direction: IN, path: posting-results}
    - {kind: json.stock_movement, direction: OUT, path: /stock-movements}
  retry: {first: 0.2s, longest: 1s, breakerPause: 1s}
  stage: live
"""


async def ten_of_n9500(day: SmallDay) -> None:
    """Stock at WH-NORTH, once inventory knows the item."""
    booked = inventory.Adjustment(
        sku="N9500",
        location_id="WH-NORTH",
        business_unit="NO01",
        bucket=inventory.ACCOUNT_SELLABLE,
        quantity=quantity("10"),
        reason="OPENING",
    )
    said = Origin(system="WMS-NORTH", role=options_pb2.ROLE_WMS, document=str(uuid4()))
    said.occurred_at.GetCurrentTime()
    async with asyncio.timeout(60):
        while True:
            request = inventory.AdjustStockRequest(request_id=str(uuid4()), origin=said, adjustments=[booked])
            try:
                await day.suite.call(day.suite.inventory.AdjustStock, request)
            except grpc.aio.AioRpcError as error:
                if error.code() is not PRECONDITION:
                    raise
                await asyncio.sleep(0.1)
            else:
                return


async def standing(day: SmallDay, number: str) -> dict[str, str]:
    """What `order show` says of the first line, by state."""
    said = await day.crossdock("order", "show", number, "--json")
    assert said.code == 0, said.err
    return {each["state"]: each["quantity"]["value"] for each in said.json["lines"][0]["schedules"]}


async def stocked(day: SmallDay, sku: str) -> dict[str, str]:
    found = (await day.crossdock("stock", sku, "--json")).json["balances"]
    return {each["account"]: each["quantity"]["value"] for each in found if each["account"] != "ACCOUNT_ADJUSTMENT"}


async def step_names(day: SmallDay, key: str) -> list[str]:
    return [each["name"] for each in (await traced(day, key))["steps"]]


async def carrier_says(day: SmallDay, shipment: str, *codes: str) -> None:
    """Words of the carrier about the warehouse's shipment, as X12 214 codes, a second apart."""
    async with grpc.aio.insecure_channel(day.stage.addresses["delivery"]) as channel:
        stub = cast(Any, delivery_grpc.DeliveryServiceStub)(channel)
        for code in codes:
            update = delivery.CarrierUpdate(vocabulary="x12_214", code=code, carrier="UPSN", shipment_number=shipment)
            update.occurred_at.GetCurrentTime()
            said = Origin(system="UPSN", role=options_pb2.ROLE_CARRIER, document=str(uuid4()))
            request = delivery.RecordCarrierUpdatesRequest(request_id=str(uuid4()), origin=said, updates=[update])
            await day.suite.call(stub.RecordCarrierUpdates, request)


@pytest.mark.feature(
    "F018", "F022", "F023", "F026", "F045", "F100", "F109", "F121", "F125", "F126", "F128", "F155", "F156"
)
async def test_an_order_typed_in_is_picked_packed_handed_over_delivered_and_invoiced(
    day: SmallDay, tmp_path: Path
) -> None:
    key, hook = "k" * 24, "whsec_" + base64.b64encode(b"w" * 32).decode()
    folder = partner_secrets(day.stage.place.secrets)
    for name in ("wms-north", "erp-north"):
        (folder / f"{name}-key").write_text(key)
        (folder / f"{name}-webhook").write_text(hook)
    journal, site = Journal(), Site()
    post = Post(day.stage.ingress, journal, {"wms-north": hook, "erp-north": hook})
    north = WarehouseA("wms-north", "WH-NORTH", replace(few_orders(), orders=()), {}, post)
    north.floor.missing["N9500"] = Decimal(2)
    books = SalesLedger("erp-north", post, Faults())
    office = Door("erp-north", key, journal, books.faults)
    books.open_at(office)
    stock_book = StockBook()
    stock_book.open_at(office)
    file = tmp_path / "north.yaml"
    urls = [f"http://127.0.0.1:{await site.open(each)}" for each in (north.door(key, journal), office)]
    file.write_text(NORTH % tuple(urls))
    try:
        assert (await day.crossdock("load", str(file))).code == 0
        await ten_of_n9500(day)
        words = ("--sku", "N9500", "--quantity", "7", "--customer", "CUS-NORTH", "--number", "S-NORTH")
        async with asyncio.timeout(60):
            while (said := await day.crossdock("order", "place", *words, "--business-unit", "NO01")).code:
                assert "unknown" in said.err
                await asyncio.sleep(0.2)
        wanted = {"SCHEDULE_STATE_HANDED_OVER": "5", "SCHEDULE_STATE_BACKORDERED": "2"}
        await day.until(lambda: standing(day, "S-NORTH"), lambda found: found == wanted)
        assert books.numbers("invoice") == [], "nobody has said that the truck has left"
        [asked] = north.floor.requests
        await carrier_says(day, f"SH-{asked}", "AF", "X6", "D1")
        wanted = {"SCHEDULE_STATE_DELIVERED": "5", "SCHEDULE_STATE_BACKORDERED": "2"}
        await day.until(lambda: standing(day, "S-NORTH"), lambda found: found == wanted)
        await day.until(lambda: posted(day, "S-NORTH"), lambda found: set(found) == {"order", "shipment", "invoice"})
        await one_is_missing(day, post, stock_book)
    finally:
        await post.close()
        await site.close()
        journal.close()
    assert [each["posting"] for each in books.booked.values()] == ["order", "shipment", "invoice"]
    assert books.out_of_sequence == []
    said = await day.crossdock("order", "show", "S-NORTH")
    assert "PICK_SHORT" in said.out
    for each in ("inside-sales", "ERP-NORTH", "WH-NORTH", "UPSN"):
        assert any(line.startswith(each) for line in said.out.splitlines()), said.out
    left = {"ACCOUNT_CUSTOMER": "5", "ACCOUNT_SELLABLE": "5"}
    await day.until(lambda: stocked(day, "N9500"), lambda found: left.items() <= found.items())
    ways = [
        ["wms_a.pick_request", "RecordPick", "PickCompleted"],
        ["wms_a.pick_request", "RecordGoodsIssue", "GoodsIssued", "ShipmentDispatched", "BillingTriggered"],
        ["PostingRequested", "json.posting_request", "RecordPosting"],
    ]
    names = {name for way in ways for name in way}
    steps = await day.until(lambda: step_names(day, "order:S-NORTH"), lambda found: names <= set(found))
    for way in ways:
        reached = [steps.index(each) for each in ("PlaceOrder", *way)]
        assert reached == sorted(reached)


async def one_is_missing(day: SmallDay, post: Post, stock_book: StockBook) -> None:
    """Four are counted where five should be: the ERP posts the one, and there is nothing left to decide."""
    line = {"sku": "N9500", "condition": "OK", "counted": "4", "uom": "EACH"}
    count = {"type": "COUNT", "number": "CC-NORTH", "warehouse": "NORTH1", "countedAt": datetime.now(UTC).isoformat()}
    await post.send("wms-north", "counts", "wms_a.count", "CC-NORTH", count | {"lines": [line]})
    await day.until(lambda: counted(day), lambda found: found == {("CC-NORTH", "posted", "4900000001")})
    [adjusted] = stock_book.booked.values()
    said = [(each["direction"], each["quantity"], each["reason"]) for each in adjusted["lines"]]
    assert said == [("decrease", "1", "AA")]
    words = ("--reject", "--reason", "found it")
    refusal = await day.crossdock("stock", "decide", adjusted["movementId"], *words)
    assert (refusal.code, "FAILED_PRECONDITION" in refusal.err) == (1, True), refusal.err
    await one_is_stated_more(day, post)


async def one_is_stated_more(day: SmallDay, post: Post) -> None:
    """The warehouse states five where four were counted: shown, and booked for a reason."""
    line = {"sku": "N9500", "condition": "OK", "qty": "5", "uom": "EACH"}
    head = {"type": "STOCK_STATEMENT", "number": "ST-NORTH", "warehouse": "NORTH1", "complete": True}
    stated = head | {"asOf": datetime.now(UTC).isoformat(), "lines": [line]}
    await post.send("wms-north", "statements", "wms_a.stock_statement", "ST-NORTH", stated)
    words = ("stock", "reconcile", "WH-NORTH", "--business-unit", "NO01")
    await day.until(lambda: day.crossdock(*words), lambda said: "1 differences" in said.out)
    booked = await day.crossdock(*words, "--book", "AA")
    assert (booked.code, booked.out) == (0, "1 movements booked; the ERP posts it\n"), booked.err
    assert "0 differences" in (await day.crossdock(*words)).out


async def counted(day: SmallDay) -> set[tuple[str, str, str]]:
    """What counts moved, and what the ERP says of it."""
    request = inventory.ListMovementsRequest(sku="N9500")
    found = (await day.suite.call(day.suite.inventory.ListMovements, request)).movements
    told = [each for each in found if each.reason == "AA"]
    return {(each.document.split("/")[1], each.posting_state, each.posting_number) for each in told}


async def posted(day: SmallDay, number: str) -> dict[str, str]:
    """What the ERP has posted of an order, by kind, with its number."""
    order = (await day.crossdock("order", "show", number, "--json")).json["order"]
    async with grpc.aio.insecure_channel(day.stage.addresses["fulfillment"]) as channel:
        stub = cast(Any, posting_grpc.PostingServiceStub)(channel)
        request = posting.ListPostingsRequest(order_id=order["orderId"], state=posting_pb2.POSTING_STATE_POSTED)
        found = (await day.suite.call(stub.ListPostings, request)).postings
    name = posting_pb2.PostingKind.Name
    return {name(each.kind).removeprefix("POSTING_KIND_").lower(): each.number for each in found}
