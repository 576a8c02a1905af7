"""The kit's own tables: a service's schema holds one set of them beside the tables of its trade.

Every row belongs to a tenant. How rows are protected, partitioned and granted stands in migrations.py; what they mean
stands in the module that writes them. Later revisions of the kit only add.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Computed, Date, Index, Integer, MetaData, SmallInteger, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, INTERVAL, JSONB, TEXT, TIMESTAMP, UUID

metadata = MetaData()

EMPTY_TEXT = text("''")
EMPTY_ARRAY = text("'{}'")
NOW = text("now()")


def words(name: str, *, optional: bool = False, key: bool = False) -> Column[Any]:
    """A text column; empty rather than NULL unless NULL means something."""
    default = None if optional or key else EMPTY_TEXT
    return Column(name, TEXT, nullable=optional, primary_key=key, server_default=default)


def instant(name: str, *, optional: bool = False, default: Any = None) -> Column[Any]:
    return Column(name, TIMESTAMP(timezone=True), nullable=optional, server_default=default)


def texts(name: str) -> Column[Any]:
    return Column(name, ARRAY(TEXT), nullable=False, server_default=EMPTY_ARRAY)


def number(name: str, kind: Any = BigInteger, default: str | None = "0") -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=None if default is None else text(default))


def identity(name: str, *, key: bool = True) -> Column[Any]:
    return Column(name, UUID(as_uuid=True), nullable=False, primary_key=key)


def raw(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, BYTEA, nullable=optional)


def tenant() -> Column[Any]:
    return Column("tenant", TEXT, nullable=False)


def tenant_key() -> Column[Any]:
    return Column("tenant", TEXT, nullable=False, primary_key=True)


# --- events out: the journal is kept for years, pending only until the broker has acknowledged

journal = Table(
    "journal",
    metadata,
    # In this order the key serves readers from a time on as well, and needs no second index beside it.
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True, server_default=NOW),
    identity("event_id"),
    tenant(),
    number("slot", SmallInteger, None),
    words("type"),
    words("aggregate"),
    number("version", default=None),
    words("headers"),
    raw("body"),
    postgresql_partition_by="RANGE (recorded_at)",
)

pending = Table(
    "pending",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    number("slot", SmallInteger, None),
    identity("event_id", key=False),
    instant("recorded_at"),
)

# One row per stream: a message that the broker has acknowledged lately, to ask for again. No tenant's data.
stream_mark = Table(
    "stream_mark",
    metadata,
    words("stream", key=True),
    number("last_sequence"),
    Column("event_id", UUID(as_uuid=True), nullable=True),
    instant("noted_at", default=NOW),
)

# --- events in

# Consumers that have read their source's journal, or need not. No tenant's data.
caught_up = Table("caught_up", metadata, words("consumer", key=True), instant("at", default=NOW))

inbox = Table(
    "inbox",
    metadata,
    words("consumer", key=True),
    identity("event_id"),
    tenant(),
    instant("seen_at", default=NOW),
    Index("inbox_seen", "seen_at"),
)

watermark = Table(
    "watermark",
    metadata,
    words("consumer", key=True),
    tenant_key(),
    words("aggregate", key=True),
    number("version"),
    instant("parked_at", optional=True),
    words("park_reason"),
    Index("watermark_parked", "consumer", "tenant", postgresql_where=text("parked_at IS NOT NULL")),
)

held = Table(
    "held",
    metadata,
    words("consumer", key=True),
    identity("event_id"),
    tenant(),
    words("aggregate"),
    number("version", default=None),
    number("slot", SmallInteger, None),
    words("type"),
    words("headers"),
    raw("body"),
    words("why"),
    number("attempts", Integer),
    words("last_error"),
    words("last_traceparent"),
    words("redriven_by"),
    instant("held_at", default=NOW),
    instant("next_attempt_at", optional=True),
    instant("raised_at", optional=True),
    Index("held_aggregate", "consumer", "tenant", "aggregate", "version"),
    Index("held_due", "consumer", "next_attempt_at"),
)

# --- calls in

idempotency = Table(
    "idempotency",
    metadata,
    tenant_key(),
    words("method", key=True),
    words("request_id", key=True),
    raw("request_hash"),
    Column("status", Integer, nullable=True),
    raw("answer", optional=True),
    instant("created_at", default=NOW),
    Index("idempotency_created", "created_at"),
)

audit = Table(
    "audit",
    metadata,
    tenant_key(),
    identity("audit_id"),
    instant("at"),
    words("actor"),
    words("partner"),
    words("method"),
    words("request_id"),
    raw("request_hash"),
    words("outcome"),
    words("reason"),
    words("trace_id"),
    words("correlation_id"),
)

audit_pending = Table(
    "audit_pending",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    tenant(),
    identity("audit_id", key=False),
)

audit_seal = Table(
    "audit_seal",
    metadata,
    tenant_key(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    identity("audit_id", key=False),
    raw("prev_hash"),
    raw("hash"),
    instant("sealed_at", default=NOW),
    Index("audit_seal_entry", "tenant", "audit_id", unique=True),
)

audit_head = Table("audit_head", metadata, tenant_key(), number("seq"), raw("hash"), instant("sealed_at", default=NOW))

# --- what happened to a transaction

step = Table(
    "step",
    metadata,
    tenant_key(),
    identity("step_id"),
    Column("position", BigInteger, nullable=False, server_default=text("nextval('step_position')")),
    instant("recorded_at", default=text("clock_timestamp()")),
    words("kind"),
    words("name"),
    texts("transaction_ids"),
    texts("keys"),
    instant("at"),
    words("actor"),
    number("attempt", Integer, "1"),
    words("outcome"),
    words("reason"),
    Column("waited", INTERVAL, nullable=True),
    Column("took", INTERVAL, nullable=True),
    words("trace_id"),
    words("span_id"),
    words("correlation_id"),
    words("causation_id"),
    words("aggregate"),
    number("event_version"),
    Index("step_transactions", "transaction_ids", postgresql_using="gin"),
    Index("step_correlation", "tenant", "correlation_id"),
)

transaction_key = Table(
    "transaction_key",
    metadata,
    # In this order the primary key leads from a transaction to its keys as well; a key is found by its value.
    tenant_key(),
    words("transaction_id", key=True),
    words("key", key=True),
    Column("value", TEXT, Computed("lower(substr(key, strpos(key, ':') + 1))", persisted=True)),
    words("type", optional=True),
    words("root_key", optional=True),
    instant("first_seen_at", default=NOW),
    Index("transaction_key_value", "tenant", "value"),
)

exception = Table(
    "exception",
    metadata,
    tenant_key(),
    identity("exception_id"),
    words("failure_class"),
    words("code"),
    words("summary"),
    words("owner"),
    words("subject"),
    texts("transaction_ids"),
    texts("keys"),
    Column("details", JSONB, nullable=False, server_default=text("'{}'")),
    words("dedupe_key"),
    number("occurrences", Integer, "1"),
    instant("raised_at", default=NOW),
    instant("last_raised_at", default=NOW),
    instant("resolved_at", optional=True),
    words("resolution"),
    words("resolved_by"),
    Index("exception_open_once", "tenant", "dedupe_key", unique=True, postgresql_where=text("resolved_at IS NULL")),
    Index("exception_open", "tenant", "raised_at", postgresql_where=text("resolved_at IS NULL")),
    Index("exception_transactions", "transaction_ids", postgresql_using="gin"),
)

# Who repaired what, and why.
repair = Table(
    "repair",
    metadata,
    tenant_key(),
    identity("repair_id"),
    instant("at"),
    words("actor"),
    words("verb"),
    words("reason"),
    words("asked"),
    texts("effects"),
    Index("repair_latest", "tenant", "at"),
)

# --- work that waits

delivery = Table(
    "delivery",
    metadata,
    tenant_key(),
    identity("delivery_id"),
    Column("position", BigInteger, nullable=False, server_default=text("nextval('delivery_position')")),
    words("business_unit"),
    words("partner"),
    words("kind"),
    words("ordering_key"),
    Column("after", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=EMPTY_ARRAY),
    raw("payload"),
    words("content_type"),
    words("idempotency_key"),
    texts("transaction_ids"),
    texts("keys"),
    Column("express", Boolean, nullable=False, server_default=text("false")),
    words("state"),
    number("attempts", Integer),
    number("failures", Integer),
    words("last_error"),
    words("last_traceparent"),
    words("redriven_by"),
    words("recovery_point"),
    words("foreign_number"),
    Column("results", JSONB, nullable=False, server_default=text("'{}'")),
    instant("next_attempt_at", default=NOW),
    number("lease_epoch"),
    words("leased_by"),
    instant("leased_until", optional=True),
    instant("created_at", default=NOW),
    instant("finished_at", optional=True),
    words("correlation_id"),
    words("causation_id"),
    words("traceparent"),
    Index("delivery_once", "tenant", "partner", "idempotency_key", unique=True),
    Index(
        "delivery_order",
        "tenant",
        "partner",
        "ordering_key",
        "position",
        postgresql_where=text("state IN ('waiting', 'leased', 'dead')"),
    ),
    Index(
        "delivery_due",
        "tenant",
        "partner",
        "express",
        "position",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("delivery_leased", "leased_until", postgresql_where=text("state = 'leased'")),
    Index("delivery_transactions", "transaction_ids", postgresql_using="gin"),
)

breaker = Table(
    "breaker",
    metadata,
    tenant_key(),
    words("partner", key=True),
    words("state"),
    number("failures", Integer),
    number("openings", Integer),
    instant("open_until", optional=True),
    instant("probe_until", optional=True),
    instant("changed_at", default=NOW),
)

timer = Table(
    "timer",
    metadata,
    tenant_key(),
    identity("timer_id"),
    words("kind"),
    words("subject"),
    instant("due_at"),
    raw("payload"),
    texts("transaction_ids"),
    texts("keys"),
    number("attempts", Integer),
    instant("created_at", default=NOW),
    words("correlation_id"),
    words("causation_id"),
    Index("timer_once", "tenant", "kind", "subject", unique=True),
    Index("timer_due", "due_at"),
)

policy = Table(
    "policy",
    metadata,
    tenant_key(),
    words("key", key=True),
    words("business_unit", key=True),
    words("partner", key=True),
    words("item_category", key=True),
    words("location", key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("value", JSONB, nullable=False),
    instant("valid_from"),
    instant("valid_to", optional=True),
)

# --- what is kept encrypted, and who said what

data_key = Table(
    "data_key",
    metadata,
    tenant_key(),
    words("partner", key=True),
    Column("month", Date, primary_key=True),
    raw("wrapped", optional=True),
    instant("created_at", default=NOW),
    instant("dropped_at", optional=True),
)

field_value = Table(
    "field_value",
    metadata,
    tenant(),
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    words("object_type"),
    words("object_id"),
    words("field"),
    words("role"),
    words("origin"),
    raw("value"),
    instant("at"),
    instant("recorded_at", default=NOW),
    Column("accepted", Boolean, nullable=False),
    words("reason"),
    Index("field_value_object", "tenant", "object_type", "object_id", "field"),
)

# Tables that carry no tenant's data and therefore no tenant column.
WITHOUT_TENANT = frozenset({"stream_mark", "caught_up"})
APPEND_ONLY = ("journal", "audit", "audit_seal", "field_value", "repair")
SEQUENCES = ("step_position", "delivery_position")
