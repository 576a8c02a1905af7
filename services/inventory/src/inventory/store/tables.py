"""The tables that inventory owns. Every row belongs to a tenant; quantities are exact and in base units.

`stock`, `lot_stock` and `pipeline` are the balances of the ledger, a column for each account, kept by the statement
that writes the movements. Open demand needs no column: it is the negative sum of what is promised, by definition.
"""

from __future__ import annotations

from typing import Any

from crossdock_kit.database.tables import NOW, identity, instant, number, tenant_key, texts, words
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

metadata = MetaData()
AVAILABLE = "sellable - reserved - committed - allocated - safety"


def quantity(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Numeric(21, 6), nullable=optional, server_default=None if optional else text("0"))


def valid_from() -> Column[Any]:
    """A thing has a row for each span of days in which it is described alike."""
    return Column("valid_from", Date, primary_key=True, server_default=text("'0001-01-01'"))


def stock_key() -> tuple[Column[Any], ...]:
    return tenant_key(), words("sku", key=True), words("location_id", key=True), words("business_unit", key=True)


# --- the ledger and its balances

movement = Table(
    "movement",
    metadata,
    tenant_key(),
    words("sku", key=True),
    identity("movement_id"),
    words("location_id"),
    words("business_unit"),
    words("lot"),
    Column("source", SmallInteger, nullable=False),
    Column("target", SmallInteger, nullable=False),
    quantity("quantity"),
    words("unit"),
    quantity("said_quantity", optional=True),
    words("said_unit"),
    words("conversion"),
    words("reason"),
    words("document"),
    words("posting_key"),
    words("transaction_id"),
    words("system"),
    instant("occurred_at"),
    instant("recorded_at", default=NOW),
    CheckConstraint("quantity > 0", name="movement_moves"),
    CheckConstraint("source <> target", name="movement_leaves"),
    # Demand (8 to 11) and goods are two families: each sums to zero by itself.
    CheckConstraint("(source BETWEEN 8 AND 11) = (target BETWEEN 8 AND 11)", name="movement_within_family"),
    CheckConstraint("reason <> ''", name="movement_reason"),
    # Months of a ledger that only grows: written almost for nothing, and enough to find a period.
    Index("movement_recorded", "recorded_at", postgresql_using="brin"),
    Index("movement_posting", "tenant", "posting_key", postgresql_where=text("posting_key <> ''")),
)

stock = Table(
    "stock",
    metadata,
    *stock_key(),
    quantity("sellable"),
    quantity("quarantined"),
    quantity("damaged"),
    quantity("returned"),
    quantity("staged"),
    quantity("reserved"),
    quantity("committed"),
    quantity("allocated"),
    quantity("customer"),
    quantity("adjustment"),
    quantity("scrap"),
    # What the policy keeps: from everybody, by which rule, and from whom besides: {channel: [quantity, rule]}.
    quantity("safety"),
    number("safety_rule"),
    Column("channels", Text, nullable=False, server_default=text("'{}'")),
    Column("available", Numeric(21, 6), Computed(AVAILABLE, persisted=True)),
    number("version"),
    number("event_version"),
    CheckConstraint("reserved >= 0 AND committed >= 0 AND allocated >= 0", name="stock_promises"),
)

lot_stock = Table(
    "lot_stock",
    metadata,
    *stock_key(),
    words("lot", key=True),
    quantity("sellable"),
    quantity("quarantined"),
    quantity("damaged"),
    quantity("returned"),
    quantity("staged"),
    quantity("allocated"),
    # Of what is staged: received and not put away yet. Below zero while a put-away waits for its receipt.
    quantity("to_put_away"),
    Column("expires_on", Date, nullable=True),
    # Not of what is sellable: rows whose indexed columns change are written anew with all their index entries.
    Index("lot_stock_expiry", "tenant", "expires_on", postgresql_where=text("expires_on IS NOT NULL")),
)

pipeline = Table("pipeline", metadata, *stock_key(), quantity("on_order"), quantity("in_transit"), quantity("supplier"))

shard = Table("shard", metadata, tenant_key(), Column("shard", SmallInteger, primary_key=True), number("version"))

# --- promises

reservation = Table(
    "reservation",
    metadata,
    tenant_key(),
    identity("reservation_id"),
    words("business_unit"),
    Column("state", SmallInteger, nullable=False),
    words("channel"),
    number("priority", SmallInteger),
    words("reference"),
    Column("requested_on", Date, nullable=True),
    instant("expires_at"),
    instant("created_at", default=NOW),
    number("version"),
    Index("reservation_expiry", "expires_at", postgresql_where=text("state = 1")),
)

reservation_part = Table(
    "reservation_part",
    metadata,
    tenant_key(),
    identity("reservation_id"),
    words("sku", key=True),
    words("location_id", key=True),
    quantity("quantity"),
    words("unit"),
    CheckConstraint("quantity > 0", name="reservation_part_holds"),
)

