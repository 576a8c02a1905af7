"""Which checks are declared: policies `fulfillment.<kind>_check`, by business unit and, as partner, by customer.

`{"fallback": "cached" | "hold" | "refuse", "cached_hours": 24, "owner": "..", "tolerance": "0.02"}`, each of them
optional; `{"required": false}` takes a check away where a wider rule declares it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock_kit.policy import Decided, PolicyBook, Scope

from fulfillment.domain.check_lifecycle import SPANS, Kind
from fulfillment.domain.checks import Fallback, Rule
from fulfillment.domain.sales_order import SalesOrder

_KEYS = {kind: f"fulfillment.{kind.value}_check" for kind in Kind}
CHECK_KEYS = [*_KEYS.values(), *SPANS]
_NOT_DECLARED = {"required": False}


def declared(policies: PolicyBook, order: SalesOrder, now: datetime) -> Mapping[Kind, Rule]:
    place = Scope(business_unit=order.terms.business_unit, partner=order.terms.customer_id)
    found = {kind: policies.decide(key, place, now, _NOT_DECLARED) for kind, key in _KEYS.items()}
    return {kind: _rule(kind, each) for kind, each in found.items() if each.value.get("required", True)}


def _rule(kind: Kind, decided: Decided) -> Rule:
    said = decided.value
    return Rule(
        kind=kind,
        fallback=Fallback(said.get("fallback", Fallback.HOLD.value)),
        owner=said.get("owner", ""),
        cached_for=timedelta(hours=said.get("cached_hours", 24)),
        tolerance=Decimal(str(said.get("tolerance", "0"))),
        version=decided.version,
    )
