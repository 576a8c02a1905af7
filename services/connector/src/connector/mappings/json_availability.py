"""json.availability, out: what a channel may promise of an item at a place, from now on.

The newest replaces every older one: a receiver that keeps the version ignores what is lower. Less than nothing is none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crossdock.inventory.events.v1 import events_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.AvailabilityChanged, writing: Writing) -> dict[str, Any]:
    codes, available = writing.codes, event.available
    for each in event.channels:
        if each.channel == writing.partner.name:
            available = each.available
    return {
        "documentType": "availability",
        "item": codes.item_code(event.sku),
        "location": codes.location_code(event.location_id),
        "available": canonical.plain(max(Decimal(available.value), Decimal())),
        "unit": codes.unit_code(available.unit),
        "version": event.as_of_version,
    }


MAPPING = Outbound("json.availability", write)
