"""What warehouses report beside receipts and picks: counts and changes, moves within the house, transfers."""

from __future__ import annotations

from crossdock_kit.database.tables import identity, instant, number, tenant_key, texts, words
from sqlalchemy import Boolean, Column, Date, DateTime, Index, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from inventory.store.tables.columns import metadata, quantity, stock_key

# What warehouses reported beside receipts and picks, under the numbers that they gave it.
adjustment = Table(
    "adjustment",
    metadata,
    tenant_key(),
    identity("adjustment_id"),
    words("business_unit"),
    words("location_id"),
    words("system"),
    words("number"),
    words("content"),
    Column("state", SmallInteger, nullable=False),
    instant("found_at"),
    number("event_version"),
    words("decided_by"),
    words("decision"),
    Index("adjustment_number", "tenant", "system", "number", unique=True),
)

# When each place was last counted, in which report and why: an older count that comes later changes nothing, and what
# is told later of the time before it was seen by it. AA is the reason of a count (X12 947).
last_count = Table(
    "last_count",
    metadata,
    *stock_key(),
    words("lot", key=True),
    Column("bucket", SmallInteger, primary_key=True),
    instant("counted_at"),
    Column("adjustment_id", UUID(as_uuid=True)),
    Column("reason", Text, nullable=False, server_default=text("'AA'")),
)

# Reports of goods that were put away, put on hold or taken off it; `skus` and `movement_ids` name what they moved.
stock_move = Table(
    "stock_move",
    metadata,
    tenant_key(),
    identity("report_id"),
    words("business_unit"),
    words("location_id"),
    words("system"),
    words("number"),
    words("content"),
    Column("reported", Boolean, nullable=False),
    instant("moved_at"),
    number("event_version"),
    texts("skus"),
    Column("movement_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    Index("stock_move_number", "tenant", "system", "number", unique=True),
)

# Transfers between our own places, and what is known of each item of them.
stock_transfer = Table(
    "stock_transfer",
    metadata,
    tenant_key(),
    words("business_unit", key=True),
    words("number", key=True),
    Column("transfer_id", UUID(as_uuid=True), nullable=False),
    words("from_location"),
    words("to_location"),
    words("system"),
    words("content"),
    Column("sent_at", DateTime(timezone=True), nullable=True),
    Column("expected_on", Date, nullable=True),
    Column("final", Boolean, nullable=False, server_default=text("false")),
    # Waited for and not told to be late: only these are looked at when a day is over.
    Column("awaited", Boolean, nullable=False, server_default=text("false")),
    number("event_version"),
    Index("stock_transfer_due", "tenant", "expected_on", postgresql_where=text("awaited")),
)

stock_transfer_line = Table(
    "stock_transfer_line",
    metadata,
    tenant_key(),
    words("business_unit", key=True),
    words("number", key=True),
    words("sku", key=True),
    words("unit"),
    quantity("sent"),
    quantity("received"),
    quantity("missing"),
)

stock_transfer_receipt = Table(
    "stock_transfer_receipt",
    metadata,
    tenant_key(),
    words("system", key=True),
    words("number", key=True),
    words("business_unit"),
    words("transfer_number"),
    words("content"),
)
