"""Whoever allocates orders where Crossdock does not: declared by a policy, asked by a fact, answering by a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import allocation_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.policy import NewRule, Scope

from fulfillment_cases.calls import SECONDS, origin, quantity
from fulfillment_cases.desk import LONG_AGO
from fulfillment_cases.warehouse import now

ERP, WMS = options_pb2.ROLE_ERP, options_pb2.ROLE_WMS


def taken(line: str, sku: str, place: str, amount: float, *, lot: str = "", unit: str = "EA") -> pb.AllocatedLine:
    return pb.AllocatedLine(line_number=line, sku=sku, location_id=place, quantity=quantity(amount, unit), lot=lot)


@dataclass(frozen=True, slots=True)
class Planner:
    stub: Any
    engine: Engine
    tenant: str = "acme"

    async def allocates(self, channel: str, **value: str) -> str:
        """From now on, what this channel orders; returns the channel."""
        rule = NewRule(key="fulfillment.allocates_by", value=value, valid_from=LONG_AGO, scope=Scope(partner=channel))
        async with transaction(self.engine, [self.tenant]) as tx:
            await policy.add(tx.driver, self.tenant, rule)
        return channel

    async def asked(self, order_id: str) -> list[events_pb2.AllocationRequested]:
        """The questions about an order, oldest first."""
        return [events_pb2.AllocationRequested.FromString(each) for each in await self._told(order_id, "Requested")]

    async def withdrawn(self, order_id: str) -> list[events_pb2.AllocationWithdrawn]:
        return [events_pb2.AllocationWithdrawn.FromString(each) for each in await self._told(order_id, "Withdrawn")]

    async def _told(self, order_id: str, what: str) -> list[bytes]:
        async with transaction(self.engine, [self.tenant]) as tx:
            rows = await tx.driver.fetch(
                "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE $2 ORDER BY version",
                f"sales_order/{order_id}",
                f"%.Allocation{what}",
            )
        return [row["body"] for row in rows]

    async def says(
        self, allocation_id: str, *lines: pb.AllocatedLine, role: Any = ERP, system: str = "ERP-EU"
    ) -> pb.RecordAllocationResponse:
        request = pb.RecordAllocationRequest(
            request_id=str(uuid4()),
            origin=origin(role, system),
            allocation_id=allocation_id,
            lines=lines,
            allocated_at=now(),
        )
        answer: pb.RecordAllocationResponse = await self.stub.RecordAllocation(request, timeout=SECONDS)
        return answer

    async def answers(self, order_id: str, *lines: pb.AllocatedLine, **who: Any) -> pb.RecordAllocationResponse:
        """The newest question about an order."""
        return await self.says((await self.asked(order_id))[-1].allocation_id, *lines, **who)
