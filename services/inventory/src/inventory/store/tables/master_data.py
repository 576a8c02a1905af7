"""What others own and inventory needs at hand: items, locations, and what the ERP says of postings."""

from __future__ import annotations

from crossdock_kit.database.tables import NOW, instant, number, tenant_key, words
from sqlalchemy import Boolean, Column, Date, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables.columns import metadata, valid_from

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
