"""Which items a supplier ships straight to the customer: policy `fulfillment.drop_ship` = `{"supplier": "SUP-NORDIC"}`,
by business unit, customer (as partner) and item category; an empty supplier takes it away where a wider rule says one.
"""

from __future__ import annotations

from datetime import datetime

from crossdock_kit.policy import PolicyBook, Scope

from fulfillment.domain.quantities import Item
from fulfillment.domain.sales_order import SalesOrder

DROP_SHIP = "fulfillment.drop_ship"
_FROM_STOCK = {"supplier": ""}


def supplier_for(policies: PolicyBook, order: SalesOrder, item: Item, now: datetime) -> str:
    """Empty where it comes from stock."""
    place = Scope(business_unit=order.terms.business_unit, partner=order.terms.customer_id, item_category=item.category)
    return str(policies.decide(DROP_SHIP, place, now, _FROM_STOCK).value.get("supplier", ""))
