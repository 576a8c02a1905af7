"""Whoever is asked about orders, and the people who let them through; policies that declare checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from crossdock.fulfillment.v1 import check_service_pb2 as pb
from crossdock.fulfillment.v1 import sales_order_pb2 as order_pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.policy import NewRule, Scope, add
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.check_lifecycle import Kind
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.use_cases.checking import check_lapsed

from fulfillment_cases.calls import SECONDS, origin
from fulfillment_cases.warehouse import now

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PASSED, REFUSED, WITHDRAWN = pb.CHECK_VERDICT_PASSED, pb.CHECK_VERDICT_REFUSED, pb.CHECK_VERDICT_WITHDRAWN


def shown(order: order_pb.SalesOrder) -> dict[str, str]:
    """ "held silence" by kind."""
    found = {}
    for each in order.checks:
        kind = order_pb.CheckKind.Name(each.kind).removeprefix("CHECK_KIND_").lower()
        state = order_pb.CheckState.Name(each.state).removeprefix("CHECK_STATE_")
        basis = order_pb.CheckBasis.Name(each.basis).removeprefix("CHECK_BASIS_").replace("UNSPECIFIED", "")
        found[kind] = f"{state} {basis}".strip().lower()
    return found


def check_of(order: order_pb.SalesOrder, kind: str) -> str:
    """The id of the newest question."""
    wanted = order_pb.CheckKind.Value(f"CHECK_KIND_{kind.upper()}")
    return next(each.check_id for each in order.checks if each.kind == wanted)


@dataclass(frozen=True, slots=True)
class Desk:
    stub: Any
    uow: UnitOfWork
    tenant: str = "acme"

    async def declare(self, customer: str, **rules: dict[str, Any]) -> None:
        """Checks of a customer's orders: `credit={"fallback": "cached"}`."""
        async with self.uow(tenants=[self.tenant]) as work:
            for kind, value in rules.items():
                rule = NewRule(
                    key=f"fulfillment.{kind}_check", value=value, valid_from=LONG_AGO, scope=Scope(partner=customer)
                )
                await add(work.driver, self.tenant, rule)

    async def says(self, check_id: str, verdict: pb.CheckVerdict.ValueType, **more: Any) -> pb.RecordCheckResponse:
        said: dict[str, Any] = {"origin": origin(options_pb2.ROLE_ERP, "ERP-EU"), "answered_at": now()}
        said["reason"] = "over the limit" if verdict == REFUSED else ""
        request = pb.RecordCheckRequest(request_id=str(uuid4()), check_id=check_id, verdict=verdict, **said | more)
        answer: pb.RecordCheckResponse = await self.stub.RecordCheck(request, timeout=SECONDS)
        return answer

    async def releases(self, order_id: str, kind: str, reason: str = "paid by wire") -> pb.ReleaseHoldResponse:
        wanted = order_pb.CheckKind.Value(f"CHECK_KIND_{kind.upper()}")
        request = pb.ReleaseHoldRequest(request_id=str(uuid4()), order_id=order_id, kind=wanted, reason=reason)
        answer: pb.ReleaseHoldResponse = await self.stub.ReleaseHold(request, timeout=SECONDS)
        return answer

    async def nobody_answers(self, order_id: str, kind: str) -> None:
        """Its deadline passes."""
        name = str(uuid4())
        with caused_by(Cause("timer", "test", self.tenant, "timer", name, name, "", datetime.now(UTC))):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                await check_lapsed(order_id, Kind(kind), work)
