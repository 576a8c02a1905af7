"""Plays the selling side: stock on the shelves, every order on its channel when its turn has come, what comes back.

The conductor of the day asks again and again: `step` does what has become possible, `open` says what is not settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock.ops.v1 import ops_service_pb2 as ops

from partners.cast import Cast
from partners.erp import PARTNER as ERP
from partners.returning import Returned
from partners.sales.cast import SalesCast
from partners.sales.day import SalesDay, SalesOrder
from partners.sales.desk import INSIDE_SALES, SalesDesk
from partners.sales.edi_customer import PARTNER as EDI
from partners.sales.shop import PARTNER as SHOP
from partners.sales.typed import typed

AWAY = "away"
PAUSE_SECONDS = 0.2
LONGEST_SECONDS = 180.0
ENDED = frozenset(
    {
        sales_order_pb2.ORDER_STATE_DELIVERED,
        sales_order_pb2.ORDER_STATE_CLOSED,
        sales_order_pb2.ORDER_STATE_CANCELLED,
        sales_order_pb2.ORDER_STATE_REJECTED,
    }
)
UNDECIDED = frozenset(
    {
        sales_order_pb2.ORDER_STATE_OPEN,
        sales_order_pb2.ORDER_STATE_VALIDATING,
        sales_order_pb2.ORDER_STATE_ACCEPTED,
    }
)
Orders = dict[tuple[str, str], sales_order_pb2.SalesOrder]


@dataclass(eq=False)
class SalesPlay:
    day: SalesDay
    cast: SalesCast
    buying: Cast
    desk: SalesDesk
    say: Callable[[str], None]
    # What the shop showed of items whose stock it no longer knew when it sold them.
    shown_when_sold: dict[str, Decimal] = field(default_factory=dict)
    _placed: set[str] = field(default_factory=set)
    _back: set[str] = field(default_factory=set)
    _found: set[str] = field(default_factory=set)
    _proven: set[str] = field(default_factory=set)
    _called_off: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _known: Orders = field(default_factory=dict)

    async def prepare(self) -> None:
        """Fills the shelves, and waits until the shop shows what is on them; then some of it is kept from its ears."""
        for number, opening in enumerate(self.day.stock, 1):
            await self.desk.stock(opening, f"OPENING-{number}")
        async with asyncio.timeout(LONGEST_SECONDS):
            while any(self.cast.shop.on_show(each.sku) <= 0 for each in self.day.stock):
                await asyncio.sleep(PAUSE_SECONDS)
        if self.day.stock:
            self.say(f"{len(self.day.stock)} items on the shelves, and in the shop")
        self.cast.shop.faults.silent = any(order.old_stock for order in self.day.orders)

    async def step(self) -> None:
        """Does what has become possible; raises what a partner or a placed order could not do."""
        self.cast.check()
        if not self.day.orders:
            return
        self._known = await self.desk.known()
        for order in self.day.orders:
            if order.number not in self._placed and self._may_begin(order):
                self._placed.add(order.number)
                self._begin(self._place(order))
            elif order.back and order.number not in self._back and self._delivered(order):
                self._back.add(order.number)
                self._begin(self._send_back(order))
            elif order.found and order.number not in self._found and self._told_to_wait(order):
                self._found.add(order.number)
                self._begin(self._find(order))
            self._follow_the_road(order)
            if order.waits_for:
                self._pass_on(order)
        for task in [each for each in self._tasks if each.done()]:
            self._tasks.discard(task)
            task.result()

    def _follow_the_road(self, order: SalesOrder) -> None:
        """What is delivered is signed for, and what a customer calls off is called off once it has a label."""
        if order.proven and order.number not in self._proven and self._delivered(order):
            self._proven.add(order.number)
            self._begin(self.cast.carriers[order.carrier].prove(order.number))
        labelled = order.number in self.cast.tms.labelled
        if order.called_off and order.number not in self._called_off and labelled:
            self._called_off.add(order.number)
            self._begin(self._call_off(order))

    async def _call_off(self, order: SalesOrder) -> None:
        known = self._known[order.channel, order.number]
        async with asyncio.timeout(LONGEST_SECONDS):
            while not await self.desk.is_labelled(known):
                await asyncio.sleep(PAUSE_SECONDS)
        await self.desk.call_off(known)
        self.say(f"the customer of {order.number} calls it off, packed as it is")

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(work))

    def _may_begin(self, order: SalesOrder) -> bool:
        return all(self._happened(each) for each in order.after)

    def _happened(self, what: str) -> bool:
        if what == AWAY:
            return self.buying.erp.faults.silent
        before = self.day.order(what)
        known = self._known.get((before.channel, before.number)) if before else None
        return known is not None and known.state not in UNDECIDED

    async def _place(self, order: SalesOrder) -> None:
        if order.old_stock:
            shown = min(self.cast.shop.on_show(line.sku) for line in order.lines)
            self.shown_when_sold[order.number] = shown
            self.say(f"{SHOP} still shows {shown:f} of {order.lines[0].sku}, and sells it")
        match order.channel:
            case channel if channel == SHOP:
                await self.cast.shop.sell(order)
            case channel if channel == EDI:
                await self.cast.customer.order(order)
            case channel if channel == ERP:
                self._write_down(order)
                document = typed(order, self.day.business_unit, self.day.ordered_on)
                await self.buying.erp.sales.hand_over(order.number, document)
            case channel if channel == INSIDE_SALES:
                self._write_down(order)
                await self.desk.type_in(order, self.day.ordered_on)
            case channel:
                raise ValueError(f"nobody sells on {channel}")
        if order.old_stock:
            self.cast.shop.faults.silent = False

    def _write_down(self, order: SalesOrder) -> None:
        for line in order.lines:
            self.cast.typed.ordered[order.number, line.number] = line.quantity

    @property
    def erp_has_typed(self) -> bool:
        """Whether all that its users sell is out of the ERP: it may go away then."""
        return {order.number for order in self.day.of_channel(ERP)} <= self.buying.erp.sales.typed

    def _delivered(self, order: SalesOrder) -> bool:
        known = self._known.get((order.channel, order.number))
        return known is not None and known.state == sales_order_pb2.ORDER_STATE_DELIVERED

    def _told_to_wait(self, order: SalesOrder) -> bool:
        return all("backordered" in self.cast.shop.heard.get((order.number, line.number), ()) for line in order.lines)

    async def _send_back(self, order: SalesOrder) -> None:
        if order.back is None:
            return
        if order.channel == EDI:
            await self.cast.customer.ask_back(order, order.back)
        else:
            await self.desk.authorize(self._known[order.channel, order.number].order_id, order)
        skus = {line.number: line.sku for line in order.lines}
        parcel = Returned(order.back.number, order.number, order.back.quantities, skus)
        await self.cast.sites[order.location].returns.take_back(parcel, order.back.reports)
        self.say(f"a part of {order.number} is back at {order.location}")

    def _pass_on(self, order: SalesOrder) -> None:
        """What its supplier does next follows from what the customer was told."""
        for line in order.lines:
            for word in self.cast.shop.heard.get((order.number, line.number), ()):
                self.buying.suppliers[order.waits_for].script.saw(order.number, word)

    async def _find(self, order: SalesOrder) -> None:
        if order.found is not None:
            await self.desk.stock(order.found, f"FOUND-{order.number}")
            self.say(f"{order.found.location} finds one more {order.found.sku}")

    @property
    def busy(self) -> bool:
        return self.cast.busy or bool(self._tasks)

    async def open(self, exceptions: list[ops.Exception]) -> list[str]:
        """Orders that are not placed, have neither ended nor an open exception that somebody owns, or do not have yet
        the exceptions that their end requires."""
        if not self.day.orders:
            return []
        known, pending, back = await self.desk.known(), await self.desk.pending(), await self.desk.awaiting_credit()
        raised: dict[str, set[str]] = {}
        for row in exceptions:
            for transaction in row.transaction_ids:
                raised.setdefault(transaction, set()).add(row.code if row.owner else "")
        going = []
        for order in self.day.orders:
            found = known.get((order.channel, order.number))
            if found is None or not _settled(order, found, raised.get(found.order_id, set()), pending | back):
                going.append(order.number)
        codes = {row.code for row in exceptions}
        return going + [each["code"] for each in self.day.exceptions if each["code"] not in codes]


def _settled(order: SalesOrder, found: sales_order_pb2.SalesOrder, raised: set[str], owed: set[str]) -> bool:
    required = {each["code"] for each in order.end.get("exceptions", ())}
    if not required <= raised:
        return False
    return bool(raised) or (ended(order, found) and found.order_id not in owed)


def ended(order: SalesOrder, found: sales_order_pb2.SalesOrder) -> bool:
    """Some wait for goods to the end of the day, because the day says so."""
    waits = "backordered" in (order.end.get("state"), (order.otherwise or {}).get("state"))
    return found.state in ENDED or (waits and found.state == sales_order_pb2.ORDER_STATE_BACKORDERED)
