"""Where each piece is that reports name by its serial, and every word that was said of it.

`serial_stock` is the sum of `serial_word`, kept by the statement that writes the words.
"""

from __future__ import annotations

from crossdock_kit.database.tables import NOW, identity, instant, tenant_key, words
from sqlalchemy import Column, DateTime, Index, SmallInteger, Table, text

from inventory.store.tables.columns import metadata

serial_stock = Table(
    "serial_stock",
    metadata,
    tenant_key(),
    words("sku", key=True),
    words("serial", key=True),
    words("location_id", key=True),
    words("business_unit", key=True),
    # How often it came more than it left.
    Column("on_hand", SmallInteger, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    words("lot"),
    instant("said_at"),
    # When it last came or left; null where it was only seen to move.
    Column("changed_at", DateTime(timezone=True), nullable=True),
    words("document"),
    words("doubt"),
    Index("serial_stock_there", "tenant", "sku", "location_id", "business_unit", postgresql_where=text("on_hand <> 0")),
    Index(
        "serial_stock_doubted", "tenant", "sku", "location_id", "business_unit", postgresql_where=text("doubt <> ''")
    ),
)

serial_word = Table(
    "serial_word",
    metadata,
    tenant_key(),
    words("sku", key=True),
    words("serial", key=True),
    identity("word_id"),
    words("location_id"),
    words("business_unit"),
    Column("change", SmallInteger, nullable=False),
    Column("source", SmallInteger, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    words("lot"),
    words("document"),
    words("system"),
    words("transaction_id"),
    instant("occurred_at"),
    instant("recorded_at", default=NOW),
    # What a report said is found again when somebody takes it back.
    Index("serial_word_transaction", "tenant", "transaction_id"),
)
