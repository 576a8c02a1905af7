"""A third-party warehouse on X12: what it is told in 940 and 943, and what its 944, 945 and 947 say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from connector.codecs import x12_document
from connector.codecs.json_document import DocumentFault
from connector.codecs.x12_document import Address, Numbers
from connector.domain.documents import State
from connector.mappings import x12_940, x12_943
from connector.mappings.registry import INBOUND
from connector_samples import files, orders
from connector_samples.partners import EDI
from connector_samples.rig import Rig
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import warehouse_service_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock_edi import X12_DIALECT

GOLDEN = Path(__file__).parent / "golden"
ADDRESS = Address(("ZZ", "ACME"), ("ZZ", "LOGI"), "ACME", "LOGI", "004010", False, X12_DIALECT)
GROUPS = {"944": "RE", "945": "SW", "947": "AW"}
AT_EAST = "N1*WH**92*EAST1"
ORDER_ID = "0190c0de-0000-7000-8000-0000000000aa"
GOOD, DAMAGED, HOLD = (getattr(inbound_pb2, f"CONDITION_{name}") for name in ("GOOD", "DAMAGED", "HOLD"))

RECEIPT = ("W17*F*20261110*RC-1*n-1*SH-1", AT_EAST)
BOLTS_IN = ("W07*46*EA**BP*A1001***L1", "N9*PO*4500000001", "N9*LI*10")
ISSUE = ("W06*J*SO-7/1.1*20261110*DO-1", AT_EAST)
PACKED = ("LX*1", "MAN*GM*00106141411234567897")
BOLTS_OUT = ("W12*CP*5*3*2*EA**BP*A1001*L1", "N9*LI*1")
TOTAL = "W03*3"
ADJUSTED = ("W15*20261110*ADJ-1", AT_EAST)


def read(set_id: str, *segments: str, **options: Any) -> Any:
    content = files.interchange(set_id, list(segments), group=GROUPS[set_id])
    [message] = x12_document.read_file(content, {})[0].messages
    assert message.wrong == "", message.wrong
    partner = orders.partner(options_pb2.ROLE_WMS, options={"zone": "Europe/Berlin"} | options)
    return INBOUND[f"x12.{set_id}"].read(message.document, orders.reading(partner, x12=True))


def golden(name: str, document: Any) -> None:
    content = x12_document.write(document, ADDRESS, Numbers(12, 12, 1), orders.AT)
    assert x12_document.wrong_in(content) == ""
    assert content == (GOLDEN / name).read_bytes(), content.decode()


def released() -> fulfillment.OrderReleased:
    step = fulfillment.ScheduleStep(
        line_number="1", sku="A1001", quantity=orders.quantity("5"), promised_on=orders.day(11, 12)
    )
    return fulfillment.OrderReleased(
        order_id=ORDER_ID,
        number="SO-7",
        part=1,
        location_id="WH-EAST",
        steps=[step],
        same_day=True,
        release_number="SO-7/1.1",
    )


def expected(**changes: Any) -> events_pb2.InboundExpected:
    line = events_pb2.ExpectedLine(
        purchase_order_number="4500000001",
        line_number="10",
        sku="A1001",
        quantity=orders.quantity("50"),
        expected_on=orders.day(11, 10),
        lot=values_pb2.Lot(number="L1"),
    )
    facts: dict[str, Any] = {"reference": "n-1", "location_id": "WH-EAST", "ship_notice_number": "SH-1", "sequence": 1}
    lines = [] if changes.get("withdrawn") else [line]
    return events_pb2.InboundExpected(lines=lines, **(facts | changes))


@pytest.mark.feature("F203")
def test_a_release_is_a_940_that_names_order_and_line() -> None:
    golden("940.edi", x12_940.write(released(), orders.writing(x12=True)))


@pytest.mark.feature("F203")
@pytest.mark.parametrize(
    ("name", "changes"),
    [("943.edi", {}), ("943-withdrawn.edi", {"sequence": 3, "withdrawn": True})],
)
def test_what_a_dock_should_expect_is_a_943_or_its_deletion(name: str, changes: dict[str, Any]) -> None:
    golden(name, x12_943.write(expected(**changes), orders.writing(x12=True)))


@pytest.mark.feature("F203")
def test_a_reference_of_ours_fits_into_a_943_and_is_the_same_each_time() -> None:
    reference = "01a20553-967b-71b8-bd16-b63af8556a44"
    first, second = (
        x12_943.write(expected(reference=reference, sequence=place), orders.writing(x12=True)) for place in (1, 2)
    )
    assert x12_document.wrong_in(x12_document.write(first, ADDRESS, Numbers(12, 12, 1), orders.AT)) == ""
    assert first.depositor_order == second.depositor_order
    assert [each.description for each in first.notes] == [reference]
    assert x12_943.depositor_order(reference[:-1] + "5") != first.depositor_order


@pytest.mark.feature("F203")
def test_a_944_says_what_arrived_and_what_of_it_is_damaged_or_on_hold() -> None:
    exceptions = ("W13*4*EA*01", "W13*2*EA*07", "W13*4*EA*02")
    command = read("944", *RECEIPT, *BOLTS_IN, *exceptions, "W14*46")
    request = command.request
    assert (request.number, request.location_id, request.final) == ("RC-1", "WH-EAST", True)
    assert request.received_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 10, 11, tzinfo=UTC)
    assert [(each.line_id, each.quantity.value, each.condition) for each in request.lines] == [
        ("1", "40", GOOD),
        ("1-damaged", "4", DAMAGED),
        ("1-hold", "2", HOLD),
    ]
    [one] = {(each.purchase_order_number, each.line_number, each.ship_notice_number) for each in request.lines}
    assert one == ("4500000001", "10", "SH-1")
    assert {(each.sku, each.lot.number, each.quantity.unit) for each in request.lines} == {("A1001", "L1", "EA")}
    assert command.keys == ("receipt:RC-1", "po:4500000001", "asn:SH-1")


def test_a_partner_has_exceptions_of_its_own() -> None:
    lines = read("944", *RECEIPT, *BOLTS_IN, "W13*46*EA*02", conditions={"02": "DAMAGED"}).request.lines
    assert [(each.quantity.value, each.condition) for each in lines] == [("46", DAMAGED)]


@pytest.mark.feature("F203")
def test_a_945_says_what_was_handed_over_of_a_release() -> None:
    numbers = ("N9*IL*SO-7*" + ORDER_ID, "N9*2I*1Z999", "N9*BM*BOL-9")
    command = read("945", *ISSUE, *numbers, "G62*11*20261110*8*1430", "W27*M*SWFT", *PACKED, *BOLTS_OUT, TOTAL)
    request = command.request
    assert (request.number, request.shipment_number, request.location_id) == ("DO-1", "BOL-9", "WH-EAST")
    assert (request.carrier, request.tracking_number) == ("SWFT", "1Z999")
    assert list(request.ssccs) == ["106141411234567897"]
    assert request.issued_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 10, 13, 30, tzinfo=UTC)
    [line] = request.lines
    assert (line.order_id, line.order_number, line.line_number, line.sku) == (ORDER_ID, "SO-7", "1", "A1001")
    assert (line.quantity.value, line.quantity.unit, line.lot.number) == ("3", "EA", "L1")
    assert command.keys == ("goods_issue:DO-1", "order:SO-7", "shipment:BOL-9")


def test_a_945_that_repeats_the_release_alone_names_its_order() -> None:
    [line] = read("945", *ISSUE, *PACKED, *BOLTS_OUT, TOTAL).request.lines
    assert (line.order_id, line.order_number) == ("", "SO-7")


def test_what_a_945_did_not_ship_is_no_line() -> None:
    none = ("W12*CP*5*0*5*EA**BP*A1001", "N9*LI*2")
    request = read("945", *ISSUE, *PACKED, *BOLTS_OUT, *none, TOTAL).request
    assert [each.line_number for each in request.lines] == ["1"]


@pytest.mark.feature("F132")
def test_a_945_that_ships_nothing_and_cancels_its_lines_answers_a_recall() -> None:
    stopped = ("LX*1", "W12*IC*5*0*5*EA**BP*A1001", "N9*LI*1", "W12*CP*3*0*3*EA**BP*A1001", "N9*LI*2")
    command = read("945", *ISSUE, "N9*IL*SO-7*" + ORDER_ID, *stopped, "W03*0")
    request = command.request
    assert isinstance(request, warehouse_service_pb2.RecordRecallRequest)
    assert (request.number, request.location_id) == ("DO-1", "WH-EAST")
    assert [(each.order_id, each.line_number, each.stopped.value) for each in request.lines] == [(ORDER_ID, "1", "5")]
    assert command.keys == ("recall:DO-1", "order:SO-7")


@pytest.mark.feature("F132")
@pytest.mark.parametrize(
    ("name", "remaining"), [("940-cancelled.edi", ""), ("940-replaced.edi", "3")], ids=["cancelled", "replaced"]
)
def test_a_release_that_is_asked_back_is_cancelled_or_replaced_by_what_is_left_of_it(name: str, remaining: str) -> None:
    step = fulfillment.ScheduleStep(line_number="1", sku="A1001", quantity=orders.quantity("2"))
    left = fulfillment.ScheduleStep(line_number="1", sku="A1001", quantity=orders.quantity(remaining or "0"))
    recalled = fulfillment.OrderReleaseRecalled(
        order_id=ORDER_ID,
        number="SO-7",
        part=1,
        location_id="WH-EAST",
        release_number="SO-7/1.1",
        steps=[step],
        remaining=[left] if remaining else [],
    )
    golden(name, x12_940.write(recalled, orders.writing(x12=True)))


@pytest.mark.feature("F203")
def test_a_947_says_what_is_gone_and_why() -> None:
    request = read("947", *ADJUSTED, "W19*AU*-3*EA**BP*A1001*L1", "W19*AA*2*EA**BP*A1001").request
    assert (request.number, request.location_id, request.business_unit) == ("ADJ-1", "WH-EAST", "EU01")
    assert [(each.sku, each.lot, each.change.value, each.reason) for each in request.lines] == [
        ("A1001", "L1", "-3", "AU"),
        ("A1001", "", "2", "AA"),
    ]
    assert {each.bucket for each in request.lines} == {inventory.ACCOUNT_SELLABLE}


@pytest.mark.feature("F101", "F203")
def test_a_947_says_what_is_put_on_hold_and_taken_off_again_and_nothing_is_gone() -> None:
    held = ("W19*05*-5*EA**BP*A1001*L1", "G69*LAB 17", "W19*55*3*EA**BP*A1001")
    command = read("947", *ADJUSTED, *held)
    request = command.request
    assert isinstance(request, moves.RecordStockMovesRequest)
    assert (request.number, request.location_id, request.business_unit) == ("ADJ-1", "WH-EAST", "EU01")
    assert request.moved_at.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 10, 11, tzinfo=UTC)
    assert [
        (each.sku, each.lot, each.quantity.value, each.kind, each.reason, each.shelved) for each in request.lines
    ] == [
        ("A1001", "L1", "5", moves.STOCK_MOVE_KIND_HOLD_PLACED, "LAB 17", True),
        ("A1001", "", "3", moves.STOCK_MOVE_KIND_HOLD_RELEASED, "55", True),
    ]
    assert (command.keys, command.lines) == (("stock_move:ADJ-1", "sku:A1001"), 2)


def test_a_partner_may_write_moves_without_a_sign_and_have_codes_of_its_own() -> None:
    [held] = read("947", *ADJUSTED, "W19*05*5*EA**BP*A1001", unsigned=True).request.lines
    assert (held.quantity.value, held.kind) == ("5", moves.STOCK_MOVE_KIND_HOLD_PLACED)
    [rejected] = read("947", *ADJUSTED, "W19*QX*-2*EA**BP*A1001", states={"QX": "HOLD_REJECTED"}).request.lines
    assert (rejected.quantity.value, rejected.kind) == ("2", moves.STOCK_MOVE_KIND_HOLD_REJECTED)
    [gone] = read("947", *ADJUSTED, "W19*05*-2*EA**BP*A1001", reasons={"05": "AU"}).request.lines
    assert (gone.change.value, gone.reason) == ("-2", "AU")


@pytest.mark.parametrize(
    ("set_id", "segments", "options", "says"),
    [
        ("944", (RECEIPT[0], *BOLTS_IN), {}, "no warehouse is named"),
        ("944", (*RECEIPT, *BOLTS_IN), {"zone": None}, "names no zone"),
        ("944", (*RECEIPT, *BOLTS_IN, "W13*4*CA*01"), {}, "what was received is in 'EA'"),
        ("944", (*RECEIPT, *BOLTS_IN, "W13*47*EA*01"), {}, "more of it is in exceptions"),
        ("944", (*RECEIPT, "W07*-1*EA**BP*A1001"), {}, "less than nothing"),
        ("944", (*RECEIPT, "W07*0*EA**BP*A1001"), {}, "nothing was received"),
        ("945", ("W06*J*SO-7/1.1*20261110", AT_EAST, *PACKED, *BOLTS_OUT, TOTAL), {}, "the shipment has no number"),
        ("945", ("W06*J*SO-7/1.1**DO-1", AT_EAST, *PACKED, *BOLTS_OUT, TOTAL), {}, "the day is missing"),
        ("945", ("W06*J**20261110*DO-1", AT_EAST, *PACKED, *BOLTS_OUT, TOTAL), {}, "no order is named"),
        ("945", (*ISSUE, *PACKED, BOLTS_OUT[0], TOTAL), {}, "our line number is missing"),
        ("945", (*ISSUE, *PACKED, "W12*CP*5*0*5*EA**BP*A1001", TOTAL), {}, "nothing was shipped"),
        ("945", (*ISSUE, *PACKED, "W12*CP*5*-3*5*EA**BP*A1001", TOTAL), {}, "less than nothing"),
        ("947", (*ADJUSTED, "W19*05*3*EA**BP*A1001"), {}, r"3 of '05' \(put on hold\) has the wrong sign"),
        ("947", (*ADJUSTED, "W19*55*-3*EA**BP*A1001"), {}, r"-3 of '55' \(taken off hold\) has the wrong sign"),
        ("947", (*ADJUSTED, "W19*05*-3*EA**BP*A1001"), {"unsigned": True}, "less than nothing"),
        ("947", (*ADJUSTED, "W19*05*0*EA**BP*A1001"), {}, "nothing came or went"),
        ("947", (*ADJUSTED, "W19*05*-3*EA**BP*A1001", "W19*AU*-1*EA**BP*A1001"), {}, "are adjusted apart"),
        ("947", (*ADJUSTED, "W19*QX*-3*EA**BP*A1001"), {"states": {"QX": "BURNT"}}, "'BURNT' is no move"),
        ("947", (*ADJUSTED, "W19*AU*0*EA**BP*A1001"), {}, "nothing came or went"),
        ("947", (*ADJUSTED, "W19*AU*3*EA**BP*A1001"), {"buckets": {"AU": "NOWHERE"}}, "'NOWHERE', which is none of"),
        ("947", ("W15*20261110", AT_EAST, "W19*AU*3*EA**BP*A1001"), {}, "no number"),
    ],
)
def test_what_cannot_be_booked_is_refused(
    set_id: str, segments: tuple[str, ...], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(DocumentFault, match=says):
        read(set_id, *segments, **options)


@pytest.mark.feature("F203")
@pytest.mark.usefixtures("accepting")
async def test_a_3pl_on_edi_reports_a_goods_issue(rig: Rig) -> None:
    await rig.partner(
        "wms-3pl",
        role="WMS",
        system="WMS-EAST",
        locations=["WH-EAST"],
        transport={"fileDrop": {"inbox": "wms-3pl/in", "outbox": "wms-3pl/out"}},
        edi=EDI | {"partnerId": "ZZ:LOGI"},
        documents=[{"kind": "x12.945", "direction": "IN", "mapping": {"zone": "Europe/Berlin"}}],
    )
    rig.procurement.accepts("RecordGoodsIssue", warehouse_service_pb2.RecordGoodsIssueResponse())
    segments = ["W06*J*SO-7/1.1*20261110*DO-1", "N1*WH**92*WH-EAST", *PACKED, *BOLTS_OUT, TOTAL]
    document = await rig.given("wms-3pl", files.interchange("945", segments, group="SW", sender="LOGI"))
    assert document.state is State.UNDERSTOOD, document.reason
    [request] = rig.procurement.requests
    assert isinstance(request, warehouse_service_pb2.RecordGoodsIssueRequest)
    assert (request.origin.system, request.origin.role) == ("WMS-EAST", options_pb2.ROLE_WMS)
