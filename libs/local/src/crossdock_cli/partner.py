"""`crossdock partner reset-cursor ID`: what is fetched from a partner is read anew."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import uuid4

import typer
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out

app = typer.Typer(help="Repair how documents come from a partner.", no_args_is_help=True)


@app.callback()
def partner() -> None:
    """A group, though it has one command: others follow."""


async def _reset(request: pb.ResetCursorRequest, tenant: str | None) -> pb.ResetCursorResponse:
    state = stack_or_exit()
    async with channel(state, "connector") as open_channel:
        stub = cast(Any, pb_grpc.ConnectorServiceStub)(open_channel)
        found = await stub.ResetCursor(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(pb.ResetCursorResponse, found)


@app.command()
def reset_cursor(
    partner: Annotated[str, typer.Argument(help="id of the partner, which must be stopped")],
    kind: Annotated[str, typer.Option(help="kind of documents; all that are polled if not given")] = "",
    to: Annotated[str, typer.Option(help="cursor to go on from; the beginning if not given")] = "",
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Begin the reading of what is polled anew; what is read again is recognised and does nothing twice."""
    request = pb.ResetCursorRequest(request_id=str(uuid4()), partner=partner, kind=kind, cursor=to)
    for each in answered(_reset(request, tenant)).reset:
        was = each.before or "the beginning"
        out.print(f"{each.kind} is read from {to or 'the beginning'}; it stood at {was}", highlight=False)
