"""`crossdock stock finance`: where the ledger and the ERP's books differ over a period, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock.inventory.v1 import report_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json

SECONDS = 30.0
COLUMNS = ("KIND", "DOCUMENT", "SKU", "AT", "MOVED", "POSTED", "STATE", "NUMBER", "CAUSE", "WHY")
DAYS = ["%Y-%m-%d"]


def cause_of(cause: pb.FinanceCause.ValueType) -> str:
    said = pb.FinanceCause.Name(cause).removeprefix("FINANCE_CAUSE_").lower().replace("_", " ")
    return "" if said == "none" else said


async def _held(request: pb.ReconcileFinanceRequest, tenant: str | None) -> pb.ReconcileFinanceResponse:
    """All pages as one."""
    state = stack_or_exit()
    whole = pb.ReconcileFinanceResponse()
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.ReportServiceStub)(open_channel)
        more = True
        while more:
            page = await stub.ReconcileFinance(request, metadata=metadata(state, tenant), timeout=SECONDS)
            whole.records.extend(page.records)
            whole.counts.extend(page.counts)
            request.page_token, more = page.next_page_token, bool(page.next_page_token)
    return whole


def records_table(found: pb.ReconcileFinanceResponse) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in COLUMNS:
        table.add_column(heading, justify="right" if heading in {"MOVED", "POSTED"} else "left", overflow="fold")
    for row in found.records:
        said = (row.kind, row.document, row.sku, row.location_id, row.moved.value, row.posted.value)
        table.add_row(*said, row.posting_state, row.posting_number, cause_of(row.cause), row.reason)
    return table


def summary(found: pb.ReconcileFinanceResponse) -> str:
    """ "12 records: 10 agree, 2 pending" """
    counted = [f"{each.records} {cause_of(each.cause) or 'agree'}" for each in found.counts]
    return f"{sum(each.records for each in found.counts)} records{': ' if counted else ''}{', '.join(counted)}"


def finance(
    since: Annotated[datetime, typer.Option(formats=DAYS, help="first day of the period (UTC)")],
    until: Annotated[datetime, typer.Option(formats=DAYS, help="day before which it ends (UTC)")],
    business_unit: Annotated[str, typer.Option(help="of this business unit alone")] = "",
    everything: Annotated[bool, typer.Option("--all", help="what agrees, too")] = False,
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Hold what the ledger moved against what the ERP posted of it."""
    request = pb.ReconcileFinanceRequest(business_unit=business_unit, differences_only=not everything, page_size=1000)
    request.recorded_from.FromDatetime(since.replace(tzinfo=UTC))
    request.recorded_to.FromDatetime(until.replace(tzinfo=UTC))
    found = answered(_held(request, tenant))
    if json:
        print_json(MessageToDict(found))
        return
    out.print(summary(found), highlight=False)
    if found.records:
        out.print(records_table(found))
