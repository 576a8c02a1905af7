"""Two services in miniature: an order asks for stock, is confirmed or refused, and closes when the goods are out.

Written as services are: rules on rows in the work's transaction, events for each change, a process with deadlines. The
effects are not idempotent by themselves on purpose: what is done twice is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from crossdock_kit.context import Cause
from crossdock_kit.events import AnyReceived, NewEvent
from crossdock_kit.process_timers import Course, entered, expiry
from crossdock_kit.processes import Deadline, Fire, Process, Raise, Transition, advance
from crossdock_kit.subscriptions import Subscription, each
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.unit_of_work import Work

from simulation.facts import FACTS, ORDERS, STOCK, facts_of
from simulation.sessions import MemoryDriver
from simulation.tables import Row, Statement

TENANT = "acme"
CLOCK, SERVICE = frozenset({"CROSSDOCK"}), frozenset({"STOCK"})
ORDER = Process(
    "order",
    ("placed", "confirmed", "refused", "expired", "closed"),
    (
        Transition("placed", "reserved", "confirmed", SERVICE),
        Transition("placed", "short", "refused", SERVICE),
        Transition("placed", "expire", "expired", CLOCK),
        Transition("confirmed", "issued", "closed", SERVICE),
    ),
    {
        "placed": Deadline(timedelta(seconds=25), Fire("expire")),
        "confirmed": Deadline(timedelta(seconds=20), Raise("GOODS_LATE", "warehouse")),
    },
)
ENDS = {"refused": "OrderRefused", "expired": "OrderExpired", "confirmed": "OrderConfirmed", "closed": "OrderClosed"}


UNANSWERED = "X"
"""A SKU for which stock says nothing: its orders have their deadline alone."""
OUTLIVED = 8
"""Failures of one event after which the kit parks its aggregate."""


class Broken(Exception):
    """A bug of the handler that strikes certain events."""


@dataclass(eq=False)
class Bugs:
    """Which events and deadlines a handler cannot bear yet, and how often it fails; mended, it bears all."""

    failures: dict[str, int] = field(default_factory=dict)
    mended: bool = False

    @property
    def stubborn(self) -> bool:
        """Whether there is a bug that no number of attempts outlives."""
        return any(left > OUTLIVED for left in self.failures.values())

    def strike(self, order: str, what: int | str) -> None:
        """`what` is the version of an event of the order, or the state whose deadline has passed."""
        left = self.failures.get(f"{order}/{what}", 0)
        if left and not self.mended:
            self.failures[f"{order}/{what}"] = left - 1
            raise Broken(order)


async def row_of(work: Work, table: str, key: str) -> Row | None:
    """A row of the service's own, locked."""

    async def body(s: Statement) -> Row | None:
        await s.database.lock(s.writes, table, (key,))
        return s.latest(table, (key,))

    return await cast(MemoryDriver, cast(Any, work.driver)).statement(body)


async def save(work: Work, table: str, key: str, row: Row) -> None:
    async def body(s: Statement) -> None:
        s.write(table, (key,), row)

    await cast(MemoryDriver, cast(Any, work.driver)).statement(body)


def announce(work: Work, name: str, order: str, version: int, row: Row, because: Cause | None = None) -> None:
    kind = "order" if name.startswith("Order") else "promise"
    work.record(
        NewEvent(
            message=FACTS[name](order=order, sku=row["sku"], quantity=row["quantity"]),
            tenant=TENANT,
            business_unit="eu",
            aggregate_type=kind,
            aggregate_id=order,
            version=version,
            subject=order,
            keys=(f"order:{order}",),
            transaction_ids=(f"t-{order}",),
            occurred_at=work.now,
            express=row["express"],
            because=because,
        )
    )


async def count_effect(work: Work, consumer: str, event: AnyReceived) -> None:
    """The order in which events of each aggregate had their effect, as committed."""
    key = f"{consumer}/{event.aggregate_type}/{event.aggregate_id}"
    row = await row_of(work, "effect", key) or {"versions": ()}
    await save(work, "effect", key, {"versions": (*row["versions"], event.version)})


# --- orders


async def place(work: Work, order: str, sku: str, quantity: int, express: bool) -> None:
    """Natural key: the same order twice is one order."""
    if await row_of(work, "order", order) is not None:
        return
    row = {"state": "placed", "version": 1, "sku": sku, "quantity": quantity, "express": express, "amended": ()}
    await save(work, "order", order, row)
    announce(work, "OrderPlaced", order, 1, row)
    entered(work, ORDER, "placed", Course(subject=order, tenant=TENANT), work.now)


