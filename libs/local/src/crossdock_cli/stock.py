"""`crossdock stock`: what there is of an item, and what is decided on reports of it."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import uuid4

import typer
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict
from typer.core import TyperGroup

from crossdock_cli import stock_finance, stock_reconcile, stock_show, stock_snapshot, stock_transfer
from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json

SHOW = "show"


class OrShow(TyperGroup):
    """What names no command is an item to show."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        named = args[0] in self.commands
        return super().resolve_command(ctx, args if named else [SHOW, *args])


app = typer.Typer(
    cls=OrShow,
    help="What there is of an item (crossdock stock SKU), and decisions on what warehouses found.",
    no_args_is_help=True,
    context_settings={"ignore_unknown_options": True},
)
app.command(SHOW)(stock_show.show)
app.command("reconcile")(stock_reconcile.reconcile)
app.command("finance")(stock_finance.finance)
app.command("snapshot")(stock_snapshot.snapshot)
app.command("transfer")(stock_transfer.transfer)


async def _decide(request: pb.DecideAdjustmentRequest, tenant: str | None) -> pb.StockAdjustment:
    state = stack_or_exit()
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.StockControlServiceStub)(open_channel)
        found = await stub.DecideAdjustment(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(pb.StockAdjustment, found.adjustment)


@app.command()
def decide(
    adjustment_id: Annotated[str, typer.Argument(help="as the exception ADJUSTMENT_BEYOND_LIMIT names it")],
    approve: Annotated[bool, typer.Option("--approve/--reject", help="post it at the ERP, or take it back")],
    reason: Annotated[str, typer.Option(help="why, in words")],
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Decide on an adjustment beyond the limit."""
    request = pb.DecideAdjustmentRequest(
        request_id=str(uuid4()), adjustment_id=adjustment_id, approved=approve, reason=reason
    )
    found = answered(_decide(request, tenant))
    if json:
        print_json(MessageToDict(found))
        return
    verdict = "the ERP posts it" if approve else "taken back"
    out.print(f"{found.system} {found.number} at {found.location_id}: {verdict}", highlight=False)
