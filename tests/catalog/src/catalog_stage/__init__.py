"""What the tests of catalog run against."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from crossdock_kit.database import Engine
from crossdock_kit.peers import status_in
from crossdock_kit.testing import RunningServer
from google.rpc import error_details_pb2


@dataclass(frozen=True, slots=True)
class RunningCatalog:
    """A real server on a real database."""

    server: RunningServer
    engine: Engine


def fields_of(error: grpc.aio.AioRpcError) -> list[str]:
    """The fields that a refused request is told of."""
    details = error_details_pb2.BadRequest()
    assert any(detail.Unpack(details) for detail in status_in(error).details)
    return [violation.field for violation in details.field_violations]
