"""Facts that become documents for partners, and what no document can carry."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from connector.domain.documents import State
from connector.store import health
from connector.use_cases.send import NotRepresentable
from connector_samples import files, orders
from connector_samples.calls import control
from connector_samples.partners import ERP_ROUTES, edi_supplier, http
from connector_samples.rig import TENANT, Rig
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock_kit.database import transaction
from crossdock_kit.deliveries import Delivered, Retry
from crossdock_kit.deliveries.model import Dead
from crossdock_kit.errors import FailureClass
from crossdock_kit.subscriptions.model import EventFailed
from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.spans import Span, record_with

pytestmark = pytest.mark.usefixtures("accepting")


@pytest.mark.feature("F072")
@pytest.mark.feature("F073")
async def test_a_receipt_is_posted_to_the_erp_once_under_its_own_key(rig: Rig) -> None:
    await rig.send("erp-eu")
    event = events_pb2.GoodsReceived(
        receipt_id="0190c0de-0000-7000-8000-00000000aaaa", number="RC-1", location_id="WH-EAST"
    )
    event.receipt.business_unit = "EU01"
    await rig.tell(event, aggregate=f"receipt/{event.receipt_id}")
    await rig.tell(event, aggregate=f"receipt/{event.receipt_id}", version=2)
    sent = await rig.send("erp-eu", Delivered(foreign_number="5000000001"))
    assert len(sent) == 1
    document, content = sent[0]
    assert json.loads(content)["plant"] == "1010"
    assert document.foreign_number == "5000000001"
    journal = await rig.rows("SELECT body FROM journal WHERE type LIKE '%DocumentSent'")
    assert any(b"5000000001" in row["body"] for row in journal)


@pytest.mark.feature("F179")
async def test_of_one_receipt_each_business_units_erp_posts_what_it_ordered(rig: Rig) -> None:
    erp = {"role": "ERP", "system": "ERP-TWO", "transport": http(), "documents": ERP_ROUTES}
    await rig.partner("erp-two", businessUnit="TWO", **erp)
    event = events_pb2.GoodsReceived(receipt_id="0190c0de-aaaa", number="RC-2", location_id="WH-EAST")
    event.receipt.business_unit = "EU01"
    for unit, order in (("EU01", "1"), ("TWO", "2"), ("", "3")):
        event.receipt.lines.add(business_unit=unit, purchase_order_number=order, sku="A1001", base_unit="EA")
    for version in (1, 2):
        await rig.tell(event, aggregate=f"receipt/{event.receipt_id}", version=version)
    told = {}
    for partner in ("erp-eu", "erp-two"):
        [(document, content)] = await rig.send(partner, Delivered(foreign_number=f"50-{partner}"))
        posted = json.loads(content)
        told[document.source_aggregate] = posted["companyCode"], [line["order"] for line in posted["lines"]]
    assert told == {
        "receipt/0190c0de-aaaa": ("EU01", ["1", "3"]),
        "receipt/0190c0de-aaaa/TWO": ("TWO", ["2"]),
    }


@pytest.mark.feature("F062")
async def test_a_silent_supplier_is_reminded_and_its_buyer_told_as_their_profiles_say(rig: Rig) -> None:
    route = {"kind": "json.order_reminder", "direction": "OUT", "path": "/reminders"}
    await rig.partner("sup-mute", role="SUPPLIER", partyId="SUP-MUTE", transport=http(), documents=[route])
    await rig.partner(
        "erp-chase", role="ERP", system="ERP-CH", businessUnit="CH01", transport=http(), documents=[route]
    )
    silent = orders.order(number="PO-MUTE", purchase_order_id="id-mute", supplier_id="SUP-MUTE", business_unit="CH01")
    steps = ("REMINDED", "ESCALATED", "RAISED")
    for version, step in enumerate(steps, 2):
        event = events_pb2.PurchaseOrderAnswerOverdue(
            purchase_order_id="id-mute",
            number="PO-MUTE",
            purchase_order=silent,
            step=purchase_order_pb2.ChaseStep.Value(f"CHASE_STEP_{step}"),
            line_numbers=["10"],
        )
        await rig.tell(event, aggregate="purchase_order/id-mute", version=version)
    told = {
        partner: [json.loads(content) for _, content in await rig.send(partner)]
        for partner in ("sup-mute", "erp-chase")
    }
    assert [(each["event"], each["order"], each["unansweredLines"]) for each in told["sup-mute"]] == [
        ("order.reminded", "PO-MUTE", ["10"])
    ]
    assert [(each["event"], each["companyCode"]) for each in told["erp-chase"]] == [("order.escalated", "CH01")]


@pytest.mark.feature("F067")
async def test_a_ship_notice_asks_its_warehouse_for_a_time_with_what_planning_needs(rig: Rig) -> None:
    route = {"kind": "wms_a.appointment_request", "direction": "OUT", "path": "/appointment-requests"}
    place = {"role": "WMS", "system": "WMS-DOCK", "locations": ["WH-DOCK"], "transport": http(), "documents": [route]}
    await rig.partner("wms-dock", **place)
    line: dict[str, Any] = {"sku": "A1001", "base_quantity": "10", "pallet_sscc": "1" * 18}
    lines = [
        inbound_pb2.ShipNoticeLine(**line, carton_sscc="2" * 18),
        inbound_pb2.ShipNoticeLine(**line, carton_sscc="3" * 18),
        inbound_pb2.ShipNoticeLine(sku="A1004", base_quantity="0"),
    ]
    notice = inbound_pb2.ShipNotice(
        ship_notice_id="0192-d",
        number="SH-D",
        ship_to_id="WH-DOCK",
        carrier="DHLF",
        expected_on=orders.day(11, 12),
        lines=lines,
    )
    announced = events_pb2.ShipNoticeReceived(ship_notice_id="0192-d", number="SH-D", ship_notice=notice)
    await rig.tell(announced, aggregate="ship_notice/0192-d")
    for version, replaced in ((2, True), (3, False)):
        gone = events_pb2.ShipNoticeWithdrawn(
            ship_notice_id="0192-d", number="SH-D", ship_notice=notice, replaced=replaced
        )
        await rig.tell(gone, aggregate="ship_notice/0192-d", version=version)
    notice.lines[0].base_quantity = notice.lines[1].base_quantity = "0"
    elsewhere = events_pb2.ShipNoticeReceived(ship_notice_id="0192-e", number="SH-E", ship_notice=notice)
    await rig.tell(elsewhere, aggregate="ship_notice/0192-e")
    # What is said of one shipment never overtakes, so that the second is sent when the first has arrived.
    [asked], [cancelled] = [[json.loads(content) for _, content in await rig.send("wms-dock")] for _ in range(2)]
    assert await rig.send("wms-dock") == []
    assert {name: asked[name] for name in ("action", "asn", "expected", "pallets", "cartons", "lines", "items")} == {
        "action": "REQUEST",
        "asn": "SH-D",
        "expected": "2026-11-12",
        "pallets": 1,
        "cartons": 2,
        "lines": 2,
        "items": 1,
    }
    assert (cancelled["action"], cancelled["reference"]) == ("CANCEL", "0192-d")


async def test_an_order_that_x12_cannot_carry_is_refused_before_it_is_sent(rig: Rig) -> None:
    order = orders.order(number="PO-LONG", purchase_order_id="id-long")
    order.lines[0].ordered.value = "1000.000001"
    with pytest.raises(EventFailed) as failed:
        await rig.tell(orders.released(order), aggregate="purchase_order/id-long")
    assert isinstance(failed.value.__cause__, NotRepresentable)


async def test_a_fact_for_nobody_is_an_exception(rig: Rig) -> None:
    event = events_pb2.InboundExpected(reference="r1", location_id="WH-NOWHERE", sequence=1)
    await rig.tell(event, aggregate="expected_receipt/r1")
    assert ("business", "NO_PARTNER", "integration") in await rig.exceptions()


@pytest.mark.feature("F068")
async def test_a_shipment_that_its_warehouse_does_not_expect_is_somebodys_and_found_by_its_number(rig: Rig) -> None:
    expected = events_pb2.InboundExpected(
        reference="n-1", location_id="WH-EAST", ship_notice_number="ASN-1", sequence=1, business_unit="EU01"
    )
    await rig.tell(expected, aggregate="expected_receipt/n-1", keys=("asn:ASN-1", "po:PO-1"))
    [(document, _)] = await rig.send("wms-east", Dead("HTTP 422: unknown article", "HTTP_422", FailureClass.PARTNER))
    assert document.kind == "wms_a.expected_receipt"
    [raised] = await rig.rows("SELECT * FROM exception WHERE resolved_at IS NULL AND 'asn:ASN-1' = ANY (keys)")
    assert {"asn:ASN-1", "po:PO-1"} <= set(raised["keys"])
    assert raised["owner"]
    assert "HTTP 422" in raised["summary"]


@pytest.mark.feature("F337")
@pytest.mark.feature("F345")
@pytest.mark.feature("F346")
async def test_business_unit_and_warehouse_decide_which_erp_and_which_wms_is_told_and_each_in_its_own_format(
    rig: Rig,
) -> None:
    await rig.partner(
        "erp-us", role="ERP", system="ERP-US", businessUnit="US01", transport=http(), documents=ERP_ROUTES
    )
    other = [{"kind": "wms_b.expected_receipt", "direction": "OUT", "path": "/advices"}]
    await rig.partner(
        "wms-west", role="WMS", system="WMS-WEST", locations=["WH-WEST"], transport=http(), documents=other
    )
    told: dict[str, str] = {}
    for number, (unit, place) in enumerate((("EU01", "WH-EAST"), ("US01", "WH-WEST")), start=1):
        receipt_id = f"0190c0de-0000-7000-8000-0000000000{number}0"
        received = events_pb2.GoodsReceived(receipt_id=receipt_id, number=f"RC-{unit}", location_id=place)
        received.receipt.business_unit = unit
        await rig.tell(received, aggregate=f"receipt/{receipt_id}")
        expected = events_pb2.InboundExpected(reference=f"r-{place}", location_id=place, sequence=1)
        await rig.tell(expected, aggregate=f"expected_receipt/r-{place}")
    for partner in ("erp-eu", "erp-us", "wms-east", "wms-west"):
        [(document, content)] = await rig.send(partner)
        told[partner] = document.kind
        assert (b"US01" in content or b"WH-WEST" in content) == (partner in {"erp-us", "wms-west"})
    assert told == {
        "erp-eu": "json.goods_receipt",
        "erp-us": "json.goods_receipt",
        "wms-east": "wms_a.expected_receipt",
        "wms-west": "wms_b.expected_receipt",
    }


async def test_a_document_waits_for_its_time_and_is_no_old_backlog_until_then(rig: Rig) -> None:
    schedule = {"mode": "micro-batch", "every": "86400s"}
    await rig.partner("sup-daily", **edi_supplier(partyId="SUP-DAILY", schedule=schedule))
    order = orders.order(number="PO-DAILY", purchase_order_id="id-daily", supplier_id="SUP-DAILY")
    await rig.tell(orders.released(order), aggregate="purchase_order/id-daily")
    assert await rig.send("sup-daily") == []
    waits = await rig.rows("SELECT next_attempt_at FROM delivery WHERE partner = 'sup-daily'")
    [due] = [row["next_attempt_at"] for row in waits]
    assert (due.hour, due.minute, due.second) == (0, 0, 0)
    async with transaction(rig.engine, (TENANT,)) as tx:
        [told] = await health.page(tx.driver, TENANT, "sup-daily", after="", limit=1)
    assert (told.backlog, told.oldest_waiting_at) == (1, None)


async def test_raw_bytes_are_encrypted_at_rest_and_come_back(rig: Rig) -> None:
    content = files.acknowledgment(control=control())
    document_id = await rig.hand_in("sup-nordic", content)
    stored = await rig.value("SELECT content FROM document WHERE document_id = $1", document_id)
    assert b"BAK" not in stored
    document = await rig.document(document_id)
    async with rig.uow(tenants=(TENANT,)) as work:
        assert await rig.around.vault.within(work.driver).open(document.kept, stored) == content


async def test_each_attempt_leads_back_to_its_cause_and_to_the_attempt_before(rig: Rig) -> None:
    spans: list[Span] = []
    record_with(lambda span: spans.append(span) if span.name == "deliver x12.850" else None)
    try:
        order = orders.order(number="PO-AGAIN", purchase_order_id="id-again")
        await rig.tell(orders.released(order), aggregate="purchase_order/id-again")
        for outcome in (Retry("HTTP 503: busy", timedelta(0)), Retry("HTTP 503: busy", timedelta(0)), Delivered()):
            await rig.send("sup-nordic", outcome)
    finally:
        record_with(None)
    first, second, third = spans
    before = [
        [link.place for link in span.links if link.attributes[names.LINK_TYPE] == names.LINK_RETRY_OF] for span in spans
    ]
    assert before == [[], [first.place], [second.place]]
    assert [(each.attempt, each.error) for each in spans] == [(1, "HTTP_503"), (2, "HTTP_503"), (3, "")]
    assert third.attributes[names.PARTNER] == "sup-nordic"
    traces = [f"{each.trace_id:032x}" for each in spans]
    known = "SELECT attempt, reason FROM step WHERE kind = 'delivery' AND trace_id = ANY($1) ORDER BY attempt"
    steps = [(row["attempt"], row["reason"]) for row in await rig.rows(known, traces)]
    assert steps == [(1, "HTTP_503"), (2, "HTTP_503"), (3, "")]


async def test_a_change_never_leaves_before_the_order_that_it_changes(rig: Rig) -> None:
    order = orders.order(number="PO-SEQ", purchase_order_id="id-seq")
    await rig.tell(orders.released(order), aggregate="purchase_order/id-seq")
    changed = orders.order(number="PO-SEQ", purchase_order_id="id-seq", revision=2)
    event = events_pb2.PurchaseOrderRevised(purchase_order_id="id-seq", number="PO-SEQ", purchase_order=changed)
    await rig.tell(event, aggregate="purchase_order/id-seq", version=2)
    away = Retry("away", after=timedelta(0))
    assert [each.kind for each, _ in await rig.send("sup-nordic", away)] == ["x12.850"]
    assert [each.kind for each, _ in await rig.send("sup-nordic", away)] == ["x12.850"]
    first, content = (await rig.send("sup-nordic"))[0]
    assert (first.kind, first.state) == ("x12.850", State.SENT)
    second, _ = (await rig.send("sup-nordic"))[0]
    assert second.kind == "x12.860"
    assert int(second.group_control) > int(first.group_control)
    stored = await rig.rows("SELECT control_numbers FROM document WHERE document_id = $1", first.document_id)
    assert stored[0]["control_numbers"][0].encode() in content
