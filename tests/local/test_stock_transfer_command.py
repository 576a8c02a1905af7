"""`crossdock stock transfer`: what is shown of a transfer."""

from __future__ import annotations

import io

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from crossdock_cli.stock_transfer import headline, transfer_table
from google.type import date_pb2
from rich.console import Console


def each(value: str) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=value, unit="EA")


@pytest.mark.feature("F104")
def test_a_transfer_is_shown_with_what_is_missing_of_it() -> None:
    line = pb.StockTransferLine(sku="A1001", sent=each("8"), received=each("6"), missing=each("2"))
    found = pb.StockTransfer(
        number="TO-1",
        business_unit="EU01",
        from_location_id="WH-EAST",
        to_location_id="WH-WEST",
        state=pb.TRANSFER_STATE_CLOSED_SHORT,
        expected_on=date_pb2.Date(year=2026, month=3, day=5),
        lines=[line],
    )
    assert headline(found) == "TO-1 (EU01): WH-EAST to WH-WEST, closed short, expected on 2026-03-05"
    console = Console(file=io.StringIO(), width=120)
    console.print(transfer_table(found))
    shown = console.file.getvalue().splitlines()[1].split()  # type: ignore[attr-defined]
    assert shown == ["A1001", "8", "6", "2", "EA"]


def test_what_was_received_before_it_was_sent_came_from_nobody_knows_where() -> None:
    found = pb.StockTransfer(
        number="TO-1", business_unit="EU01", to_location_id="WH-WEST", state=pb.TRANSFER_STATE_NOT_SENT
    )
    assert headline(found) == "TO-1 (EU01): ? to WH-WEST, not sent"
