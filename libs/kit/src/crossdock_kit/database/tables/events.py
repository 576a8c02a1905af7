"""The tables of events: the journal and what is not yet published, what consumers have seen, and what they hold."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, text
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID

from crossdock_kit.database.tables.columns import (
    NOW,
    identity,
    instant,
    metadata,
    number,
    raw,
    tenant,
    tenant_key,
    words,
)

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
