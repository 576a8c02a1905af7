"""The sales desk of one tenant: it places orders, some that cannot be filled, changes some and calls off some, early or
when they wait for their truck."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import sales_order_pb2
from partners.sales.desk import INSIDE_SALES, SalesDesk

from faults import world
from faults.caller import Caller, day, pieces
from faults.history import Operation
from faults.selling.road import BY_TMS

SHARES = {
    "place": 8,
    "place for a truck": 2,
    "change": 1,
    "call off": 1,
    "place what waits": 2,
    "call off what waits": 1,
}
AT_THE_DOCK, DOCK_SECONDS = 0.5, 0.3
"""How often what has its label is called off, and how often somebody looks."""
PRICE, CURRENCY = "2.50", "EUR"
SCARCE = 0.15
"""The part of the lines that want what there is little of; where it does not reach, the rest of such an order goes."""
KEPT = 40
"""Of so many orders placed last one may be called off: the others are with a warehouse or beyond it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What this desk knows of an order by its own number; without an id where it was not answered."""

    number: str
    order_id: str
    skus: Mapping[str, str]
    """By line."""


@dataclass
class Sellers(Caller):
    """Who sells, `at_once` of them, through one `desk`. `known` are the orders that were answered, by number;
    `labelled` says which of those wait for their truck, packed and with a label."""

    desk: SalesDesk
    labelled: Callable[[], Sequence[str]]
    known: dict[str, Placed] = field(default_factory=dict)
    _placed: list[Placed] = field(default_factory=list)
    _waiting: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"selling/{self.seed}/{self.tenant}")

    async def run(self, at_once: int, pause_seconds: float, until: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(self._seller(f"seller-{number}", pause_seconds, until))

    async def call_off_at_the_dock(self, until: asyncio.Event) -> None:
        """Every second order after label and tender: its warehouse may still stop it, or hand it over meanwhile. Who
        hears nothing tries again."""
        wanted: dict[str, bool] = {}
        while not until.is_set():
            for number in self.labelled():
                if wanted.setdefault(number, self._chance.random() < AT_THE_DOCK):
                    wanted[number] = (await self._cancel("dock", number)).outcome == "unknown"
            await asyncio.sleep(DOCK_SECONDS)

    async def _seller(self, name: str, pause_seconds: float, until: asyncio.Event) -> None:
        acts: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "place": self._place,
            "place for a truck": self._place_for_a_truck,
            "change": self._change,
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
        placed = await self._order(name, lines, sales_order_pb2.SHORTAGE_RULE_CANCEL)
        self._placed = [*self._placed[-KEPT:], placed]

    async def _place_for_a_truck(self, name: str) -> None:
        """Of what there is plenty of; whoever carries it is found once it is packed."""
        lines = [self._line(place, sku, self._chance.randint(1, 4)) for place, sku in enumerate(self._plentiful(2), 1)]
        placed = await self._order(name, lines, sales_order_pb2.SHORTAGE_RULE_CANCEL, kind=BY_TMS)
        self._placed = [*self._placed[-KEPT:], placed]

    async def _place_what_waits(self, name: str) -> None:
        """It holds what is there of it until it is called off."""
        [held] = self._plentiful(1)
        lines = [self._line(1, held, self._chance.randint(1, 4)), self._line(2, world.NEVER_THERE, 1)]
        waits = await self._order(name, lines, sales_order_pb2.SHORTAGE_RULE_SHIP_COMPLETE)
        self._waiting.append(waits.number)

    def _plentiful(self, number: int) -> list[str]:
        return self._chance.sample(world.SKUS[len(world.SCARCE) :], k=number)

    async def _order(
        self,
        name: str,
        lines: list[sales.OrderedLine],
        shortage: sales_order_pb2.ShortageRule.ValueType,
        kind: str = "SO",
    ) -> Placed:
        number = self.name(kind)
        terms = sales.OrderTerms(
            business_unit=world.UNIT,
            channel=INSIDE_SALES,
            number=number,
            customer_id=self._chance.choice(world.CUSTOMERS),
            currency=CURRENCY,
            ordered_on=day(0),
            shortage=shortage,
        )
        request = sales.PlaceOrderRequest(
            request_id=self.id(), origin=self.origin("CHANNEL", number), order=terms, lines=lines
        )
        operation = self.history.invoke(name, "PlaceOrder", number, self.tenant, request)
        await self.call(operation, self.desk.orders.PlaceOrder)
        order_id = operation.answer.order.order_id if operation.outcome == "ok" else ""
        placed = Placed(number, order_id, {line.line_number: line.sku for line in lines})
        if order_id:
            self.known[number] = placed
        return placed

    def _line(self, place: int, sku: str, amount: int) -> sales.OrderedLine:
        money = values_pb2.Money(amount=PRICE, currency=CURRENCY)
        return sales.OrderedLine(
            line_number=str(place), sku=sku, ordered=pieces(amount), price=values_pb2.UnitPrice(money=money)
        )

    async def _change(self, name: str) -> None:
        """One line of one of the newest orders: its customer wants more of it, less or none."""
        mine = [each for each in self._placed if each.order_id]
        if not mine:
            return
        placed = self._chance.choice(mine)
        line = self._chance.choice(list(placed.skus))
        request = sales.ChangeLineRequest(
            request_id=self.id(),
            origin=self.origin("CHANNEL", f"CH-{placed.number}"),
            order_id=placed.order_id,
            line_number=line,
            ordered=pieces(self._chance.randint(0, 6)),
            reason="the customer has thought again",
        )
        operation = self.history.invoke(name, "ChangeLine", f"{placed.number}/{line}", self.tenant, request)
        await self.call(operation, self.desk.orders.ChangeLine)

    async def _call_off(self, name: str) -> None:
        """One of the newest orders, known here or not: who heard nothing may call off what never was."""
        if self._placed:
            await self._cancel(name, self._placed.pop().number)

    async def _call_off_what_waits(self, name: str) -> None:
        if self._waiting:
            await self._cancel(name, self._waiting.pop(0))

    async def _cancel(self, name: str, number: str) -> Operation:
        request = sales.CancelOrderRequest(
            request_id=self.id(),
            origin=self.origin("CHANNEL", f"OFF-{number}"),
            ref=sales.OrderRef(channel=INSIDE_SALES, number=number),
            reason="the customer wants it no more",
        )
        operation = self.history.invoke(name, "CancelOrder", number, self.tenant, request)
        await self.call(operation, self.desk.orders.CancelOrder)
        return operation
