"""The ERP's book of stock movements: each is posted once, under a number of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from partners.web import Answer, Door

FIRST_NUMBER = 4_900_000_001


@dataclass(eq=False)
class StockBook:
    """`booked` by movement, each with its number."""

    booked: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open_at(self, door: Door) -> None:
        door.accept("/stock-movements", "json.stock_movement", lambda d: d["reference"], self._posted)

    async def _posted(self, document: Mapping[str, Any]) -> Answer:
        number = str(FIRST_NUMBER + len(self.booked))
        self.booked[document["movementId"]] = {**document, "documentNumber": number}
        return 201, {"documentNumber": number}
