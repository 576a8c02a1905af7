"""`crossdock stock transfer NUMBER`: what was sent from one of our places to another, and what has come."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json

COLUMNS = ("SKU", "SENT", "RECEIVED", "MISSING", "")


async def _asked(number: str, business_unit: str, tenant: str | None) -> pb.StockTransfer:
    state = stack_or_exit()
    request = pb.GetTransferRequest(number=number, business_unit=business_unit)
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.StockControlServiceStub)(open_channel)
        found = await stub.GetTransfer(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(pb.StockTransfer, found.transfer)


def transfer_table(found: pb.StockTransfer) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in COLUMNS:
        table.add_column(heading, justify="right" if heading in COLUMNS[1:4] else "left", no_wrap=True)
    for row in found.lines:
        table.add_row(row.sku, row.sent.value, row.received.value, row.missing.value, row.sent.unit)
    return table


def headline(found: pb.StockTransfer) -> str:
    state = pb.TransferState.Name(found.state).removeprefix("TRANSFER_STATE_").lower().replace("_", " ")
    way = f"{found.from_location_id or '?'} to {found.to_location_id}"
    day = found.expected_on
    due = f", expected on {day.year:04}-{day.month:02}-{day.day:02}" if found.HasField("expected_on") else ""
    return f"{found.number} ({found.business_unit}): {way}, {state}{due}"


def transfer(
    number: Annotated[str, typer.Argument(help="number of the transfer")],
    business_unit: Annotated[str, typer.Option(help="whose stock")],
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show a transfer between two places: sent, received, missing."""
    found = answered(_asked(number, business_unit, tenant))
    if json:
        print_json(MessageToDict(found))
        return
    out.print(headline(found), highlight=False)
    out.print(transfer_table(found))
