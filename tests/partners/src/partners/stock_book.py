"""The ERP's book of stock movements and of transfers between plants: each is posted once, under a number of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from partners.web import Answer, Door

FIRST_NUMBER, FIRST_TRANSFER = 4_900_000_001, 4_950_000_001


@dataclass(eq=False)
class StockBook:
    """`booked` by movement, each with its number; `transferred` what left a plant and what came to one, as it was
    told."""

    booked: dict[str, dict[str, Any]] = field(default_factory=dict)
    transferred: list[Mapping[str, Any]] = field(default_factory=list)

    def open_at(self, door: Door) -> None:
        door.accept("/stock-movements", "json.stock_movement", lambda d: d["reference"], self._posted)
        door.accept("/stock-transfers", "json.stock_transfer", lambda d: d["reference"], self._transferred)

    async def _posted(self, document: Mapping[str, Any]) -> Answer:
        number = str(FIRST_NUMBER + len(self.booked))
        self.booked[document["movementId"]] = {**document, "documentNumber": number}
        return 201, {"documentNumber": number}

    async def _transferred(self, document: Mapping[str, Any]) -> Answer:
        self.transferred.append(document)
        return 201, {"documentNumber": str(FIRST_TRANSFER + len(self.transferred))}
