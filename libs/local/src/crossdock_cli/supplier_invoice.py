"""`crossdock supplier accept INVOICE` and `reject`: somebody's word on one invoice, with a reason."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import uuid4

import typer
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from google.protobuf.json_format import MessageToDict

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json
from crossdock_cli.po_tables import invoice_state

Invoice = Annotated[str, typer.Argument(help="our id of the invoice, as its exception names it")]
Reason = Annotated[str, typer.Option(help="why; it stands in the invoice for good")]
Etag = Annotated[str, typer.Option(help="decide only if the invoice is still in this state")]
Json = Annotated[bool, typer.Option("--json", help="for programs")]
Tenant = Annotated[str | None, typer.Option(help="company, where the stack serves several")]


async def _decide(request: pb.DecideInvoiceMatchRequest, tenant: str | None) -> pb.DecideInvoiceMatchResponse:
    state = stack_or_exit()
    async with channel(state, "procurement") as open_channel:
        stub = cast(Any, pb_grpc.ProcurementServiceStub)(open_channel)
        done = await stub.DecideInvoiceMatch(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(pb.DecideInvoiceMatchResponse, done)


def _show(request: pb.DecideInvoiceMatchRequest, tenant: str | None, *, json: bool) -> None:
    found = answered(_decide(request, tenant)).supplier_invoice
    if json:
        print_json(MessageToDict(found))
        return
    out.print(f"{found.number} of {found.supplier_id}: {invoice_state(found)}", highlight=False)


def accept(  # noqa: PLR0913, PLR0917  one parameter for each option
    invoice: Invoice,
    reason: Reason,
    line: Annotated[list[str] | None, typer.Option(help="this line alone; may be given several times")] = None,
    charges: Annotated[bool, typer.Option("--charges", help="the charges, with the lines that are named")] = False,
    etag: Etag = "",
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Accept what differs in an invoice: by line, its charges, or without either all that is open."""
    request = pb.DecideInvoiceMatchRequest(
        request_id=str(uuid4()),
        invoice_id=invoice,
        decision=pb.DECISION_ACCEPT,
        line_ids=line or [],
        charges=charges,
        reason=reason,
        etag=etag,
    )
    _show(request, tenant, json=json)


def reject(invoice: Invoice, reason: Reason, etag: Etag = "", json: Json = False, tenant: Tenant = None) -> None:
    """Reject an invoice as a whole: none of it is to be paid, and nothing of it counts any more."""
    request = pb.DecideInvoiceMatchRequest(
        request_id=str(uuid4()), invoice_id=invoice, decision=pb.DECISION_REFUSE, reason=reason, etag=etag
    )
    _show(request, tenant, json=json)
