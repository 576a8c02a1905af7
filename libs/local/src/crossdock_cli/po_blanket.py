"""`crossdock po blanket NUMBER` and `crossdock po release`: what was agreed over a time, and calling off from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast
from uuid import uuid4

import typer
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import blanket_order_pb2 as blanket_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_kit.dates_wire import date_message, timestamp
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json
from crossdock_cli.po_tables import day, name_of, order_state

Number = Annotated[str, typer.Argument(help="the ERP's number of the blanket order")]
Json = Annotated[bool, typer.Option("--json", help="for programs")]
Tenant = Annotated[str | None, typer.Option(help="company, where the stack serves several")]


async def _ask(method: str, request: Any, tenant: str | None) -> Any:
    state = stack_or_exit()
    async with channel(state, "procurement") as open_channel:
        stub = cast(Any, pb_grpc.ProcurementServiceStub)(open_channel)
        return await getattr(stub, method)(request, metadata=metadata(state, tenant), timeout=SECONDS)


def headline(found: blanket_pb2.BlanketOrder) -> str:
    holds = "cancelled" if found.cancelled else f"from {day(found.valid_from)} to {day(found.valid_to)}"
    return f"{found.number} of {found.business_unit} with {found.supplier_id}: {holds}, revision {found.revision}"


def lines_table(found: blanket_pb2.BlanketOrder) -> Table:
    table = _table("LINE", "SKU", "AGREED", "PRICE", "CALLED OFF", "LEFT")
    for line in found.lines:
        price = f"{line.price.money.amount} {line.price.money.currency}" if line.HasField("price") else ""
        table.add_row(
            line.line_number,
            line.sku,
            f"{line.agreed.value} {line.agreed.unit}",
            price,
            f"{line.released_quantity} {line.base_unit}",
            f"{line.open_quantity} {line.base_unit}",
        )
    return table


def releases_table(releases: list[blanket_pb2.BlanketRelease]) -> Table:
    table = _table("RELEASE", "ORDER", "OF", "STATE", "CALLS OFF")
    for each in releases:
        state = name_of(purchase_order_pb2.PurchaseOrderState.Name(each.state), "PURCHASE_ORDER_STATE_")
        called = ", ".join(f"{one.quantity} of {one.sku}" for one in each.called_off)
        table.add_row(each.release_number, each.number, day(each.ordered_on), state, called)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    return table


def blanket(
    number: Number,
    business_unit: Annotated[str, typer.Option(help="needed where several gave the same number")] = "",
    system: Annotated[str, typer.Option(help="its ERP, where several gave the same number")] = "",
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Show a blanket order: what was agreed of each item, what is left, and the orders that call off from it."""
    request = pb.GetBlanketOrderRequest(number=number, business_unit=business_unit, system=system)
    found = answered(_ask("GetBlanketOrder", request, tenant))
    if json:
        print_json(MessageToDict(found))
        return
    out.print(headline(found.blanket_order), highlight=False, soft_wrap=True)
    out.print(lines_table(found.blanket_order))
    out.print(releases_table(list(found.releases)))


def released_line(text: str) -> pb.ReleasedLine:
    """Raises typer.BadParameter for what is not like BOLT=100:EA."""
    sku, _, amount = text.rpartition("=")
    value, _, unit = amount.partition(":")
    if not (sku and value and unit):
        raise typer.BadParameter(f"{text!r} is not like BOLT=100:EA")
    return pb.ReleasedLine(sku=sku, quantity=values_pb2.Quantity(value=value, unit=unit))


def release(  # noqa: PLR0913, PLR0917  one parameter for each option
    number: Number,
    release_number: Annotated[str, typer.Argument(help="unique within the blanket order")],
    item: Annotated[list[str], typer.Option(help="what to call off, like BOLT=100:EA; may be given several times")],
    business_unit: Annotated[str, typer.Option(help="whose agreement it is")],
    ship_to: Annotated[str, typer.Option(help="location that receives the goods")],
    system: Annotated[str, typer.Option(help="its ERP, where several gave the same number")] = "",
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Call off from a blanket order: a purchase order to its supplier at the agreed prices. The same again changes
    nothing."""
    now = datetime.now(UTC)
    origin = values_pb2.Origin(system="CROSSDOCK", role=options_pb2.ROLE_CROSSDOCK, occurred_at=timestamp(now))
    request = pb.ReleaseBlanketOrderRequest(
        request_id=str(uuid4()),
        origin=origin,
        business_unit=business_unit,
        number=number,
        system=system,
        release_number=release_number,
        ordered_on=date_message(now.date()),
        ship_to_id=ship_to,
        lines=[released_line(each) for each in item],
    )
    done = answered(_ask("ReleaseBlanketOrder", request, tenant))
    if json:
        print_json(MessageToDict(done))
        return
    placed = name_of(pb.Placement.Name(done.placement), "PLACEMENT_")
    out.print(f"{done.purchase_order.number}: {placed}, {order_state(done.purchase_order)}", highlight=False)
