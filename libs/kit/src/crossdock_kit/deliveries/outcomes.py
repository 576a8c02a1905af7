"""What an error of a call means for its delivery. The rule follows the table of errors.py and the codes of gRPC.

Silence (nobody answered, or was too busy to look) is the partner's breaker's business and does not count against the
document. A refusal is final. Anything else is tried again a bounded number of times.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from crossdock_kit.deliveries.model import Dead, Outcome, Retry
from crossdock_kit.errors import CrossdockError, FailureClass, Unavailable, Verdict, Waiting, kind_of, reason_code

_DETAILS = "grpc-status-details-bin"
_SILENT = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
_BUSY = {grpc.StatusCode.ABORTED, grpc.StatusCode.RESOURCE_EXHAUSTED}
_FINAL = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
}


def outcome_of(error: BaseException) -> Outcome:
    """The outcome that an error stands for. An unknown error is our bug: it is repeated, then ours to look at."""
    match error:
        case grpc.aio.AioRpcError():
            return _of_call(error)
        case CrossdockError():
            return _of_fact(error)
        case TimeoutError() | ConnectionError():
            return Retry(reason_code(type(error)))
        case _:
            return Retry(reason_code(type(error)), answered=True, failure_class=FailureClass.BUG)


def _of_fact(error: CrossdockError) -> Outcome:
    kind = kind_of(error)
    if kind.verdict is Verdict.ACK_REFUSED:
        return Dead(str(error), error.code, kind.failure_class)
    silent = isinstance(error, Unavailable) and not isinstance(error, Waiting)
    return Retry(error.code, error.retry_after, answered=not silent, failure_class=kind.failure_class)


def _of_call(error: grpc.aio.AioRpcError) -> Outcome:
    reason, after = _details(error)
    code = error.code()
    if code in _FINAL:
        return Dead(error.details() or code.name, reason or code.name, FailureClass.BUSINESS)
    if code in _SILENT or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and after is not None):
        return Retry(reason or code.name, after)
    failure_class = FailureClass.TRANSIENT if code in _BUSY else FailureClass.BUG
    return Retry(reason or code.name, after, answered=True, failure_class=failure_class)


def _details(error: grpc.aio.AioRpcError) -> tuple[str, timedelta | None]:
    """The reason code and the time to wait that the service named, where it did."""
    trailing: Mapping[str, str | bytes] = dict(error.trailing_metadata() or ())
    raw = trailing.get(_DETAILS)
    if not isinstance(raw, bytes):
        return "", None
    try:
        status = status_pb2.Status.FromString(raw)
    except DecodeError:
        return "", None
    reason, after = "", None
    for detail in status.details:
        info, again = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(again):
            after = again.retry_delay.ToTimedelta()
    return reason, after
