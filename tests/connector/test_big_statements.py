"""Statements and counts of more lines than one call takes come in parts, whatever format they are written in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import stock_parts
from connector.mappings.stock_parts import REPORTED_AT_ONCE, STATED_AT_ONCE, reported, stated
from connector_samples import files
from connector_samples.calls import ItemUnknown, refusal
from connector_samples.partners import EDI
from connector_samples.rig import Rig
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from inventory.domain.statement import StatementPartInvalid

LINES = 2 * STATED_AT_ONCE + 3
AS_OF = "2026-11-10T09:00:00Z"
FOLDERS = {"fileDrop": {"inbox": "wms-big/in", "outbox": "wms-big/out"}}


def by_csv(number: str, lines: int) -> bytes:
    rows = [f"A1001,L{at},OK,1,{AS_OF},WH-EAST,{number}" for at in range(1, lines + 1)]
    return "\n".join(["sku,lot,condition,quantity,as_of,warehouse,number", *rows]).encode()


def by_edi(number: str, lines: int) -> bytes:
    told = [each for at in range(1, lines + 1) for each in (f"LIN*{at}*BP*A1001*LT*L{at}", "QTY*17*1*EA")]
    head = [f"BIA*00*MM*{number}*20261110*1000", "N1*WH**92*WH-EAST"]
    return files.interchange("846", [*head, *told], group="IB", sender="BIG3PL")


def by_warehouse(number: str, lines: int) -> bytes:
    said = [{"sku": "A1001", "condition": "OK", "lot": f"L{at}", "qty": 1, "uom": "EA"} for at in range(1, lines + 1)]
    head = {"type": "STOCK_STATEMENT", "number": number, "warehouse": "WH-EAST", "asOf": AS_OF}
    return json.dumps(head | {"lines": said}).encode()


def profile(name: str, *routes: dict[str, Any], **more: Any) -> dict[str, Any]:
    facts = {"role": "WMS", "system": "WMS-EAST", "locations": ["WH-EAST"], "transport": FOLDERS}
    return facts | {"documents": [{"direction": "IN"} | each for each in routes]} | more


WAREHOUSES: dict[str, tuple[dict[str, Any], Callable[[str, int], bytes], str]] = {
    "wms-csv": (
        profile(
            "wms-csv", {"kind": "csv.stock_statement", "path": "stock"}, {"kind": "csv.stock_count", "path": "count"}
        ),
        by_csv,
        "stock",
    ),
    "wms-edi": (
        profile(
            "wms-edi",
            {"kind": "x12.846", "mapping": {"zone": "Europe/Berlin"}},
            edi=EDI | {"partnerId": "ZZ:BIG3PL"},
        ),
        by_edi,
        "",
    ),
    "wms-json": (profile("wms-json", {"kind": "wms_a.stock_statement", "path": "stock"}), by_warehouse, "stock"),
}


@pytest.fixture
async def taking(rig: Rig, accepting: None) -> Rig:
    for name, (spec, _, _) in WAREHOUSES.items():
        await rig.partner(name, **spec)
    rig.procurement.accepts("RecordStatement", control.RecordStatementResponse())
    rig.procurement.accepts("RecordStockReport", control.RecordStockReportResponse())
    return rig


async def given(rig: Rig, name: str, number: str, lines: int = LINES) -> Any:
    _, written, path = WAREHOUSES[name]
    return await rig.given(name, written(number, lines), name=f"{path}-{uuid4().hex}", path=path)


@pytest.mark.feature("F101")
@pytest.mark.parametrize("warehouse", WAREHOUSES)
async def test_a_big_statement_comes_in_numbered_parts_of_one_head(taking: Rig, warehouse: str) -> None:
    number = uuid4().hex[:16]
    document = await given(taking, warehouse, number)
    assert (document.state, document.messages[0].lines) == (State.UNDERSTOOD, LINES), document.reason
    sent: list[Any] = taking.procurement.requests
    assert [type(each) for each in sent] == [control.RecordStatementRequest] * 3
    assert [(each.part, each.parts, len(each.lines)) for each in sent] == [
        (1, 3, STATED_AT_ONCE),
        (2, 3, STATED_AT_ONCE),
        (3, 3, 3),
    ]
    heads = {(each.number, each.location_id, each.as_of.seconds, tuple(each.buckets), each.complete) for each in sent}
    assert heads == {(number, "WH-EAST", 1_794_301_200, (inventory.ACCOUNT_SELLABLE,), False)}
    assert [line.lot for each in sent for line in each.lines] == [f"L{at}" for at in range(1, LINES + 1)]
    assert len({each.request_id for each in sent}) == 3


async def test_a_statement_of_one_part_says_nothing_of_parts(taking: Rig) -> None:
    await given(taking, "wms-csv", uuid4().hex[:16], lines=2)
    [request] = taking.procurement.requests
    assert isinstance(request, control.RecordStatementRequest)
    assert (request.part, request.parts) == (0, 0)


async def test_what_waits_for_master_data_has_every_part_said_again(taking: Rig) -> None:
    taking.procurement.refuses("RecordStatement", refusal(ItemUnknown("A1001")))
    document = await given(taking, "wms-csv", uuid4().hex[:16])
    assert document.state is State.WAITING
    taking.procurement.requests.clear()
    taking.procurement.accepts("RecordStatement", control.RecordStatementResponse())
    await taking.due_now(document.document_id)
    await taking.translate("wms-csv")
    await taking.dispatch()
    assert (await taking.document(document.document_id)).state is State.UNDERSTOOD
    said: list[Any] = taking.procurement.requests
    assert [each.part for each in said] == [1, 2, 3]


async def test_a_part_that_is_refused_makes_the_statement_somebodys(taking: Rig) -> None:
    async def refusing_the_second(request: Any) -> control.RecordStatementResponse:
        if request.part == 2:
            raise refusal(StatementPartInvalid("N", 2, 3))  # type: ignore[arg-type]
        return control.RecordStatementResponse()

    taking.procurement.answers["RecordStatement"] = refusing_the_second
    document = await given(taking, "wms-csv", uuid4().hex[:16])
    assert document.state is State.EXCEPTION
    [(_, code, _)] = await taking.exceptions(document.document_id)
    assert code == "STATEMENT_PART_INVALID"


@pytest.mark.feature("F098")
async def test_a_big_count_is_reports_numbered_after_it_and_no_item_stands_in_two(taking: Rig) -> None:
    number, lines = uuid4().hex[:16], 2 * REPORTED_AT_ONCE
    rows = [f"{('A1001', 'A1004')[at % 2]},L{at // 2},OK,1,{AS_OF},WH-EAST,{number}" for at in range(lines)]
    content = "\n".join(["sku,lot,condition,quantity,as_of,warehouse,number", *rows]).encode()
    document = await taking.given("wms-csv", content, name="count-1.csv", path="count")
    assert document.state is State.UNDERSTOOD, document.reason
    sent: list[Any] = taking.procurement.requests
    assert [each.number for each in sent] == [number, f"{number}/2"]
    assert [{line.sku for line in each.lines} for each in sent] == [{"A1001"}, {"A1004"}]
    assert sum(len(each.lines) for each in sent) == lines
    assert {f"adjustment:{number}", f"adjustment:{number}/2"} <= set(document.keys)


def counted(sku: str, times: int) -> list[control.ReportedStock]:
    return [control.ReportedStock(sku=sku, lot=str(at)) for at in range(times)]


def test_a_report_that_fits_is_one_and_is_not_renumbered() -> None:
    head = control.RecordStockReportRequest(number="N" * 64)
    command = reported(head, counted("A", REPORTED_AT_ONCE), "lines")
    assert (command.then, command.request.number) == ((), "N" * 64)  # type: ignore[attr-defined]


def test_items_fill_reports_as_they_first_come_and_stay_together() -> None:
    lines = [*counted("A", 600), *counted("B", 600), *counted("C", 300), *counted("A", 100)]
    command = reported(control.RecordStockReportRequest(number="N"), lines, "lines")
    parts: list[Any] = [command.request, *command.then]
    assert [[(sku, sum(line.sku == sku for line in each.lines)) for sku in "ABC"] for each in parts] == [
        [("A", 700), ("B", 0), ("C", 0)],
        [("A", 0), ("B", 600), ("C", 300)],
    ]


@pytest.mark.parametrize(
    ("number", "lines", "says"),
    [
        ("N", counted("A", REPORTED_AT_ONCE + 1), "one item has at most 1000"),
        ("N" * 63, [*counted("A", REPORTED_AT_ONCE), *counted("B", 1)], "leaves no room"),
    ],
)
def test_what_no_parts_can_hold_is_refused(number: str, lines: list[control.ReportedStock], says: str) -> None:
    with pytest.raises(DocumentFault, match=says):
        reported(control.RecordStockReportRequest(number=number), lines, "lines")


def test_beyond_all_parts_is_no_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_parts, "MOST_PARTS", 2)
    lines = [control.StatedStock(sku="A")] * (2 * STATED_AT_ONCE + 1)
    with pytest.raises(DocumentFault, match="a statement has at most 20000"):
        stated(control.RecordStatementRequest(number="N"), lines, "lines")
