"""Tolerances and times from the policy table, with the defaults that hold where it says nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crossdock_kit import policy
from crossdock_kit.calendars import read_calendar
from crossdock_kit.driver import Driver
from crossdock_kit.policy import Decided, PolicyBook, Scope

from procurement.domain.compliance import Required
from procurement.domain.order_line_lifecycle import (
    DECISION_DAYS,
    ESCALATION_HOURS,
    ORDER_LINE,
    OVERDUE_DAYS,
    UNDATED_DAYS,
)
from procurement.domain.ship_notice_lifecycle import ARRIVAL_DAYS, SHIP_NOTICE
from procurement.domain.tolerances import InvoiceTolerances, Tolerances
from procurement.store.supplier_terms import KnownTerms
from procurement.use_cases.deadlines import ACKNOWLEDGMENT_HOURS, REMINDER_HOURS

OVER_PERCENT = "procurement.over_shipment_percent"
SHORT_PERCENT = "procurement.short_tolerance_percent"
SHORT_STAYS = "procurement.short_stays_on_order"
INVOICE_PRICE_PERCENT = "procurement.invoice_price_percent"
INVOICE_PRICE_AMOUNT = "procurement.invoice_price_amount"
INVOICE_QUANTITY_PERCENT = "procurement.invoice_quantity_percent"
INVOICE_CHARGE_PERCENT = "procurement.invoice_charge_percent"
INVOICE_CHARGE_AMOUNT = "procurement.invoice_charge_amount"
INVOICE_LENIENT = "procurement.invoice_lenient"
MATCH_IS_VERDICT = "procurement.match_is_verdict"
"""True where ours is the verdict on an invoice, and not the ERP's."""
CERTIFICATES = "procurement.certificates"
"""Its value: {"kinds": ["COA", "SDS"]}, by business unit, supplier, item category and location."""
UNREADABLE = "CERTIFICATE"
"""What a rule asks for that says no kinds: nothing goes by unchecked."""
DAY = timedelta(days=1)
DEFAULTS: dict[str, Any] = {
    INVOICE_PRICE_PERCENT: "2",
    INVOICE_PRICE_AMOUNT: "10",
    INVOICE_QUANTITY_PERCENT: "0",
    INVOICE_CHARGE_PERCENT: "5",
    INVOICE_CHARGE_AMOUNT: "100",
    INVOICE_LENIENT: False,
    MATCH_IS_VERDICT: False,
    CERTIFICATES: {"kinds": []},
    OVER_PERCENT: "5",
    SHORT_PERCENT: "5",
    SHORT_STAYS: True,
    ACKNOWLEDGMENT_HOURS: 24,
    REMINDER_HOURS: 24,
    ESCALATION_HOURS: 24,
    DECISION_DAYS: ORDER_LINE.deadlines["awaiting_decision"].default / DAY,
    OVERDUE_DAYS: ORDER_LINE.deadlines["confirmed"].default / DAY,
    UNDATED_DAYS: ORDER_LINE.deadlines["backordered"].default / DAY,
    ARRIVAL_DAYS: SHIP_NOTICE.deadlines["in_transit"].default / DAY,
}


class TenantPolicies:
    """The tenant's rules, read once in a work."""

    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now
        self._book: PolicyBook | None = None
        self._terms = KnownTerms(driver, tenant)

    async def tolerances(self, business_unit: str, partner: str, location: str) -> Tolerances:
        place = Scope(business_unit=business_unit, partner=partner, location=location)
        over, short = await self._decide(OVER_PERCENT, place), await self._decide(SHORT_PERCENT, place)
        stays = await self._decide(SHORT_STAYS, place)
        return Tolerances(
            Decimal(str(over.value)), Decimal(str(short.value)), bool(stays.value), _rules(over), _rules(short, stays)
        )

    async def invoice_tolerances(
        self, business_unit: str, supplier_id: str, item_category: str, currency: str
    ) -> InvoiceTolerances:
        place = Scope(business_unit=business_unit, partner=supplier_id, item_category=item_category)
        keys = (INVOICE_PRICE_PERCENT, INVOICE_PRICE_AMOUNT, INVOICE_QUANTITY_PERCENT, INVOICE_LENIENT)
        percent, amount, quantity, lenient = [await self._decide(key, place) for key in keys]
        share, most = [await self._decide(key, place) for key in (INVOICE_CHARGE_PERCENT, INVOICE_CHARGE_AMOUNT)]
        return InvoiceTolerances(
            Decimal(str(percent.value)),
            _amount(amount, currency),
            Decimal(str(quantity.value)),
            bool(lenient.value),
            _rules(percent, amount, quantity, lenient),
            Decimal(str(share.value)),
            _amount(most, currency),
            _rules(share, most, lenient),
        )

    async def match_is_verdict(self, business_unit: str, supplier_id: str) -> bool:
        decided = await self._decide(MATCH_IS_VERDICT, Scope(business_unit=business_unit, partner=supplier_id))
        return decided.value is True

    async def certificates(self, business_unit: str, supplier_id: str, item_category: str, location: str) -> Required:
        place = Scope(business_unit=business_unit, partner=supplier_id, item_category=item_category, location=location)
        decided = await self._decide(CERTIFICATES, place)
        kinds = decided.value.get("kinds") if isinstance(decided.value, dict) else None
        named = isinstance(kinds, list) and all(isinstance(each, str) and 0 < len(each) <= 32 for each in kinds)
        return Required(tuple(dict.fromkeys(kinds)) if named and kinds is not None else (UNREADABLE,), _rules(decided))

    async def due(self, key: str, business_unit: str, partner: str, since: datetime) -> datetime:
        """A rule that names the partner goes before its profile, the profile before all other rules."""
        terms = await self._terms.of(partner, business_unit)
        span = await self.span(key, business_unit, partner)
        if terms is None:
            return since + span
        own = {ACKNOWLEDGMENT_HOURS: terms.acknowledgment, DECISION_DAYS: terms.decision}.get(key)
        decided = await self._decide(key, Scope(business_unit=business_unit, partner=partner))
        return read_calendar(terms.calendar).add(since, own if own and not decided.scope.partner else span)

    async def span(self, key: str, business_unit: str, partner: str) -> timedelta:
        """A number counts in the unit of the key's name; an object says its units itself: {"minutes": 90}."""
        value = (await self._decide(key, Scope(business_unit=business_unit, partner=partner))).value
        return timedelta(**value) if isinstance(value, dict) else timedelta(**{key.rpartition("_")[2]: float(value)})

    async def _decide(self, key: str, place: Scope) -> Decided:
        if self._book is None:
            self._book = await policy.read(self._driver, self._tenant, list(DEFAULTS))
        return self._book.decide(key, place, self._now, DEFAULTS[key])


def _amount(decided: Decided, currency: str) -> Decimal:
    """One for any currency, or one for each: {"EUR": "10", "JPY": "1500"}. In a currency that it does not name nothing
    may differ."""
    value = decided.value
    return Decimal(str(value.get(currency, 0) if isinstance(value, dict) else value))


def _rules(*decided: Decided) -> str:
    """What decided, for the record: key, value and the version of the rule; version 0 is the default in the code."""
    return ", ".join(f"{each.key} = {each.value} (version {each.version})" for each in decided)
