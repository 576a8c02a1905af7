"""`crossdock stock SKU`, or `crossdock stock show SKU`: every bucket of an item, by location, lot and owner."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer
from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import NOT_FOUND, fail, out, print_json


def account_name(account: pb.Account.ValueType) -> str:
    return pb.Account.Name(account).removeprefix("ACCOUNT_").lower()


async def _ask(sku: str, serial: str, tenant: str | None) -> tuple[pb.GetStockResponse, pb.GetAvailabilityResponse]:
    state = stack_or_exit()
    credentials = metadata(state, tenant)
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.InventoryServiceStub)(open_channel)
        stock = await stub.GetStock(pb.GetStockRequest(sku=sku, serial=serial), metadata=credentials, timeout=SECONDS)
        wanted = pb.GetAvailabilityRequest(skus=[sku])
        return stock, await stub.GetAvailability(wanted, metadata=credentials, timeout=SECONDS)


def show(
    sku: Annotated[str, typer.Argument(help="canonical item number")],
    serial: Annotated[str, typer.Option(help="one piece: where it is, where it was and what was said of it")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show what there is of an item, and what may be promised of it."""
    found, promised = answered(_ask(sku, serial, tenant))
    if json:
        print_json(MessageToDict(found) | MessageToDict(promised))
        return
    if serial:
        _show_piece(sku, serial, found)
        return
    if not found.balances:
        fail(f"nothing of {sku!r} was ever booked", NOT_FOUND)
    table = Table(box=None, pad_edge=False)
    for heading in ("LOCATION", "LOT", "OWNER", "BUCKET", "QUANTITY"):
        table.add_column(heading, justify="right" if heading == "QUANTITY" else "left", no_wrap=True)
    for row in found.balances:
        quantity = f"{row.quantity.value} {row.quantity.unit}"
        table.add_row(row.location_id, row.lot, row.business_unit, account_name(row.account), quantity)
    out.print(table)
    for each in promised.availability:
        out.print(f"available at {each.location_id}: {each.available.value} {each.available.unit}", highlight=False)
    if found.serials:
        out.print(pieces_table(found))
        if found.serial_count > len(found.serials):
            out.print(
                f"{found.serial_count} pieces are named, the first {len(found.serials)} are shown", highlight=False
            )


def _show_piece(sku: str, serial: str, found: pb.GetStockResponse) -> None:
    if not found.serials:
        fail(f"nobody has named a piece {serial!r} of {sku!r}", NOT_FOUND)
    out.print(pieces_table(found))
    out.print(words_table(found))


def words_table(found: pb.GetStockResponse) -> Table:
    """Newest first."""
    table = _table("AT", "LOCATION", "WHAT", "BUCKET", "DOCUMENT", "SYSTEM")
    for word in found.words:
        what = "came" if word.change > 0 else "left" if word.change < 0 else "moved"
        at = word.occurred_at.ToDatetime().isoformat(" ", "seconds")
        table.add_row(at, word.location_id, what, account_name(word.account), word.document, word.system)
    return table


def pieces_table(found: pb.GetStockResponse) -> Table:
    table = _table("SERIAL", "LOCATION", "LOT", "OWNER", "BUCKET", "ON HAND", "DOUBT")
    for each in found.serials:
        where = account_name(each.account)
        doubt = each.doubt.lower().replace("_", " ")
        table.add_row(each.serial, each.location_id, each.lot, each.business_unit, where, str(each.on_hand), doubt)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table
