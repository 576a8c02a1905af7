"""What the databases, the streams, the partners and the services say when all is quiet; nothing here judges.

Read as the servers' administrators, past row-level security and past the code that is on trial.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import nats
from crossdock_kit.broker import stream_name
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from faults.stack import FaultStack

SERVICES = ("catalog", "connector", "delivery", "fulfillment", "inventory", "procurement")
PAGE = 500
SILENCES = 3
"""How often the broker may keep silent before what it promised counts as missing."""
_PUT_BACK = re.compile(r"the broker lost (\d+) events; they are published again")
_NAMED = re.compile(r"\b(?:SO|FR|RMA|CR)-[\w-]+\w")
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises where the database is away, or ends a session while it is being opened."""


Row: TypeAlias = Any
"""A row by its columns' names: the driver's record, or a dictionary that stands for one."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the journal of its service has it, in the order of recording."""

    event_id: UUID
    tenant: str
    aggregate: str
    version: int
    type: str


@dataclass(slots=True)
class OfService:
    """One service's own rows."""

    journal: list[Recorded] = field(default_factory=list)
    pending: set[UUID] = field(default_factory=set)
    on_stream: Counter[str] = field(default_factory=Counter)
    recorded_at: dict[UUID, datetime] = field(default_factory=dict)
    published_at: dict[str, datetime] = field(default_factory=dict)
    """When the broker first took each message that it holds, by its id."""
    inbox: dict[str, set[UUID]] = field(default_factory=dict)
    watermarks: dict[tuple[str, str, str], int] = field(default_factory=dict)
    held: Sequence[Row] = field(default_factory=list)
    applied: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    """(consumer's name, tenant, causing event, aggregate, version) of each event that was applied, in its order."""
    audited: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    parked: int = 0
    exceptions: Sequence[Row] = field(default_factory=list)
    deliveries: Sequence[Row] = field(default_factory=list)


@dataclass(slots=True)
class Evidence:
    services: dict[str, OfService] = field(default_factory=dict)
    orders: Sequence[Row] = field(default_factory=list)
    notices: Sequence[Row] = field(default_factory=list)
    notice_lines: Sequence[Row] = field(default_factory=list)
    receipts: Sequence[Row] = field(default_factory=list)
    receipt_lines: Sequence[Row] = field(default_factory=list)
    stock: Sequence[Row] = field(default_factory=list)
    movements: Sequence[Row] = field(default_factory=list)
    reservations: Sequence[Row] = field(default_factory=list)
    documents: Sequence[Row] = field(default_factory=list)
    order_lines: Sequence[Row] = field(default_factory=list)
    invoices: Sequence[Row] = field(default_factory=list)
    invoice_lines: Sequence[Row] = field(default_factory=list)
    """With the invoice's number; quantities in pieces."""
    sales_orders: Sequence[Row] = field(default_factory=list)
    schedules: Sequence[Row] = field(default_factory=list)
    """So much of a line that moves together, with its order's number and its line's."""
    sold_lines: Sequence[Row] = field(default_factory=list)
    """As they are ordered now, each with its order's number."""
    postings: Sequence[Row] = field(default_factory=list)
    """What the ERP was asked for; money as text."""
    returns: Sequence[Row] = field(default_factory=list)
    shipments: Sequence[Row] = field(default_factory=list)
    """As delivery has them, `call_off` as it was answered; empty where nobody asked for it."""
    texts: dict[str, list[str]] = field(default_factory=dict)
    """Everything in which a secret might show, by place."""


async def gathered(stack: FaultStack) -> Evidence:
    found = Evidence()
    connection = await asyncpg.connect(stack.admin_database, timeout=10)
    try:
        for name in SERVICES:
            found.services[name] = await _of_service(connection, name)
        await _of_trade(connection, found)
        for name in SERVICES:
            found.texts[f"rows of {name}"] = await _told(connection, name)
    finally:
        await connection.close()
    for name in SERVICES:
        await _read_stream(stack.admin_broker, name, found.services[name])
    for log in sorted(stack.place.logs.glob("*.log*")):
        found.texts[f"log {log.name}"] = log.read_text(errors="replace").splitlines()
    return found


async def movement_marks(stack: FaultStack) -> dict[str, int]:
    """Each movement that the ledger holds now with a hash of its row: none of it may change later."""
    connection = await asyncpg.connect(stack.admin_database, timeout=10)
    try:
        rows = await connection.fetch("SELECT movement_id, hashtext(m::text) AS mark FROM inventory.movement m")
    finally:
        await connection.close()
    return {str(row["movement_id"]): row["mark"] for row in rows}


