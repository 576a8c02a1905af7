"""`crossdock order`: places sales orders, shows where each line stands and what each system says of it, cancels."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast
from uuid import uuid4

import typer
import yaml
from crossdock.common.v1 import values_pb2
from crossdock.connector.v1 import connector_service_pb2_grpc as connector_grpc
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.delivery.v1 import delivery_service_pb2_grpc as delivery_grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc
from crossdock.fulfillment.v1 import posting_service_pb2 as posting
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import inventory_service_pb2_grpc as inventory_grpc
from crossdock.ops.v1 import ops_service_pb2_grpc as ops_grpc
from google.protobuf.json_format import MessageToDict
from google.type.date_pb2 import Date

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import FAILED, fail, out, print_json
from crossdock_cli.order_calls import OrderDesk, WholeOrder
from crossdock_cli.order_documents import NoOrder, OrderDocument, changes, day_of, document, order_of, pair_of
from crossdock_cli.order_tables import headline, holdings, lines_table
from crossdock_cli.order_told import ToldDesk
from crossdock_cli.order_voices import Heard, voices

T = TypeVar("T")
app = typer.Typer(
    help="Place sales orders, see where each stands, let them through, cancel them.", rich_markup_mode=None
)
Channel = Annotated[str, typer.Option(help="sales channel; needed where several gave the same number")]
Json = Annotated[bool, typer.Option("--json", help="for programs")]
Tenant = Annotated[str | None, typer.Option(help="company, where the stack serves several")]
System = Annotated[str, typer.Option(help="system that speaks for the channel")]
INSIDE_SALES = "inside-sales"
LONGEST_HISTORY = 1000


@asynccontextmanager
async def _desk(system: str, tenant: str | None) -> AsyncIterator[OrderDesk]:
    state = stack_or_exit()
    async with channel(state, "fulfillment") as open_channel:
        yield OrderDesk(cast(Any, pb_grpc.FulfillmentServiceStub)(open_channel), metadata(state, tenant), system)


async def _at_desk(system: str, tenant: str | None, work: Callable[[OrderDesk], Awaitable[T]]) -> T:
    async with _desk(system, tenant) as desk:
        return await work(desk)


async def _movements(skus: Sequence[str], tenant: str | None) -> list[inventory.Movement]:
    """What inventory booked of these items last."""
    state = stack_or_exit()
    credentials = metadata(state, tenant)
    found: list[inventory.Movement] = []
    async with channel(state, "inventory") as open_channel:
        stub = cast(Any, inventory_grpc.InventoryServiceStub)(open_channel)
        for sku in skus:
            request = inventory.ListMovementsRequest(sku=sku, page_size=LONGEST_HISTORY)
            more = True
            while more:
                page = await stub.ListMovements(request, metadata=credentials, timeout=SECONDS)
                found.extend(page.movements)
                request.page_token, more = page.next_page_token, bool(page.next_page_token)
    return found


async def _heard(found: WholeOrder, tenant: str | None) -> Heard:
    """What the ERP has posted of it and where its shipments are, a thousand of each, and what its channel was told."""
    state = stack_or_exit()
    credentials = metadata(state, tenant)
    async with (
        channel(state, "fulfillment") as ours,
        channel(state, "delivery") as road,
        channel(state, "connector") as partners,
    ):
        books = cast(Any, posting_grpc.PostingServiceStub)(ours)
        shipments = cast(Any, delivery_grpc.DeliveryServiceStub)(road)
        asked = posting.ListPostingsRequest(order_id=found.order.order_id, page_size=LONGEST_HISTORY)
        posted = await books.ListPostings(asked, metadata=credentials, timeout=SECONDS)
        on_road = delivery.ListShipmentsRequest(order_number=found.order.number, page_size=LONGEST_HISTORY)
        carried = await shipments.ListShipments(on_road, metadata=credentials, timeout=SECONDS)
        listing = cast(Any, ops_grpc.OpsServiceStub)(partners)
        reading = cast(Any, connector_grpc.ConnectorServiceStub)(partners)
        told = await ToldDesk(listing, reading, credentials).told(found.order.order_id)
    own = [each for each in carried.shipments if any(of.order_id == found.order.order_id for of in each.orders)]
    return Heard(list(posted.postings), own, told)


def _read(file: Path) -> OrderDocument:
    try:
        return order_of(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        fail(f"{file.name}: not YAML and not JSON: {str(error).splitlines()[0]}", FAILED)
    except NoOrder as error:
        fail(f"{file.name}: {error}", FAILED)


def _typed(terms: pb.OrderTerms, skus: Sequence[str], quantities: Sequence[str], unit: str) -> OrderDocument:
    if len(skus) != len(quantities):
        fail(f"{len(skus)} --sku and {len(quantities)} --quantity: each line needs one of both", FAILED)
    lines = [
        pb.OrderedLine(sku=sku, ordered=values_pb2.Quantity(value=amount, unit=unit))
        for sku, amount in zip(skus, quantities, strict=True)
    ]
    try:
        return document(terms, lines)
    except NoOrder as error:
        fail(str(error), FAILED)


def _day(text: str) -> Date | None:
    try:
        return Date(**day_of(text)) if text else None
    except NoOrder as error:
        fail(str(error), FAILED)


@app.command()
def place(  # noqa: PLR0913  one parameter for each option
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, readable=True)] = None,
    *,
    sku: Annotated[list[str] | None, typer.Option(help="item of a line; once for each line")] = None,
    quantity: Annotated[list[str] | None, typer.Option(help="how much of it; once for each line")] = None,
    unit: Annotated[str, typer.Option(help="unit of all quantities")] = "EA",
    customer: Annotated[str, typer.Option(help="party that orders")] = "",
    number: Annotated[str, typer.Option(help="the channel's number of the order; a new one if not given")] = "",
    of_channel: Annotated[str, typer.Option("--channel", help="sales channel")] = INSIDE_SALES,
    business_unit: Annotated[str, typer.Option(help="business unit that sells")] = "EU01",
    currency: Annotated[str, typer.Option(help="currency of the order")] = "EUR",
    requested_on: Annotated[str, typer.Option(help="day on which it is wanted, 2026-03-02")] = "",
    same_day: Annotated[bool, typer.Option("--same-day", help="it has to leave today")] = False,
    wait: Annotated[float, typer.Option(help="seconds to wait until its stock is found or missed")] = 10.0,
    system: System = INSIDE_SALES,
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Place an order from a file (YAML or JSON: `order` and `lines` as in PlaceOrderRequest) or from options. The same
    order again is the same order."""
    if (file is None) == (not sku):
        fail("an order is a file or at least one --sku, not both", FAILED)
    if file is not None:
        wanted = _read(file)
    else:
        terms = pb.OrderTerms(
            business_unit=business_unit,
            channel=of_channel,
            number=number or f"IS-{uuid4().hex[:10].upper()}",
            customer_id=customer,
            currency=currency,
            ordered_on=Date(**day_of(datetime.now(UTC).date().isoformat())),
            requested_on=_day(requested_on),
            same_day=same_day,
        )
        wanted = _typed(terms, sku or [], quantity or [], unit)

    async def work(desk: OrderDesk) -> tuple[WholeOrder, bool]:
        found, repeated = await desk.place(wanted)
        return await desk.decided(found, time.monotonic() + wait), repeated

    found, repeated = answered(_at_desk(system, tenant, work))
    say(found, json=json, tenant=tenant, more={"repeated": repeated})


