"""Calls as channels make them, and what they leave behind."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.database import Engine, transaction
from crossdock_kit.peers import reason_in, status_in
from google.type.date_pb2 import Date

if TYPE_CHECKING:
    from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc

CONSIGNEE = sales_order_pb2.Consignee(name="Kim Doe", address_lines=["1 Quay"], city="Hamburg", country="DE")
SECONDS = 30.0
_numbers = count(1)


async def reason(call: Awaitable[object]) -> str:
    """Why a call is refused."""
    try:
        await call
    except grpc.aio.AioRpcError as refused:
        return reason_in(status_in(refused))
    raise AssertionError("it is not refused")


def unique(prefix: str) -> str:
    """A number that no other test of this run uses."""
    return f"{prefix}-{next(_numbers)}-{uuid4().hex[:6]}"


def quantity(value: float | str, unit: str = "EA") -> common.Quantity:
    return common.Quantity(value=str(value), unit=unit)


def origin(role: Any = options_pb2.ROLE_CHANNEL, system: str = "SHOP-EU") -> common.Origin:
    return common.Origin(system=system, role=role, document=uuid4().hex)


def line(number: str = "1", ordered: float | str = 10, sku: str = "BOLT", unit: str = "EA") -> pb.OrderedLine:
    price = common.UnitPrice(money=common.Money(amount="2.50", currency="EUR"))
    return pb.OrderedLine(line_number=number, sku=sku, ordered=quantity(ordered, unit), price=price)


def terms(number: str, **more: Any) -> pb.OrderTerms:
    said: dict[str, Any] = {
        "business_unit": "EU01",
        "channel": "shop-eu",
        "number": number,
        "customer_id": "CUS-SHOP",
        "currency": "EUR",
        "ordered_on": Date(year=2026, month=3, day=2),
        "consignee": CONSIGNEE,
    }
    return pb.OrderTerms(**said | more)


def placement(number: str, lines: Sequence[pb.OrderedLine] | None = None, **more: Any) -> pb.PlaceOrderRequest:
    found = [line()] if lines is None else lines
    return pb.PlaceOrderRequest(request_id=str(uuid4()), origin=origin(), order=terms(number, **more), lines=found)


@dataclass
class Caller:
    """One tenant's caller on a running server."""

    stub: pb_grpc.FulfillmentServiceAsyncStub
    engine: Engine
    tenant: str

    async def place(self, number: str, *lines: pb.OrderedLine, **more: Any) -> pb.PlaceOrderResponse:
        return await self.stub.PlaceOrder(placement(number, lines or None, **more), timeout=SECONDS)

    async def open(self, number: str, **more: Any) -> pb.OpenOrderResponse:
        request = pb.OpenOrderRequest(request_id=str(uuid4()), origin=origin(), order=terms(number, **more))
        return await self.stub.OpenOrder(request, timeout=SECONDS)

    async def append(self, order_id: str, *lines: pb.OrderedLine) -> pb.AppendLinesResponse:
        request = pb.AppendLinesRequest(request_id=str(uuid4()), order_id=order_id, lines=lines)
        return await self.stub.AppendLines(request, timeout=SECONDS)

    async def submit(self, order_id: str, lines: int) -> pb.SubmitOrderResponse:
        request = pb.SubmitOrderRequest(request_id=str(uuid4()), order_id=order_id, line_count=lines)
        return await self.stub.SubmitOrder(request, timeout=SECONDS)

    async def order(self, order_id: str) -> pb.GetOrderResponse:
        return await self.stub.GetOrder(pb.GetOrderRequest(ref=pb.OrderRef(order_id=order_id)), timeout=SECONDS)

    async def change(self, order_id: str, number: str, wish: float, **more: Any) -> pb.ChangeLineResponse:
        request = pb.ChangeLineRequest(
            request_id=str(uuid4()),
            origin=origin(),
            order_id=order_id,
            line_number=number,
            ordered=quantity(wish),
            **more,
        )
        return await self.stub.ChangeLine(request, timeout=SECONDS)

    async def cancel(self, order_id: str, **more: Any) -> pb.CancelOrderResponse:
        request = pb.CancelOrderRequest(request_id=str(uuid4()), origin=origin(), order_id=order_id, **more)
        return await self.stub.CancelOrder(request, timeout=SECONDS)

    async def facts(self, order_id: str) -> list[str]:
        """Names of the order's facts in their order; a gap in their versions is an error."""
        async with transaction(self.engine, [self.tenant]) as tx:
            rows = await tx.driver.fetch(
                "SELECT type, version FROM journal WHERE aggregate = $1 ORDER BY version", f"sales_order/{order_id}"
            )
        assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
        return [row["type"].rpartition(".")[2] for row in rows]

    async def exceptions(self, order_id: str) -> list[tuple[str, str, bool]]:
        """Code, owner and whether it is open, oldest first."""
        async with transaction(self.engine, [self.tenant]) as tx:
            rows = await tx.driver.fetch(
                "SELECT code, owner, resolved_at IS NULL AS open FROM exception"
                " WHERE transaction_ids @> ARRAY[$1] ORDER BY raised_at, exception_id",
                order_id,
            )
        return [(row["code"], row["owner"], row["open"]) for row in rows]

    async def deliveries(self, order_id: str) -> list[tuple[str, str, bool]]:
        """Kind, ordering key and whether it is express, in their order."""
        async with transaction(self.engine, [self.tenant]) as tx:
            rows = await tx.driver.fetch(
                "SELECT kind, ordering_key, express FROM delivery WHERE transaction_ids @> ARRAY[$1] ORDER BY position",
                order_id,
            )
        return [(row["kind"], row["ordering_key"], row["express"]) for row in rows]

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        async with transaction(self.engine, [self.tenant]) as tx:
            return await tx.driver.fetch(sql, *arguments)


def state_of(order: sales_order_pb2.SalesOrder) -> str:
    return sales_order_pb2.OrderState.Name(order.state).removeprefix("ORDER_STATE_").lower()


def standing(found: sales_order_pb2.OrderLine) -> dict[str, str]:
    """State and quantity of each schedule of a line; of two in one state the last."""
    name = sales_order_pb2.ScheduleState.Name
    return {name(each.state).removeprefix("SCHEDULE_STATE_").lower(): each.quantity.value for each in found.schedules}
