"""Columns as all tables spell them, also the services': texts are empty rather than NULL, instants have a zone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TEXT, TIMESTAMP, UUID

metadata = MetaData()

EMPTY_TEXT = text("''")
EMPTY_ARRAY = text("'{}'")
NOW = text("now()")


def words(name: str, *, optional: bool = False, key: bool = False) -> Column[Any]:
    """A text column; empty rather than NULL unless NULL means something."""
    default = None if optional or key else EMPTY_TEXT
    return Column(name, TEXT, nullable=optional, primary_key=key, server_default=default)


def instant(name: str, *, optional: bool = False, default: Any = None) -> Column[Any]:
    return Column(name, TIMESTAMP(timezone=True), nullable=optional, server_default=default)


def texts(name: str) -> Column[Any]:
    return Column(name, ARRAY(TEXT), nullable=False, server_default=EMPTY_ARRAY)


def number(name: str, kind: Any = BigInteger, default: str | None = "0") -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=None if default is None else text(default))


def identity(name: str, *, key: bool = True) -> Column[Any]:
    return Column(name, UUID(as_uuid=True), nullable=False, primary_key=key)


def raw(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, BYTEA, nullable=optional)


def tenant() -> Column[Any]:
    return Column("tenant", TEXT, nullable=False)


def tenant_key() -> Column[Any]:
    return Column("tenant", TEXT, nullable=False, primary_key=True)
