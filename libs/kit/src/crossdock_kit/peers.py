"""What another service's refusal means here: the table of errors read in the other direction.

Its own module because both the server (which passes it on) and the dispatcher of commands (which decides whether to try
again) need it. Knows no channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import grpc
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from crossdock_kit.errors import CrossdockError, Refused, Unavailable, reason_code
from crossdock_kit.server.requests import MessageTooLarge

STATUS_DETAILS = "grpc-status-details-bin"
_ANSWERS = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
    }
)
_PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
    }
)

# Of a passing status, the reason that does not pass: the same bytes are too many the next time, too.
_FINAL = frozenset({reason_code(MessageTooLarge)})


@dataclass
class PeerRefused(Refused):
    """Another service said no: a final answer to this request."""

    status: str
    reason: str
    message: str


@dataclass
class PeerUnavailable(Unavailable):
    """Another service is away, busy or slow."""

    status: str
    retry_after: timedelta | None = None


@dataclass
class PeerFailed(CrossdockError):
    """Another service has a bug, or does not let us in: no kind of ours, so a bug here too."""

    status: str
    message: str


def status_in(error: grpc.aio.AioRpcError) -> Status:
    """The rich status of a failed call; one without details where the server sent none."""
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_DETAILS and isinstance(value, bytes):
            return Status.FromString(value)
    return Status(code=error.code().value[0], message=error.details() or "")


def reason_in(status: Status) -> str:
    """The stable reason code, empty if the server gave none."""
    for detail in status.details:
        info = ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def _retry_after(status: Status) -> timedelta | None:
    for detail in status.details:
        info = RetryInfo()
        if detail.Unpack(info):
            return info.retry_delay.ToTimedelta()
    return None


def peer_error(error: grpc.aio.AioRpcError) -> CrossdockError:
    """The kind of error that another service's status is for us."""
    code, status = error.code(), status_in(error)
    reason = reason_in(status)
    if code in _ANSWERS or reason in _FINAL:
        return PeerRefused(status=code.name, reason=reason, message=status.message)
    if code in _PASSING:
        return PeerUnavailable(status=code.name, retry_after=_retry_after(status))
    return PeerFailed(status=code.name, message=status.message)
