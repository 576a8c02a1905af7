"""`crossdock po inbound [LOCATION]`: what is still to come, when, and on whose word."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

import typer
from crossdock.procurement.v1 import inbound_plan_pb2 as plan_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock_kit.dates_wire import date_message
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json
from crossdock_cli.po_tables import day, name_of


async def _pages(request: pb.ListInboundRequest, tenant: str | None) -> list[plan_pb2.InboundOrder]:
    state = stack_or_exit()
    found: list[plan_pb2.InboundOrder] = []
    async with channel(state, "procurement") as open_channel:
        stub = cast(Any, pb_grpc.ProcurementServiceStub)(open_channel)
        while True:
            page = await stub.ListInbound(request, metadata=metadata(state, tenant), timeout=SECONDS)
            found += page.orders
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


def inbound_table(orders: list[plan_pb2.InboundOrder]) -> Table:
    """By day; what nobody has named a day for comes last."""
    table = Table(box=None, pad_edge=False)
    for heading in ("EXPECTED", "LOCATION", "SKU", "QUANTITY", "BASIS", "ORDER", "LINE", "SUPPLIER", "ASN"):
        table.add_column(heading)
    rows = [(day(each.expected_on), order, each) for order in orders for each in order.quantities]
    for on, order, each in sorted(rows, key=lambda row: (row[0] or "9999", row[2].location_id, row[2].sku)):
        basis = name_of(plan_pb2.InboundBasis.Name(each.basis), "INBOUND_BASIS_")
        amount = f"{each.quantity.value} {each.quantity.unit}"
        named = order.number, each.line_number, order.supplier_id, each.ship_notice_number
        table.add_row(on or "-", each.location_id, each.sku, amount, basis, *named)
    return table


def inbound(
    location: Annotated[str, typer.Argument(help="only what comes there")] = "",
    sku: Annotated[str, typer.Option(help="only this item")] = "",
    to: Annotated[str, typer.Option(help="only by that day, like 2026-03-31, or without a day")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show what is still to come: requested, promised, announced or with an appointment, each quantity once."""
    try:
        until = date.fromisoformat(to) if to else None
    except ValueError:
        raise typer.BadParameter(f"{to!r} is no day like 2026-03-31") from None
    request = pb.ListInboundRequest(location_id=location, sku=sku, to_date=date_message(until))
    found = answered(_pages(request, tenant))
    if json:
        print_json([MessageToDict(each) for each in found])
        return
    out.print(inbound_table(found))
