"""The sales side of an ERP: it posts orders and their changes, shipments, invoices and credit notes as asked, under
its own numbers.

It is as strict as a book has to be: what comes before its predecessor is refused, and the same posting is booked once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from partners.faults import Faults
from partners.web import Answer, Door, Post

FIRST_NUMBERS = {
    "order": 2_000_000_001,
    "change": 2_500_000_001,
    "shipment": 8_000_000_001,
    "invoice": 9_000_000_001,
    "credit": 9_500_000_001,
}
NEEDS = {"order": "", "change": "order", "shipment": "order", "invoice": "shipment", "credit": "invoice"}
TAX = Decimal("0.19")
CENT = Decimal("0.01")


@dataclass(eq=False)
class SalesLedger:
    """`booked` by posting, each with its number; `out_of_sequence` names what came too early. `typed` are orders that
    were typed in here and handed over: they keep the number that they have."""

    partner: str
    post: Post
    faults: Faults
    booked: dict[str, dict[str, Any]] = field(default_factory=dict)
    out_of_sequence: list[str] = field(default_factory=list)
    typed: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def open_at(self, door: Door) -> None:
        door.accept("/posting-requests", "json.posting_request", lambda d: d["postingId"], self._asked)

    async def hand_over(self, number: str, document: Mapping[str, Any]) -> None:
        """An order that its users typed in."""
        await self.faults.deliver(
            lambda: self.post.send(self.partner, "sales-orders", "json.sales_order", number, document)
        )
        self.typed.add(number)

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def numbers(self, kind: str) -> list[str]:
        """Of all that is booked of a kind, in the order in which it was."""
        return [each["number"] for each in self.booked.values() if each["posting"] == kind]

    async def _asked(self, document: Mapping[str, Any]) -> Answer:
        task = asyncio.create_task(self._answer(self._book(document), document["postingId"]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return 202, {"received": document["postingId"]}

    def _book(self, document: Mapping[str, Any]) -> dict[str, Any]:
        name, kind = document["postingId"], document["posting"]
        head = {"documentType": "postingResult", "postingId": name}
        if name not in self.booked:
            if not self._follows(document):
                self.out_of_sequence.append(name)
                return head | {"status": "refused", "reason": "what it follows is not booked"}
            number = str(FIRST_NUMBERS[kind] + len(self.numbers(kind)))
            if kind == "order" and document["order"] in self.typed:
                number = document["order"]
            totals = {"totals": _totals(document)} if kind in ("invoice", "credit") else {}
            self.booked[name] = {**document, "number": number, "postedAt": _now(), **totals}
        found = self.booked[name]
        said = {name: found[name] for name in ("number", "postedAt", "totals") if name in found}
        return head | {"status": "posted"} | said

    def _follows(self, document: Mapping[str, Any]) -> bool:
        """What it names as before it is booked under these numbers, and it names what has to be there."""
        before = [(each["posting"], each["number"]) for each in document["after"]]
        needed = NEEDS[document["posting"]]
        known = all(number in self.numbers(kind) for kind, number in before)
        return known and (not needed or needed in {kind for kind, _ in before})

    async def _answer(self, result: Mapping[str, Any], key: str) -> None:
        await self.faults.deliver(
            lambda: self.post.send(self.partner, "posting-results", "json.posting_result", key, result)
        )


def _totals(document: Mapping[str, Any]) -> dict[str, str]:
    """Of a credit note what was asked for, tax included; of an invoice its charges and its lines at their prices, 1
    where none is."""
    if document["amount"]:
        gross = Decimal(document["amount"])
        net = (gross / (1 + TAX)).quantize(CENT, ROUND_HALF_UP)
        tax = gross - net
    else:
        net = net_of(document)
        tax = (net * TAX).quantize(CENT, ROUND_HALF_UP)
    return {"currency": document["currency"], "net": str(net), "tax": str(tax), "gross": str(net + tax)}


def net_of(document: Mapping[str, Any]) -> Decimal:
    """Its charges and its lines at their prices, 1 where none is."""
    charged = sum((Decimal(each["amount"]) for each in document.get("charges", ())), Decimal(0))
    return sum((_worth(line) for line in document["lines"]), charged).quantize(CENT, ROUND_HALF_UP)


def _worth(line: Mapping[str, Any]) -> Decimal:
    price = line["price"] or {"amount": "1", "per": "1"}
    return Decimal(line["quantity"]) * Decimal(price["amount"]) / Decimal(price["per"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
