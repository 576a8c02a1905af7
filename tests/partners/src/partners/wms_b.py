"""A warehouse of the second kind: own article numbers, cases and loose units, milliseconds, conditions as counts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from partners.books import ItemCard
from partners.journal import Journal
from partners.warehouse import Counted, Expected, WebWarehouse
from partners.web import Answer, Door

WORDS = {"good": "fit", "damaged": "broken", "hold": "blocked"}


class WarehouseB(WebWarehouse):
    path = "inbound/arrivals"
    kind = "wms_b.receipt"
    site = "S-07"
    # Own article number by SKU; set from the day's crosswalk.
    articles: Mapping[str, str] = {}

    def door(self, token: str, journal: Journal) -> Door:
        door = Door(self.partner, token, journal, self.faults)
        door.accept(
            "/inbound/advice",
            "wms_b.expected_receipt",
            lambda d: d["advice"]["notice"] or d["advice"]["key"],
            self._advised,
        )
        return door

    async def _advised(self, document: Mapping[str, Any]) -> Answer:
        advice = document["advice"]
        lines = [] if advice["void"] else [self._expected(line) for line in document["goods"]]
        self.expect(advice["key"], advice["rev"], advice["notice"], lines)
        return 201, {"adviceNo": f"{advice['key'][:8]}-{advice['rev']}"}

    def _expected(self, line: Mapping[str, Any]) -> Expected:
        skus = {article: sku for sku, article in self.articles.items()}
        card = self.cards[skus[line["article"]]]
        base = Decimal(line["count"]["units"]) + Decimal(line["count"]["cases"]) * (card.per_case or 0)
        lot = (line.get("batch") or {}).get("id", "")
        purchase, box = line["purchase"], (line.get("handling") or {}).get("box") or ""
        return Expected(purchase["po"], purchase["pos"], card.sku, base, lot, box, tuple(line.get("remarks", ())))

    def report(self, number: str, lines: list[Counted], final: bool) -> dict[str, Any]:
        arrival = {"no": number, "site": self.site, "at": int(time.time() * 1000), "complete": final}
        return {"arrival": arrival, "goods": [self._row(line) for line in lines]}

    def _row(self, line: Counted) -> dict[str, Any]:
        card = self.cards[line.sku]
        counted = {WORDS[condition]: _cases(card, base) for condition, base in line.amounts.items()}
        row: dict[str, Any] = {"article": self.articles[line.sku], "counted": counted}
        if line.order:
            row["purchase"] = {"po": line.order, "pos": line.line}
        if line.notice:
            row["notice"] = line.notice
        if line.box:
            row["box"] = line.box
        if line.lot:
            row["batch"] = {"id": line.lot, "bestBeforeMs": None}
        return row


def _cases(card: ItemCard, base: Decimal) -> dict[str, str]:
    """Whole cases and the loose rest."""
    if not card.per_case:
        return {"cases": "0", "units": f"{base:f}"}
    cases, units = divmod(base, card.per_case)
    return {"cases": f"{cases:f}", "units": f"{units:f}"}
