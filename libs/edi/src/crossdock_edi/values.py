"""Element text ↔ Python values: exact decimals, real dates and times. Refuses what is not one, and says which kind.

Sources: X12 004010 data types N, R, DT, TM; EDIFACT numeric representation (comma or point).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from crossdock_edi.dialect import Dialect

_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)\Z")
_WHOLE = re.compile(r"-?\d+\Z")
_MOST_DIGITS = 18
# X12 dates of six digits lost their century; trade documents older than 1970 are not sent.
_CENTURY_PIVOT = 70


def count_of(text: str) -> int | None:
    """A count or a control number; None for what is none: digits of other scripts, or more than a field holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def same_number(one: str, other: str) -> bool:
    """Control numbers are the same with and without leading zeros."""
    return one == other or (count_of(one) is not None and count_of(one) == count_of(other))


class Unreadable(ValueError):
    """The text is no such value; `code` is the finding's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Converter:
    """Both directions of one kind of value. `empty` is what an absent element becomes, and is written as nothing."""

    read: Callable[[str, Dialect], Any]
    write: Callable[[Any, Dialect], str]
    empty: Any = None


def read_decimal(text: str, dialect: Dialect) -> Decimal:
    text = text.strip()
    if dialect.standard == "EDIFACT":
        text = text.replace(",", ".")
    if not text.isascii() or not _NUMBER.match(text):
        raise Unreadable("value-number")
    return Decimal(text)


def write_decimal(value: Decimal, dialect: Dialect) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} is not a finite number")
    return format(value, "f").replace(".", dialect.decimal.decode() or ".")


def read_integer(text: str, dialect: Dialect) -> int:
    del dialect
    text = text.strip()
    if not text.isascii() or not _WHOLE.match(text) or len(text) > 18:
        raise Unreadable("value-number")
    return int(text)


def read_date(text: str, dialect: Dialect) -> date:
    """CCYYMMDD, or YYMMDD with the century taken from a window that begins in 1970."""
    del dialect
    text = text.strip()
    if not (text.isascii() and text.isdigit()) or len(text) not in (6, 8):
        raise Unreadable("value-date")
    if len(text) == 6:
        text = ("20" if int(text[:2]) < _CENTURY_PIVOT else "19") + text
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as wrong:
        raise Unreadable("value-date") from wrong


def read_time(text: str, dialect: Dialect) -> time:
    """HHMM, HHMMSS, or with tenths or hundredths of a second behind."""
    del dialect
    text = text.strip()
    if not (text.isascii() and text.isdigit()) or len(text) not in (4, 6, 7, 8):
        raise Unreadable("value-time")
    try:
        fraction = int(text[6:].ljust(6, "0")) if len(text) > 6 else 0
        return time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0), fraction)
    except ValueError as wrong:
        raise Unreadable("value-time") from wrong


def write_time(value: time, dialect: Dialect) -> str:
    del dialect
    if value.tzinfo is not None or value.microsecond % 10_000:
        raise ValueError(f"{value} has a zone or more than hundredths of a second; write the zone as its own element")
    text = value.strftime("%H%M%S")
    if value.microsecond:
        return f"{text}{value.microsecond // 10_000:02d}"
    return text if value.second else text[:4]


def implied(digits: int) -> Converter:
    """X12 type Nn: a whole number whose last n digits are decimals (`1234` is 12.34)."""

    def read(text: str, dialect: Dialect) -> Decimal:
        return Decimal(read_integer(text, dialect)).scaleb(-digits)

    def write(value: Decimal, dialect: Dialect) -> str:
        del dialect
        scaled = value.scaleb(digits)
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {digits} decimals")
        return str(int(scaled))

    return Converter(read, write)


# Format qualifiers of EDIFACT element 2379 that name one moment: length and pattern of its text.
_MOMENTS = {
    "2": (6, "%d%m%y"),
    "4": (8, "%d%m%Y"),
    "101": (6, "%y%m%d"),
    "102": (8, "%Y%m%d"),
    "201": (10, "%y%m%d%H%M"),
    "203": (12, "%Y%m%d%H%M"),
    "204": (14, "%Y%m%d%H%M%S"),
}


def names_a_moment(format_qualifier: str) -> bool:
    return format_qualifier in _MOMENTS


def moment_of(value: str, format_qualifier: str) -> datetime | None:
    """The moment, local to a place named elsewhere; None if the value is none or the format names no moment."""
    length, pattern = _MOMENTS.get(format_qualifier, (0, ""))
    if len(value) != length or not (value.isascii() and value.isdigit()):
        return None
    try:
        return datetime.strptime(value, pattern)  # noqa: DTZ007
    except ValueError:
        return None


TEXT = Converter(lambda text, _: text.rstrip(), lambda value, _: str(value), empty="")
DECIMAL = Converter(read_decimal, write_decimal)
INTEGER = Converter(read_integer, lambda value, _: str(value))
DATE = Converter(
    read_date, lambda value, _: f"{value:%Y%m%d}" if value.year >= 1000 else value.strftime("%Y%m%d").zfill(8)
)
TIME = Converter(read_time, write_time)
