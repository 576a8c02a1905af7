"""The tables of calls: recorded answers, and the hash-chained audit of what was changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

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
