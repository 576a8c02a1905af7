"""Every event that a consumer of a real service handles, over a real broker: delivered twice and in reverse, it leaves
the same state as delivered once and in order.

A type that a service comes to handle and that has no sample in `trade_history` fails the test.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import connector.consumers
import connector_samples.rig
import pytest
from crossdock_kit.broker import Broker, connect
from crossdock_kit.context import Cause
from crossdock_kit.database import Engine, create_engine, transaction
from crossdock_kit.database.tables import metadata as kit_tables
from crossdock_kit.events import NewEvent, Origin, contract_of, seal, subject_of
from crossdock_kit.ids import derived
from crossdock_kit.journal import JournalEntry, complete_headers
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.testing import FixedClock
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from delivery.consumers import outbound_shipments
from delivery.store.unit_of_work import on
from fulfillment.consumers import availability, drop_shipments, shipments
from fulfillment.consumers import catalog_changes as fulfillment_hears
from fulfillment.store.master_data import MasterDataRows as OrdersMasterData
from fulfillment.store.unit_of_work import on as opens_orders
from inventory.consumers import Consumers
from inventory.store.work import InventoryWork
from procurement.consumers import catalog_changes
from procurement.store.invoices import Waiting
from procurement.store.master_data import MasterDataRows
from trade_history import AT, HISTORY
from trade_history.orders import orders_that_wait

pytestmark = pytest.mark.lasting(50)

MADE_ANEW = {
    "movement_id": "drawn for each row",
    "movement_ids": "drawn for each row",
    "recorded_at": "by the clock",
    "received_at": "by the clock",
    "position": "counts what was written; the order that counts is told by the deliveries",
    "created_at": "by the clock",
    "noted_at": "by the clock",
    "changed_at": "by the clock",
    "content": "sealed with a key of its own; its hash stands beside it",
    "traceparent": "drawn for each step",
    "version": "of a balance: counts how many statements moved it",
    "event_version": "of a balance: its announcements are coalesced",
}


def announced(source: str) -> list[JournalEntry]:
    """The history as its service would publish it, alike each time: ids, versions and instants too."""
    versions: Counter[str] = Counter()
    entries = []
    for place, message in enumerate(HISTORY[source]()):
        contract = contract_of(message.DESCRIPTOR)
        name = str(getattr(message, contract.keys[0]))
        versions[f"{contract.aggregate}/{name}"] += 1
        event_id = derived(source, place)
        cause = Cause("call", "Test", "acme", "tester", str(event_id), str(event_id), "", AT)
        event = NewEvent(
            message=message,
            tenant="acme",
            business_unit="EU01",
            aggregate_type=contract.aggregate,
            aggregate_id=name,
            version=versions[f"{contract.aggregate}/{name}"],
            subject=name,
            keys=(f"{contract.aggregate}:{name}",),
            transaction_ids=("0191-4711",),
            occurred_at=AT,
            origin=Origin(system="ERP-EU"),
        )
        sealed = seal(event, event_id, cause)
        headers = complete_headers(sealed.headers, event_id, AT)
        entries.append(JournalEntry(subject_of(sealed.type, sealed.slot), headers, sealed.body))
    return entries


async def no_partners(engine: Engine) -> None:
    """Nothing to prepare."""


async def partners(engine: Engine) -> None:
    rig = connector_samples.rig.Rig(engine)
    there = {"http": {"url": "http://127.0.0.1:9", "webhookSecret": "hook", "credentials": "key"}}
    confirmations = [
        {"kind": "json.order_confirmation", "direction": "OUT", "path": "/order-confirmations"},
        {"kind": "json.goods_receipt", "direction": "OUT", "path": "/goods-receipts"},
        {"kind": "json.posting_request", "direction": "OUT", "path": "/posting-requests"},
        {"kind": "json.invoice_match", "direction": "OUT", "path": "/invoice-matches"},
        {"kind": "json.stock_movement", "direction": "OUT", "path": "/stock-movements"},
    ]
    await rig.partner("erp-eu", role="ERP", system="ERP-EU", transport=there, documents=confirmations)
    expected = [
        {"kind": "wms_a.expected_receipt", "direction": "OUT", "path": "/expected-receipts"},
        {"kind": "wms_a.pick_request", "direction": "OUT", "path": "/pick-requests"},
    ]
    east = {"system": "WMS-EAST", "locations": ["WH-EAST"], "transport": there, "documents": expected}
    await rig.partner("wms-east", role="WMS", **east)
    # One document in X12 and no more: its control number is the same in whatever order the facts come.
    edi = {"partnerId": "08:MERCATO", "ownId": "ZZ:ACME"}
    acknowledgments = [{"kind": "x12.855", "direction": "OUT"}]
    customer = {"partyId": "CUS-MERCATO", "edi": edi, "documents": acknowledgments}
    await rig.partner("edi-mercato", role="CHANNEL", transport=there, **customer)
    orders = [{"kind": "json.supplier_order", "direction": "OUT", "path": "/orders"}]
    tenders = [{"kind": "json.load_tender", "direction": "OUT", "path": "/tenders"}]
    await rig.partner("tms-eu", role="TMS", system="TMS-EU", transport=there, documents=tenders)
    await rig.partner("sup-nordic", role="SUPPLIER", partyId="SUP-NORDIC", transport=there, documents=orders)


@dataclass(frozen=True)
class Listener:
    """A service's own subscriptions on its own schema, what its deployment sets up before, and words that stand in its
    rows afterwards."""

    service: str
    subscriptions: Callable[[Engine], Sequence[Subscription]]
    prepare: Callable[[Engine], Any] = no_partners
    shows: Sequence[str] = ()


def orders_hear(engine: Engine) -> Sequence[Subscription]:
    return [
        fulfillment_hears(lambda work: OrdersMasterData(work.driver), opens_orders),
        availability(opens_orders),
        shipments(opens_orders),
        drop_shipments(opens_orders),
    ]


def heard_by_procurement() -> Subscription:
    return catalog_changes(lambda work: MasterDataRows(work.driver), lambda work: Waiting(work.driver))


LISTENERS = (
    Listener("procurement", lambda engine: [heard_by_procurement()]),
    Listener("inventory", lambda engine: Consumers(InventoryWork).subscriptions()),
    Listener(
        "connector",
        lambda engine: connector.consumers.subscriptions(connector_samples.rig.Rig(engine).around),
        partners,
        ("x12.855",),
    ),
    Listener("delivery", lambda engine: [outbound_shipments(on)]),
    Listener(
        "fulfillment",
        orders_hear,
        orders_that_wait,
        ('"state": "out_for_delivery"', '"billable": true', '"promised_on": "2026-06-09"'),
    ),
)


@asynccontextmanager
async def listening(
    listener: Listener, engine: Engine, broker: Broker
) -> AsyncIterator[tuple[Sequence[Consumer], list[asyncio.Task[None]]]]:
    uow = UnitOfWork(engine, lambda: None, FixedClock(AT))
    consumers = [Consumer(each, engine, broker, uow, ("acme",)) for each in listener.subscriptions(engine)]
    tasks = [asyncio.create_task(each.run()) for each in consumers]
    try:
        yield consumers, tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def publish(broker: Broker, entries: Sequence[JournalEntry], copy: str) -> None:
    """Each copy has message ids of its own, so that the broker does not drop it."""
    for entry in entries:
        headers = dict(line.split(": ", 1) for line in entry.headers.split("\r\n") if line)
        headers["Nats-Msg-Id"] += copy
        await broker.jetstream.publish(entry.subject, entry.body, headers=headers)


LEFT_BEHIND = {
    # In the order in which each partner will hear of each document.
    "delivery": """
        SELECT partner, ordering_key, kind, idempotency_key, encode(payload, 'hex'), state
        FROM delivery ORDER BY partner, ordering_key, position
    """,
    "exception": """
        SELECT failure_class, code, owner, subject, dedupe_key FROM exception ORDER BY subject, dedupe_key
    """,
}


async def state(engine: Engine) -> dict[str, list[str]]:
    """Every row of the service's own tables, and what it set off and raised, without what is made anew each time."""
    query = "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
    found = {}
    async with transaction(engine, ("acme",)) as tx:
        names = {row["relname"] for row in await tx.driver.fetch(query)}
        own = {name for name in names - kit_tables.tables.keys() - {"alembic_version"} if "journal" not in name}
        for name in sorted(own):
            rows = await tx.driver.fetch(f"SELECT to_jsonb(t) #>> '{{}}' AS row FROM {name} t")
            found[name] = sorted(_lasting(json.loads(row["row"])) for row in rows)
        for name, query in LEFT_BEHIND.items():
            found[name] = [str(tuple(row)) for row in await tx.driver.fetch(query)]
    return found


