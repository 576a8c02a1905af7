"""What is to come: of orders, of ship notices, and what was told of it."""

from __future__ import annotations

from crossdock_kit.database.tables import number, tenant_key, words
from sqlalchemy import Column, Date, Index, Table

from inventory.store.tables.columns import metadata, quantity, stock_key

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
