"""`crossdock deliveries`: calls to the outside of all services, and the way to take one back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

import typer
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import repair_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import LONGEST_PAGE, SECONDS, answered, asker
from crossdock_cli.connection import stack_or_exit
from crossdock_cli.console import NOT_FOUND, fail, out, print_json

app = typer.Typer(help="List deliveries, or take one back.", rich_markup_mode=None)
Tenant = Annotated[str | None, typer.Option(help="company, where the stack serves several")]
Listed = dict[str, list[ops.Delivery]]


def deliveries_table(listed: Listed) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("ID", "SERVICE", "PARTNER", "KIND", "ABOUT", "STATE", "TRIES", "LAST ERROR"):
        table.add_column(heading, overflow="fold")
    for service, rows in listed.items():
        for row in rows:
            table.add_row(
                row.delivery_id,
                service,
                row.partner,
                row.kind,
                row.ordering_key,
                row.state,
                str(row.attempts),
                row.last_error,
            )
    return table


async def _list(partner: str, every: bool, tenant: str | None) -> Listed:
    found: Listed = {}
    async with asker(stack_or_exit(), tenant) as ask:
        for name, each in ask.stubs.items():
            stub: Any = each
            request = ops.ListDeliveriesRequest(partner=partner, unfinished=not every, page_size=LONGEST_PAGE)
            rows = found.setdefault(name, [])
            while True:
                answer = await stub.ListDeliveries(request, metadata=ask.credentials, timeout=SECONDS)
                rows += answer.deliveries
                request.page_token = answer.next_page_token
                if not request.page_token:
                    break
    return {name: rows for name, rows in found.items() if rows}


@app.callback(invoke_without_command=True)
def deliveries(
    context: typer.Context,
    partner: Annotated[str, typer.Option(help="only those to this partner")] = "",
    every: Annotated[bool, typer.Option("--all", help="the finished ones too")] = False,
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Tenant = None,
) -> None:
    """List what is not delivered yet, of all services."""
    if context.invoked_subcommand is not None:
        return
    listed = answered(_list(partner, every, tenant))
    if json:
        print_json({name: [MessageToDict(row) for row in rows] for name, rows in listed.items()})
    elif listed:
        out.print(deliveries_table(listed))
    else:
        out.print("no deliveries")


async def _cancel(delivery_id: str, reason: str, tenant: str | None) -> None:
    listed = await _list("", False, tenant)
    service = next((name for name, rows in listed.items() for row in rows if row.delivery_id == delivery_id), None)
    if service is None:
        fail(f"no unfinished delivery {delivery_id}", NOT_FOUND)
    async with asker(stack_or_exit(), tenant) as ask:
        stub: Any = ask.repairs[service]
        request = pb.CancelDeliveryRequest(request_id=str(uuid4()), delivery_id=delivery_id, reason=reason)
        await stub.CancelDelivery(request, metadata=ask.credentials, timeout=SECONDS)


@app.command()
def cancel(
    delivery_id: str, reason: Annotated[str, typer.Option(help="why; kept with it")], tenant: Tenant = None
) -> None:
    """Take back a delivery that is not under way; what waited behind it goes on."""
    answered(_cancel(delivery_id, reason, tenant))
    out.print(f"cancelled {delivery_id}", highlight=False)
