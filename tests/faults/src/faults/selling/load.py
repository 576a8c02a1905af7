"""The sales desk of one tenant: it places orders, some that cannot be filled, and calls off these and some others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import sales_order_pb2
from partners.sales.desk import INSIDE_SALES, SalesDesk

from faults import world
from faults.caller import Caller, day, pieces

SHARES = {"place": 8, "call off": 1, "place what waits": 2, "call off what waits": 1}
SCARCE = 0.15
"""The part of the lines that want what there is little of; where it does not reach, the rest of such an order goes."""
KEPT = 40
"""Of so many orders placed last one may be called off: the others are with a warehouse or beyond it."""


@dataclass
class Sellers(Caller):
    """Who sells, `at_once` of them, through one `desk`."""

    desk: SalesDesk
    _placed: list[str] = field(default_factory=list)
    _waiting: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"selling/{self.seed}/{self.tenant}")

    async def run(self, at_once: int, pause_seconds: float, until: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(self._seller(f"seller-{number}", pause_seconds, until))

    async def _seller(self, name: str, pause_seconds: float, until: asyncio.Event) -> None:
        acts: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "place": self._place,
            "call off": self._call_off,
            "place what waits": self._place_what_waits,
            "call off what waits": self._call_off_what_waits,
        }
        while not until.is_set():
            kind = self._chance.choices(list(SHARES), weights=list(SHARES.values()))[0]
            await acts[kind](name)
            await asyncio.sleep(self._chance.uniform(0.2, 1.8) * pause_seconds)

    async def _place(self, name: str) -> None:
        wants_scarce = self._chance.random() < SCARCE
        skus = [self._chance.choice(world.SCARCE)] if wants_scarce else []
        skus += self._plentiful(self._chance.choice((1, 1, 2, 3)))
        lines = [self._line(place, sku, self._chance.randint(1, 4)) for place, sku in enumerate(skus, 1)]
        number = await self._order(name, lines, sales_order_pb2.SHORTAGE_RULE_CANCEL)
        self._placed = [*self._placed[-KEPT:], number]

    async def _place_what_waits(self, name: str) -> None:
        """It holds what is there of it until it is called off."""
        [held] = self._plentiful(1)
        lines = [self._line(1, held, self._chance.randint(1, 4)), self._line(2, world.NEVER_THERE, 1)]
        self._waiting.append(await self._order(name, lines, sales_order_pb2.SHORTAGE_RULE_SHIP_COMPLETE))

    def _plentiful(self, number: int) -> list[str]:
        return self._chance.sample(world.SKUS[len(world.SCARCE) :], k=number)

    async def _order(
        self, name: str, lines: list[sales.OrderedLine], shortage: sales_order_pb2.ShortageRule.ValueType
    ) -> str:
        number = self.name("SO")
        terms = sales.OrderTerms(
            business_unit=world.UNIT,
            channel=INSIDE_SALES,
            number=number,
            customer_id=self._chance.choice(world.CUSTOMERS),
            currency="EUR",
            ordered_on=day(0),
            shortage=shortage,
        )
        request = sales.PlaceOrderRequest(
            request_id=self.id(), origin=self.origin("CHANNEL", number), order=terms, lines=lines
        )
        operation = self.history.invoke(name, "PlaceOrder", number, self.tenant, request)
        await self.call(operation, self.desk.orders.PlaceOrder)
        return number

    def _line(self, place: int, sku: str, amount: int) -> sales.OrderedLine:
        money = values_pb2.Money(amount="2.50", currency="EUR")
        return sales.OrderedLine(
            line_number=str(place), sku=sku, ordered=pieces(amount), price=values_pb2.UnitPrice(money=money)
        )

    async def _call_off(self, name: str) -> None:
        """One of the newest orders, known here or not: who heard nothing may call off what never was."""
        if self._placed:
            await self._cancel(name, self._placed.pop())

    async def _call_off_what_waits(self, name: str) -> None:
        if self._waiting:
            await self._cancel(name, self._waiting.pop(0))

    async def _cancel(self, name: str, number: str) -> None:
        request = sales.CancelOrderRequest(
            request_id=self.id(),
            origin=self.origin("CHANNEL", f"OFF-{number}"),
            ref=sales.OrderRef(channel=INSIDE_SALES, number=number),
            reason="the customer wants it no more",
        )
        operation = self.history.invoke(name, "CancelOrder", number, self.tenant, request)
        await self.call(operation, self.desk.orders.CancelOrder)
