"""shop.order_cancellation, in: a web shop takes an order back, in the form in which Shopify's webhooks tell it.

The same document as the order, with the instant and the reason of its end. Who would have received it is not read.
"""

from __future__ import annotations

from connector.codecs.json_document import JsonObject
from connector.mappings.cancellations import cancelled
from connector.mappings.model import Command, Inbound, Reading


def read(document: JsonObject, reading: Reading) -> Command:
    number = document.text("name", longest=64)
    at = document.optional_instant("cancelled_at")
    if at is None:
        raise document.fault("cancelled_at", "is missing: the order stands")
    return cancelled(number, document.optional_text("cancel_reason"), reading.origin(occurred_at=at), reading)


MAPPING = Inbound("shop.order_cancellation", read)
