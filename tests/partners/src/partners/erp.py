"""The ERP: releases and changes orders, learns the confirmations, posts one goods receipt per receipt.

Speaks its own codes (plants, vendors, units); the crosswalk of the day translates them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from partners.books import ItemCard, OrderBook
from partners.day import Day, Line, Order, Step
from partners.faults import Faults
from partners.journal import Journal
from partners.payables import Payables
from partners.sales_ledger import SalesLedger
from partners.script import Script
from partners.stock_book import StockBook
from partners.web import Answer, Door, Post

PARTNER = "erp-eu"
PLANTS = {"WH-EAST": "1010", "WH-WEST": "1020", "WH-SOUTH": "1030", "WH-LOGI": "1040"}
VENDORS = {
    "sup-nordic": "V100010",
    "sup-delta": "V100020",
    "sup-orion": "V100030",
    "sup-kiwi": "V100040",
    "sup-api-atlas": "V100050",
    "sup-api-luna": "V100060",
    "sup-api-muto": "V100070",
}
UNITS = {"EA": "ST", "XCS": "KAR", "XPX": "PAL", "KGM": "KG"}
CANONICAL = {own: unit for unit, own in UNITS.items()}


# Prefix of each supplier's own article numbers, as the ERP keeps them in its info records.
ARTICLES = {
    "sup-nordic": "ND",
    "sup-delta": "DL",
    "sup-orion": "OR",
    "sup-kiwi": "KW",
    "sup-api-atlas": "AT",
    "sup-api-luna": "LU",
    "sup-api-muto": "MU",
    "sup-bay": "BY",
}


def instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


class Erp:
    """The buyer's book. `decide` is told of each line that waits for the buyer: order, line number.

    `plants`, `vendors` and `articles` are its own names of places, suppliers and their items; some have no articles.
    """

    partner = PARTNER
    plants: Mapping[str, str] = PLANTS
    vendors: Mapping[str, str] = VENDORS
    articles: Mapping[str, str] = ARTICLES

    def __init__(self, day: Day, cards: Mapping[str, ItemCard], post: Post, journal: Journal, token: str) -> None:
        self._day, self._cards, self._post = day, cards, post
        self.faults = Faults()
        self.book = OrderBook()
        self.receipts: dict[str, Mapping[str, Any]] = {}
        self.decide: Callable[[str, str], None] = lambda order, line: None
        self._versions: dict[str, int] = {}
        self._lines: dict[str, dict[str, Line]] = {}
        # A moment after each release, to which a late change is dated.
        self._released: dict[str, str] = {}
        self._seen_confirmations: dict[str, int] = {}
        steps = [
            (order, step) for order in day.orders if order.erp == self.partner for step in order.steps_of("erp_does")
        ]
        self.script = Script(steps, self._act)
        self.door = Door(self.partner, token, journal, self.faults)
        self.door.accept("/order-confirmations", "json.order_confirmation", lambda d: d["number"], self._confirmed)
        self.door.accept("/goods-receipts", "json.goods_receipt", lambda d: d["warehouseReceipt"], self._posted)
        self.sales = SalesLedger(self.partner, post, self.faults)
        self.sales.open_at(self.door)
        self.stock = StockBook()
        self.stock.open_at(self.door)
        self.payables = Payables(hears=self._judged)
        self.payables.open_at(self.door)

    async def release(self, order: Order) -> None:
        self._lines[order.number] = {line.number: line for line in order.lines}
        self._released[order.number] = (
            (datetime.now(UTC) + timedelta(milliseconds=1)).isoformat().replace("+00:00", "Z")
        )
        await self._send(order, "release")

    async def _send(self, order: Order, action: str, *, deleted: frozenset[str] = frozenset()) -> None:
        version = self._versions.get(order.number, 0) + 1
        self._versions[order.number] = version
        lines = self._lines[order.number]
        for line in lines.values():
            gone = line.number in deleted or action == "cancel"
            self.book.ordered[order.number, line.number] = Decimal(0) if gone else line.quantity
            if gone:
                self.book.confirmed[order.number, line.number] = Decimal(0)
        document = self._document(order, action, version, deleted)
        key = f"{order.number}/{version}"
        await self.faults.deliver(
            lambda: self._post.send(self.partner, "purchase-orders", "json.purchase_order", key, document)
        )

    def _document(self, order: Order, action: str, version: int, deleted: frozenset[str]) -> dict[str, Any]:
        lines = [self._line(order, line, line.number in deleted) for line in self._lines[order.number].values()]
        return {
            "documentType": "purchaseOrder",
            "action": action,
            "companyCode": order.business_unit or self._day.business_unit,
            "purchaseOrder": {
                "number": order.number,
                "version": str(version),
                "changedAt": instant(datetime.now(UTC)),
                "orderDate": self._day.ordered_on,
                "supplier": self.vendors[order.supplier],
                "shipTo": self.plants[order.location],
                "currency": "EUR",
                "incoterms": {"rule": "FCA", "place": "Rotterdam"},
                "priority": "express" if order.express else "standard",
                "lines": lines,
            },
        }

    def _line(self, order: Order, line: Line, deleted: bool) -> dict[str, Any]:
        unit, prefix = UNITS[line.unit], self.articles.get(order.supplier, "")
        return {
            "line": line.number,
            "material": line.sku,
            "supplierMaterial": f"{prefix}-{line.sku[1:]}" if prefix else "",
            "description": f"Article {line.sku}",
            "quantity": str(line.quantity),
            "unit": unit,
            "price": {"amount": line.price, "per": "1", "unit": unit},
            "window": {
                "from": line.wanted,
                "to": line.wanted,
                "fromTime": "08:00",
                "toTime": "16:00",
                "zone": "Europe/Berlin",
            },
            "deleted": deleted,
        }

    async def _act(self, order: Order, step: Step) -> None:
        if step.do == "cancel":
            await self._send(order, "cancel")
        elif step.do == "late":
            await self._send_late(order)
        elif step.do in ("change", "change twice"):
            await self._change(order, step)
        elif step.do == "judge":
            await self._judge(step)
        else:
            raise ValueError(f"an ERP cannot {step.do}")

    def _judged(self, match: Mapping[str, Any]) -> None:
        """What it hears of an invoice concerns each order that is invoiced."""
        for order in sorted({line["order"] for line in match["lines"]}):
            self.script.saw(order, f"{match['readiness']}:{match['invoice']}")

    async def _judge(self, step: Step) -> None:
        """Accounts payable decides on an invoice that it was told of."""
        number = step.facts["invoice"]
        document = {
            "documentType": "invoiceVerdict",
            "invoiceId": self.payables.newest(number)["invoiceId"],
            "decidedAt": instant(datetime.now(UTC)),
            "verdict": step.facts["verdict"],
            "reason": step.facts.get("reason", ""),
            "documentNumber": f"51056{number[-4:]}",
        }
        await self.faults.deliver(
            lambda: self._post.send(self.partner, "invoice-verdicts", "json.invoice_verdict", number, document)
        )

    async def _change(self, order: Order, step: Step) -> None:
        lines = self._lines[order.number]
        for number, quantity in step.facts.get("lines", {}).items():
            lines[str(number)] = replace(lines[str(number)], quantity=Decimal(str(quantity)))
        deleted = frozenset(str(number) for number in step.facts.get("delete", ()))
        await self._send(order, "change", deleted=deleted)
        if step.do == "change twice":
            await self._repeat(order, deleted)

    async def _repeat(self, order: Order, deleted: frozenset[str]) -> None:
        version = self._versions[order.number]
        document = self._document(order, "change", version, deleted)
        await self._post.send(
            self.partner, "purchase-orders", "json.purchase_order", f"{order.number}/{version}", document
        )

    async def _send_late(self, order: Order) -> None:
        """A state between the first two that was stuck in the ERP's own queue and leaves it only now."""
        document = self._document(order, "change", 0, frozenset())
        lines = [self._line(order, replace(line, quantity=line.quantity + 1), False) for line in order.lines]
        part = {**document["purchaseOrder"], "changedAt": self._released[order.number], "lines": lines}
        late = {**document, "purchaseOrder": part}
        await self._post.send(self.partner, "purchase-orders", "json.purchase_order", f"{order.number}/late", late)

    async def _confirmed(self, document: Mapping[str, Any]) -> Answer:
        number = document["number"]
        count = self._seen_confirmations.get(number, 0) + 1
        self._seen_confirmations[number] = count
        if int(document["aggregateVersion"]) >= self.book.revisions.get(number, 0):
            self.book.revisions[number] = int(document["aggregateVersion"])
            for line in document["lines"]:
                self.book.confirmed[number, line["line"]] = Decimal(line["confirmedQuantity"] or "0")
        self.script.saw(number, f"confirmed:{count}")
        for line in document["lines"]:
            if line["state"] == "awaiting_decision":
                self.decide(number, line["line"])
        return 201, {"confirmationNumber": f"AB-{number}-{count}"}

    async def _posted(self, document: Mapping[str, Any]) -> Answer:
        for line in document["lines"]:
            key = (line["order"], line["line"])
            quantity = self._in_unit_of_order(line, key)
            self.book.received[key] += quantity
            if line["condition"] == "damaged":
                self.book.damaged[key] += quantity
        number = str(5_000_000_001 + len(self.receipts))
        self.receipts[document["receiptId"]] = {**document, "documentNumber": number}
        return 201, {"documentNumber": number}

    def _in_unit_of_order(self, line: Mapping[str, Any], key: tuple[str, str]) -> Decimal:
        """What was received in the unit of the order's line; the receipt carries the base quantity beside its own."""
        ordered = self._lines.get(key[0], {}).get(key[1])
        if ordered is None or CANONICAL.get(line["unit"], line["unit"]) == ordered.unit:
            return Decimal(line["quantity"])
        return self._cards[ordered.sku].in_unit(Decimal(line["baseQuantity"]), ordered.unit)


class BatchErp(Erp):
    """The ERP of another business unit, in whose books the first one's codes and order numbers mean something else."""

    partner = "erp-us"
    plants: Mapping[str, str] = {"WH-BAY": "1010"}
    vendors: Mapping[str, str] = {"sup-bay": "V100010"}
