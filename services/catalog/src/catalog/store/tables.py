"""Catalog's own tables, beside the kit's."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, MetaData, Table, text
from sqlalchemy.dialects.postgresql import BYTEA, TEXT, TIMESTAMP

metadata = MetaData()

record = Table(
    "record",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    Column("subject_id", TEXT, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date, nullable=True),
    Column("content", BYTEA, nullable=False),
    Index("record_listed", "tenant", "kind", "subject_id", postgresql_where=text("key = ''")),
)

# What is known of people; `facts` is empty once it was erased. No other table and no event holds any of it.
personal_data = Table(
    "personal_data",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("personal_data_id", TEXT, primary_key=True),
    Column("facts", BYTEA, nullable=True),
    Column("erased_at", TIMESTAMP(timezone=True), nullable=True),
    Column("reason", TEXT, nullable=False, server_default=text("''")),
)

# Event version per subject; locking its row serialises all writers of the subject.
subject = Table(
    "subject",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    Column("event_version", BigInteger, nullable=False, server_default=text("0")),
)
