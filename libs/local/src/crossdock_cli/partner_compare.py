"""`crossdock partner compare PARTNER FOLDER`: what a partner in shadow would have been sent, against what the interface
that is still in charge has sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import ops_service_pb2_grpc as ops_grpc
from rich.table import Table

from crossdock_cli.asking import LONGEST_PAGE, SECONDS, answered
from crossdock_cli.comparing import Compared, Said, Unreadable, Verdict, compare, read
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import FAILED, fail, out, print_json

SUPPRESSED = "suppressed"
MOST_SHOWN = 20
"""Differences of one document; JSON has them all."""


async def _kept(partner: str, kind: str, tenant: str | None) -> list[tuple[str, bytes]]:
    state = stack_or_exit()
    credentials = metadata(state, tenant)
    async with channel(state, "connector") as open_channel:
        listing = cast(Any, ops_grpc.OpsServiceStub)(open_channel)
        reading = cast(Any, pb_grpc.ConnectorServiceStub)(open_channel)
        kept = [each.delivery_id async for each in unsent(listing, partner, credentials) if kind in {"", each.kind}]
        return await contents(reading, kept, credentials)


async def unsent(listing: Any, partner: str, credentials: Any = None) -> AsyncIterator[ops.Delivery]:
    """What was kept and not sent."""
    request = ops.ListDeliveriesRequest(partner=partner, page_size=LONGEST_PAGE)
    while True:
        page = await listing.ListDeliveries(request, metadata=credentials, timeout=SECONDS)
        for each in page.deliveries:
            if each.state == SUPPRESSED:
                yield each
        request.page_token = page.next_page_token
        if not request.page_token:
            return


async def contents(reading: Any, document_ids: Iterable[str], credentials: Any = None) -> list[tuple[str, bytes]]:
    """Ids and bytes, oldest first: a delivery has its document's id, and ids are made in the order of time."""
    found = []
    for each in sorted(document_ids):
        asked = pb.GetDocumentContentRequest(document_id=each)
        answer = await reading.GetDocumentContent(asked, metadata=credentials, timeout=SECONDS)
        found.append((each, answer.content))
    return found


def table_of(found: list[Compared]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("DOCUMENT", "VERDICT", "WHERE", "CROSSDOCK", "THE OTHER"):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(" ".join(each.identity), each.verdict.value, "", each.ours, each.theirs)
        for difference in each.differences[:MOST_SHOWN]:
            table.add_row("", "", difference.path, difference.ours or "-", difference.theirs or "-")
        if len(each.differences) > MOST_SHOWN:
            table.add_row("", "", f"and {len(each.differences) - MOST_SHOWN} more", "", "")
    return table


def messages_of(files: list[tuple[str, bytes]]) -> list[Said]:
    try:
        return [message for name, content in files for message in read(name, content)]
    except Unreadable as error:
        fail(str(error), FAILED)


def compare_partner(  # noqa: PLR0913, PLR0917  one parameter for each option
    partner: Annotated[str, typer.Argument(help="id of the partner, whose stage is shadow")],
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="what the other interface sent")],
    by: Annotated[list[str], typer.Option(help="path of what names a document, like BEG.03 or order.number")],
    ignore: Annotated[list[str] | None, typer.Option(help="path that is not compared, with all below it")] = None,
    kind: Annotated[str, typer.Option(help="only documents of this kind, like x12.850")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Compare what a partner in shadow would have been sent with files (X12, EDIFACT, JSON) of the interface that is
    still in charge: which documents only one side has, and where the others differ. Ends with 1 if anything differs."""
    theirs = [(each.name, each.read_bytes()) for each in sorted(folder.iterdir()) if each.is_file()]
    ours = answered(_kept(partner, kind, tenant))
    found = compare(messages_of(ours), messages_of(theirs), by, ignore or [])
    different = [each for each in found if each.verdict is not Verdict.SAME]
    if json:
        print_json([asdict(each) | {"verdict": each.verdict.name.lower()} for each in found])
    else:
        out.print(table_of(different))
        out.print(f"{len(found)} documents compared, {len(found) - len(different)} the same", highlight=False)
    if different:
        raise typer.Exit(FAILED)
