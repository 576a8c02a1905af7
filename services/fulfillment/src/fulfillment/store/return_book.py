"""What a return sets off when it is put back: the report that it heard, its facts, its deadline, what is strange.

It must not know how reports become sums.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from crossdock_kit.events import NewEvent
from crossdock_kit.opened_work import origin_of
from crossdock_kit.policy import PolicyBook, Scope
from crossdock_kit.process_timers import Course, entered
from crossdock_kit.unit_of_work import Work as KitWork
from google.protobuf.message import Message

from fulfillment.domain.concerns import Concern
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.return_lifecycle import RETURN
from fulfillment.domain.return_report import ReturnReport
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Origin
from fulfillment.wire.returns import fact_of, reported


class ReturnBook:
    def __init__(
        self,
        work: KitWork,
        origin: Origin | None,
        policies: Callable[[], Awaitable[PolicyBook]],
        tell: Callable[[Concern], None],
    ) -> None:
        self._work, self._origin, self._policies, self._tell = work, origin, policies, tell

    async def take(self, found: CustomerReturn, order: SalesOrder | None, report: ReturnReport | None) -> None:
        channel = order.terms.channel if order else ""
        if report is not None:
            self._record(found, order, reported(report, found, channel), report.happened_at)
        for fact in found.facts:
            self._record(found, order, fact_of(fact, found, channel), self._work.now)
        found.facts.clear()
        if found.watched != found.state.value:
            found.watched = found.state.value
            entered(self._work, RETURN, found.watched, await self._course(found), self._work.now)
        for each in dict.fromkeys(found.settled):
            self._work.resolve_exception(each, "no longer holds")
        for concern in found.concerns:
            self._tell(concern)
        found.settled.clear()
        found.concerns.clear()

    def _record(self, found: CustomerReturn, order: SalesOrder | None, message: Message, at: datetime) -> None:
        """The first fact mints the return's own transaction; its order's knows of it by the step."""
        found.event_version += 1
        first = found.event_version == 1
        self._work.record(
            NewEvent(
                message=message,
                tenant=self._work.tenant,
                business_unit=found.business_unit,
                aggregate_type="return",
                aggregate_id=found.return_id,
                version=found.event_version,
                subject=found.number,
                keys=found.keys,
                transaction_ids=(found.return_id,) if first else found.transaction_ids,
                occurred_at=at,
                origin=origin_of(self._origin),
                express=order.express if order else False,
                transaction_type="return" if first else "",
                root_key=f"return:{found.number}" if first else "",
            )
        )

    async def _course(self, found: CustomerReturn) -> Course:
        return Course(
            subject=found.return_id,
            transaction_ids=found.transaction_ids,
            keys=found.keys,
            place=Scope(business_unit=found.business_unit, partner=found.customer_id),
            policies=await self._policies(),
        )
