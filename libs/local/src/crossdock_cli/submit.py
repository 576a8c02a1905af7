"""`crossdock submit FILE...`: hands documents in on behalf of a partner and waits for what becomes of them."""

from __future__ import annotations

import asyncio
import mimetypes
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import uuid4

import typer
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import FAILED, out, print_json

ON_THE_WAY = frozenset({pb.DOCUMENT_STATE_RECEIVED, pb.DOCUMENT_STATE_TRANSLATED})
GOOD_ENDS = frozenset({pb.DOCUMENT_STATE_UNDERSTOOD, pb.DOCUMENT_STATE_DUPLICATE})
PAUSE_SECONDS = 0.1


def end_of(document: pb.Document) -> str:
    """A document that was known is a repetition: it did nothing."""
    if document.state == pb.DOCUMENT_STATE_DUPLICATE:
        return "repetition"
    return pb.DocumentState.Name(document.state).removeprefix("DOCUMENT_STATE_").lower()


def why(document: pb.Document) -> str:
    if document.state == pb.DOCUMENT_STATE_DUPLICATE and document.related_document_id:
        return f"of {document.related_document_id}"
    return document.reason or "; ".join(dict.fromkeys(each.reason for each in document.messages if each.reason))


def documents_table(rows: Sequence[tuple[str, pb.Document]]) -> Table:
    """A row per file: what was in it and how it ended."""
    table = Table(box=None, pad_edge=False)
    for heading in ("FILE", "DOCUMENT", "KIND", "MESSAGES", "LINES", "END", "WHY"):
        table.add_column(heading, overflow="fold")
    for name, document in rows:
        kinds = ", ".join(dict.fromkeys(message.kind for message in document.messages))
        messages, lines = str(len(document.messages)), str(sum(message.lines for message in document.messages))
        table.add_row(name, document.document_id, kinds, messages, lines, end_of(document), why(document))
    return table


async def hand_in(stub: Any, credentials: Any, partner: str, file: Path, path: str) -> pb.Document:
    """Stores one file's bytes as a document of the partner."""
    content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    request = pb.SubmitDocumentRequest(
        request_id=str(uuid4()),
        partner=partner,
        name=file.name,
        content_type=content_type,
        path=path,
        content=await asyncio.to_thread(file.read_bytes),
    )
    answer = await stub.SubmitDocument(request, metadata=credentials, timeout=SECONDS)
    return cast(pb.Document, answer.document)


async def settled(stub: Any, credentials: Any, document: pb.Document, until: float) -> pb.Document:
    """The document once it has an end, or as it stands when the time is up."""
    while document.state in ON_THE_WAY and time.monotonic() < until:
        await asyncio.sleep(PAUSE_SECONDS)
        request = pb.GetDocumentRequest(document_id=document.document_id)
        document = (await stub.GetDocument(request, metadata=credentials, timeout=SECONDS)).document
    return document


async def _submit(
    files: Sequence[Path], partner: str, path: str, seconds: float, tenant: str | None
) -> list[tuple[str, pb.Document]]:
    state = stack_or_exit()
    credentials = metadata(state, tenant)
    async with channel(state, "connector") as open_channel:
        stub = cast(Any, pb_grpc.ConnectorServiceStub)(open_channel)
        handed_in = [(file.name, await hand_in(stub, credentials, partner, file, path)) for file in files]
        until = time.monotonic() + seconds
        return [(name, await settled(stub, credentials, document, until)) for name, document in handed_in]


def submit(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    partner: Annotated[str, typer.Option(help="id of the partner whose documents these are")],
    path: Annotated[str, typer.Option(help="route of a JSON document, for example order-responses")] = "",
    wait: Annotated[float, typer.Option(help="seconds to wait for the end of each")] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Hand in a partner's documents. Exit code 0 if all were understood, 1 if one was not."""
    rows = answered(_submit(files, partner, path, wait, tenant))
    if json:
        print_json([{"file": name} | MessageToDict(document) for name, document in rows])
    else:
        out.print(documents_table(rows))
    if any(document.state not in GOOD_ENDS for _, document in rows):
        raise typer.Exit(FAILED)
