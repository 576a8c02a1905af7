"""`crossdock supplier accruals`: what was received and has not been invoiced, at the orders' prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, cast

import typer
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import out, print_json

PAGE = 1000
COLUMNS = ("ORDER", "LINE", "ITEM", "SUPPLIER", "RECEIVED", "INVOICED", "UNIT", "AMOUNT")


async def _ask(request: pb.ListAccrualsRequest, tenant: str | None) -> list[invoice_pb.Accrual]:
    state = stack_or_exit()
    found: list[invoice_pb.Accrual] = []
    async with channel(state, "procurement") as open_channel:
        stub = cast(Any, pb_grpc.ProcurementServiceStub)(open_channel)
        while True:
            page = await stub.ListAccruals(request, metadata=metadata(state, tenant), timeout=SECONDS)
            found += page.accruals
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


def totals(found: Iterable[invoice_pb.Accrual]) -> dict[str, Decimal]:
    """By currency; empty stands for lines of which nobody can say the amount, and counts them."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in found:
        sums[each.amount.currency] += Decimal(each.amount.amount) if each.HasField("amount") else 1
    return dict(sorted(sums.items()))


def accruals_table(found: Iterable[invoice_pb.Accrual]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in COLUMNS:
        table.add_column(heading, justify="right" if heading in {"RECEIVED", "INVOICED", "AMOUNT"} else "left")
    for each in found:
        amount = f"{each.amount.amount} {each.amount.currency}" if each.HasField("amount") else "no price"
        counts = (each.received_quantity, each.invoiced_quantity, each.base_unit)
        table.add_row(each.number, each.line_number, each.sku, each.supplier_id, *counts, amount)
    return table


def summary(sums: dict[str, Decimal]) -> str:
    amounts = [f"{amount.normalize():f} {currency}" for currency, amount in sums.items() if currency]
    unknown = [f"{sums['']} lines without a price"] if "" in sums else []
    return ", ".join([*amounts, *unknown]) or "nothing is accrued"


def accruals(
    supplier_id: Annotated[str, typer.Argument(help="party of the supplier; all if not given")] = "",
    business_unit: Annotated[str, typer.Option(help="all if not given")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """List what was received and has not been invoiced, line by line, and what it comes to in each currency."""
    request = pb.ListAccrualsRequest(supplier_id=supplier_id, business_unit=business_unit, page_size=PAGE)
    found = answered(_ask(request, tenant))
    if json:
        print_json({"accruals": [MessageToDict(each) for each in found]})
        return
    if found:
        out.print(accruals_table(found))
    out.print(summary(totals(found)), highlight=False)
