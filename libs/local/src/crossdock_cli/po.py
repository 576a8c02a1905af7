"""`crossdock po show NUMBER`: a purchase order with all that was said of it, line by line and system by system."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import ops_service_pb2_grpc as ops_grpc
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict

from crossdock_cli.asking import LONGEST_PAGE, SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json
from crossdock_cli.po_tables import headline, lines_table, revisions_table
from crossdock_cli.po_voices import voices

app = typer.Typer(help="Where purchase orders stand, and what each system says of them.", no_args_is_help=True)


async def _order(number: str, business_unit: str, tenant: str | None) -> pb.GetPurchaseOrderResponse:
    state = stack_or_exit()
    request = pb.GetPurchaseOrderRequest(ref=inbound_pb2.PurchaseOrderRef(number=number, business_unit=business_unit))
    async with channel(state, "procurement") as open_channel:
        stub = cast(Any, pb_grpc.ProcurementServiceStub)(open_channel)
        found = await stub.GetPurchaseOrder(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(pb.GetPurchaseOrderResponse, found)


async def _told(transaction_id: str, tenant: str | None) -> list[ops.Delivery]:
    """What was sent to partners in the order's transaction; the first thousand."""
    state = stack_or_exit()
    request = ops.ListDeliveriesRequest(transaction_id=transaction_id, page_size=LONGEST_PAGE)
    async with channel(state, "connector") as open_channel:
        stub = cast(Any, ops_grpc.OpsServiceStub)(open_channel)
        found = await stub.ListDeliveries(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return list(found.deliveries)


@app.callback()
def po() -> None:
    """A group, though it has one command: others follow."""


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="the ERP's number of the order")],
    business_unit: Annotated[str, typer.Option(help="needed where several gave the same number")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show an order: its revisions, what was answered, announced, received, invoiced and matched of each line, and what
    each system says of it."""
    found = answered(_order(number, business_unit, tenant))
    said = voices(found, answered(_told(found.purchase_order.purchase_order_id, tenant)))
    if json:
        print_json(MessageToDict(found) | {"says": [{"system": who, "says": what} for who, what in said]})
        return
    out.print(headline(found.purchase_order), highlight=False, soft_wrap=True)
    out.print(revisions_table(found))
    out.print(lines_table(found))
    width = max(len(who) for who, _ in said)
    for who, what in said:
        out.print(f"{who:<{width}}  {what}", highlight=False, soft_wrap=True)
