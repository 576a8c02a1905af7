"""Every event that a consumer of a real service handles, over a real broker: delivered twice and in reverse, it leaves
the same state as delivered once and in order.

The facts of procurement are its golden ones: two orders' whole lives. A type that a service comes to handle and that
has no sample here fails the test.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import connector.consumers
import connector_samples.rig
import pytest
from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.catalog.v1 import master_data_pb2
from crossdock.common.v1 import values_pb2
from crossdock.connector.events.v1 import events_pb2 as connector_events
from crossdock.delivery.events.v1 import events_pb2 as delivery_events
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment_events
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, warehouse_pb2
from crossdock.procurement.events.v1 import events_pb2 as procurement_events
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
from fulfillment.consumers import catalog_changes as fulfillment_hears
from fulfillment.store.master_data import MasterDataRows as OrdersMasterData
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from inventory.consumers import Consumers
from inventory.store.work import InventoryWork
from procurement.consumers import catalog_changes
from procurement.store.master_data import MasterDataRows

pytestmark = pytest.mark.lasting(50)

AT = datetime(2026, 5, 4, 8, tzinfo=UTC)
GOLDENS = Path(__file__).parents[1] / "procurement" / "goldens"
LIVES = (
    "PurchaseOrderReleased",
    "PurchaseOrderAcknowledged",
    "PurchaseOrderChangeProposed",
    "PurchaseOrderChangeDecided",
    "InboundExpected",
    "ShipNoticeReceived",
    "ShipNoticeWithdrawn",
    "GoodsReceived",
    "DiscrepancyReported",
    "ShipNoticeClosed",
    "PurchaseOrderReceived",
    "PurchaseOrderRevised",
    "PurchaseOrderCancelled",
    "PurchaseOrderCompleted",
    "SupplierInvoiceMatched",
)
WAREHOUSE = master_data_pb2.LOCATION_KIND_WAREHOUSE
MADE_ANEW = {
    "movement_id": "drawn for each row",
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


def master_data() -> list[Message]:
    """Each thing twice, so that their order matters."""
    told: list[Message] = []
    for change in ("Riga", "Vilnius"):
        told += [
            catalog.ItemChanged(sku=sku, item=master_data_pb2.Item(sku=sku, base_unit="EA", category=change))
            for sku in ("BOLT", "NUT")
        ]
        place = master_data_pb2.Location(
            location_id="WH-EAST",
            name="East",
            zone=f"Europe/{change}",
            system="WMS-EAST",
            business_unit="EU01",
            kind=WAREHOUSE,
        )
        told.append(catalog.LocationChanged(location_id="WH-EAST", location=place))
        party = master_data_pb2.Party(party_id="SUP-NORDIC", name=change, roles=[master_data_pb2.PARTY_ROLE_SUPPLIER])
        told.append(catalog.PartyChanged(party_id="SUP-NORDIC", party=party))
        role = master_data_pb2.PARTY_ROLE_CARRIER if change == "Riga" else master_data_pb2.PARTY_ROLE_CUSTOMER
        buyer = master_data_pb2.Party(party_id="CUS-SHOP", name=change, roles=[role])
        told.append(catalog.PartyChanged(party_id="CUS-SHOP", party=buyer))
        entry = master_data_pb2.CrosswalkEntry(
            partner="erp-eu", kind=master_data_pb2.CODE_KIND_ITEM, partner_code=change, canonical="BOLT"
        )
        told.append(catalog.CrosswalkChanged(partner="erp-eu", entries=[entry]))
    return told


def lives() -> list[Message]:
    found = []
    for name in LIVES:
        golden = json.loads((GOLDENS / f"{name}.json").read_text())
        found.append(ParseDict(golden["message"], getattr(procurement_events, name)()))
    return found


def postings() -> list[Message]:
    return [
        connector_events.DocumentSent(
            document_id=f"doc-{number}",
            partner="erp-eu",
            kind="json.goods_receipt",
            foreign_number=f"50000{number}",
            source_event_id=str(derived("posting", number)),
            source_aggregate=f"receipt/0193-{letter}",
            sent_at=Timestamp(seconds=int(AT.timestamp())),
        )
        for number, letter in enumerate("ab")
    ]


def warehouse_reports() -> list[Message]:
    """Two parts of an order's line: picked and handed over, and handed over without a word of the pick."""
    step = fulfillment_events.ScheduleStep(
        line_number="1", sku="BOLT", quantity=values_pb2.Quantity(value="5", unit="EA"), location_id="WH-EAST"
    )
    told: list[Message] = [
        fulfillment_events.OrderReleased(
            order_id="0191-4711", number="S-1", part=1, location_id="WH-EAST", steps=[step], release_number="S-1/1.1"
        )
    ]
    for part, (sku, picked) in enumerate((("BOLT", "5"), ("NUT", "0"))):
        line = warehouse_pb2.HandledLine(
            order_id="0191-4711",
            order_number="S-1",
            line_number=str(part + 1),
            sku=sku,
            quantity=values_pb2.Quantity(value="5", unit="EA"),
            business_unit="EU01",
            # Which lot left is the warehouse's word: where it says it late, the ledger tells that it was said late.
            lot=values_pb2.Lot(number="L1") if sku == "BOLT" else None,
        )
        place: dict[str, Any] = {"location_id": "WH-EAST", "order_numbers": ["S-1"]}
        if picked != "0":
            told.append(fulfillment_events.PickCompleted(pick_id=f"pick-{part}", number="P-1", lines=[line], **place))
            told.append(
                fulfillment_events.ShipmentReady(
                    shipment_id=f"shipment-{part}", number=f"SH-{part}", lines=[line], customer_id="CUS-SHOP", **place
                )
            )
        before = values_pb2.Quantity(value=picked, unit="EA")
        told.append(
            fulfillment_events.GoodsIssued(
                shipment_id=f"shipment-{part}",
                number=f"SH-{part}",
                issue_number="I-1",
                lines=[fulfillment_events.IssuedLine(line=line, picked_before=before)],
                **place,
            )
        )
    return told


