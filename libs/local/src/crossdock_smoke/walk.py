"""The ways of two orders. What is bought: released by the ERP, accepted by the supplier, taken back. What is sold,
where sales orders are installed: taken by a shop, asked of stock, waiting for supply, taken back. Each time the others
hear of it.

Documents come in and are translated, commands go over, facts travel by the broker and are booked: every process, the
database and the broker take part. What is left are cancelled orders that say what they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import grpc
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.fulfillment.v1 import sales_order_pb2 as sales
from crossdock.procurement.v1 import purchase_order_pb2 as orders

from crossdock_smoke import cast
from crossdock_smoke.desk import PAUSE_SECONDS, Desk

T = TypeVar("T")
_ON_THE_WAY = frozenset(
    {connector.DOCUMENT_STATE_RECEIVED, connector.DOCUMENT_STATE_TRANSLATED, connector.DOCUMENT_STATE_WAITING}
)


class Failed(Exception):
    """The installation did something else than it should; the text says what."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Walk:
    """`step` and `seen` say where it stands, for whoever asks why it does not go on."""

    say: Callable[[str], None]
    begun: datetime = field(default_factory=_now)
    step: str = ""
    seen: str = ""
    is_open: bool = False
    sale_is_open: bool = False
    number: str = ""

    def __post_init__(self) -> None:
        self.number = cast.new_number(self.begun)

    @property
    def sale(self) -> str:
        """The shop's number of its order."""
        return f"{self.number}-S"

    def note(self, seen: str) -> None:
        self.seen = seen

    async def whole(self, desk: Desk) -> None:
        """Raises Failed; grpc.aio.AioRpcError where a service refuses a call."""
        self._begin("put the test's item, supplier, place and partners into catalog and connector")
        await desk.prepare()
        self._begin(f"hand in the ERP's order {self.number}")
        self.is_open = True
        await self._understood(desk, cast.ERP, cast.ORDERS, cast.order(self.number, self.begun))
        order = await self._stands(desk, orders.PURCHASE_ORDER_STATE_RELEASED)
        transaction = order.purchase_order_id
        await self._heard(desk, "connector", transaction, "PurchaseOrderReleased")
        await self._heard(desk, "inventory", transaction, "PurchaseOrderReleased")
        self._begin("hand in the supplier's answer")
        await self._understood(desk, cast.SUPPLIER, cast.ANSWERS, cast.answer(self.number, self.begun))
        await self._stands(desk, orders.PURCHASE_ORDER_STATE_CONFIRMED)
        await self._heard(desk, "inventory", transaction, "PurchaseOrderAcknowledged")
        await self.take_back(desk)
        await self._heard(desk, "inventory", transaction, "PurchaseOrderCancelled")
        self._begin("ask every service whether something is left to be done by people")
        await self._nothing_left(desk, transaction)
        if desk.fulfillment is not None:
            await self._sold(desk)

    async def _sold(self, desk: Desk) -> None:
        self._begin(f"hand in the shop's order {self.sale}")
        self.sale_is_open = True
        await self._understood(desk, cast.SHOP, cast.SALES, cast.sale(self.sale, self.begun))
        transaction = (await self._sale_is(desk, sales.ORDER_STATE_BACKORDERED)).order_id
        await self._heard(desk, "connector", transaction, "OrderLinesBackordered")
        await self.take_sale_back(desk)
        self._begin("ask every service whether something of it is left to be done by people")
        await self._nothing_left(desk, transaction)

    async def take_back(self, desk: Desk) -> None:
        self._begin("hand in the order's cancellation")
        cancelled = cast.order(self.number, self.begun, cancels=True)
        await self._understood(desk, cast.ERP, cast.ORDERS, cancelled)
        await self._stands(desk, orders.PURCHASE_ORDER_STATE_CANCELLED)
        self.is_open = False

    async def take_sale_back(self, desk: Desk) -> None:
        self._begin("hand in the shop's cancellation")
        cancelled = cast.sale(self.sale, self.begun, cancelled_at=_now())
        await self._understood(desk, cast.SHOP, cast.TAKEN_BACK, cancelled)
        await self._sale_is(desk, sales.ORDER_STATE_CANCELLED)
        self.sale_is_open = False

    def _begin(self, step: str) -> None:
        self.step, self.seen = step, ""
        self.say(step)

    async def _understood(self, desk: Desk, partner: str, path: str, content: bytes) -> None:
        document = await desk.hand_in(partner, path, content)
        while document.state in _ON_THE_WAY:
            self.seen = f"its document is {connector.DocumentState.Name(document.state)}"
            await asyncio.sleep(PAUSE_SECONDS)
            document = await desk.document(document.document_id)
        if document.state != connector.DOCUMENT_STATE_UNDERSTOOD:
            why = document.reason or "; ".join(each.reason for each in document.messages)
            raise Failed(f"its document is {connector.DocumentState.Name(document.state)}: {why}")

    async def _stands(self, desk: Desk, wanted: orders.PurchaseOrderState.ValueType) -> orders.PurchaseOrder:
        async def look() -> orders.PurchaseOrder | None:
            order = await desk.order(self.number)
            self.seen = f"order {self.number} is {orders.PurchaseOrderState.Name(order.state)}"
            return order if order.state == wanted else None

        return await self._once(look)

    async def _sale_is(self, desk: Desk, wanted: sales.OrderState.ValueType) -> sales.SalesOrder:
        async def look() -> sales.SalesOrder | None:
            order = await desk.sale(self.sale)
            self.seen = f"order {self.sale} is {sales.OrderState.Name(order.state)}"
            return order if order.state == wanted else None

        return await self._once(look)

    async def _heard(self, desk: Desk, service: str, transaction: str, name: str) -> None:
        self._begin(f"wait until {service} has {name} of it")

        async def look() -> bool | None:
            steps = await desk.steps(service, transaction)
            outcomes = [each.outcome for each in steps if each.name.endswith(name)]
            self.seen = f"{service} knows {len(steps)} steps of {transaction}; {name}: {outcomes or 'none'}"
            return True if "advanced" in outcomes else None

        await self._once(look)

    async def _once(self, look: Callable[[], Awaitable[T | None]]) -> T:
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(PAUSE_SECONDS)

    async def _nothing_left(self, desk: Desk, transaction: str) -> None:
        for service in desk.ops:
            if left := [f"{each.code} ({each.summary})" for each in await desk.exceptions(service, transaction)]:
                raise Failed(f"{service} has an open exception: {', '.join(left)}")


def refusal(error: grpc.aio.AioRpcError) -> str:
    return f"{error.code().name}: {error.details()}"
