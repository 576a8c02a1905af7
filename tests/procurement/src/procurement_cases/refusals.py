"""How a call ends that is refused: its status and the reason in its error details."""

from __future__ import annotations

from collections.abc import Awaitable

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status


async def refused(call: Awaitable[object]) -> tuple[grpc.StatusCode, str]:
    """The status and the reason code of a call that must not succeed."""
    try:
        done = await call
    except grpc.aio.AioRpcError as error:
        return error.code(), reason_of(error)
    raise AssertionError(f"was not refused: {done}")


def reason_of(error: grpc.aio.AioRpcError) -> str:
    metadata = dict(error.trailing_metadata() or ())
    details = metadata.get("grpc-status-details-bin", b"")
    status = Status.FromString(details if isinstance(details, bytes) else details.encode())
    for detail in status.details:
        info = ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return ""
