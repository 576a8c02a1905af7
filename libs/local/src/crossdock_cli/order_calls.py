"""What the order commands ask of fulfillment: an order of any size placed, shown as a whole, cancelled, waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import grpc
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import sales_order_pb2 as order_pb2
from crossdock.options.v1 import options_pb2

from crossdock_cli.order_documents import OrderDocument

T = TypeVar("T")
LINES_AT_ONCE = 500
SECONDS = 60.0
PAUSE_SECONDS = 0.2
UNDECIDED = frozenset({order_pb2.SCHEDULE_STATE_VALIDATING, order_pb2.SCHEDULE_STATE_ACCEPTED})


@dataclass(frozen=True, slots=True)
class WholeOrder:
    order: order_pb2.SalesOrder
    lines: tuple[order_pb2.OrderLine, ...]


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Fulfillment's stub, asked on behalf of `system` with these credentials."""

    stub: Any
    credentials: Any
    system: str

    async def place(self, document: OrderDocument) -> tuple[WholeOrder, bool]:
        """The order as it stands, and whether it was there before."""
        terms, lines = document.terms, document.lines
        if len(lines) <= LINES_AT_ONCE:
            request = pb.PlaceOrderRequest(request_id=_new(), origin=self._origin(terms.number), order=terms)
            request.lines.extend(lines)
            placed = await self._call("PlaceOrder", request)
            return WholeOrder(placed.order, tuple(placed.lines)), placed.placement == pb.ORDER_PLACEMENT_REPEATED
        opened = await self._call(
            "OpenOrder", pb.OpenOrderRequest(request_id=_new(), origin=self._origin(terms.number), order=terms)
        )
        repeated = opened.placement == pb.ORDER_PLACEMENT_REPEATED
        if opened.order.state == order_pb2.ORDER_STATE_OPEN:
            await self._fill(opened.order.order_id, lines, new=not repeated)
        return await self.find(terms.number, terms.channel), repeated

    async def _fill(self, order_id: str, lines: Sequence[pb.OrderedLine], *, new: bool) -> None:
        try:
            for some in _pages(lines, LINES_AT_ONCE):
                request = pb.AppendLinesRequest(request_id=_new(), order_id=order_id, lines=some)
                await self._call("AppendLines", request)
            submit = pb.SubmitOrderRequest(request_id=_new(), order_id=order_id, line_count=len(lines))
            await self._call("SubmitOrder", submit)
        except grpc.aio.AioRpcError:
            if new:
                # Half an order is none: what was opened for it is closed again before anybody hears why.
                await self.cancel(order_id, "its lines were refused")
            raise

    async def find(self, number: str, channel: str = "") -> WholeOrder:
        """With all of its lines."""
        ref = pb.OrderRef(number=number, channel=channel)
        found = await self._call("GetOrder", pb.GetOrderRequest(ref=ref))
        lines = list(found.lines)
        if len(lines) < found.order.line_count:
            lines = [each async for each in self._all_lines(found.order.order_id)]
        return WholeOrder(found.order, tuple(lines))

    async def _all_lines(self, order_id: str) -> Any:
        token, more = "", True
        while more:
            request = pb.ListOrderLinesRequest(order_id=order_id, page_size=1000, page_token=token)
            page = await self._call("ListOrderLines", request)
            for line in page.lines:
                yield line
            token, more = page.next_page_token, bool(page.next_page_token)

    async def change(self, ref: pb.OrderRef, change: pb.ChangeOrderRequest) -> order_pb2.SalesOrder:
        """All that `change` says of the order, or nothing of it."""
        request = pb.ChangeOrderRequest(request_id=_new(), origin=self._origin(ref.number or ref.order_id), ref=ref)
        request.MergeFrom(change)
        answer: pb.ChangeOrderResponse = await self._call("ChangeOrder", request)
        return answer.order

    async def cancel(self, order_id: str, reason: str, *, intercept: bool = False) -> pb.CancelOrderResponse:
        request = pb.CancelOrderRequest(
            request_id=_new(), origin=self._origin(order_id), order_id=order_id, reason=reason, intercept=intercept
        )
        answer: pb.CancelOrderResponse = await self._call("CancelOrder", request)
        return answer

    async def decided(self, found: WholeOrder, until: float) -> WholeOrder:
        """The order once its stock is found or missed, or as it stands when the time is up."""
        while undecided(found.order) and time.monotonic() < until:
            await asyncio.sleep(PAUSE_SECONDS)
            found = await self.find(found.order.number, found.order.channel)
        return found

    async def _call(self, method: str, request: Any) -> Any:
        return await getattr(self.stub, method)(request, metadata=self.credentials, timeout=SECONDS)

    def _origin(self, document: str) -> values_pb2.Origin:
        origin = values_pb2.Origin(system=self.system, role=options_pb2.ROLE_CHANNEL, document=document)
        origin.occurred_at.GetCurrentTime()
        return origin


def undecided(order: order_pb2.SalesOrder) -> bool:
    """Whether some of it has neither found stock nor missed it."""
    return any(each.state in UNDECIDED for each in order.counts)


def _new() -> str:
    return str(uuid4())


def _pages(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    kept = list(rows)
    for start in range(0, len(kept), size):
        yield kept[start : start + size]
