"""`crossdock stock SKU`, with the pieces that are named of it."""

from __future__ import annotations

import io

import pytest
from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock_cli.stock_show import pieces_table, words_table
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table

NINE = Timestamp(seconds=1_794_301_200)


def shown(table: Table) -> list[list[str]]:
    written = io.StringIO()
    Console(file=written, width=160).print(table)
    return [line.split() for line in written.getvalue().splitlines()[1:]]


@pytest.mark.feature("F086")
def test_a_piece_is_shown_where_it_lies_and_what_contradicts_it() -> None:
    there = pb.SerialStock(
        serial="S1", location_id="EAST", lot="L1", business_unit="EU01", account=pb.ACCOUNT_SELLABLE, on_hand=1
    )
    gone = pb.SerialStock(
        serial="S9", location_id="EAST", business_unit="EU01", account=pb.ACCOUNT_CUSTOMER, on_hand=-1
    )
    gone.doubt = "NEVER_THERE"
    assert shown(pieces_table(pb.GetStockResponse(serials=[there, gone]))) == [
        ["S1", "EAST", "L1", "EU01", "sellable", "1"],
        ["S9", "EAST", "EU01", "customer", "-1", "never", "there"],
    ]


@pytest.mark.feature("F086")
def test_what_was_said_of_a_piece_is_shown_in_words() -> None:
    known = {"location_id": "EAST", "document": "pick/P-1/1", "system": "WMS-EAST", "occurred_at": NINE}
    steps = ((pb.ACCOUNT_CUSTOMER, -1), (pb.ACCOUNT_STAGED, 0), (pb.ACCOUNT_SELLABLE, 1))
    words = [pb.SerialWord(account=account, change=change, **known) for account, change in steps]  # type: ignore[arg-type]
    assert [row[3:5] for row in shown(words_table(pb.GetStockResponse(words=words)))] == [
        ["left", "customer"],
        ["moved", "staged"],
        ["came", "sellable"],
    ]
