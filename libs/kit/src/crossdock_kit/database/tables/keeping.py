"""The tables of what is kept encrypted, and of who said what of a field."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Table

from crossdock_kit.database.tables.columns import NOW, instant, metadata, raw, tenant, tenant_key, words

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