async def amend(work: Work, order: str, request: str) -> None:
    row = await row_of(work, "order", order)
    if row is None or request in row["amended"] or row["state"] in ORDER.ends:
        return
    row = {**row, "version": row["version"] + 1, "amended": (*row["amended"], request)}
    await save(work, "order", order, row)
    announce(work, "OrderAmended", order, row["version"], row)


async def go_on(work: Work, order: str, trigger: str, role: str, because: Cause | None = None) -> None:
    """Fires a trigger if the order's state knows it; one that comes too late says nothing."""
    row = await row_of(work, "order", order)
    if row is None or ORDER.way(row["state"], trigger) is None:
        return
    state = advance(ORDER, row["state"], trigger, role)
    row = {**row, "state": state, "version": row["version"] + 1}
    await save(work, "order", order, row)
    announce(work, ENDS[state], order, row["version"], row, because)
    entered(work, ORDER, state, Course(subject=order, tenant=TENANT), work.now)


def deadlines(bugs: Bugs) -> TimerHandler:
    """An order that nobody answered in time expires."""

    async def expire(subject: str, state: str, trigger: str, work: Work) -> None:
        bugs.strike(subject, state)
        row = await row_of(work, "order", subject)
        if row is not None and row["state"] == state:
            await go_on(work, subject, trigger, "CROSSDOCK")

    return expiry(ORDER, expire)


TRIGGERS = {"StockReserved": "reserved", "StockRefused": "short", "GoodsIssued": "issued"}


def orders_subscription(bugs: Bugs) -> Subscription:
    """One event at a time, as most handlers are written."""

    async def handle(event: AnyReceived, work: Work) -> None:
        bugs.strike(event.aggregate_id, event.version)
        await count_effect(work, ORDERS, event)
        trigger = TRIGGERS.get(event.type.rpartition(".")[2])
        if trigger:
            await go_on(work, event.aggregate_id, trigger, "STOCK", event.cause)

    return Subscription(name=ORDERS, source=STOCK, handlers={fact: each(handle) for fact in facts_of(STOCK)}, batch=20)


# --- stock


def stock_subscription(bugs: Bugs) -> Subscription:
    """Whole batches, so that one that fails is taken apart."""

    async def handle(events: Sequence[AnyReceived], work: Work) -> None:
        for event in events:
            bugs.strike(event.aggregate_id, event.version)
            await count_effect(work, STOCK, event)
            name = event.type.rpartition(".")[2]
            if name == "OrderPlaced":
                await reserve(event, work)
            elif name == "OrderExpired":
                await settle(event, work, "released", "StockReleased")
            elif name == "OrderConfirmed":
                await settle(event, work, "issued", "GoodsIssued")

    handlers = dict.fromkeys(facts_of(ORDERS), handle)
    return Subscription(name=STOCK, source=ORDERS, handlers=handlers, batch=20)


async def reserve(event: AnyReceived, work: Work) -> None:
    order, sku, quantity = event.aggregate_id, event.message.sku, event.message.quantity
    if sku == UNANSWERED:
        return
    stock = await row_of(work, "stock", sku)
    if stock is None:
        raise LookupError(sku)
    promise = {"state": "refused", "version": 1, "sku": sku, "quantity": quantity, "express": event.express}
    if stock["available"] >= quantity:
        promise["state"] = "reserved"
        await save(work, "stock", sku, {**stock, "available": stock["available"] - quantity})
    await save(work, "promise", order, promise)
    name = "StockReserved" if promise["state"] == "reserved" else "StockRefused"
    announce(work, name, order, 1, promise, event.cause)


async def settle(event: AnyReceived, work: Work, state: str, name: str) -> None:
    """Of a promise that is open: the goods go back, or out."""
    promise = await row_of(work, "promise", event.aggregate_id)
    if promise is None or promise["state"] != "reserved":
        return
    stock = await row_of(work, "stock", promise["sku"])
    if stock is None:
        raise LookupError(promise["sku"])
    where = "available" if state == "released" else "issued"
    await save(work, "stock", promise["sku"], {**stock, where: stock[where] + promise["quantity"]})
    promise = {**promise, "state": state, "version": promise["version"] + 1}
    await save(work, "promise", event.aggregate_id, promise)
    announce(work, name, event.aggregate_id, promise["version"], promise, event.cause)