async def what_waits(stack: FaultStack) -> list[str]:
    """Deliveries that are not finished, by service, partner, state and last error, breakers that are not closed, and
    documents that nobody has read: for people, when a run does not come to rest."""
    connection = await asyncpg.connect(stack.admin_database, timeout=10)
    try:
        lines = []
        for name in SERVICES:
            rows = await connection.fetch(
                "SELECT partner, state, last_error, count(*) AS times, count(DISTINCT ordering_key) AS keys,"
                " min(next_attempt_at - now()) AS next, min(leased_until - now()) AS until, max(attempts) AS attempts"
                f" FROM {name}.delivery WHERE state NOT IN ('delivered', 'suppressed') GROUP BY 1, 2, 3 ORDER BY 4 DESC"
            )
            lines += [f"{name}: {dict(row)}" for row in rows]
            rows = await connection.fetch(f"SELECT *, now() AS now FROM {name}.breaker WHERE state <> 'closed'")
            lines += [f"{name}: {dict(row)}" for row in rows]
        rows = await connection.fetch(
            "SELECT partner, kind, name, state, failures, received_at, next_attempt_at - now() AS next"
            " FROM connector.document WHERE NOT outbound AND state IN (1, 2) ORDER BY position LIMIT 20"
        )
        return lines + [f"connector: {dict(row)}" for row in rows]
    finally:
        await connection.close()


async def lapsed(stack: FaultStack, seconds: float) -> None:
    """Waits for the reservations that end within a minute: what moves by itself must have moved before it is read."""
    soon = "SELECT count(*) FROM inventory.reservation WHERE state = 1 AND expires_at < now() + interval '1 minute'"
    connection = await asyncpg.connect(stack.admin_database, timeout=10)
    try:
        until = asyncio.get_running_loop().time() + seconds
        while await connection.fetchval(soon) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.3)
    finally:
        await connection.close()


async def _of_service(connection: asyncpg.Connection, name: str) -> OfService:
    async def rows(statement: str) -> list[asyncpg.Record]:
        return await connection.fetch(statement.replace("{s}", name))

    found = OfService()
    columns = "event_id, tenant, aggregate, version, type, recorded_at"
    journal = await rows(f"SELECT {columns} FROM {{s}}.journal ORDER BY recorded_at, event_id")
    found.journal = [Recorded(*tuple(row)[:-1]) for row in journal]
    found.recorded_at = {row["event_id"]: row["recorded_at"] for row in journal}
    found.pending = {row["event_id"] for row in await rows("SELECT event_id FROM {s}.pending")}
    for row in await rows("SELECT consumer, event_id FROM {s}.inbox"):
        found.inbox.setdefault(row["consumer"], set()).add(row["event_id"])
    marks = await rows("SELECT consumer, tenant, aggregate, version FROM {s}.watermark")
    found.watermarks = {(row["consumer"], row["tenant"], row["aggregate"]): row["version"] for row in marks}
    found.held = await rows("SELECT consumer, event_id, aggregate, version, why, attempts, last_error FROM {s}.held")
    steps = await rows(
        "SELECT actor, tenant, causation_id, aggregate, event_version FROM {s}.step"
        " WHERE kind = 'event' AND outcome = 'advanced' AND aggregate <> '' ORDER BY position"
    )
    found.applied = [tuple(row) for row in steps]
    [(found.parked,)] = await rows("SELECT count(*) FROM {s}.step WHERE outcome = 'parked'")
    audited = await rows("SELECT tenant, method, request_id FROM {s}.audit")
    found.audited = Counter((row["tenant"], row["method"].rpartition("/")[2], row["request_id"]) for row in audited)
    found.exceptions = await rows("SELECT * FROM {s}.exception WHERE resolved_at IS NULL")
    found.deliveries = await rows(
        "SELECT tenant, partner, kind, state, attempts, idempotency_key, ordering_key, position, last_error"
        " FROM {s}.delivery"
    )
    return found


