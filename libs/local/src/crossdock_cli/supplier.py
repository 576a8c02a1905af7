"""`crossdock supplier score ID`: how a supplier kept its word, counted from what was recorded.

`crossdock supplier accruals` is in supplier_accruals.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, cast

import typer
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock.procurement.v1 import supplier_score_pb2 as score_pb
from crossdock_kit.dates_wire import date_message
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli import supplier_accruals
from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import FAILED, NOT_FOUND, fail, out, print_json

app = typer.Typer(help="What is recorded of suppliers.", no_args_is_help=True)
app.command("accruals")(supplier_accruals.accruals)
USUAL_SPAN = timedelta(days=90)
# In the order of an order's life; the contract says of each which day counts.
MEASURES = {
    "answered": "revisions answered",
    "as_promised": "in full by the day promised",
    "as_requested": "in full by the day asked for",
    "filled": "lines filled",
    "announced": "receipts announced",
    "announced_exactly": "announced exactly as it came",
    "undamaged": "received undamaged",
    "invoices_matched": "invoice lines matched",
}


async def _ask(request: pb.GetSupplierScoreRequest, tenant: str | None) -> score_pb.SupplierScore:
    state = stack_or_exit()
    async with channel(state, "procurement") as open_channel:
        stub = cast(Any, pb_grpc.ProcurementServiceStub)(open_channel)
        found = await stub.GetSupplierScore(request, metadata=metadata(state, tenant), timeout=SECONDS)
    return cast(score_pb.SupplierScore, found.supplier_score)


def score_table(found: score_pb.SupplierScore) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("MEASURE", "GOOD", "OF", "PERCENT"):
        table.add_column(heading, justify="left" if heading == "MEASURE" else "right", no_wrap=True)
    for name, words in MEASURES.items():
        share: score_pb.Share = getattr(found, name)
        table.add_row(words, str(share.good), str(share.total), share.percent or "-")
    return table


def counted(found: score_pb.SupplierScore) -> int:
    return sum(getattr(found, name).total for name in MEASURES)


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        fail(f"{text!r} is no day like 2026-03-02", FAILED)


@app.command()
def score(
    supplier_id: Annotated[str, typer.Argument(help="party of the supplier")],
    first: Annotated[str, typer.Option("--from", help="first day that counts; 90 days before the last")] = "",
    last: Annotated[str, typer.Option("--to", help="last day that counts; today")] = "",
    business_unit: Annotated[str, typer.Option(help="all if not given")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Count how a supplier answered, delivered, announced and invoiced; each fact on its own day (UTC)."""
    to_day = _day(last, datetime.now(UTC).date())
    from_day = _day(first, to_day - USUAL_SPAN)
    request = pb.GetSupplierScoreRequest(
        supplier_id=supplier_id,
        business_unit=business_unit,
        from_date=date_message(from_day),
        to_date=date_message(to_day),
    )
    found = answered(_ask(request, tenant))
    if json:
        print_json(MessageToDict(found))
        return
    if not counted(found):
        fail(f"nothing is recorded of {supplier_id!r} from {from_day} to {to_day}", NOT_FOUND)
    out.print(f"{supplier_id} from {from_day} to {to_day}", highlight=False)
    out.print(score_table(found))
    if found.median_answer_hours:
        out.print(f"half of its answers came within {found.median_answer_hours} hours", highlight=False)
