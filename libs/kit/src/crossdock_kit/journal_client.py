"""Reads another service's journal by crossdock.ops.v1, tenant by tenant.

Knows the call, not what an event says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from crossdock.ops.v1 import ops_service_pb2

from crossdock_kit.errors import Unavailable
from crossdock_kit.journal import Extract, JournalEntry


@dataclass(frozen=True, slots=True)
class JournalClient:
    """`stub(source, tenant)` gives an OpsServiceStub that calls that service for that tenant."""

    stub: Callable[[str, str], Any]
    tenants: Sequence[str]

    async def read(self, source: str, part: Extract | None = None) -> AsyncIterator[Sequence[JournalEntry]]:
        part = part or Extract(tuple(self.tenants))
        request = ops_service_pb2.ReadJournalRequest(types=part.types)
        if part.recorded_from is not None:
            request.recorded_from.FromDatetime(part.recorded_from)
        if part.recorded_to is not None:
            request.recorded_to.FromDatetime(part.recorded_to)
        for tenant in part.tenants:
            try:
                async for page in self.stub(source, tenant).ReadJournal(request):
                    yield [JournalEntry(each.subject, block_of(each.headers), each.body) for each in page.entries]
            except grpc.aio.AioRpcError as error:
                raise Unavailable(f"the journal of {source} cannot be read: {error.code().name}") from error


def block_of(headers: Any) -> str:
    """Headers as the block in which they travel."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
