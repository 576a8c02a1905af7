"""`crossdock stock finance` and `reconcile`: what is shown of the services' answers."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock
from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock_cli.stock_finance import records_table, summary
from crossdock_cli.stock_reconcile import differences_table
from rich.console import Console

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)


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
