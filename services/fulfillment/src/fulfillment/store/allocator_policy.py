"""Who decides which stock serves an order: policy `fulfillment.allocates_by` = `{"role": "ERP"}`, or `{"role": "WMS",
"location": "WH-EAST"}` with the place whose warehouse is asked; by business unit, channel (as partner) and the first of
the places that an order names. Crossdock where nothing is said.
"""

from __future__ import annotations

from datetime import datetime

from crossdock_kit.policy import PolicyBook, Scope

from fulfillment.domain.lifecycle import CROSSDOCK, SCHEDULE, WMS, State
from fulfillment.domain.terms import OURS, Allocator, OrderTerms

ALLOCATES_BY = "fulfillment.allocates_by"
_OURS = {"role": CROSSDOCK}


def allocator_of(policies: PolicyBook, terms: OrderTerms, now: datetime) -> Allocator:
    """Raises ValueError for a role that may not allocate: nobody else is to do it in its place unseen."""
    first = terms.locations[0] if terms.locations else ""
    place = Scope(business_unit=terms.business_unit, partner=terms.channel, location=first)
    said = policies.decide(ALLOCATES_BY, place, now, _OURS).value
    role = str(said.get("role", CROSSDOCK))
    way = SCHEDULE.way(State.ACCEPTED.value, "allocate")
    if way is None or role not in way.who:
        raise ValueError(f"policy {ALLOCATES_BY} names {role}, which may not allocate")
    if role == CROSSDOCK:
        return OURS
    return Allocator(role, str(said.get("location", first)) if role == WMS else "")