allocation = Table(
    "allocation",
    metadata,
    tenant_key(),
    identity("reservation_id"),
    words("sku", key=True),
    words("location_id", key=True),
    words("lot", key=True),
    quantity("quantity"),
    CheckConstraint("quantity > 0", name="allocation_holds"),
)

# --- what others own and inventory needs at hand

item = Table(
    "item",
    metadata,
    tenant_key(),
    words("sku", key=True),
    words("base_unit"),
    Column("packaging", JSONB, nullable=False, server_default=text("'{}'")),
    Column("lot_controlled", Boolean, nullable=False, server_default=text("false")),
    words("category"),
    valid_from(),
    Column("valid_to", Date, nullable=True),
    number("version"),
)

location = Table(
    "location",
    metadata,
    tenant_key(),
    words("location_id", key=True),
    words("business_unit"),
    words("system"),
    Column("put_away", Boolean, nullable=False, server_default=text("false")),
    valid_from(),
    Column("valid_to", Date, nullable=True),
    number("version"),
)

# One row for each line of a purchase order: what is on order of it, and how much of its schedule is used.
supply_line = Table(
    "supply_line",
    metadata,
    tenant_key(),
    words("line_id", key=True),
    words("sku"),
    words("location_id"),
    words("business_unit"),
    quantity("on_order"),
    quantity("used"),
    Index("supply_line_item", "tenant", "sku"),
)

# What the supplier promised of a line, by date, in the unit of the line.
confirmed = Table(
    "confirmed",
    metadata,
    tenant_key(),
    words("line_id", key=True),
    words("schedule_id", key=True),
    words("purchase_order_id"),
    Column("due_on", Date, nullable=True),
    quantity("quantity"),
    words("unit"),
    Index("confirmed_order", "tenant", "purchase_order_id"),
)

# What is on its way by ship notice and order line.
notice_line = Table(
    "notice_line",
    metadata,
    tenant_key(),
    words("notice_id", key=True),
    words("order_line_id", key=True),
    words("sku", key=True),
    words("location_id", key=True),
    words("business_unit"),
    Column("due_on", Date, nullable=True),
    quantity("in_transit"),
    Index("notice_line_item", "tenant", "sku"),
)

# The day on which a ship notice is expected at its place by now: by the dock, its carrier, or itself.
notice_arrival = Table(
    "notice_arrival",
    metadata,
    tenant_key(),
    words("notice_id", key=True),
    words("location_id", key=True),
    Column("due_on", Date, nullable=True),
)

# What was last announced of the supply of a key: so often, and a hash of it.
supply_told = Table(
    "supply_told",
    metadata,
    *stock_key(),
    number("event_version"),
    words("content"),
)

# What the ERP says of what an aggregate booked, and the number under which it posted it.
posting = Table(
    "posting",
    metadata,
    tenant_key(),
    words("posting_key", key=True),
    words("number"),
    words("partner"),
    Column("posted_on", Date, nullable=True),
    words("business_unit"),
    Column("state", Text, nullable=False, server_default=text("'posted'")),
    words("reason"),
    # {sku: quantity in its base unit}, where the ERP was asked for it line by line.
    Column("lines", JSONB, nullable=True),
    instant("noted_at", default=NOW),
)

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

# The newest statement of each place; `raised` names the items that somebody was told of.
statement = Table(
    "statement",
    metadata,
    tenant_key(),
    words("location_id", key=True),
    words("business_unit", key=True),
    words("system"),
    words("number"),
    words("content"),
    instant("as_of"),
    Column("buckets", ARRAY(SmallInteger), nullable=False),
    Column("complete", Boolean, nullable=False),
    texts("raised"),
)

# A statement whose parts have not all come: `came` numbers those that have.
statement_draft = Table(
    "statement_draft",
    metadata,
    tenant_key(),
    words("location_id", key=True),
    words("business_unit", key=True),
    words("system"),
    words("number"),
    instant("as_of"),
    Column("buckets", ARRAY(SmallInteger), nullable=False),
    Column("complete", Boolean, nullable=False),
    number("parts", Integer),
    Column("came", ARRAY(Integer), nullable=False),
)

statement_draft_line = Table(
    "statement_draft_line",
    metadata,
    tenant_key(),
    words("location_id", key=True),
    words("business_unit", key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    words("sku", key=True),
    words("lot", key=True),
    Column("bucket", SmallInteger, primary_key=True),
    quantity("quantity"),
)

statement_line = Table(
    "statement_line",
    metadata,
    tenant_key(),
    words("location_id", key=True),
    words("business_unit", key=True),
    words("sku", key=True),
    words("lot", key=True),
    Column("bucket", SmallInteger, primary_key=True),
    quantity("quantity"),
)
