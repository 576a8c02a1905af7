"""What a posting sets off when it is put back: its facts, its deadlines, what somebody has to look at.

It must not know in which sequence postings come; the use cases ask for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeAlias

from crossdock_kit.events import NewEvent
from crossdock_kit.opened_work import origin_of
from crossdock_kit.policy import PolicyBook, Scope
from crossdock_kit.process_timers import Course, entered
from crossdock_kit.unit_of_work import Work as KitWork

from fulfillment.domain import billing_lifecycle, posting_lifecycle
from fulfillment.domain.billing_lifecycle import BILLING
from fulfillment.domain.concerns import Concern
from fulfillment.domain.own_books import OwnBooks
from fulfillment.domain.posting import Fact, Kind, Posting
from fulfillment.domain.posting_lifecycle import POSTING
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Origin
from fulfillment.store.postings import PostingRows
from fulfillment.wire.posting import fact_of, keys_of

BASIS, BY_ISSUE, BY_DELIVERY = "fulfillment.billing", "goods_issue", "delivery"
"""`{"basis": "goods_issue"}` by business unit and customer; else delivery's trigger is waited for."""
BOOKS, OWN = "fulfillment.books", "own"
"""`{"books": "own", "tax_percent": "19", "prefix": "EU01-"}` by business unit and customer; else the ERP's."""
POLICY_KEYS = [*posting_lifecycle.POLICY_KEYS, *billing_lifecycle.POLICY_KEYS, BASIS, BOOKS]
_NEXT = """
INSERT INTO own_series AS s (tenant, business_unit, kind, last) VALUES ($1, $2, $3, 1)
ON CONFLICT (tenant, business_unit, kind) DO UPDATE SET last = s.last + 1 RETURNING last
"""
Tell: TypeAlias = Callable[[Concern], None]


class PostingBook:
    def __init__(
        self, work: KitWork, origin: Origin | None, policies: Callable[[], Awaitable[PolicyBook]], tell: Tell
    ) -> None:
        self._work, self._origin, self._policies, self._tell = work, origin, policies, tell

    async def take(self, made: Posting, order: SalesOrder, known: PostingRows) -> None:
        await self._announce(made, order, known)
        await self._watch(made, order)
        for each in made.settled:
            self._work.resolve_exception(each, "no longer holds")
        for concern in made.concerns:
            self._tell(concern)
        made.settled.clear()
        made.concerns.clear()

    async def billed_by_issue(self, order: SalesOrder) -> bool:
        decided = (await self._policies()).decide(BASIS, _place(order), self._work.now, {"basis": BY_DELIVERY})
        return bool(decided.value["basis"] == BY_ISSUE)

    async def own_books(self, order: SalesOrder) -> OwnBooks | None:
        decided = (await self._policies()).decide(BOOKS, _place(order), self._work.now, {"books": "erp"}).value
        if decided["books"] != OWN:
            return None
        return OwnBooks(Decimal(str(decided.get("tax_percent", 0))), str(decided.get("prefix", "")))

    async def next_number(self, business_unit: str, kind: Kind) -> int:
        found: int = await self._work.driver.fetchval(_NEXT, self._work.tenant, business_unit, kind.value)
        return found

    async def _announce(self, made: Posting, order: SalesOrder, known: PostingRows) -> None:
        told = Fact.REQUESTED in made.facts or (made.kind is Kind.CREDIT and Fact.POSTED in made.facts)
        before = await known.posted(made.follows) if told else {}
        for fact in made.facts:
            made.event_version += 1
            self._work.record(
                NewEvent(
                    message=fact_of(fact, made, order, [before[each] for each in made.follows if each in before]),
                    tenant=self._work.tenant,
                    business_unit=order.terms.business_unit,
                    aggregate_type="posting",
                    aggregate_id=made.posting_id,
                    version=made.event_version,
                    subject=made.number or order.terms.number,
                    keys=keys_of(made, order),
                    transaction_ids=(order.order_id,),
                    occurred_at=(fact is Fact.POSTED and made.posted_at) or self._work.now,
                    origin=origin_of(self._origin),
                    express=order.express,
                )
            )
        made.facts.clear()
        made.cleared_by.clear()

    async def _watch(self, made: Posting, order: SalesOrder) -> None:
        standing = (made.state.value, made.billing.value if made.billing else "")
        for process, before, state in zip((POSTING, BILLING), made.watched, standing, strict=True):
            if state and state != before:
                entered(self._work, process, state, await self._course(made, order), self._work.now)
        made.watched = standing

    async def _course(self, made: Posting, order: SalesOrder) -> Course:
        return Course(
            subject=made.posting_id,
            transaction_ids=(order.order_id,),
            keys=keys_of(made, order),
            place=_place(order),
            policies=await self._policies(),
        )


def _place(order: SalesOrder) -> Scope:
    return Scope(business_unit=order.terms.business_unit, partner=order.terms.customer_id)
