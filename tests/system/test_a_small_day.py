"""What a user asks of a running stack after a few orders, and what it answers to everything that is wrong.

Real servers and services as `make up` starts them; the command line is run as a command.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from connector_samples import files
from connector_samples.calls import control, purchase_order
from crossdock.catalog.v1 import catalog_service_pb2 as catalog
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from partners.feeding import feed
from procurement_cases.calls import line, quantity, submission
from small_day import (
    NOTICE,
    OBSOLETE,
    REPEATED,
    TOGETHER,
    UNKNOWN_AT_FIRST,
    Refusal,
    SmallDay,
    few_orders,
    forged,
    played,
    refused,
)
from small_day.asking import traced

pytestmark = pytest.mark.lasting(90)

INVALID, PRECONDITION = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION
NO_QUANTITIES = ["0", "-1", "NaN", "1e-9", "0.0000000001", "Infinity", ""]


@pytest.fixture(scope="module")
async def day() -> AsyncIterator[SmallDay]:
    async with played(few_orders()) as running:
        yield running


# --- master data by document, through a running connector and catalog


async def known_item(day: SmallDay, sku: str) -> Any:
    return (await day.suite.call(day.suite.catalog.GetItem, catalog.GetItemRequest(sku=sku))).item


@pytest.mark.feature("F167", "F171", "F178")
async def test_an_order_waits_for_an_item_until_its_keeper_says_it_and_goes_on_by_itself(day: SmallDay) -> None:
    [said] = await day.suite.documents("mdm-core")
    assert said.state == connector.DOCUMENT_STATE_UNDERSTOOD, said.reason
    assert (await known_item(day, "A1099")).description == "Heat pump filter"
    order = (await day.suite.purchase_order(UNKNOWN_AT_FIRST, "EU01")).purchase_order
    assert [(each.sku, each.received_quantity) for each in order.lines] == [("A1099", "16")]
    keys = {f"po:{UNKNOWN_AT_FIRST}"}
    [asked] = [
        document
        for document in await day.suite.documents("erp-eu")
        if any(each.kind == "json.purchase_order" and keys & set(each.keys) for each in document.messages)
    ]
    assert asked.state == connector.DOCUMENT_STATE_UNDERSTOOD
    assert asked.received_at.ToNanoseconds() < said.received_at.ToNanoseconds(), "it was there before"


@pytest.mark.feature("F042")
async def test_what_the_erp_says_of_it_stands_behind_its_keepers_word(day: SmallDay) -> None:
    card = {"number": "A1099", "description": "FILTER HP", "category": "HEATING", "baseUnit": "ST"}
    batch = {"documentType": "masterData", "changedAt": datetime.now(UTC).isoformat(), "items": [card]}
    document = await day.submit("erp-eu", json.dumps(batch).encode(), path="master-data")
    assert document.state == connector.DOCUMENT_STATE_UNDERSTOOD, document.reason
    found = await known_item(day, "A1099")
    assert (found.description, found.category, found.base_unit) == ("Heat pump filter", "HEATING", "EA")
    shown = await day.crossdock("ownership", "Item.description", "--json")
    assert [rule["writers"] for rule in shown.json["rules"]] == [["MDM", "ERP"]]


# --- between our own places


@pytest.mark.feature("F104")
async def test_goods_go_to_another_place_by_document_and_the_erp_posts_their_way(day: SmallDay) -> None:
    """To one of our own houses and to a third party's; the verdict has what lies where, and what was posted."""
    assert {each.scene.location for each in day.verdict.stock.rows} == {"WH-EAST"}
    assert {place for each in day.verdict.stock.rows for place in each.scene.elsewhere} == {"WH-WEST", "WH-LOGI"}
    assert day.verdict.stock.differences == []
    transferred = [each for each in await day.suite.documents("erp-eu") if each.name.startswith("json.stock_transfer")]
    assert [each.state for each in transferred] == [connector.DOCUMENT_STATE_SENT] * 4


# --- following a transaction


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
    shown = (await day.crossdock("load", str(file), "--dry-run", "--json")).json
    assert [(each["name"], each["effect"]) for each in shown] == [
        ("N9001", "creates"),
        ("SUP-NEW", "creates"),
        ("sup-new VP NW-1", "creates"),
    ]
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
        ("stock: []", "master data is a mapping of items, parties, locations, crosswalk, prices"),
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
