"""Instants as people type them: a time, or how long ago ("2h", "30m", "3d")."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer
from google.protobuf.timestamp_pb2 import Timestamp

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, now: datetime) -> datetime:
    """An aware instant; a time without a zone is UTC. Raises typer.BadParameter."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a time like 2026-03-02T09:00 nor a span like 2h") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def timestamp(text: str | None) -> Timestamp | None:
    if text is None:
        return None
    made = Timestamp()
    made.FromDatetime(moment(text, datetime.now(UTC)))
    return made
