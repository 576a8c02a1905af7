"""What a warehouse of the first kind says of goods that go to another place of their owner, and that come from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from partners.faults import Faults
from partners.web import Post

Line = Mapping[str, Any]
DAYS_UNDER_WAY = 2


@dataclass(eq=False)
class TransferDock:
    """Receives whole what it is told to expect."""

    partner: str
    site: str
    post: Post
    faults: Faults

    async def send(self, transfer: str, to: str, lines: Sequence[Line]) -> None:
        """Pieces (`qty`) of items that leave now. `to` is the place as their owner calls it."""
        now = datetime.now(UTC)
        document = {
            "type": "TRANSFER_SHIPMENT",
            "transfer": transfer,
            "warehouse": self.site,
            "to": to,
            "shippedAt": _told(now),
            "expectedOn": (now + timedelta(days=DAYS_UNDER_WAY)).date().isoformat(),
            "lines": [{"sku": each["sku"], "qty": str(each["qty"]), "uom": "EACH"} for each in lines],
        }
        await self._say("transfer-shipments", "wms_a.transfer_shipment", transfer, document)

    async def receive(self, expected: Line) -> None:
        number = f"TR-{self.site}-{expected['transfer']}"
        document = {
            "type": "TRANSFER_RECEIPT",
            "receiptNumber": number,
            "transfer": expected["transfer"],
            "warehouse": self.site,
            "receivedAt": _told(datetime.now(UTC)),
            "final": True,
            "lines": [
                {"sku": each["sku"], "qty": each["qty"], "uom": each["uom"], "condition": "OK"}
                for each in expected["lines"]
            ],
        }
        await self._say("transfer-receipts", "wms_a.transfer_receipt", number, document)

    async def _say(self, path: str, kind: str, number: str, document: Line) -> None:
        await self.faults.deliver(lambda: self.post.send(self.partner, path, kind, number, document))


def _told(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