@app.command()
def show(
    number: str,
    of_channel: Annotated[str, typer.Option("--channel", help="sales channel")] = "",
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Show an order: where each line stands, and what channel, ERP, warehouse, carrier and Crossdock say of it."""
    found = answered(_at_desk(INSIDE_SALES, tenant, lambda desk: desk.find(number, of_channel)))
    said = voices(found, answered(_heard(found, tenant)))
    say(found, json=json, tenant=tenant, more={"says": [{"system": who, "says": what} for who, what in said]})
    if not json:
        width = max(len(who) for who, _ in said)
        for who, what in said:
            out.print(f"{who:<{width}}  {what}", highlight=False, soft_wrap=True)


@app.command()
def change(  # noqa: PLR0913  one parameter for each option
    number: str,
    *,
    line: Annotated[
        list[str] | None, typer.Option(help="line and how much of it is wanted in all, 1=5; 0 deletes")
    ] = None,
    add: Annotated[list[str] | None, typer.Option(help="item of a new line and how much of it, BOLT=5")] = None,
    unit: Annotated[str, typer.Option(help="unit of new lines")] = "EA",
    requested_on: Annotated[str, typer.Option(help="the new day on which it is wanted, 2026-03-02")] = "",
    reason: Annotated[str, typer.Option(help="why; kept with the order")] = "",
    of_channel: Annotated[str, typer.Option("--channel", help="sales channel")] = "",
    system: System = INSIDE_SALES,
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Change an order: quantities, lines that go or come, its day. All that is said is done, or nothing of it."""
    if not (line or add or requested_on):
        fail("say what changes: --line, --add or --requested-on", FAILED)
    lines, items, day = _pairs(line or []), _pairs(add or []), _day(requested_on)

    async def work(desk: OrderDesk) -> WholeOrder:
        found = await desk.find(number, of_channel)
        try:
            wanted = changes(found.lines, lines, items, unit)
        except NoOrder as error:
            fail(str(error), FAILED)
        await desk.change(
            pb.OrderRef(order_id=found.order.order_id),
            pb.ChangeOrderRequest(lines=wanted, requested_on=day, reason=reason, etag=found.order.etag),
        )
        return await desk.find(number, found.order.channel)

    say(answered(_at_desk(system, tenant, work)), json=json, tenant=tenant)


def _pairs(said: Sequence[str]) -> list[tuple[str, str]]:
    try:
        return [pair_of(each) for each in said]
    except NoOrder as error:
        fail(str(error), FAILED)


@app.command()
def cancel(  # noqa: PLR0913  one parameter for each option
    number: str,
    *,
    reason: Annotated[str, typer.Option(help="why; kept with the order")],
    of_channel: Annotated[str, typer.Option("--channel", help="sales channel")] = "",
    intercept: Annotated[bool, typer.Option(help="have carriers stop what has left and not arrived")] = False,
    system: System = INSIDE_SALES,
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Cancel an order. What a warehouse has in hands goes once it has answered; what has left is named, and comes back
    or arrives."""

    async def work(desk: OrderDesk) -> tuple[WholeOrder, list[pb.LeftLine]]:
        found = await desk.find(number, of_channel)
        done = await desk.cancel(found.order.order_id, reason, intercept=intercept)
        return await desk.find(number, found.order.channel), list(done.left)

    found, left = answered(_at_desk(system, tenant, work))
    say(found, json=json, tenant=tenant, more={"left": [MessageToDict(each) for each in left]})
    if not json:
        for each in left:
            amount = f"{each.quantity.value} {each.quantity.unit}"
            out.print(f"left already: line {each.line_number}, {amount} of {each.sku}", highlight=False)


def say(found: WholeOrder, *, json: bool, tenant: str | None, more: dict[str, Any] | None = None) -> None:
    if json:
        said = {"order": MessageToDict(found.order), "lines": [MessageToDict(each) for each in found.lines]}
        print_json(said | (more or {}))
        return
    reserved = {line.sku for line in found.lines for each in line.schedules if each.reservation_id}
    held = holdings(answered(_movements(sorted(reserved), tenant)))
    out.print(headline(found.order), highlight=False, soft_wrap=True)
    if more and more.get("repeated"):
        out.print("it was there already; nothing was changed", highlight=False)
    out.print(lines_table(found, held))
