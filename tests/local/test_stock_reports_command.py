"""`crossdock stock snapshot` and `finance`: what is written and what is shown of the services' answers."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock
from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock_cli.stock_finance import records_table, summary
from crossdock_cli.stock_reconcile import differences_table
from crossdock_cli.stock_snapshot import Form, written
from rich.console import Console

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)


def page(*skus: str) -> pb.ExportSnapshotResponse:
    rows = [
        pb.SnapshotRow(sku=sku, location_id="WH-EAST", business_unit="EU01", lot="L, 1", unit="EA", sellable="10")
        for sku in skus
    ]
    found = pb.ExportSnapshotResponse(rows=rows)
    found.as_of.FromDatetime(AS_OF)
    return found


async def pages(*each: pb.ExportSnapshotResponse) -> AsyncIterator[pb.ExportSnapshotResponse]:
    for one in each:
        yield one


@pytest.mark.feature("F099")
@pytest.mark.parametrize("form", list(Form))
async def test_a_snapshot_becomes_a_file_that_is_the_same_each_time(form: Form) -> None:
    files = [io.BytesIO(), io.BytesIO()]
    said = [await written(pages(page("A", "B"), page("C"), page()), file, form) for file in files]
    assert files[0].getvalue() == files[1].getvalue()
    assert said[0] == {
        "as_of": "2026-03-02T00:00:00Z",
        "rows": 3,
        "sha256": hashlib.sha256(files[0].getvalue()).hexdigest(),
    }
    lines = files[0].getvalue().decode().splitlines()
    if form is Form.CSV:
        assert lines[0].startswith("as_of,sku,location_id,business_unit,lot,unit,sellable")
        assert lines[1].startswith('2026-03-02T00:00:00Z,A,WH-EAST,EU01,"L, 1",EA,10')
    else:
        assert json.loads(lines[2])["sku"] == "C"
        assert json.loads(lines[2])["as_of"] == "2026-03-02T00:00:00Z"


async def test_a_snapshot_without_its_end_is_no_file() -> None:
    with pytest.raises(EOFError):
        await written(pages(page("A")), io.BytesIO(), Form.CSV)


@pytest.mark.feature("F164")
def test_each_difference_between_ledger_and_books_is_shown_with_its_cause() -> None:
    moved = values_pb2.Quantity(value="-4", unit="EA")
    found = pb.ReconcileFinanceResponse(
        records=[
            pb.FinanceRecord(
                kind="shipment",
                document="GI-1",
                sku="A1001",
                location_id="WH-EAST",
                moved=moved,
                posting_state="refused",
                reason="period closed",
                cause=pb.FINANCE_CAUSE_REFUSED,
            )
        ],
        counts=[
            pb.FinanceCount(cause=pb.FINANCE_CAUSE_NONE, records=10),
            pb.FinanceCount(cause=pb.FINANCE_CAUSE_REFUSED, records=1),
        ],
    )
    assert summary(found) == "11 records: 10 agree, 1 refused"
    assert summary(pb.ReconcileFinanceResponse()) == "0 records"
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(records_table(found))
    assert "GI-1" in (printed := console.export_text())
    assert "refused" in printed
    assert "period closed" in printed


@pytest.mark.feature("F100")
def test_a_difference_is_shown_with_what_likely_made_it() -> None:
    def differing(sku: str, **facts: Any) -> control.StockDifference:
        each: dict[str, Any] = {
            name: values_pb2.Quantity(value="1", unit="EA") for name in ("stated", "in_ledger", "difference")
        }
        return control.StockDifference(sku=sku, bucket=stock.ACCOUNT_SELLABLE, **each, **facts)

    found = control.StockStatement(
        differences=[
            differing("A", cause=control.DIFFERENCE_CAUSE_MOVEMENT_IN_FLIGHT, cause_document="receipt/R-1/1"),
            differing("B", cause=control.DIFFERENCE_CAUSE_MOVEMENT_MISSING),
            differing("C", cause=control.DIFFERENCE_CAUSE_UNKNOWN),
        ]
    )
    console = Console(file=io.StringIO(), width=200)
    console.print(differences_table(found))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split("EA")[-1].strip() for line in lines[1:]] == [
        "in flight: receipt/R-1/1",
        "not reported",
        "unknown",
    ]