def _lasting(row: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in row.items() if name not in MADE_ANEW}, sort_keys=True)


async def heard(
    listener: Listener, servers: EmbeddedServers, migrated: MigratedDatabases, *, awkward: bool, lacking: str = ""
) -> tuple[dict[str, list[str]], Counter[str]]:
    """What the service holds after the whole history, or but for the last event of one source, and what its consumers
    counted."""
    async with AsyncExitStack() as stack:
        fresh = await migrated.fresh(listener.service)
        stack.push_async_callback(servers.drop_database, fresh.name)
        nats = await stack.enter_async_context(servers.fresh_nats())
        engine = create_engine(fresh.urls.database, listener.service)
        stack.push_async_callback(engine.stop)
        await listener.prepare(engine)
        broker = await connect(nats.url(), "test")
        stack.push_async_callback(broker.close)
        sources = {each.source for each in listener.subscriptions(engine)}
        for source in sources:
            await broker.ensure_stream(source)
        consumers, tasks = await stack.enter_async_context(listening(listener, engine, broker))
        # Master data before trade, both times: what a partner is told uses the codes that are known by then.
        for source in sorted(sources, key=list(HISTORY).index):
            entries = announced(source)[:-1] if lacking == source else announced(source)
            for copy in ("/once", "/twice") if awkward else ("/once",):
                await publish(broker, entries[::-1] if awkward else entries, copy)
            (consumer,) = (each for each in consumers if each.subscription.source == source)
            await _all_applied(consumer, len(entries), broker, tasks)
        return await state(engine), sum((Counter(each.counters) for each in consumers), Counter())


