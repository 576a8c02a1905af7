"""Who was promised what, and to which lots it is bound."""

from __future__ import annotations

from crossdock_kit.database.tables import NOW, identity, instant, number, tenant_key, words
from sqlalchemy import CheckConstraint, Column, Date, Index, SmallInteger, Table, text

from inventory.store.tables.columns import metadata, quantity

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
