"""One suite for every warehouse format of our own: what is released, recalled and reported means the same in each.

The formats stand in `adapter_contract.warehouses`; the assertions know none of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from adapter_contract.facts import AT, base
from adapter_contract.outbound import SSCC, Outbound
from adapter_contract.warehouses import WAREHOUSES
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
FORMATS = [pytest.param(each.outbound, id=each.name) for each in WAREHOUSES if each.outbound]
every_format = pytest.mark.parametrize("wms", FORMATS)


def read(said: tuple[str, dict[str, Any]]) -> Command:
    kind, body = said
    return INBOUND[kind].read(json_document.decode(json.dumps(body).encode()), orders.reading())


def released(kind: type[Any] = fulfillment.OrderReleased, **more: Any) -> Any:
    step = fulfillment.ScheduleStep(line_number="1", sku="A1004", quantity=orders.quantity("47"))
    said: dict[str, Any] = {"order_id": "0191-1", "number": "S-1", "part": 1, "location_id": "WH-SOUTH"}
    return kind(**said | {"steps": [step], "release_number": "S-1/1.1"} | more)


@every_format
@pytest.mark.feature("F022")
def test_a_release_asks_for_exactly_what_was_allocated_and_names_it(wms: Outbound) -> None:
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
def test_a_recall_names_the_release_and_differs_from_it(wms: Outbound) -> None:
    assert wms.recall in TELLS["OrderReleaseRecalled"]
    event = released(fulfillment.OrderReleaseRecalled)
    said = OUTBOUND[wms.recall].write(event, orders.writing())
    assert (wms.asked(said), wms.number(said)) == ({"1": D(47)}, "S-1/1.1")
    assert said != OUTBOUND[wms.request].write(released(), orders.writing())


def about(lines: Any) -> set[tuple[str, str, str, str]]:
    return {(each.order_id, each.order_number, each.line_number, each.sku) for each in lines}


@every_format
@pytest.mark.feature("F121")
def test_a_pick_says_what_was_found_and_what_was_not(wms: Outbound) -> None:
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
def test_what_was_not_found_at_all_is_a_pick_of_nothing(wms: Outbound) -> None:
    request: Any = read(wms.pick(D(0), D(47))).request
    assert sum(base(each.quantity) for each in request.lines) == 0
    assert sum(base(each.short) for each in request.lines) == 47


@every_format
@pytest.mark.feature("F121")
def test_a_packing_carries_its_packages_and_what_lies_in_them(wms: Outbound) -> None:
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
def test_a_goods_issue_says_what_left_with_whom(wms: Outbound) -> None:
    command = read(wms.issue(D(43)))
    request: Any = command.request
    assert isinstance(request, pb.RecordGoodsIssueRequest)
    assert (request.number, request.shipment_number, list(request.ssccs)) == ("R-1", "SH-1", [SSCC])
    assert (request.carrier, request.tracking_number) == ("UPSN", "1Z9")
    assert sum(base(each.quantity) for each in request.lines) == 43
    assert command.keys == ("goods_issue:R-1", "order:S-1", "shipment:SH-1")


@every_format
@pytest.mark.feature("F132")
def test_the_answer_to_a_recall_says_what_was_stopped_and_what_goes_out(wms: Outbound) -> None:
    request: Any = read(wms.answer(D(43), D(4))).request
    assert isinstance(request, pb.RecordRecallRequest)
    assert about(request.lines) == {("0191-1", "S-1", "1", "A1004")}
    assert sum(base(each.stopped) for each in request.lines) == 43
    assert sum(base(each.too_late) for each in request.lines) == 4
    assert {each.lot.number for each in request.lines} == {"L1"}


REPORTS: dict[str, Callable[[Outbound], tuple[str, dict[str, Any]]]] = {
    "pick": lambda wms: wms.pick(D(43), D(4)),
    "packing": lambda wms: wms.packing(D(43)),
    "issue": lambda wms: wms.issue(D(43)),
    "answer": lambda wms: wms.answer(D(43), D(4)),
}


@every_format
@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("name", ["at", "site", "goods"])
def test_a_report_without_its_instant_place_or_goods_is_refused(wms: Outbound, report: str, name: str) -> None:
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
async def test_a_warehouse_hears_of_a_release_and_its_pick_is_recorded(wms: Outbound, rig: Rig) -> None:
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
