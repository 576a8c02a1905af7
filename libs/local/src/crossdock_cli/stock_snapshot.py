"""`crossdock stock snapshot --out FILE`: all stock as of an instant, as a file that another system loads.

The same instant gives the same bytes. The file appears when it is complete, never in part.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock.inventory.v1 import report_service_pb2_grpc as pb_grpc
from crossdock_kit.row_files import Form, write_file

from crossdock_cli.asking import answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json

SECONDS = 600.0


async def _pages(
    request: pb.ExportSnapshotRequest, tenant: str | None
) -> AsyncIterator[tuple[datetime, Sequence[pb.SnapshotRow]]]:
    state = stack_or_exit()
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.ReportServiceStub)(open_channel)
        async for page in stub.ExportSnapshot(request, metadata=metadata(state, tenant), timeout=SECONDS):
            yield page.as_of.ToDatetime(tzinfo=UTC), page.rows


async def _write(request: pb.ExportSnapshotRequest, tenant: str | None, to: Path, form: Form) -> dict[str, str | int]:
    return (await write_file(_pages(request, tenant), pb.SnapshotRow.DESCRIPTOR, to, form)).plain


def snapshot(  # noqa: PLR0913  one parameter for each option
    *,
    to: Annotated[Path, typer.Option("--out", dir_okay=False, help="file to write")],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%SZ"], help="instant in UTC, 2026-03-02T00:00:00Z; a minute ago if absent"
        ),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="CSV with a heading, or a JSON object on each line")
    ] = Form.CSV,
    business_unit: Annotated[str, typer.Option(help="of this business unit alone")] = "",
    location: Annotated[str, typer.Option(help="of this place alone")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Write all stock as the ledger had it at an instant. The same instant gives the same file."""
    request = pb.ExportSnapshotRequest(business_unit=business_unit, location_id=location)
    if as_of is not None:
        request.as_of.FromDatetime(as_of.replace(tzinfo=UTC))
    said = answered(_write(request, tenant, to, form))
    if json:
        print_json(said)
        return
    out.print(f"{said['rows']} rows as of {said['as_of']} in {to}, SHA-256 {said['sha256']}", highlight=False)
