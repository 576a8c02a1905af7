"""A web shop: signs its orders as Shopify does, shows the stock that it was told of last, and tells its customers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from partners.faults import Faults
from partners.journal import Journal
from partners.sales.books import SalesBook
from partners.sales.day import SalesLine, SalesOrder
from partners.web import Answer, Door, Post

PARTNER = "shop-eu"


def shopify_headers(secret: str, body: bytes, *, message_id: str = "") -> dict[str, str]:
    """Shopify signs the body alone, under the secret as it is written."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "x-shopify-webhook-id": message_id or str(uuid.uuid4()),
        "x-shopify-topic": "orders/create",
        "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
        "content-type": "application/json",
    }


class Shop:
    """It has confirmed what it sells to its customers before anybody else hears of it."""

    def __init__(self, post: Post, journal: Journal, token: str) -> None:
        self._post = post
        self.faults = Faults()
        self.book = SalesBook()
        # By order and line, every word that its customer read, in the sequence in which it came.
        self.heard: dict[tuple[str, str], list[str]] = {}
        # By order, what its customer can follow: number of the shipment, carrier, and the carrier's number.
        self.sendings: dict[str, set[tuple[str, str, str]]] = {}
        self.stock: dict[tuple[str, str], tuple[int, Decimal]] = {}
        self.door = Door(PARTNER, token, journal, self.faults)
        self.door.accept("/availability", "json.availability", lambda d: f"{d['item']}@{d['location']}", self._stocked)
        self.door.accept("/order-status", "json.order_status", lambda d: f"{d['order']}/{d['messageId']}", self._told)

    async def sell(self, order: SalesOrder) -> None:
        for line in order.lines:
            self.book.ordered[order.number, line.number] = line.quantity
        document = _document(order)
        await self._post.send(PARTNER, "orders", "shop.order", order.number, document)

    def on_show(self, sku: str) -> Decimal:
        """What its pages say of an item at all places."""
        return sum((amount for (item, _), (_, amount) in self.stock.items() if item == sku), Decimal(0))

    async def _stocked(self, document: Mapping[str, Any]) -> Answer:
        key, version = (document["item"], document["location"]), int(document["version"])
        if version >= self.stock.get(key, (0, Decimal(0)))[0]:
            self.stock[key] = version, Decimal(document["available"])
        return 200, {"shown": document["available"]}

    async def _told(self, document: Mapping[str, Any]) -> Answer:
        state = document["lineState"]
        if state == "shipped":
            named = tuple(str(document[name]) for name in ("shipmentNumber", "carrier", "trackingNumber"))
            self.sendings.setdefault(document["order"], set()).add((named[0], named[1], named[2]))
        for line in document["lines"]:
            key = document["order"], line["line"]
            self._count(key, state, Decimal(line["quantity"]))
            self.heard.setdefault(key, []).extend((state, *_promise(line)))
        return 200, {"told": document["order"]}

    def _count(self, key: tuple[str, str], state: str, quantity: Decimal) -> None:
        """How much it was told has left and has arrived; words may overtake each other."""
        if state == "delivered":
            self.book.delivered[key] += quantity
        elif state == "shipped":
            self.book.shipped[key] += quantity


def _promise(line: Mapping[str, Any]) -> list[str]:
    """Of what waits: whether a day is named, and whether it is later than was told first."""
    return [word for word, said in (("promised", line.get("promisedOn")), ("at_risk", line.get("atRisk"))) if said]


def _document(order: SalesOrder) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "name": order.number,
        "created_at": now,
        "currency": "EUR",
        "email": "customer@example.com",
        "shipping_address": {
            "name": "Erika Erfunden",
            "address1": "1 Nowhere Street",
            "zip": "20457",
            "city": "Hamburg",
            "country_code": "DE",
        },
        "shipping_lines": [{"code": "STANDARD", "title": "Standard", "price": f"{order.carriage:f}"}],
        "line_items": [_item(line) for line in order.lines],
    }


def _item(line: SalesLine) -> dict[str, Any]:
    off = {"discount_allocations": [{"amount": f"{line.off:f}"}]} if line.off else {}
    return {"id": int(line.number), "sku": line.sku, "quantity": int(line.quantity), "price": line.price, **off}
