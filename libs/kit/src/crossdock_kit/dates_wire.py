"""Days and instants between Python and the messages of every contract: total both ways; who fails names its field.

A day has no zone (`google.type.Date`), an instant is in UTC (`Timestamp`). Must not know what either is a day or an
instant of.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from crossdock_kit.errors import InvalidFields, Violation


def day(holder: Message, field: str) -> date | None:
    """The day in a field that may be absent. Raises InvalidFields for one that no calendar has."""
    if not holder.HasField(field):
        return None
    found: Date = getattr(holder, field)
    try:
        return date(found.year, found.month, found.day)
    except ValueError:
        said = f"{found.year}-{found.month}-{found.day} is no day"
        raise InvalidFields((Violation(field, said, "date.whole_day"),)) from None


def date_message(value: date | None) -> Date | None:
    return None if value is None else Date(year=value.year, month=value.month, day=value.day)


def instant(holder: Message, field: str) -> datetime | None:
    """The instant in a field that may be absent. Raises InvalidFields for one that no clock shows."""
    if not holder.HasField(field):
        return None
    found: Timestamp = getattr(holder, field)
    try:
        return found.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        said = f"{found.seconds}s and {found.nanos}ns is no instant"
        raise InvalidFields((Violation(field, said, "timestamp.valid"),)) from None


def timestamp(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    message = Timestamp()
    message.FromDatetime(value)
    return message
