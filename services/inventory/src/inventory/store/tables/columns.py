"""Columns that several of inventory's tables have, and the schema that they belong to."""

from __future__ import annotations

from typing import Any

from crossdock_kit.database.tables import tenant_key, words
from sqlalchemy import Column, Date, MetaData, Numeric, text

metadata = MetaData()


def quantity(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Numeric(21, 6), nullable=optional, server_default=None if optional else text("0"))


def valid_from() -> Column[Any]:
    """A thing has a row for each span of days in which it is described alike."""
    return Column("valid_from", Date, primary_key=True, server_default=text("'0001-01-01'"))


def stock_key() -> tuple[Column[Any], ...]:
    return tenant_key(), words("sku", key=True), words("location_id", key=True), words("business_unit", key=True)
