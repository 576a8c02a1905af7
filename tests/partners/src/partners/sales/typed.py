"""What the ERP's users type: an order in the ERP's own words, its numbers of customers and its units."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from partners.erp import UNITS
from partners.sales.day import SalesOrder

CUSTOMERS = {
    "CUS-SHOP": "D200010",
    "CUS-MERCATO": "D200020",
    "CUS-FORGE": "D200030",
    "CUS-BUILD": "D200040",
    "CUS-PROOF": "D200050",
}
UNIT = UNITS["EA"]


def typed(order: SalesOrder, business_unit: str, ordered_on: str) -> dict[str, Any]:
    """Any plant of the business unit may serve it."""
    return {
        "documentType": "salesOrder",
        "action": "release",
        "companyCode": business_unit,
        "salesOrder": {
            "number": order.number,
            "version": "1",
            "changedAt": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "orderDate": ordered_on,
            "customer": CUSTOMERS[order.customer],
            "currency": "EUR",
            "shortage": "cancel" if order.no_backorder else "backorder",
            "lines": [
                {
                    "line": line.number,
                    "material": line.sku,
                    "quantity": f"{line.quantity:f}",
                    "unit": UNIT,
                    "price": {"amount": line.price, "per": "1", "unit": UNIT},
                }
                for line in order.lines
            ],
        },
    }
