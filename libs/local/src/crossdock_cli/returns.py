"""`crossdock return authorize|show|list`: what customers send back, and where each return stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast
from uuid import uuid4

import typer
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as orders
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as orders_grpc
from crossdock.fulfillment.v1 import return_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as pb
from crossdock.fulfillment.v1 import return_service_pb2_grpc as pb_grpc
from crossdock.options.v1 import options_pb2
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import FAILED, fail, out, print_json

T = TypeVar("T")
app = typer.Typer(help="What customers send back, and where each return stands.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]
OfTenant = Annotated[str | None, typer.Option("--tenant", help="company, where the stack serves several")]
PAGE = 1000


@dataclass(frozen=True, slots=True)
class ReturnsDesk:
    """Fulfillment's stubs, asked on behalf of `system` with these credentials."""

    stub: Any
    order_stub: Any
    credentials: Any
    system: str

    async def authorize(
        self, order: orders.OrderRef, number: str, lines: Sequence[pb.WantedBack], reason: str
    ) -> tuple[return_pb2.CustomerReturn, bool]:
        """The return as it stands, and whether it was there before."""
        found = await self._order(order)
        request = pb.AuthorizeReturnRequest(
            request_id=str(uuid4()),
            origin=values_pb2.Origin(system=self.system, role=options_pb2.ROLE_CRM, document=number),
            order_id=found,
            number=number,
            lines=lines,
            reason=reason,
        )
        answer = await self.stub.AuthorizeReturn(request, metadata=self.credentials, timeout=SECONDS)
        return answer.customer_return, answer.repeated

    async def find(self, number: str) -> return_pb2.CustomerReturn:
        request = pb.GetReturnRequest(number=number)
        answer = await self.stub.GetReturn(request, metadata=self.credentials, timeout=SECONDS)
        return cast(return_pb2.CustomerReturn, answer.customer_return)

    async def listed(self, *, awaiting_credit: bool) -> list[return_pb2.CustomerReturn]:
        found: list[return_pb2.CustomerReturn] = []
        request, more = pb.ListReturnsRequest(awaiting_credit=awaiting_credit, page_size=PAGE), True
        while more:
            page = await self.stub.ListReturns(request, metadata=self.credentials, timeout=SECONDS)
            found.extend(page.returns)
            request.page_token, more = page.next_page_token, bool(page.next_page_token)
        return found

    async def _order(self, ref: orders.OrderRef) -> str:
        request = orders.GetOrderRequest(ref=ref)
        answer = await self.order_stub.GetOrder(request, metadata=self.credentials, timeout=SECONDS)
        return str(answer.order.order_id)


@asynccontextmanager
async def _desk(system: str, tenant: str | None) -> AsyncIterator[ReturnsDesk]:
    state = stack_or_exit()
    async with channel(state, "fulfillment") as open_channel:
        stub: Any = pb_grpc.ReturnServiceStub(open_channel)
        order_stub: Any = orders_grpc.FulfillmentServiceStub(open_channel)
        yield ReturnsDesk(stub, order_stub, metadata(state, tenant), system)


def _at_desk(system: str, tenant: str | None, work: Callable[[ReturnsDesk], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with _desk(system, tenant) as desk:
            return await work(desk)

    return answered(ask())


def wanted(lines: Sequence[str], quantities: Sequence[str], unit: str) -> list[pb.WantedBack]:
    """Raises ValueError where not each line has its quantity."""
    amounts = (values_pb2.Quantity(value=each, unit=unit) for each in quantities)
    return [pb.WantedBack(line_number=line, quantity=amount) for line, amount in zip(lines, amounts, strict=True)]


def state_name(found: return_pb2.CustomerReturn) -> str:
    return return_pb2.ReturnState.Name(found.state).removeprefix("RETURN_STATE_").lower()


def headline(found: return_pb2.CustomerReturn) -> str:
    order = f" of order {found.order_number}" if found.order_number else ", of no order"
    credit = f", {found.credits_posted} of {found.credits_asked} credit notes posted" if found.credits_asked else ""
    return f"return {found.number}{order}: {state_name(found)}{credit}"


def lines_table(found: return_pb2.CustomerReturn) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("LINE", "SKU", "AUTHORIZED", "RECEIVED", "INSPECTED", "UNIT"):
        table.add_column(heading, no_wrap=True)
    for each in found.lines:
        sums = (each.authorized.value, each.received.value, each.inspected.value)
        table.add_row(each.line_number, each.sku, *sums, each.authorized.unit)
    return table


@app.command()
def authorize(  # noqa: PLR0913  one parameter for each option
    order: Annotated[str, typer.Argument(help="number of the order")],
    number: Annotated[str, typer.Option(help="number of the return, unique within the order")],
    line: Annotated[list[str], typer.Option(help="number of the order's line; once for each line")],
    quantity: Annotated[list[str], typer.Option(help="how much of it; once for each line")],
    *,
    unit: Annotated[str, typer.Option(help="unit of all quantities")] = "EA",
    reason: Annotated[str, typer.Option(help="why it comes back; stands in the credit note")] = "",
    of_channel: Annotated[str, typer.Option("--channel", help="sales channel of the order")] = "",
    system: Annotated[str, typer.Option(help="system that speaks for the customer")] = "customer-service",
    json: AsJson = False,
    tenant: OfTenant = None,
) -> None:
    """Authorise that some of what was delivered comes back. The same number again is the same return."""
    try:
        lines = wanted(line, quantity, unit)
    except ValueError:
        fail(f"{len(line)} --line and {len(quantity)} --quantity: each line needs one of both", FAILED)
    ref = orders.OrderRef(channel=of_channel, number=order)
    found, repeated = _at_desk(system, tenant, lambda desk: desk.authorize(ref, number, lines, reason))
    _say(found, json=json)
    if repeated and not json:
        out.print("it was there already; nothing was changed", highlight=False)


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="number of the return")], json: AsJson = False, tenant: OfTenant = None
) -> None:
    """Show what was authorised, came back and was inspected of a return."""
    _say(_at_desk("", tenant, lambda desk: desk.find(number)), json=json)


@app.command("list")
def list_returns(
    *,
    awaiting_credit: Annotated[bool, typer.Option("--awaiting-credit", help="only those that the ERP owes")] = False,
    json: AsJson = False,
    tenant: OfTenant = None,
) -> None:
    """List returns, the oldest first."""
    found = _at_desk("", tenant, lambda desk: desk.listed(awaiting_credit=awaiting_credit))
    if json:
        print_json([MessageToDict(each) for each in found])
        return
    for each in found:
        out.print(headline(each), highlight=False, soft_wrap=True)


def _say(found: return_pb2.CustomerReturn, *, json: bool) -> None:
    if json:
        print_json(MessageToDict(found))
        return
    out.print(headline(found), highlight=False, soft_wrap=True)
    out.print(lines_table(found))
