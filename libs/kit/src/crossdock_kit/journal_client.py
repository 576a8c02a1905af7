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
from crossdock_kit.journal import JournalEntry


@dataclass(frozen=True, slots=True)
class JournalClient:
    """`stub(source, tenant)` gives an OpsServiceStub that calls that service for that tenant."""

    stub: Callable[[str, str], Any]
    tenants: Sequence[str]

    async def read(self, source: str) -> AsyncIterator[Sequence[JournalEntry]]:
        for tenant in self.tenants:
            try:
                async for page in self.stub(source, tenant).ReadJournal(ops_service_pb2.ReadJournalRequest()):
                    yield [JournalEntry(each.subject, block_of(each.headers), each.body) for each in page.entries]
            except grpc.aio.AioRpcError as error:
                raise Unavailable(f"the journal of {source} cannot be read: {error.code().name}") from error


def block_of(headers: Any) -> str:
    """Headers as the block in which they travel."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
