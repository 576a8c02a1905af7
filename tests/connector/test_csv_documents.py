"""Statements and counts in CSV: read as the profile says, each wrong line named, and nothing done of a wrong file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import csv_document
from connector.codecs.csv_document import layout_of
from connector.codecs.json_document import DocumentFault, WrongLines
from connector.domain.documents import State
from connector.mappings import csv_stock
from connector.profiles import profile_of
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.options.v1 import options_pb2
from crossdock_kit.errors import CrossdockError, Invalid, Verdict, kind_of
from hypothesis import given, settings
from hypothesis import strategies as st

SELLABLE, DAMAGED = inventory.ACCOUNT_SELLABLE, inventory.ACCOUNT_DAMAGED
HEAD = "sku,lot,condition,quantity,as_of,warehouse,number"
ROW = "A1001,L1,OK,46,2026-11-10T09:00:00Z,EAST1,ST-1"
KINDS = {"csv.stock_statement": csv_stock.read_statement, "csv.stock_count": csv_stock.read_count}


def read(*lines: str, kind: str = "csv.stock_statement", **options: Any) -> Any:
    encoding = options.get("encoding", "utf-8")
    sheet = csv_document.decode("\n".join(lines).encode(encoding), layout_of(options))
    partner = orders.partner(options_pb2.ROLE_WMS, options=options)
    return KINDS[kind](sheet, orders.reading(partner)).request


@pytest.mark.feature("F101")
def test_a_file_with_headings_says_what_lies_there_as_of_when() -> None:
    request = read(HEAD, ROW, "", ROW.replace("OK,46", '"DMG",2.5').replace("L1", ""), complete=True)
    assert (request.number, request.location_id, request.complete) == ("ST-1", "WH-EAST", True)
    assert request.as_of.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 10, 9, tzinfo=UTC)
    assert list(request.buckets) == [SELLABLE, DAMAGED]
    assert [(each.sku, each.lot, each.bucket, each.quantity.value, each.quantity.unit) for each in request.lines] == [
        ("A1001", "L1", SELLABLE, "46", "EA"),
        ("A1001", "", DAMAGED, "2.5", "EA"),
    ]


@pytest.mark.feature("F101")
def test_a_file_without_headings_is_read_by_the_places_that_the_profile_names() -> None:
    options: dict[str, Any] = {
        "header": False,
        "delimiter": "tab",
        "encoding": "iso-8859-1",
        "decimal": ",",
        "columns": {"sku": 2.0, "quantity": 1.0, "as_of": 4.0},
        "warehouse": "S-07",
        "unit": "CASE",
        "condition": "GESPERRT \u00fc",
        "buckets": {"GESPERRT \u00fc": "QUARANTINED"},
        "speaksOf": ["OK", "GESPERRT \u00fc"],
        "zone": "Europe/Berlin",
        "instants": "%d.%m.%Y %H:%M",
    }
    request = read("1,5\tA1004\t\u00fc\t10.11.2026 10:00", **options)
    assert (request.number, request.location_id) == ("000000001/0001", "WH-SOUTH")
    assert request.as_of.ToDatetime(tzinfo=UTC) == datetime(2026, 11, 10, 9, tzinfo=UTC)
    assert list(request.buckets) == [SELLABLE, inventory.ACCOUNT_QUARANTINED]
    [line] = request.lines
    assert (line.quantity.value, line.quantity.unit) == ("1.5", "XCS")


@pytest.mark.feature("F098")
def test_a_count_says_what_was_found_and_nothing_is_something() -> None:
    request = read(HEAD, ROW.replace("46", "0"), kind="csv.stock_count")
    assert isinstance(request, control.RecordStockReportRequest)
    assert [(each.sku, each.counted.value, each.reason) for each in request.lines] == [("A1001", "0", "AA")]


@pytest.mark.parametrize(
    ("lines", "options", "says"),
    [
        ((), {}, "no line that names the columns"),
        ((HEAD,), {}, "no line of goods"),
        ((HEAD, ROW.replace("A1001", "")), {}, r"line 2.sku: is missing \(1 wrong of 1 lines"),
        ((HEAD, ROW.replace("46", "4.6.1")), {}, "line 2.quantity"),
        ((HEAD, ROW.replace("46", "-1")), {}, "less than nothing"),
        ((HEAD, ROW.replace("46", "1,5"), ROW), {"decimal": ","}, "more than there are columns"),
        ((HEAD, ROW), {"buckets": {"OK": "LOST"}}, "the profile's mapping says 'LOST', which is none of"),
        ((HEAD, ROW.replace("Z", "")), {}, "names no zone"),
        ((HEAD, ROW.replace("Z", "")), {"zone": "Europe/Nowhere"}, "no time zone"),
        ((HEAD, ROW.replace("2026-11-10T09:00:00Z", "yesterday")), {}, "no instant"),
        ((HEAD, ROW, ROW.replace("EAST1", "S-07")), {}, "line 3.warehouse: the lines of one file differ"),
        ((HEAD, ROW.replace("EAST1", "")), {}, "neither a column nor"),
        ((HEAD, ROW.replace("L1", '"L1')), {}, "a quote that is opened"),
        ((HEAD.replace("lot", "sku"), ROW), {}, "two columns are called 'sku'"),
        ((HEAD, ROW), {"columns": {"sku": "Artikel"}}, "line 1: no column is called 'Artikel'"),
        ((HEAD, ROW + ",1"), {}, "8 cells"),
        ((HEAD, ROW + "," * 70), {}, "more than 64 cells"),
        ((HEAD, ROW + "x" * 5000), {}, "line 2: is longer than 4000 characters"),
        ((HEAD, *["x"] * 100_000), {}, "more than 100000 lines"),
        ((HEAD, ROW.replace("A1001", "A\0")), {}, "is NUL"),
        ((HEAD, ROW.replace("L1", "L\x07")), {}, "control character"),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_where(
    lines: tuple[str, ...], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(DocumentFault, match=says):
        read(*lines, **options)


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\tA1001"])
def test_a_cell_that_a_spreadsheet_would_compute_is_refused(cell: str) -> None:
    with pytest.raises(DocumentFault, match="begins as a formula does"):
        read(HEAD, ROW.replace("L1", f'"{cell}"'))
    assert read(HEAD, ROW.replace("L1", "-7")).lines[0].lot == "-7"


def test_a_file_of_another_encoding_is_refused_and_not_guessed() -> None:
    for content, encoding, says in (
        ("\u00fc".encode("cp1252"), "utf-8", "not utf-8 at byte 0"),
        ("sku".encode("utf-16"), "utf-8", "it is UTF-16"),
        (b"\x81", "windows-1252", "not windows-1252"),
    ):
        with pytest.raises(DocumentFault, match=says):
            csv_document.decode(content, layout_of({"encoding": encoding}))


def test_every_wrong_line_is_named_and_how_many_are_right() -> None:
    wrong = [ROW.replace("46", ""), ROW.replace("A1001", ""), ROW.replace("46", "-1"), ROW.replace("46", "x")]
    with pytest.raises(WrongLines) as found:
        read(HEAD, ROW, *wrong, ROW)
    assert [line for line, _ in found.value.lines] == [3, 4, 5, 6]
    assert "1 more (4 wrong of 6 lines: nothing of the file is booked)" in str(found.value)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"delimiter": "x"}, "documents[0].mapping.delimiter"),
        ({"encoding": "utf-7"}, "documents[0].mapping.encoding"),
        ({"header": "no"}, "documents[0].mapping.header"),
        ({"header": False}, "documents[0].mapping.columns"),
        ({"columns": {"sku": 3}}, "documents[0].mapping.columns.sku"),
        ({"header": False, "columns": {"sku": 0}}, "documents[0].mapping.columns.sku"),
        ({"columns": "sku"}, "documents[0].mapping.columns"),
    ],
)
def test_a_profile_that_cannot_say_how_files_are_written_is_refused(mapping: dict[str, Any], says: str) -> None:
    route = {"kind": "csv.stock_count", "direction": "IN", "path": "counts", "mapping": mapping}
    spec = {"role": "WMS", "system": "W", "locations": ["WH-EAST"], "businessUnit": "EU01", "transport": http()}
    resource = {"apiVersion": "crossdock.dev/v1alpha1", "kind": "PartnerConnector", "metadata": {"name": "w"}}
    with pytest.raises(Invalid) as found:
        profile_of(resource | {"spec": spec | {"documents": [route]}})
    assert says in str(found.value)


@settings(deadline=None, max_examples=200)
@given(
    st.binary(max_size=300), st.sampled_from(["utf-8", "windows-1252"]), st.booleans(), st.sampled_from(sorted(KINDS))
)
def test_any_bytes_are_a_report_or_a_refusal(noise: bytes, encoding: str, header: bool, kind: str) -> None:
    columns: dict[str, Any] = {} if header else {"columns": {"sku": 1, "quantity": 2, "as_of": 3, "warehouse": 4}}
    options = {"encoding": encoding, "header": header} | columns
    for content in (noise, f"{HEAD}\n{ROW}\n".encode() + noise):
        try:
            sheet = csv_document.decode(content, layout_of(options))
            KINDS[kind](sheet, orders.reading(orders.partner(options_pb2.ROLE_WMS, options=options)))
        except CrossdockError as error:
            assert kind_of(error).verdict is Verdict.ACK_REFUSED  # noqa: PT017


FILES = [
    {"kind": "csv.stock_statement", "direction": "IN", "path": "stock"},
    {"kind": "csv.stock_count", "direction": "IN", "path": "counts"},
]


@pytest.fixture
async def drop(rig: Rig, accepting: None) -> str:
    """A warehouse whose files lie in a folder, where their names say what they are."""
    name = "wms-files"
    folders = {"fileDrop": {"inbox": "wms-files/in", "outbox": "wms-files/out"}}
    await rig.partner(name, role="WMS", system="WMS-EAST", locations=["WH-EAST"], transport=folders, documents=FILES)
    rig.procurement.accepts("RecordStatement", control.RecordStatementResponse())
    rig.procurement.accepts("RecordStockReport", control.RecordStockReportResponse())
    return name


def sheet(*rows: str) -> bytes:
    return "\n".join((HEAD, *(row.replace("EAST1", "WH-EAST") for row in rows))).encode()


@pytest.mark.feature("F101")
async def test_a_files_name_says_what_it_is_and_the_same_bytes_again_are_nothing_new(rig: Rig, drop: str) -> None:
    number = uuid4().hex
    for name, kind in (
        ("stock-1.csv", control.RecordStatementRequest),
        ("counts-1.csv", control.RecordStockReportRequest),
    ):
        rig.procurement.requests.clear()
        document = await rig.given(drop, sheet(ROW.replace("ST-1", number + name[:1])), name=name)
        assert document.state is State.UNDERSTOOD, document.reason
        assert [type(each) for each in rig.procurement.requests] == [kind]
    again = await rig.given(drop, sheet(ROW.replace("ST-1", number + "s")), name="stock-2.csv")
    assert again.state is State.DUPLICATE
    unnamed = await rig.given(drop, sheet(ROW.replace("ST-1", uuid4().hex)), name="else.csv")
    assert (unnamed.state, "stock (csv.stock_statement), counts" in unnamed.reason) == (State.REFUSED, True)


@pytest.mark.feature("F101")
async def test_a_wrong_line_in_the_middle_books_nothing_and_stands_in_the_findings(rig: Rig, drop: str) -> None:
    rows = [ROW, ROW.replace("46", "lots"), ROW, ROW.replace("A1001", "")]
    document = await rig.given(drop, sheet(*rows), name="stock-9.csv")
    assert (document.state, rig.procurement.requests) == (State.REFUSED, [])
    assert [(each.code, each.severity, each.segment) for each in document.findings] == [
        ("wrong-line", "error", 3),
        ("wrong-line", "error", 5),
    ]
    assert [each[1:] for each in await rig.exceptions(document.document_id)] == [("DOCUMENT_REFUSED", "integration")]
    mended = await rig.given(drop, sheet(ROW, ROW.replace("46", "4")), name="stock-9.csv")
    assert mended.state is State.UNDERSTOOD, mended.reason
