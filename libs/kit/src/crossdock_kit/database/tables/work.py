"""The tables of work that waits: deliveries, their partners' breakers, timers, and the policies that time both."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from crossdock_kit.database.tables.columns import (
    EMPTY_ARRAY,
    NOW,
    identity,
    instant,
    metadata,
    number,
    raw,
    tenant_key,
    texts,
    words,
)

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
    # What tells rows apart stands first: while the planner has heard nothing of the table, every index that begins with
    # the tenant looks as good to it as the one for the purpose.
    Index("delivery_once", "idempotency_key", "tenant", "partner", unique=True),
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
    Index("delivery_transaction", text("(transaction_ids[1])"), "tenant"),
    Index("delivery_transactions", "tenant", postgresql_where=text("cardinality(transaction_ids) > 1")),
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
    Index("timer_once", "subject", "kind", "tenant", unique=True),
    Index("timer_due", "kind", "due_at"),
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
