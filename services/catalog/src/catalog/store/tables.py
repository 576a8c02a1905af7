"""Catalog's own tables, beside the kit's."""

from __future__ import annotations

from crossdock_kit.personal_data import personal_data_table
from sqlalchemy import BigInteger, Column, Date, DateTime, Index, MetaData, Table, text
from sqlalchemy.dialects.postgresql import BYTEA, TEXT

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
    # By its source's clock; unknown for what was loaded before anybody asked.
    Column("said_at", DateTime(timezone=True), nullable=True),
    Index("record_listed", "tenant", "kind", "subject_id", postgresql_where=text("key = ''")),
)

# What each role says of the same, shown or not; the records are made of these.
record_word = Table(
    "record_word",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    Column("subject_id", TEXT, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("role", TEXT, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date, nullable=True),
    Column("content", BYTEA, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=True),
)

# What is known of people. No other table and no event holds any of it.
personal_data = personal_data_table(metadata)

# Event version per subject; locking its row serialises all writers of the subject.
subject = Table(
    "subject",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    Column("event_version", BigInteger, nullable=False, server_default=text("0")),
)
