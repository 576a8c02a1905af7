"""`crossdock stock reconcile LOCATION`: where a warehouse's newest statement and the ledger of its time differ."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import uuid4

import typer
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json
from crossdock_cli.stock_show import account_name

COLUMNS = ("SKU", "LOT", "BUCKET", "STATED", "LEDGER", "DIFFERENCE", "", "LIKELY CAUSE")

CAUSES = {
    pb.DIFFERENCE_CAUSE_MOVEMENT_IN_FLIGHT: "in flight",
    pb.DIFFERENCE_CAUSE_MOVEMENT_MISSING: "not reported",
    pb.DIFFERENCE_CAUSE_COUNT: "count",
}


async def _compared(location: str, business_unit: str, tenant: str | None) -> pb.StockStatement:
    state = stack_or_exit()
    request = pb.GetReconciliationRequest(location_id=location, business_unit=business_unit)
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.StockControlServiceStub)(open_channel)
        found = await stub.GetReconciliation(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(pb.StockStatement, found.statement)


async def _booked(request: pb.BookDifferencesRequest, tenant: str | None) -> pb.StockAdjustment:
    state = stack_or_exit()
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.StockControlServiceStub)(open_channel)
        found = await stub.BookDifferences(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(pb.StockAdjustment, found.adjustment)


def differences_table(found: pb.StockStatement) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in COLUMNS:
        table.add_column(heading, justify="right" if heading in COLUMNS[3:6] else "left", no_wrap=True)
    for row in found.differences:
        quantities = (each.value for each in (row.stated, row.in_ledger, row.difference))
        tolerated = "tolerated" if row.within_tolerance else row.stated.unit
        table.add_row(row.sku, row.lot, account_name(row.bucket), *quantities, tolerated, likely_cause(row))
    return table


def likely_cause(row: pb.StockDifference) -> str:
    word = CAUSES.get(row.cause, "unknown")
    return f"{word}: {row.cause_document}" if row.cause_document else word


def _print(found: pb.StockStatement) -> None:
    at = found.as_of.ToDatetime()
    head = f"{found.location_id} ({found.business_unit}): {found.system} {found.number} as of {at:%Y-%m-%d %H:%M} UTC"
    out.print(f"{head}, {found.difference_count} differences", highlight=False)
    if found.differences:
        out.print(differences_table(found))


def reconcile(
    location: Annotated[str, typer.Argument(help="place whose stock was stated")],
    business_unit: Annotated[str, typer.Option(help="whose stock")],
    book: Annotated[str, typer.Option(metavar="REASON", help="book what differs; an X12 947 code such as AA")] = "",
    sku: Annotated[list[str] | None, typer.Option(help="with --book: this item alone; may be repeated")] = None,
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Compare a warehouse's newest statement with the ledger of its time."""
    found = answered(_compared(location, business_unit, tenant))
    if json and not book:
        print_json(MessageToDict(found))
        return
    if not book:
        _print(found)
        return
    request = pb.BookDifferencesRequest(
        request_id=str(uuid4()),
        location_id=location,
        business_unit=business_unit,
        number=found.number,
        skus=sku or [],
        reason=book,
    )
    booked = answered(_booked(request, tenant))
    if json:
        print_json(MessageToDict(booked))
        return
    waits = booked.state == pb.ADJUSTMENT_STATE_AWAITING_DECISION
    verdict = f"beyond the limit: crossdock stock decide {booked.adjustment_id}" if waits else "the ERP posts it"
    out.print(f"{len(booked.movements)} movements booked; {verdict}", highlight=False)