async def _of_trade(connection: asyncpg.Connection, found: Evidence) -> None:
    fetch = connection.fetch
    found.orders = await fetch("SELECT * FROM procurement.purchase_order")
    found.notices = await fetch(
        "SELECT tenant, supplier_id, number, state, ship_notice_id FROM procurement.ship_notice"
    )
    found.notice_lines = await fetch(
        "SELECT n.tenant, n.number, l.purchase_order_number, l.line_number, l.base"
        " FROM procurement.ship_notice_line l JOIN procurement.ship_notice n USING (tenant, ship_notice_id)"
    )
    found.receipts = await fetch("SELECT tenant, system, number, receipt_id FROM procurement.receipt")
    found.receipt_lines = await fetch(
        "SELECT r.tenant, r.number, r.receipt_id, l.line_id, l.purchase_order_number, l.line_number, l.base"
        " FROM procurement.receipt_line l JOIN procurement.receipt r USING (tenant, receipt_id)"
    )
    found.stock = await fetch("SELECT * FROM inventory.stock")
    found.movements = await fetch(
        "SELECT movement_id, hashtext(m::text) AS mark, tenant, sku, location_id, business_unit, source, target,"
        " quantity, document, posting_key, reason, occurred_at, recorded_at FROM inventory.movement m"
    )
    found.reservations = await fetch(
        "SELECT r.tenant, r.reservation_id, r.reference, r.state, p.sku, p.location_id, p.quantity"
        " FROM inventory.reservation r JOIN inventory.reservation_part p USING (tenant, reservation_id)"
    )
    found.documents = await fetch("SELECT * FROM connector.document")
    found.order_lines = await fetch(
        "SELECT o.tenant, o.number, l.line_number, l.invoiced FROM procurement.purchase_order_line l"
        " JOIN procurement.purchase_order o USING (tenant, purchase_order_id)"
    )
    found.invoices = await fetch("SELECT tenant, number, invoice_id, state FROM procurement.supplier_invoice")
    found.invoice_lines = await fetch(
        "SELECT i.tenant, i.number, l.invoice_id, l.purchase_order_number, l.line_number, l.base, l.outcome"
        " FROM procurement.supplier_invoice_line l JOIN procurement.supplier_invoice i USING (tenant, invoice_id)"
    )
    found.sales_orders = await fetch("SELECT tenant, order_id, number, state, cancelled FROM fulfillment.sales_order")
    found.schedules = await fetch(
        "SELECT s.tenant, s.order_id, o.number, l.line_number, s.state, s.quantity, s.reservation_id,"
        " s.cancel_requested FROM fulfillment.line_schedule s"
        " JOIN fulfillment.sales_order o USING (tenant, order_id)"
        " JOIN fulfillment.order_line l USING (tenant, order_id, position)"
    )
    found.sold_lines = await fetch(
        "SELECT l.tenant, o.number, l.line_number, l.quantity FROM fulfillment.order_line l"
        " JOIN fulfillment.sales_order o USING (tenant, order_id)"
    )
    found.postings = await fetch(
        "SELECT tenant, posting_id, order_id, kind, reference, state, number, credited, noted, follows,"
        " totals->'net'->>'amount' AS net, totals->'tax'->>'amount' AS tax, totals->'gross'->>'amount' AS gross"
        " FROM fulfillment.posting"
    )
    found.returns = await fetch("SELECT tenant, number, order_id, state FROM fulfillment.customer_return")
    found.shipments = await fetch(
        "SELECT tenant, number, stage, milestone, tracking_number, coalesce(called_off->>'answer', '') AS call_off"
        " FROM delivery.shipment"
    )


async def _told(connection: asyncpg.Connection, name: str) -> list[str]:
    """Events, steps, exceptions and deliveries as text."""
    texts: list[str] = []
    for statement in (
        f"SELECT headers || encode(body, 'escape') FROM {name}.journal",
        f"SELECT t::text FROM {name}.step t",
        f"SELECT t::text FROM {name}.exception t",
        f"SELECT last_error FROM {name}.delivery",
    ):
        texts += [row[0] or "" for row in await connection.fetch(statement)]
    return texts


async def _read_stream(url: str, service: str, found: OfService) -> None:
    """How often each message id stands on the stream, and since when."""
    client = await nats.connect(url)
    try:
        jetstream = client.jetstream(timeout=10)
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE, headers_only=True, mem_storage=True
        )
        info = await jetstream.add_consumer(stream_name(service), config)
        reader = await jetstream.pull_subscribe_bind(info.name, stream_name(service))
        left, silences = info.num_pending or 0, 0
        while left > 0 and silences < SILENCES:
            try:
                messages = await reader.fetch(min(PAGE, left), timeout=10)
            except NatsTimeout:
                silences += 1
                continue
            left -= len(messages)
            for message in messages:
                name = _id(message.headers or {})
                found.on_stream[name] += 1
                found.published_at.setdefault(name, message.metadata.timestamp)
    finally:
        await client.close()


def told_of(sentences: Iterable[str], found: Evidence) -> list[str]:
    """What the databases say of the orders that violations name: for people, to whom nothing else is left of a run."""
    names = {name for each in sentences for name in _NAMED.findall(each)}
    names |= {row["order_id"] for row in found.sales_orders if row["number"] in names}
    rows = [f"schedule: {dict(row)}" for row in found.schedules]
    rows += [f"delivery: {dict(row)}" for each in found.services.values() for row in each.deliveries]
    rows += [f"{place}: {line}" for place, lines in found.texts.items() if place.startswith("rows") for line in lines]
    return [row for row in rows if any(name in row for name in names)]


def republished(texts: Mapping[str, list[str]]) -> int:
    """Events that a reconciler put back, as it said; a count in its memory would have died with it."""
    found = 0
    for place, lines in texts.items():
        if place.startswith("log "):
            found += sum(int(number) for line in lines for number in _PUT_BACK.findall(line))
    return found


def _id(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "nats-msg-id"), "without an id")


def consumers_of(services: Mapping[str, OfService], source: str) -> Iterable[tuple[str, str]]:
    """(service, consumer) of whoever listens to a source."""
    for name, rows in services.items():
        for consumer in rows.inbox:
            if consumer.rpartition("/")[2] == source:
                yield name, consumer
