"""`crossdock stock snapshot --out FILE`: all stock as of an instant, as a file that another system loads.

The same instant gives the same bytes. The file appears when it is complete, never in part.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json as js
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import typer
from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock.inventory.v1 import report_service_pb2_grpc as pb_grpc

from crossdock_cli.asking import answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json

SECONDS = 600.0
COLUMNS = tuple(field.name for field in pb.SnapshotRow.DESCRIPTOR.fields)


class Form(Enum):
    CSV = "csv"
    JSONL = "jsonl"


def lines(rows: Sequence[pb.SnapshotRow], as_of: str, form: Form) -> Iterator[str]:
    """A line for each row; every line says of when it is, so that files can be joined."""
    for row in rows:
        said = {"as_of": as_of} | {name: getattr(row, name) for name in COLUMNS}
        yield js.dumps(said, ensure_ascii=False) + "\n" if form is Form.JSONL else _csv(said.values())


def heading(form: Form) -> str:
    return _csv(("as_of", *COLUMNS)) if form is Form.CSV else ""


def _csv(values: Any) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(values)
    return written.getvalue()


async def _pages(request: pb.ExportSnapshotRequest, tenant: str | None) -> AsyncIterator[pb.ExportSnapshotResponse]:
    state = stack_or_exit()
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, pb_grpc.ReportServiceStub)(open_channel)
        async for page in stub.ExportSnapshot(request, metadata=metadata(state, tenant), timeout=SECONDS):
            yield page


async def written(pages: AsyncIterator[pb.ExportSnapshotResponse], file: BinaryIO, form: Form) -> dict[str, str | int]:
    """Writes them as they come; what was written: as of when, how many rows, their hash. An answer without an end is
    an error, because a copy that lacks something looks like one that does not."""
    digest, rows, as_of, ended = hashlib.sha256(), 0, "", False
    for text in filter(None, [heading(form)]):
        file.write(text.encode())
        digest.update(text.encode())
    async for page in pages:
        as_of = page.as_of.ToDatetime(tzinfo=UTC).isoformat().replace("+00:00", "Z")
        ended = not page.rows
        rows += len(page.rows)
        for text in lines(page.rows, as_of, form):
            file.write(text.encode())
            digest.update(text.encode())
    if not ended:
        raise EOFError("the snapshot ended before its end")
    return {"as_of": as_of, "rows": rows, "sha256": digest.hexdigest()}


async def _write(request: pb.ExportSnapshotRequest, tenant: str | None, to: Path, form: Form) -> dict[str, str | int]:
    part = to.with_name(f".{to.name}.part")
    try:
        with part.open("wb") as file:
            said = await written(_pages(request, tenant), file, form)
            file.flush()
            os.fsync(file.fileno())
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return said


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
