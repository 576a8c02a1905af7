"""Rows as one JSON parameter, so that a statement writes any number of them with json_to_recordset.

Knows neither tables nor columns. Arrays inside a row survive (unnest would flatten them), bytes travel as bytea's hex
form, and a NUL that PostgreSQL's text cannot hold is refused by the database, never dropped here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

Row = dict[str, Any]


def encode(rows: Iterable[Row]) -> str:
    """One JSON array of objects; keys are the column names of the statement's record definition."""
    return json.dumps(list(rows), default=_value, ensure_ascii=False, separators=(",", ":"))


def _value(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return f"{value.days} days {value.seconds}.{value.microseconds:06d} seconds"
        case UUID():
            return str(value)
        case bytes():
            return "\\x" + value.hex()
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form here")


def decode(text: str) -> Any:
    """A jsonb column selected as text."""
    return json.loads(text)


def encode_value(value: object) -> str:
    """One value for a jsonb column."""
    return json.dumps(value, default=_value, ensure_ascii=False)
