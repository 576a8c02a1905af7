"""A supplier with an API: orders arrive as JSON over HTTP, answers and shipments are posted back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from partners.day import Day
from partners.journal import Journal
from partners.supplier import Invoice, Packed, Said, Shipment, Supplier, Taken
from partners.web import Answer, Door, Post

STATUSES = {
    "IA": "accepted",
    "AC": "accepted",
    "AR": "accepted",
    "AA": "source_changed",
    "IC": "changed",
    "IQ": "quantity_changed",
    "IP": "price_changed",
    "IE": "price_open",
    "DR": "date_changed",
    "SP": "date_open",
    "IS": "item_substituted",
    "BP": "partial",
    "IB": "backordered",
    "IF": "on_hold",
    "IH": "on_hold",
    "IW": "on_hold",
}
EVENTS = {"original": "shipment.announced", "replace": "shipment.replaced", "cancel": "shipment.cancelled"}


class ApiSupplier(Supplier):
    """`units` are the supplier's own words for ours, where they differ."""

    def __init__(
        self, partner: str, day: Day, journal: Journal, post: Post, units: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(partner, day, journal)
        self._post = post
        self._units = dict(units or {})
        # Orders whose answer it was asked for again.
        self.reminders: list[str] = []

    def door(self, token: str) -> Door:
        door = Door(self.partner, token, self.journal, self.faults)
        door.accept("/orders", "json.supplier_order", lambda d: d["order"]["number"], self._take)
        door.accept("/order-reminders", "json.order_reminder", lambda d: d["order"], self._reminded)
        return door

    async def _take(self, document: Mapping[str, Any]) -> Answer:
        order = document["order"]
        lines = [_taken(line, self._units) for line in order["lines"]]
        self.taken(order["number"], order["revision"], lines, cancelled=document["event"] == "order.cancelled")
        return 201, {"id": f"ORD-{order['number']}"}

    async def _reminded(self, document: Mapping[str, Any]) -> Answer:
        self.reminders.append(document["order"])
        return 201, {"order": document["order"]}

    async def send_answer(
        self, order: str, revision: int, said: Mapping[str, list[Said]], facts: Mapping[str, Any]
    ) -> None:
        document: dict[str, Any] = {
            "event": "order.answered",
            "order": order,
            "answeredAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "supplierNumber": f"ORD-{order}",
        }
        if not facts.get("without_revision"):
            document["revision"] = revision
        if "all" in facts:
            document["all"] = facts["all"]
        else:
            document["lines"] = [self._line(self._orders[order][number], parts) for number, parts in said.items()]
        await self._send("order-responses", "json.order_response", order, document)

    def _line(self, line: Taken, parts: list[Said]) -> dict[str, Any]:
        ordered = {"quantity": f"{line.quantity:f}", "unit": self._unit(line.unit)}
        return {
            "line": line.line,
            "item": line.item or None,
            "ordered": ordered,
            "parts": [self._part(p, line) for p in parts],
        }

    def _part(self, part: Said, line: Taken) -> dict[str, Any]:
        row: dict[str, Any] = {"status": STATUSES.get(part.code, "rejected"), "code": part.code}
        row |= {"quantity": f"{part.quantity:f}", "unit": self._unit(line.unit)}
        if part.date:
            row["date"] = part.date
        if part.price:
            row["price"] = {"amount": part.price, "currency": "EUR"}
        if part.substitute:
            row["substitute"] = {"item": part.substitute}
        return row

    async def send_shipment(self, shipment: Shipment) -> None:
        document = {
            "event": EVENTS[shipment.purpose],
            "number": shipment.number,
            "shippedAt": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "expectedOn": shipment.expected_on,
            "shipTo": shipment.location,
            "carrier": "DHLF",
            "billOfLading": f"BL{shipment.number}",
            "pallets": [
                {"sscc": packed.pallet, "cartons": [{"sscc": packed.carton, "contents": [self._content(packed)]}]}
                for packed in shipment.contents
            ],
        }
        await self._send("ship-notices", "json.ship_notice", shipment.number, document)

    async def send_invoice(self, invoice: Invoice) -> None:
        document = {
            "documentType": "supplierInvoice",
            "number": invoice.number,
            "invoiceDate": self._day.ordered_on,
            "currency": invoice.currency,
            "total": f"{sum((each.amount for each in invoice.lines), Decimal(0)):f}",
            "lines": [
                {
                    "order": each.order,
                    "line": each.line.line,
                    "item": each.line.item or None,
                    "buyerItem": each.line.sku,
                    "quantity": f"{each.line.quantity:f}",
                    "unit": self._unit(each.line.unit),
                    "price": {"amount": each.price},
                }
                for each in invoice.lines
            ],
        }
        await self._send("invoices", "json.supplier_invoice", invoice.number, document)

    async def certify(self, number: str, kind: str, sku: str) -> None:
        file = {"mediaType": "application/pdf", "content": base64.b64encode(f"%PDF-1.4 {number}".encode()).decode()}
        document = {
            "documentType": "complianceCertificate",
            "number": number,
            "certificateType": kind,
            "buyerItem": sku,
            "file": file,
        }
        await self._send("certificates", "json.compliance_certificate", number, document)

    def _content(self, packed: Packed) -> dict[str, Any]:
        row: dict[str, Any] = {"order": packed.order, "line": packed.line, "revision": packed.revision}
        row |= {"item": packed.item or None, "quantity": f"{packed.quantity:f}", "unit": self._unit(packed.unit)}
        if not packed.item:
            row["buyerItem"] = packed.sku
        if packed.lot:
            row["lot"] = {"number": packed.lot}
        return row

    def _unit(self, unit: str) -> str:
        return self._units.get(unit, unit)

    async def _send(self, path: str, kind: str, key: str, document: Mapping[str, Any]) -> None:
        await self.faults.deliver(lambda: self._post.send(self.partner, path, kind, key, document))


def _taken(line: Mapping[str, Any], units: Mapping[str, str]) -> Taken:
    canonical = {own: unit for unit, own in units.items()}
    price = (line.get("price") or {}).get("amount", "")
    quantity = Decimal(0) if line.get("status") == "cancelled" else Decimal(line["quantity"])
    unit = canonical.get(line["unit"], line["unit"])
    return Taken(line["line"], line["buyerItem"], line.get("item") or "", quantity, unit, price)
