"""Builds of the suite with a guard taken out, made by patching a process at its start: they prove that checkers see.

Each says what is gone, and what is gone with it because it would have covered up. Nothing here is known to the code
that ships.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from crossdock_kit import audit, idempotency, reconcile
from crossdock_kit.deliveries import claim
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import batch, consumer, inbox, store
from crossdock_kit.subscriptions.plan import Plan

from faults.scripts import CALLS, EVENTS, RELAY, SALES

SLOW_SECONDS = 0.05
"""How long a window stands open that a guard would keep shut: faults of a short run must be able to hit it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`caught_by` is the invariant whose checker must see it, in a sentence with these `words`: being late or stuck as
    well proves nothing. The `script` is what provokes it."""

    name: str
    without: str
    script: str
    caught_by: str
    words: str
    apply: Callable[[], None]
    also_off: str = ""
    control: str = ""
    """The build in which only that is off: it must pass, or what is seen may be its doing."""


def _exchange(owner: Any, name: str, changed: Any) -> None:
    """Raises AttributeError where the guard is no longer where the mutant looks for it."""
    getattr(owner, name)
    setattr(owner, name, changed)


def _everything_goes(arrivals: Sequence[Any], admission: Any) -> Plan:
    """In the order of arrival, whatever was seen or is missing."""
    plan = Plan(apply=list(arrivals))
    for each in arrivals:
        reached = max(plan.versions.get(each.key, 0), each.version)
        plan.versions[each.key] = max(reached, admission.marks.get(each.key, inbox.Mark()).version)
    return plan


def _no_inbox() -> None:
    _exchange(batch, "plan_of", _everything_goes)


def _once_in_any_order(arrivals: Sequence[Any], admission: Any) -> Plan:
    first: dict[Any, Any] = {}
    for each in arrivals:
        if each.event_id in admission.fresh or each.held is not None:
            first.setdefault(each.event_id, each)
    return _everything_goes(list(first.values()), admission)


def _no_version_check() -> None:
    _exchange(batch, "plan_of", _once_in_any_order)


def _reconcile_off() -> None:
    async def idle(self: reconcile.Reconciler) -> None:
        await asyncio.Event().wait()

    _exchange(reconcile.Reconciler, "run", idle)


def _cursor_relay() -> None:
    """Reads on from the last position that it saw; what commits later with an earlier one is behind it."""
    reached = [0]
    claimed = Relay._claim

    async def beyond(self: Relay, session: Any, owned: frozenset[int], done: list[int]) -> list[Any]:
        rows = await claimed(self, session, owned, done)
        fresh = [row for row in rows if row["position"] > reached[0]]
        reached[0] = max([reached[0], *(row["position"] for row in fresh)])
        return fresh

    _exchange(Relay, "_claim", beyond)
    _reconcile_off()


def _mark_before_publish() -> None:
    published = Relay._publish

    async def marked(self: Relay, rows: Sequence[Any]) -> list[int]:
        if self._serving is not None:
            await self._serving.driver.execute(
                "DELETE FROM pending WHERE position = ANY ($1::int8[])", [row["position"] for row in rows]
            )
        await asyncio.sleep(SLOW_SECONDS)
        return await published(self, rows)

    _exchange(Relay, "_publish", marked)
    _reconcile_off()


def _ack_before_commit() -> None:
    settle = consumer.Consumer._settle_pulled

    async def acknowledged(self: consumer.Consumer, pulled: list[Any]) -> None:
        await self._acknowledge(pulled, set())
        await asyncio.sleep(SLOW_SECONDS)
        await settle(self, pulled)

    _exchange(consumer.Consumer, "_settle_pulled", acknowledged)


def _gap_dropped() -> None:
    """What cannot be applied now is forgotten instead of held."""

    async def nothing(driver: Any, name: str, messages: Any) -> None:
        return None

    _exchange(store.PostgresConsumerStore, "put", staticmethod(nothing))


def _read_then_write() -> None:
    """The statement no longer asks whether there is as much as was decided on."""
    if os.environ.get("CROSSDOCK_SERVICE") != "inventory":
        return
    from inventory.store.desk import memory, statement

    guarded = next((line.strip() for line in statement._SETTLE.splitlines() if "s.available >= w.quantity" in line), "")
    if not guarded.startswith("WHERE "):
        raise LookupError("the statement's guard is not where the mutant looks for it")
    _exchange(statement, "_SETTLE", statement._SETTLE.replace(guarded, "WHERE true"))

    load = memory.Memory.load

    async def trusting(self: Any, *given: Any, **more: Any) -> None:
        """Reads without a lock, and takes its time."""
        await load(self, *given, **(more | {"locked": False}))
        await asyncio.sleep(SLOW_SECONDS)

    _exchange(memory.Memory, "load", trusting)


def _no_idempotency_record() -> None:
    async def unclaimed(self: Any, driver: Any, entry: Any) -> None:
        return None

    async def audited(self: Any, driver: Any, entry: Any, status: int, answer: bytes) -> None:
        await audit.append(driver, [entry])

    _exchange(idempotency.Idempotency, "_claim", unclaimed)
    _exchange(idempotency.Idempotency, "_keep", audited)


def _new_key_each_time() -> None:
    """A retry that ignores what the delivery is called: the partner cannot know that it had it before."""
    leased = claim._leased

    def renamed(row: Any) -> Any:
        found = leased(row)
        return replace(found, idempotency_key=f"{found.idempotency_key}#{found.attempt}")

    _exchange(claim, "_leased", renamed)


def _every_tenant_seen() -> None:
    """Transactions work for all tenants instead of their own."""
    served = tuple(sorted(os.environ.get("CROSSDOCK_TENANTS", "").split(",")))

    def all_of_them(tenants: Collection[str]) -> tuple[str, ...]:
        return served

    module: Any = importlib.import_module("crossdock_kit.database.transaction")
    _exchange(module, "tenant_list", all_of_them)


def _some_calls_unaudited() -> None:
    append = audit.append

    async def forgetful(driver: Any, entries: Sequence[Any]) -> None:
        await append(driver, [each for each in entries if each.request_id[-1:] not in "01234"])

    _exchange(audit, "append", forgetful)


def _conversion_of_today() -> None:
    """Whatever day a report is of, it is read by the items as they are described today."""
    if os.environ.get("CROSSDOCK_SERVICE") == "inventory":
        from inventory.store.master_data import StoredMasterData

        known = StoredMasterData.known

        async def now(self: Any, tenant: str, skus: Any, on: Any = None) -> Any:
            return await known(self, tenant, skus)

        _exchange(StoredMasterData, "known", now)


def _statement_without_its_time() -> None:
    """What a warehouse states is held against the ledger of now."""
    if os.environ.get("CROSSDOCK_SERVICE") != "inventory":
        return
    from inventory.store.statements import StoredStatements

    compare = StoredStatements.compare

    async def of_now(self: Any, statement: Any, skus: Any = ()) -> Any:
        found = await compare(self, replace(statement, as_of=self._now), skus)
        return replace(found, statement=statement)

    _exchange(StoredStatements, "compare", of_now)


def _promise_kept_after_expiry() -> None:
    """A lapsed reservation is marked, and what it held is not given back."""
    if os.environ.get("CROSSDOCK_SERVICE") != "inventory":
        return
    from inventory.use_cases import reservations

    _exchange(reservations, "movements_of", lambda *given: [])


def _shipped_unallocated() -> None:
    """What inventory is short of goes to a warehouse all the same."""
    if os.environ.get("CROSSDOCK_SERVICE") != "fulfillment":
        return
    from fulfillment.domain import allocating, events
    from fulfillment.domain.lifecycle import CROSSDOCK
    from fulfillment.domain.sales_order import steps_of

    from faults import world

    site = next(iter(world.SITES))

    def as_if_held(order: Any, part: int, waiting: Sequence[Any], incoming: Any) -> None:
        for _, schedule in waiting:
            order.move(schedule, "allocate", CROSSDOCK)
            schedule.location_id = site
        if waiting:
            told = steps_of(waiting)
            order.events.append(events.OrderLinesAllocated(order, part, told))

    _exchange(allocating, "without_stock", as_if_held)


def _invoice_per_event() -> None:
    """Whatever is told of a shipment bills it, whether it was billed or not."""
    if os.environ.get("CROSSDOCK_SERVICE") != "fulfillment":
        return
    from fulfillment import consumers
    from fulfillment.domain import posting
    from fulfillment.use_cases import owing
    from fulfillment.use_cases.commands import BillShipment
    from fulfillment.use_cases.delivering import told

    billed = posting.Posting.bill

    def again(self: Any) -> Any:
        if made := billed(self):
            return made
        kind, key = posting.Kind.INVOICE, f"{self.posting_id.rpartition('.')[2]}-{uuid4()}"
        made = posting.posting(self.order_id, kind, key, self.lines, follows=(self.posting_id,))
        made.reference, made.shipment_id = self.reference, self.shipment_id
        return made

    async def and_bills(word: Any, work: Any) -> None:
        await owing.bill(BillShipment(word.shipment_id, word.shipment_id, ()), work)
        await told(word, work)

    _exchange(posting.Posting, "bill", again)
    _exchange(consumers, "told", and_bills)


def _stock_not_given_back() -> None:
    """An order is called off, and the step that gives back what was held for it is forgotten."""
    if os.environ.get("CROSSDOCK_SERVICE") != "fulfillment":
        return
    from fulfillment.domain import cancelling

    given_back = cancelling._give_back

    def forgotten(order: Any, part: int, reservations: Any) -> bool:
        before = {each: list(some) for each, some in order.given_back.items()}
        freed = given_back(order, part, reservations)
        order.given_back.clear()
        order.given_back.update(before)
        return freed

    _exchange(cancelling, "_give_back", forgotten)


def _label_not_voided() -> None:
    """A warehouse has stopped what a carrier was found for, and the carrier is not told."""
    if os.environ.get("CROSSDOCK_SERVICE") != "delivery":
        return
    from delivery.use_cases import calling_off

    def forgotten(shipment: Any, reason: str, at: Any) -> bool:
        return True

    _exchange(calling_off, "call_off", forgotten)


def _credit_twice() -> None:
    """With every report of a return all that was inspected of it is credited, whether it was or not."""
    if os.environ.get("CROSSDOCK_SERVICE") != "fulfillment":
        return
    from fulfillment.domain.lifecycle import State

    returning: Any = importlib.import_module("fulfillment.use_cases.returning")
    follow = returning.follow_return

    def all_of_it(order: Any, line: Any, back: Any, return_id: str) -> list[Any]:
        before = {State.INSPECTED, State.CREDITED}
        again = [(line, each) for each in line.schedules if each.return_id == return_id and each.state in before]
        return [*follow(order, line, back, return_id), *again]

    _exchange(returning, "follow_return", all_of_it)


def _secret_in_log() -> None:
    import logging

    url = os.environ.get("CROSSDOCK_DATABASE_URL", "")
    running = consumer.Consumer.run

    async def telling(self: consumer.Consumer) -> None:
        logging.getLogger("faults").warning("connecting to %s", url)
        await running(self)

    _exchange(consumer.Consumer, "run", telling)


_ALL = (
    Mutant("no inbox", "the inbox", EVENTS, "I6", "applied event", _no_inbox, "version check"),
    Mutant("no version check", "the version check", EVENTS, "I6", " as [", _no_version_check),
    Mutant("gap dropped", "holding what is behind a gap", EVENTS, "I6", "has come to version", _gap_dropped),
    Mutant("ack before commit", "committing before the ack", EVENTS, "I7", "inbox", _ack_before_commit),
    Mutant(
        "cursor relay",
        "the relay without a cursor",
        RELAY,
        "I7",
        "the stream of",
        _cursor_relay,
        "reconcile",
        "reconcile off",
    ),
    Mutant(
        "mark before publish",
        "publishing before the mark",
        RELAY,
        "I7",
        "the stream of",
        _mark_before_publish,
        "reconcile",
        "reconcile off",
    ),
    Mutant(
        "read then write",
        "the condition in the statement that takes stock",
        CALLS,
        "I1",
        "available is",
        _read_then_write,
        "row locks of reloads",
    ),
    Mutant("no idempotency record", "the record of requests", CALLS, "I8", "", _no_idempotency_record),
    Mutant("new key each time", "the delivery's own key on a retry", CALLS, "I14", " ids", _new_key_each_time),
    Mutant("every tenant seen", "the tenant of a transaction", CALLS, "I9", "", _every_tenant_seen),
    Mutant("some calls unaudited", "the audit row of every call", CALLS, "I13", "audit rows", _some_calls_unaudited),
    Mutant("expired yet held", "giving back what lapsed", CALLS, "I2", "", _promise_kept_after_expiry),
    Mutant(
        "conversion of today",
        "the item as it was on a report's day",
        CALLS,
        "I2",
        "counted where the ledger of its time held",
        _conversion_of_today,
    ),
    Mutant(
        "statement of now",
        "the time that a statement is of",
        CALLS,
        "I2",
        "by the ledger as of its time",
        _statement_without_its_time,
    ),
    Mutant(
        "shipped unallocated",
        "the question to inventory before goods are released",
        SALES,
        "I3",
        "nothing was held for it",
        _shipped_unallocated,
    ),
    Mutant("invoice per event", "one invoice for each shipment", SALES, "I4", "invoice", _invoice_per_event),
    Mutant("stock not given back", "a step of calling off", SALES, "I5", "is held for what is", _stock_not_given_back),
    Mutant("label not voided", "telling the carrier", SALES, "I5", "its label is not void", _label_not_voided),
    Mutant("credit twice", "crediting only what is newly inspected", SALES, "I5", "came back", _credit_twice),
    Mutant("secret in the log", "keeping connection strings out of logs", CALLS, "I12", "log ", _secret_in_log),
)
MUTANTS = {mutant.name: mutant for mutant in _ALL}
CONTROLS: Mapping[str, Callable[[], None]] = {"reconcile off": _reconcile_off}
"""Builds without what is off in a mutant beside the guard that it is about."""