async def _all_applied(consumer: Consumer, events: int, broker: Broker, tasks: Sequence[asyncio.Task[None]]) -> None:
    its = consumer.subscription
    async with asyncio.timeout(120):
        while consumer.counters["applied"] + consumer.counters["refused"] < events or await broker.unprocessed(
            its.source, its.name
        ):
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)


@pytest.mark.feature("F218")
@pytest.mark.feature("F270")
@pytest.mark.parametrize("listener", LISTENERS, ids=lambda listener: listener.service)
async def test_every_event_of_a_service_twice_and_in_reverse_leaves_the_same_state(
    listener: Listener, servers: EmbeddedServers, migrated: MigratedDatabases
) -> None:
    once, _ = await heard(listener, servers, migrated, awkward=False)
    awkward, counted = await heard(listener, servers, migrated, awkward=True)
    assert sum(map(len, once.values())) > 3, "a history that leaves nothing would show nothing"
    rows_of_once = "\n".join(row for rows in once.values() for row in rows)
    assert [each for each in listener.shows if each not in rows_of_once] == []
    assert counted["duplicate_dropped"] > 0
    assert awkward.keys() == once.keys()
    for table, rows in once.items():
        assert awkward[table] == rows, f"{table} differs: {set(awkward[table]) ^ set(rows)}"


@pytest.mark.parametrize("listener", LISTENERS, ids=lambda listener: listener.service)
async def test_every_type_that_a_service_handles_is_in_the_history(
    listener: Listener, migrated: MigratedDatabases, servers: EmbeddedServers
) -> None:
    told = {message.DESCRIPTOR.full_name for messages in HISTORY.values() for message in messages()}
    engine = create_engine("postgresql://nobody@127.0.0.1:1/none", listener.service)
    handled = {name for subscription in listener.subscriptions(engine) for name in subscription.types}
    assert handled, "a service without handlers needs no place here"
    assert handled <= told


async def test_an_event_that_never_came_shows(servers: EmbeddedServers, migrated: MigratedDatabases) -> None:
    """The comparison can fail: a partner's code that was not told of is missing."""
    its = LISTENERS[2]
    whole, _ = await heard(its, servers, migrated, awkward=False)
    lacking, _ = await heard(its, servers, migrated, awkward=False, lacking="catalog")
    assert whole != lacking
