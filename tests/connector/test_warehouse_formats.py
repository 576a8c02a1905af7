"""One suite for every warehouse format of our own: what is released, recalled and reported means the same in each.

A format says how it writes a report and how much of what a request asks for; the assertions know no format.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings.model import Command
from connector.mappings.registry import INBOUND, OUTBOUND, TELLS
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import warehouse_service_pb2 as pb

D = Decimal
PER_CASE = D(12)
AT = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
SSCC = "106141411234567897"
NAMED = {"order": "S-1", "line": "1", "ref": "0191-1"}


@dataclass(frozen=True, slots=True)
class Format:
    """`request` and `recall` are its kinds of what is told, `asked` reads them back in base units; each report is
    written of amounts in base units."""

    request: str
    recall: str
    asked: Callable[[dict[str, Any]], dict[str, Decimal]]
    number: Callable[[dict[str, Any]], str]
    pick: Callable[[Decimal, Decimal], tuple[str, dict[str, Any]]]
    packing: Callable[[Decimal], tuple[str, dict[str, Any]]]
    issue: Callable[[Decimal], tuple[str, dict[str, Any]]]
    answer: Callable[[Decimal, Decimal], tuple[str, dict[str, Any]]]


def a_line(**amounts: Any) -> dict[str, Any]:
    said = {name: str(value) for name, value in amounts.items()}
    return {"order": "S-1", "orderRef": "0191-1", "orderLine": "1", "sku": "A1004", "uom": "EA", **said}


def a_head(kind: str, at: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "warehouse": "WH-SOUTH", at: "2026-11-10T09:30:00Z", **more}


def a_package(amount: Decimal) -> dict[str, Any]:
    return {"sscc": SSCC, "kind": "CARTON", "weightKg": "3.2", "contents": [a_line(qty=amount) | LOT_A]}


LOT_A, LOT_B = {"lot": {"number": "L1"}}, {"batch": {"id": "L1"}}
FORMAT_A = Format(
    request="wms_a.pick_request",
    recall="wms_a.pick_recall",
    asked=lambda said: {line["orderLine"]: D(line["qty"]) for line in said["lines"]},
    number=lambda said: said.get("pickRequest", said["number"]),
    pick=lambda found, short: (
        "wms_a.pick",
        a_head("PICK", "pickedAt", pickNumber="R-1", lines=[a_line(qty=found, short=short) | LOT_A]),
    ),
    packing=lambda found: (
        "wms_a.packing",
        a_head("PACKING", "packedAt", shipment="R-1", packages=[a_package(found)]),
    ),
    issue=lambda found: (
        "wms_a.goods_issue",
        a_head(
            "GOODS_ISSUE",
            "issuedAt",
            issueNumber="R-1",
            shipment="SH-1",
            carrier="UPSN",
            tracking="1Z9",
            packages=[{"sscc": SSCC}],
            lines=[a_line(qty=found) | LOT_A],
        ),
    ),
    answer=lambda stopped, late: (
        "wms_a.recall_result",
        a_head(
            "PICK_RECALL_RESULT",
            "answeredAt",
            recallNumber="R-1",
            lines=[a_line(stopped=stopped, tooLate=late) | LOT_A],
        ),
    ),
)


def counted(amount: Decimal) -> dict[str, str]:
    return {"cases": str(amount // PER_CASE), "units": str(amount % PER_CASE)}


def b_row(**amounts: Decimal) -> dict[str, Any]:
    return {**NAMED, "article": "A1004", **{name: counted(value) for name, value in amounts.items()}}


def b_head(**more: Any) -> dict[str, Any]:
    return {"no": "R-1", "site": "WH-SOUTH", "at": int(AT.timestamp() * 1000), **more}


FORMAT_B = Format(
    request="wms_b.pick_request",
    recall="wms_b.pick_request",
    asked=lambda said: {
        each["line"]: D(each["count"]["cases"]) * PER_CASE + D(each["count"]["units"]) for each in said["goods"]
    },
    number=lambda said: said["pick"]["key"],
    pick=lambda found, short: (
        "wms_b.pick",
        {"picked": b_head(), "goods": [b_row(count=found, missing=short) | LOT_B]},
    ),
    packing=lambda found: (
        "wms_b.packing",
        {
            "packed": b_head(),
            "parcels": [{"box": SSCC, "kind": "C", "grams": "3200", "goods": [b_row(count=found) | LOT_B]}],
        },
    ),
    issue=lambda found: (
        "wms_b.goods_issue",
        {
            "left": b_head(shipment="SH-1", carrier="UPSN", track="1Z9"),
            "parcels": [{"box": SSCC}],
            "goods": [b_row(count=found) | LOT_B],
        },
    ),
    answer=lambda stopped, late: (
        "wms_b.recall_result",
        {"recalled": b_head(), "goods": [b_row(stopped=stopped, late=late) | LOT_B]},
    ),
)
FORMATS = [pytest.param(FORMAT_A, id="format-a"), pytest.param(FORMAT_B, id="format-b")]
every_format = pytest.mark.parametrize("wms", FORMATS)


def read(said: tuple[str, dict[str, Any]]) -> Command:
    kind, body = said
    return INBOUND[kind].read(json_document.decode(json.dumps(body).encode()), orders.reading())


def base(quantity: Any) -> Decimal:
    return D(quantity.value or "0") * (PER_CASE if quantity.unit == "XCS" else 1)


def released(kind: type[Any] = fulfillment.OrderReleased, **more: Any) -> Any:
    step = fulfillment.ScheduleStep(line_number="1", sku="A1004", quantity=orders.quantity("47"))
    said: dict[str, Any] = {"order_id": "0191-1", "number": "S-1", "part": 1, "location_id": "WH-SOUTH"}
    return kind(**said | {"steps": [step], "release_number": "S-1/1.1"} | more)


@every_format
@pytest.mark.feature("F022")
def test_a_release_asks_for_exactly_what_was_allocated_and_names_it(wms: Format) -> None:
    assert wms.request in TELLS["OrderReleased"]
    said = OUTBOUND[wms.request].write(released(), orders.writing())
    assert (wms.asked(said), wms.number(said)) == ({"1": D(47)}, "S-1/1.1")
    assert {"S-1", "0191-1"} <= set(texts(said))
    assert said != OUTBOUND[wms.request].write(released(same_day=True), orders.writing())


def texts(said: Any) -> list[str]:
    """All that a document says in words."""
    if isinstance(said, dict | list):
        return [word for each in (said.values() if isinstance(said, dict) else said) for word in texts(each)]
    return [str(said)]


@every_format
@pytest.mark.feature("F132")
def test_a_recall_names_the_release_and_differs_from_it(wms: Format) -> None:
    assert wms.recall in TELLS["OrderReleaseRecalled"]
    event = released(fulfillment.OrderReleaseRecalled)
    said = OUTBOUND[wms.recall].write(event, orders.writing())
    assert (wms.asked(said), wms.number(said)) == ({"1": D(47)}, "S-1/1.1")
    assert said != OUTBOUND[wms.request].write(released(), orders.writing())


def about(lines: Any) -> set[tuple[str, str, str, str]]:
    return {(each.order_id, each.order_number, each.line_number, each.sku) for each in lines}


@every_format
@pytest.mark.feature("F121")
def test_a_pick_says_what_was_found_and_what_was_not(wms: Format) -> None:
    command = read(wms.pick(D(43), D(4)))
    request: Any = command.request
    assert isinstance(request, pb.RecordPickRequest)
    assert (request.number, request.location_id, request.picked_at.ToDatetime(tzinfo=UTC)) == ("R-1", "WH-SOUTH", AT)
    assert about(request.lines) == {("0191-1", "S-1", "1", "A1004")}
    assert sum(base(each.quantity) for each in request.lines) == 43
    assert sum(base(each.short) for each in request.lines) == 4
    assert {each.lot.number for each in request.lines} == {"L1"}
    assert command.keys == ("pick:R-1", "order:S-1")


@every_format
def test_what_was_not_found_at_all_is_a_pick_of_nothing(wms: Format) -> None:
    request: Any = read(wms.pick(D(0), D(47))).request
    assert sum(base(each.quantity) for each in request.lines) == 0
    assert sum(base(each.short) for each in request.lines) == 47


@every_format
@pytest.mark.feature("F121")
def test_a_packing_carries_its_packages_and_what_lies_in_them(wms: Format) -> None:
    command = read(wms.packing(D(43)))
    request: Any = command.request
    assert isinstance(request, pb.RecordPackingRequest)
    [package] = request.packages
    assert (request.number, package.sscc, package.packaging) == ("R-1", SSCC, "XCT")
    assert (D(package.gross_weight.value), package.gross_weight.unit) == (D("3.2"), "KGM")
    assert about(package.contents) == {("0191-1", "S-1", "1", "A1004")}
    assert sum(base(each.quantity) for each in package.contents) == 43
    assert command.keys == ("shipment:R-1", "order:S-1")


@every_format
@pytest.mark.feature("F121")
def test_a_goods_issue_says_what_left_with_whom(wms: Format) -> None:
    command = read(wms.issue(D(43)))
    request: Any = command.request
    assert isinstance(request, pb.RecordGoodsIssueRequest)
    assert (request.number, request.shipment_number, list(request.ssccs)) == ("R-1", "SH-1", [SSCC])
    assert (request.carrier, request.tracking_number) == ("UPSN", "1Z9")
    assert sum(base(each.quantity) for each in request.lines) == 43
    assert command.keys == ("goods_issue:R-1", "order:S-1", "shipment:SH-1")


@every_format
@pytest.mark.feature("F132")
def test_the_answer_to_a_recall_says_what_was_stopped_and_what_goes_out(wms: Format) -> None:
    request: Any = read(wms.answer(D(43), D(4))).request
    assert isinstance(request, pb.RecordRecallRequest)
    assert about(request.lines) == {("0191-1", "S-1", "1", "A1004")}
    assert sum(base(each.stopped) for each in request.lines) == 43
    assert sum(base(each.too_late) for each in request.lines) == 4
    assert {each.lot.number for each in request.lines} == {"L1"}


REPORTS: dict[str, Callable[[Format], tuple[str, dict[str, Any]]]] = {
    "pick": lambda wms: wms.pick(D(43), D(4)),
    "packing": lambda wms: wms.packing(D(43)),
    "issue": lambda wms: wms.issue(D(43)),
    "answer": lambda wms: wms.answer(D(43), D(4)),
}


@every_format
@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("name", ["at", "site", "goods"])
def test_a_report_without_its_instant_place_or_goods_is_refused(wms: Format, report: str, name: str) -> None:
    kind, body = REPORTS[report](wms)
    with pytest.raises(DocumentFault):
        read((kind, without(body, name)))


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The report without its instant, its place, or all of its lines, however the format calls them."""
    words = {
        "at": {"at", "pickedAt", "packedAt", "issuedAt", "answeredAt"},
        "site": {"site", "warehouse"},
        "goods": {"goods", "lines", "packages", "parcels"},
    }[name]
    return {
        key: without(value, name) if isinstance(value, dict) else value
        for key, value in body.items()
        if key not in words
    }


