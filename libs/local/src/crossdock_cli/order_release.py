"""`crossdock order release NUMBER`: lets an order through that a check holds, by a person's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast
from uuid import uuid4

import typer
from crossdock.fulfillment.v1 import check_service_pb2 as pb
from crossdock.fulfillment.v1 import check_service_pb2_grpc as pb_grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as orders_grpc
from crossdock.fulfillment.v1 import sales_order_pb2 as order_pb2

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import FAILED, fail
from crossdock_cli.enum_words import value_of, word_of, words
from crossdock_cli.order import INSIDE_SALES, Json, Tenant, say
from crossdock_cli.order_calls import OrderDesk, WholeOrder

CHECK = "CHECK_KIND_"
CHECKS = ", ".join(words(order_pb2.CheckKind, CHECK))


@dataclass(frozen=True, slots=True)
class Releasing:
    """An order desk that may let orders through, with the stub of fulfillment's checks."""

    desk: OrderDesk
    checks: Any

    async def release(
        self, number: str, channel_name: str, kinds: Sequence[order_pb2.CheckKind.ValueType], reason: str
    ) -> WholeOrder:
        """Of the checks that hold the order those that are named; if none is named, the only one."""
        found = await self.desk.find(number, channel_name)
        for kind in kinds or [only_hold(found.order)]:
            request = pb.ReleaseHoldRequest(
                request_id=str(uuid4()), order_id=found.order.order_id, kind=kind, reason=reason
            )
            await self.checks.ReleaseHold(request, metadata=self.desk.credentials, timeout=SECONDS)
        return await self.desk.find(number, found.order.channel)


def only_hold(order: order_pb2.SalesOrder) -> order_pb2.CheckKind.ValueType:
    """Ends the command where nothing holds it, or where somebody has to say which of several checks is meant."""
    held = [each for each in order.checks if each.state == order_pb2.CHECK_STATE_HELD]
    if not held:
        fail(f"no check holds {order.number}", FAILED)
    if len(held) > 1:
        named = ", ".join(word_of(order_pb2.CheckKind, each.kind, CHECK) for each in held)
        fail(f"{order.number} is held by {named}: say which with --check", FAILED)
    return held[0].kind


async def _release(
    number: str, of_channel: str, kinds: Sequence[order_pb2.CheckKind.ValueType], reason: str, tenant: str | None
) -> WholeOrder:
    state = stack_or_exit()
    async with channel(state, "fulfillment") as open_channel:
        orders: Any = orders_grpc.FulfillmentServiceStub(open_channel)
        desk = OrderDesk(orders, metadata(state, tenant), INSIDE_SALES)
        checks = cast(Any, pb_grpc.CheckServiceStub)(open_channel)
        return await Releasing(desk, checks).release(number, of_channel, kinds, reason)


def release(
    number: str,
    *,
    reason: Annotated[str, typer.Option(help="why; kept with the order")],
    check: Annotated[
        list[str] | None, typer.Option(help=f"the check that holds it, once for each: {CHECKS}; needed if several do")
    ] = None,
    of_channel: Annotated[str, typer.Option("--channel", help="sales channel")] = "",
    json: Json = False,
    tenant: Tenant = None,
) -> None:
    """Let an order through that a check holds. Released twice it is released; what is decided otherwise is refused."""
    kinds = [value_of(order_pb2.CheckKind, CHECK, each) for each in check or []]
    say(answered(_release(number, of_channel, kinds, reason, tenant)), json=json, tenant=tenant)
