"""What the ERP's accounts payable and its buyers are told: how far an invoice agrees, and who does not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from partners.web import Answer, Door


def nobody_hears(document: Mapping[str, Any]) -> None:
    """What it is told leads to nothing."""


@dataclass(eq=False)
class Payables:
    """`matches` by the suite's id of an invoice, the newest word of each; `told`: how often it heard each version of
    it. `unanswered`: orders that it was told of. `hears` is given each newest word of an invoice."""

    matches: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    unanswered: list[str] = field(default_factory=list)
    hears: Callable[[Mapping[str, Any]], None] = nobody_hears

    def open_at(self, door: Door) -> None:
        door.accept("/invoice-matches", "json.invoice_match", lambda d: d["invoice"], self._matched)
        door.accept("/order-reminders", "json.order_reminder", lambda d: d["order"], self._told)

    def readiness(self, invoice: str) -> list[str]:
        """Of each invoice under this number, however it is written."""
        return [each["readiness"] for each in self.matches.values() if each["invoice"].casefold() == invoice.casefold()]

    def newest(self, invoice: str) -> Mapping[str, Any]:
        """What it was told last of the invoice of that number."""
        return next(each for each in self.matches.values() if each["invoice"] == invoice)

    async def _matched(self, document: Mapping[str, Any]) -> Answer:
        self.told[document["invoiceId"], int(document["aggregateVersion"])] += 1
        known = self.matches.get(document["invoiceId"])
        if known is None or int(known["aggregateVersion"]) < int(document["aggregateVersion"]):
            self.matches[document["invoiceId"]] = document
            self.hears(document)
        return 201, {"noted": document["invoiceId"]}

    async def _told(self, document: Mapping[str, Any]) -> Answer:
        self.unanswered.append(document["order"])
        return 201, {"noted": document["order"]}