def sales_orders() -> list[Message]:
    return [*warehouse_reports(), *goods_back(), *postings_wanted()]


def goods_back() -> list[Message]:
    """Some of it comes back, and some of that is sold again."""
    place: dict[str, Any] = {
        "return_id": "return-1",
        "number": "R-1",
        "location_id": "WH-EAST",
        "business_unit": "EU01",
    }
    line = return_pb2.ReturnedLine(sku="NUT", quantity=values_pb2.Quantity(value="3", unit="EA"))
    decided = return_pb2.ReturnedLine(
        sku="NUT", quantity=values_pb2.Quantity(value="2", unit="EA"), disposition=return_pb2.DISPOSITION_RESTOCK
    )
    return [
        fulfillment_events.ReturnReceived(report_number="RR-1", lines=[line], **place),
        fulfillment_events.ReturnInspected(report_number="RI-1", lines=[decided], **place),
    ]


def postings_wanted() -> list[Message]:
    """One order's document and another's invoice: of one order the second is asked for after the answer to the
    first, and what is asked for at once has no order."""
    kinds = {"4711": posting_pb2.POSTING_KIND_ORDER, "4712": posting_pb2.POSTING_KIND_INVOICE}
    line = posting_pb2.PostingLine(line_number="1", sku="BOLT", quantity=values_pb2.Quantity(value="5", unit="EA"))
    return [
        fulfillment_events.PostingRequested(
            posting_id=f"posting-{name}",
            order_id=f"0191-{name}",
            order_number=f"S-{name}",
            posting=posting_pb2.Posting(posting_id=f"posting-{name}", business_unit="EU01", kind=kind, lines=[line]),
            customer_id="CUS-SHOP",
            currency="EUR",
            attempt=1,
        )
        for name, kind in kinds.items()
    ]


def planned_shipments() -> list[Message]:
    """Two that a TMS is offered."""
    return [
        delivery_events.ShipmentPlanned(
            shipment_id=f"shipment-{letter}",
            number=f"SH-{letter}",
            shipment=shipment_pb2.Shipment(
                shipment_id=f"shipment-{letter}", business_unit="EU01", number=f"SH-{letter}"
            ),
        )
        for letter in "ab"
    ]


HISTORY: dict[str, Callable[[], list[Message]]] = {
    "catalog": master_data,
    "procurement": lives,
    "connector": postings,
    "fulfillment": sales_orders,
    "delivery": planned_shipments,
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
    ]
    await rig.partner("erp-eu", role="ERP", system="ERP-EU", transport=there, documents=confirmations)
    expected = [
        {"kind": "wms_a.expected_receipt", "direction": "OUT", "path": "/expected-receipts"},
        {"kind": "wms_a.pick_request", "direction": "OUT", "path": "/pick-requests"},
    ]
    east = {"system": "WMS-EAST", "locations": ["WH-EAST"], "transport": there, "documents": expected}
    await rig.partner("wms-east", role="WMS", **east)
    orders = [{"kind": "json.supplier_order", "direction": "OUT", "path": "/orders"}]
    tenders = [{"kind": "json.load_tender", "direction": "OUT", "path": "/tenders"}]
    await rig.partner("tms-eu", role="TMS", system="TMS-EU", transport=there, documents=tenders)
    await rig.partner("sup-nordic", role="SUPPLIER", partyId="SUP-NORDIC", transport=there, documents=orders)


@dataclass(frozen=True)
class Listener:
    """A service's own subscriptions on its own schema, and what its deployment sets up before."""

    service: str
    subscriptions: Callable[[Engine], Sequence[Subscription]]
    prepare: Callable[[Engine], Any] = no_partners


LISTENERS = (
    Listener("procurement", lambda engine: [catalog_changes(lambda work: MasterDataRows(work.driver))]),
    Listener("inventory", lambda engine: Consumers(InventoryWork).subscriptions()),
    Listener(
        "connector",
        lambda engine: connector.consumers.subscriptions(connector_samples.rig.Rig(engine).around),
        partners,
    ),
    Listener("delivery", lambda engine: [outbound_shipments(on)]),
    Listener("fulfillment", lambda engine: [fulfillment_hears(lambda work: OrdersMasterData(work.driver))]),
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
