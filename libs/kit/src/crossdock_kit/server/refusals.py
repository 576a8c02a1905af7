"""Every error that leaves a service passes here: the table of errors becomes a google.rpc.Status, bugs lose their text.

No stack, SQL or host name goes outward; a stable code and the trace id do.
"""

from __future__ import annotations

from typing import Any

import asyncpg
import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status
from sqlalchemy.exc import DBAPIError

from crossdock_kit.database.failures import classified, unkeepable
from crossdock_kit.errors import CrossdockError, StatusCode, Unavailable, kind_of
from crossdock_kit.peers import STATUS_DETAILS, peer_error
from crossdock_kit.telemetry import metrics, names

STATUSES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
HIDDEN = "internal error"


class Late(Exception):
    """The call used up its time."""


class RecordedRefusal(Exception):
    """A refusal that is on record; carries the status as every repetition will get it."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


def _details(error: CrossdockError, domain: str) -> list[Message]:
    info = ErrorInfo(reason=error.code, domain=domain, metadata=error.metadata)
    found: list[Message] = [info]
    if error.violations:
        found.append(
            BadRequest(
                field_violations=[
                    BadRequest.FieldViolation(field=each.field, description=each.description, reason=each.rule)
                    for each in error.violations
                ]
            )
        )
    if error.retry_after is not None:
        delay = Duration()
        delay.FromTimedelta(error.retry_after)
        found.append(RetryInfo(retry_delay=delay))
    return found


def status_of(error: BaseException, domain: str) -> Status:
    """What a caller is told. `domain` names who says so, for example `inventory.crossdock.dev`."""
    if isinstance(error, CrossdockError):
        status = Status(code=kind_of(error).status, message=str(error))
        details = _details(error, domain)
    elif isinstance(error, Late):
        status = Status(code=StatusCode.DEADLINE_EXCEEDED, message="took longer than it may")
        details = [ErrorInfo(reason="DEADLINE_EXCEEDED", domain=domain)]
    else:
        status = Status(code=StatusCode.INTERNAL, message=HIDDEN)
        details = [ErrorInfo(reason="INTERNAL", domain=domain)]
    for each in details:
        status.details.add().Pack(each)
    return status


def with_request_info(status: Status, trace_id: int) -> Status:
    """The same status for one call: its trace id is what a caller quotes to operations."""
    told = Status()
    told.CopyFrom(status)
    told.details.add().Pack(RequestInfo(request_id=f"{trace_id:032x}"))
    return told


async def abort(context: grpc.aio.ServicerContext[Any, Any], status: Status, trace_id: int) -> None:
    """Ends the call with the status; always raises."""
    details = with_request_info(status, trace_id).SerializeToString()
    await context.abort(STATUSES[status.code], status.message, ((STATUS_DETAILS, details),))


def turned_away(refusal: CrossdockError, method: str, domain: str) -> grpc.RpcMethodHandler[Any, Any]:
    """Ends a call of whatever kind before its request is read and anything is done for it: no span, no trace id."""
    status = status_of(refusal, domain)
    code, told = STATUSES[status.code], ((STATUS_DETAILS, status.SerializeToString()),)

    async def refuse(_: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        metrics.record_call(names.CALLS, method, code.name, 0.0)
        await context.abort(code, status.message, told)

    # Handlers of streamed requests are called at once, all others when their request has come in.
    return grpc.stream_unary_rpc_method_handler(refuse)


def surface(error: Exception) -> Exception:
    """A failure of what the service stands on as the kind that it is; anything else unchanged."""
    if isinstance(error, CrossdockError):
        return error
    if isinstance(error, grpc.aio.AioRpcError):
        return peer_error(error)
    if isinstance(error, ConnectionError | TimeoutError):
        return Unavailable("what the service needs did not answer")
    if isinstance(error, DBAPIError | asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return classified(error) or unkeepable(error) or error
    return error
