"""Whoever calls: each call is made once, with a short deadline; who hears nothing knows nothing.

What is unknown is asked again, with the same request, only when the system is quiet: see `settling`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import grpc
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from google.type.date_pb2 import Date
from partners.suite import Credentials

from faults.history import History, Operation

SECONDS, AWAY_SECONDS = 4.0, 0.7
UNKNOWN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    }
)


@dataclass
class Caller:
    """Somebody of one tenant who calls; what it draws follows from the seed."""

    tenant: str
    credentials: Credentials
    history: History
    seed: int
    _chance: random.Random = field(init=False)
    _count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed}/{self.tenant}")

    async def call(self, operation: Operation, method: Callable[..., Awaitable[Any]]) -> None:
        credentials = tuple(self.credentials())
        try:
            answer = await method(operation.request, metadata=credentials, timeout=SECONDS)
        except grpc.aio.AioRpcError as error:
            outcome = "unknown" if error.code() in UNKNOWN else "failed"
            self.history.end(operation, outcome, reason=f"{error.code().name}: {error.details()}"[:200])  # type: ignore[arg-type]
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                # As a caller would: to whoever is not there it is no use to turn again at once.
                await asyncio.sleep(self._chance.uniform(0.5, 1.5) * AWAY_SECONDS)
        else:
            self.history.end(operation, "ok", answer=answer)

    def id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    def name(self, kind: str) -> str:
        """Carries the tenant's mark, by which it would be found in another one's answers."""
        self._count += 1
        return f"{kind}-{self.tenant}-{self.seed}-{self._count}"

    def origin(self, role: str, document: str) -> values_pb2.Origin:
        number = options_pb2.Role.Value(f"ROLE_{role}")
        origin = values_pb2.Origin(system=f"{role}-TEAM", role=number, document=document)
        origin.occurred_at.FromDatetime(datetime.now(UTC))
        return origin


def pieces(amount: int) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=str(amount), unit="EA")


def day(ahead: int) -> Date:
    found = datetime.now(UTC).date() + timedelta(days=ahead)
    return Date(year=found.year, month=found.month, day=found.day)
