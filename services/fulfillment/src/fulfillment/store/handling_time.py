"""How long goods need from the moment that they are bound until they can be with their customer: policy
`fulfillment.handling_hours` = `{"days": 2}`, by business unit, channel (as partner) and place.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from crossdock_kit.policy import PolicyBook, Scope

from fulfillment.domain.sales_order import SalesOrder

HANDLING = "fulfillment.handling_hours"
NEXT_DAY = timedelta(hours=24)


def ready_on(policies: PolicyBook, order: SalesOrder, location_id: str, now: datetime) -> date:
    """What is ordered for the same day is promised for it. Days are those of UTC."""
    if order.terms.same_day:
        return now.date()
    place = Scope(business_unit=order.terms.business_unit, partner=order.terms.channel, location=location_id)
    return (now + max(policies.decide(HANDLING, place, now, NEXT_DAY).span, timedelta())).date()