@every_format
@pytest.mark.feature("F203")
@pytest.mark.usefixtures("accepting")
async def test_a_warehouse_hears_of_a_release_and_its_pick_is_recorded(wms: Format, rig: Rig) -> None:
    name = f"wms-{wms.request[4]}-{uuid4().hex[:6]}"
    kind, body = wms.pick(D(43), D(4))
    routes = [
        {"kind": wms.request, "direction": "OUT", "path": "/pick-requests"},
        {"kind": kind, "direction": "IN", "path": "picks"},
    ]
    facts = {"role": "WMS", "system": "WMS-EAST", "locations": ["WH-EAST"], "transport": http()}
    await rig.partner(name, documents=routes, **facts)
    event = released(order_id=str(uuid4()), location_id="WH-EAST")
    await rig.tell(event, aggregate=f"sales_order/{event.order_id}", version=4)
    heard = [json.loads(content) for _, content in await rig.send(name)]
    assert [wms.number(each) for each in heard] == ["S-1/1.1"]
    rig.procurement.accepts("RecordPick", pb.RecordPickResponse())
    there = json.dumps(body).replace("WH-SOUTH", "WH-EAST").encode()
    document = await rig.given(name, there, path="picks")
    assert document.state is State.UNDERSTOOD, document.reason
    assert [type(each).__name__ for each in rig.procurement.requests] == ["RecordPickRequest"]
