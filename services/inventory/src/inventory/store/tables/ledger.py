"""The ledger and its balances: kept by the statement that writes the movements, a column for each account.

Open demand needs no column: it is the negative sum of what is promised, by definition.
"""

from __future__ import annotations

from crossdock_kit.database.tables import NOW, identity, instant, number, tenant_key, words
from sqlalchemy import CheckConstraint, Column, Computed, Date, Index, Numeric, SmallInteger, Table, Text, text

from inventory.store.tables.columns import metadata, quantity, stock_key

AVAILABLE = "sellable - reserved - committed - allocated - safety"

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
