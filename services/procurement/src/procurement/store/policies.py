"""Tolerances and times from the policy table, with the defaults that hold where it says nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crossdock_kit import policy
from crossdock_kit.driver import Driver
from crossdock_kit.policy import PolicyBook, Scope

from procurement.domain.closing import Tolerances
from procurement.use_cases.deadlines import ACKNOWLEDGMENT_HOURS, ARRIVAL_DAYS, DECISION_DAYS

OVER_PERCENT = "procurement.over_shipment_percent"
SHORT_PERCENT = "procurement.short_tolerance_percent"
SHORT_STAYS = "procurement.short_stays_on_order"
DEFAULTS: dict[str, Any] = {
    OVER_PERCENT: "5",
    SHORT_PERCENT: "5",
    SHORT_STAYS: True,
    ACKNOWLEDGMENT_HOURS: 24,
    DECISION_DAYS: 2,
    ARRIVAL_DAYS: 2,
}
_UNITS = {ACKNOWLEDGMENT_HOURS: "hours", DECISION_DAYS: "days", ARRIVAL_DAYS: "days"}


class TenantPolicies:
    """The tenant's rules, read once in a work."""

    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now
        self._book: PolicyBook | None = None

    async def tolerances(self, business_unit: str, partner: str, location: str) -> Tolerances:
        place = Scope(business_unit=business_unit, partner=partner, location=location)
        over, short = await self._decide(OVER_PERCENT, place), await self._decide(SHORT_PERCENT, place)
        return Tolerances(Decimal(str(over)), Decimal(str(short)), bool(await self._decide(SHORT_STAYS, place)))

    async def over_percent(self, business_unit: str, partner: str) -> Decimal:
        place = Scope(business_unit=business_unit, partner=partner)
        return Decimal(str(await self._decide(OVER_PERCENT, place)))

    async def span(self, key: str, business_unit: str, partner: str) -> timedelta:
        """A number counts in the unit of the key's name; an object says its units itself: {"minutes": 90}."""
        value = await self._decide(key, Scope(business_unit=business_unit, partner=partner))
        return timedelta(**value) if isinstance(value, dict) else timedelta(**{_UNITS[key]: float(value)})

    async def _decide(self, key: str, place: Scope) -> Any:
        if self._book is None:
            self._book = await policy.read(self._driver, self._tenant, list(DEFAULTS))
        return self._book.decide(key, place, self._now, DEFAULTS[key]).value
