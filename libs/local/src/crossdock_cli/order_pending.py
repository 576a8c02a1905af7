"""`crossdock order pending`: what of orders the ERP has yet to put into its books, and why it has not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, cast

import typer
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as pb
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import LONGEST_PAGE, SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json
from crossdock_cli.enum_words import value_of, word_of, words
from crossdock_cli.order import Json, Tenant

KIND, STATE = "POSTING_KIND_", "POSTING_STATE_"
KINDS = ", ".join(words(posting_pb2.PostingKind, KIND))
HEADINGS = ("ORDER", "WHAT", "OF", "STATE", "SINCE", "WHY")


async def listed(stub: Any, kind: posting_pb2.PostingKind.ValueType, credentials: Any = None) -> list[Any]:
    """All that are not posted, of one kind or (0) of every one, the oldest first."""
    found: list[posting_pb2.Posting] = []
    request, more = pb.ListPostingsRequest(kind=kind, pending=True, page_size=LONGEST_PAGE), True
    while more:
        page = await stub.ListPostings(request, metadata=credentials, timeout=SECONDS)
        found.extend(page.postings)
        request.page_token, more = page.next_page_token, bool(page.next_page_token)
    return found


def pending_table(found: Iterable[posting_pb2.Posting]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(
            each.order_number,
            word_of(posting_pb2.PostingKind, each.kind, KIND),
            each.reference,
            word_of(posting_pb2.PostingState, each.state, STATE),
            each.created_at.ToDatetime().strftime("%Y-%m-%d %H:%M"),
            why(each),
        )
    return table


def why(found: posting_pb2.Posting) -> str:
    """What the ERP said, or what it waits for."""
    if found.state == posting_pb2.POSTING_STATE_WAITING:
        return "comes behind what is not posted yet"
    return found.reason


async def _ask(kind: posting_pb2.PostingKind.ValueType, tenant: str | None) -> list[posting_pb2.Posting]:
    state = stack_or_exit()
    async with channel(state, "fulfillment") as open_channel:
        stub = cast(Any, pb_grpc.PostingServiceStub)(open_channel)
        return await listed(stub, kind, metadata(state, tenant))


def pending(
    *,
    kind: Annotated[str, typer.Option(help=f"only of this kind: {KINDS}")] = "",
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """List what the ERP has not posted, the oldest first: orders, shipments, invoices, credit notes, changes."""
    found = answered(_ask(value_of(posting_pb2.PostingKind, KIND, kind), tenant))
    if json:
        print_json([MessageToDict(each) for each in found])
    elif found:
        out.print(pending_table(found))
    else:
        out.print("the ERP has posted everything")
