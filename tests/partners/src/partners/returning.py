"""How a warehouse of the first kind takes back what customers send: it reports the receipt and the inspection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from partners.faults import Faults
from partners.web import Post

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Returned:
    """A parcel that came back with the number of its return on it; quantities by line of the order."""

    number: str
    order: str
    quantities: Mapping[str, Decimal]
    skus: Mapping[str, str]


@dataclass(eq=False)
class ReturnsDock:
    partner: str
    site: str
    post: Post
    faults: Faults
    taken: list[Returned] = field(default_factory=list)
    # By order and line, what came back and went onto the shelf again.
    restocked: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    async def take_back(self, parcel: Returned, reports: Sequence[str]) -> None:
        """Reports in the sequence that is given: `received` and `inspected`."""
        self.taken.append(parcel)
        for line, quantity in parcel.quantities.items():
            key = parcel.order, line
            self.restocked[key] = self.restocked.get(key, ZERO) + quantity
        for report in reports:
            await {"received": self._received, "inspected": self._inspected}[report](parcel)

    async def _received(self, parcel: Returned) -> None:
        number = f"RR-{parcel.number}"
        head = {"type": "RETURN_RECEIPT", "receiptNumber": number, "receivedAt": _now()}
        await self._say("return-receipts", "wms_a.return_receipt", number, parcel, head, {"area": "RETURNS"})

    async def _inspected(self, parcel: Returned) -> None:
        number = f"RI-{parcel.number}"
        head = {"type": "RETURN_INSPECTION", "inspectionNumber": number, "inspectedAt": _now()}
        await self._say(
            "return-inspections", "wms_a.return_inspection", number, parcel, head, {"disposition": "RESTOCK"}
        )

    async def _say(
        self, path: str, kind: str, key: str, parcel: Returned, head: Mapping[str, Any], of_line: Mapping[str, str]
    ) -> None:
        lines = [
            {"orderLine": line, "sku": parcel.skus[line], "qty": f"{quantity:f}", "uom": "EACH", **of_line}
            for line, quantity in parcel.quantities.items()
        ]
        document = {**head, "warehouse": self.site, "return": parcel.number, "order": parcel.order, "lines": lines}
        await self.faults.deliver(lambda: self.post.send(self.partner, path, kind, key, document))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
