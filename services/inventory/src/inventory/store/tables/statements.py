"""What places state that they hold: the newest statement of each, and the parts of one that has not all come."""

from __future__ import annotations

from crossdock_kit.database.tables import instant, number, tenant_key, texts, words
from sqlalchemy import Boolean, Column, Integer, SmallInteger, Table
from sqlalchemy.dialects.postgresql import ARRAY

from inventory.store.tables.columns import metadata, quantity

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
