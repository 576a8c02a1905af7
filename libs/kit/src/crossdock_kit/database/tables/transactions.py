"""The tables of what happened to a transaction: its steps, its keys, its exceptions, and who repaired what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Computed, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import INTERVAL, JSONB, TEXT

from crossdock_kit.database.tables.columns import NOW, identity, instant, metadata, number, tenant_key, texts, words

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
    # An index over whole lists would serve nobody: row security keeps it from those whom it protects.
    Index("step_transaction", text("(transaction_ids[1])"), "tenant"),
    Index("step_transactions", "tenant", postgresql_where=text("cardinality(transaction_ids) > 1")),
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
    words("assignee"),
    # What was done to it, in order: what, at, by, why, owner, assignee.
    Column("history", JSONB, nullable=False, server_default=text("'[]'")),
    instant("waits_since", default=NOW),
    number("escalations", Integer),
    Index("exception_open_once", "tenant", "dedupe_key", unique=True, postgresql_where=text("resolved_at IS NULL")),
    Index("exception_open", "tenant", "raised_at", postgresql_where=text("resolved_at IS NULL")),
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
