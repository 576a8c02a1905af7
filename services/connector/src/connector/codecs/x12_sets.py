"""What X12 calls its transaction sets, so that a refusal says it in words. Knows nothing of what is read here."""

from __future__ import annotations

TITLES = {
    "180": "return merchandise authorisation",
    "204": "motor carrier load tender",
    "210": "freight invoice",
    "214": "shipment status",
    "310": "ocean freight invoice",
    "315": "ocean shipment status",
    "753": "routing request",
    "754": "routing instructions",
    "810": "invoice",
    "812": "credit/debit adjustment",
    "820": "remittance",
    "824": "application advice",
    "830": "planning schedule",
    "832": "price/sales catalogue",
    "846": "inventory advice",
    "850": "purchase order",
    "852": "product activity",
    "855": "order acknowledgment",
    "856": "ship notice",
    "860": "order change",
    "861": "receiving advice",
    "862": "shipping schedule",
    "865": "order change acknowledgment",
    "869": "order status inquiry",
    "870": "order status report",
    "875": "grocery order",
    "880": "grocery invoice",
    "940": "warehouse shipping order",
    "943": "stock transfer shipment",
    "944": "stock transfer receipt",
    "945": "warehouse shipping advice",
    "947": "warehouse inventory adjustment",
    "990": "response to a load tender",
    "997": "functional acknowledgment",
    "999": "implementation acknowledgment",
}


def named(set_id: str) -> str:
    """ "810 (invoice)"; the number alone where nobody here knows a name."""
    title = TITLES.get(set_id)
    return f"{set_id} ({title})" if title else set_id or "(none)"
