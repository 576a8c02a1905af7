"""What only stocktakers move: three items at each site, whose case held twelve pieces and since two days holds ten.

Reports and statements are of the day of that change and of the one before, and are read by the case of their day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

SHELVED = ("F0701", "F0702", "F0703")
CASE, PIECE = "XCS", "EA"
BEFORE, SINCE = Decimal(12), Decimal(10)
_AGO = timedelta(days=2)


def changes_on(today: date) -> date:
    """The first day on which a case holds less."""
    return today - _AGO


def items(today: date) -> list[dict[str, Any]]:
    """In the shape of catalog's PutMasterDataRequest: two records of each, one after the other in time."""
    day = changes_on(today)
    begins = {"year": day.year, "month": day.month, "day": day.day}
    return [row for sku in SHELVED for row in (_item(sku, BEFORE), _item(sku, SINCE) | {"valid_from": begins})]


def _item(sku: str, case: Decimal) -> dict[str, Any]:
    packaging = [{"unit": CASE, "base_quantity": f"{case:f}"}]
    return {"sku": sku, "description": f"Item {sku}", "base_unit": PIECE, "packaging": packaging}


def pieces_of(quantity: Decimal, unit: str, at: datetime, today: date) -> Decimal:
    """As the item was described on the day of `at`."""
    if unit == PIECE:
        return quantity
    return quantity * (BEFORE if at.astimezone(UTC).date() < changes_on(today) else SINCE)
