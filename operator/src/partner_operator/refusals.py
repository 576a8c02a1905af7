"""What the API server says instead of doing it, as the suite's kinds of errors. Knows no HTTP client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit.errors import Conflict, CrossdockError, NotFound, PermissionDenied, Refused, Unavailable

_SECONDS = re.compile(r"[0-9]{1,6}")


@dataclass
class ApiRefused(Refused):
    """The API server will not take the object as it is."""

    message: str


@dataclass
class ApiConflict(Conflict):
    """Somebody else wrote the object, or owns a field of it."""

    message: str


@dataclass
class ApiMissing(NotFound):
    message: str


@dataclass
class ApiUnavailable(Unavailable):
    """The API server is away, busy or slow."""

    message: str
    retry_after: timedelta | None = None


def refusal(status: int, message: str, retry_after: str) -> CrossdockError:
    """What an HTTP status of the API server means."""
    if status == 404:
        return ApiMissing(message)
    if status == 409:
        return ApiConflict(message)
    if status in {401, 403}:
        return PermissionDenied(message)
    if status == 429 or status >= 500:
        wait = timedelta(seconds=int(retry_after)) if _SECONDS.fullmatch(retry_after) else None
        return ApiUnavailable(message, wait)
    return ApiRefused(message)
