"""Quantities, dates and instants between the domain and the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from crossdock.common.v1 import values_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from inventory.domain.quantity import Measure, QuantityInvalid, exact, not_negative, plain, positive, signed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def quantity_out(value: Decimal, unit: str) -> values_pb2.Quantity:
    """Shared by all who say the same: to be put into a message, which copies it, never to be changed."""
    return values_pb2.Quantity(value=plain(value), unit=unit)


def measure_in(quantity: values_pb2.Quantity, path: str, *at: int) -> Measure:
    """More than zero; raises QuantityInvalid, which names the field by its `path` with the indices `at` filled in."""
    return _measured(positive, quantity, path, at)


def change_in(quantity: values_pb2.Quantity, path: str, *at: int) -> Measure:
    """Signed and not zero; raises QuantityInvalid, which names the field."""
    return _measured(signed, quantity, path, at)


def amount_in(quantity: values_pb2.Quantity, path: str, *at: int) -> Measure:
    """Zero or more; raises QuantityInvalid, which names the field."""
    return _measured(not_negative, quantity, path, at)


def _measured(rule: Callable[[str], Decimal], quantity: values_pb2.Quantity, path: str, at: tuple[int, ...]) -> Measure:
    try:
        return Measure(rule(quantity.value), quantity.unit)
    except QuantityInvalid as wrong:
        raise wrong.in_field(f"{path.format(*at)}.value") from None


def decimal_in(text: str) -> Decimal:
    """A decimal that procurement derived; absent means zero."""
    return exact(text) if text else Decimal(0)


def date_out(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)


@lru_cache(maxsize=64)
def instant_out(instant: datetime) -> Timestamp:
    """Shared like a quantity."""
    since = instant - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def instant_in(stamp: Timestamp, otherwise: datetime) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC) if stamp.seconds or stamp.nanos else otherwise
