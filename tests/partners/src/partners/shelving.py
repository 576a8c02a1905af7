"""What a warehouse of the first kind says of goods that it has: put away, decided by quality, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from partners.faults import Faults
from partners.web import Post

Line = Mapping[str, Any]


@dataclass(eq=False)
class Shelves:
    """Lines say the item and how much of it, in pieces, and the lot where one is named."""

    partner: str
    site: str
    post: Post
    faults: Faults

    async def put_away(self, number: str, lines: Sequence[Line]) -> None:
        said = [self._line(each, qty=str(each["qty"])) for each in lines]
        await self._say(
            "put-aways", "wms_a.put_away", {"type": "PUT_AWAY", "number": number, "completedAt": _now()}, said
        )

    async def decide(self, number: str, lines: Sequence[Line]) -> None:
        """`decision` HOLD, RELEASE or REJECT, with its reason."""
        said = [
            self._line(each, qty=str(each["qty"]), decision=each["decision"], reason=each["reason"]) for each in lines
        ]
        head = {"type": "QUALITY_HOLD", "number": number, "decidedAt": _now()}
        await self._say("quality-holds", "wms_a.quality_hold", head, said)

    async def count(self, number: str, lines: Sequence[Line]) -> None:
        said = [self._line(each, counted=str(each["counted"]), condition="OK") for each in lines]
        await self._say("counts", "wms_a.count", {"type": "COUNT", "number": number, "countedAt": _now()}, said)

    @staticmethod
    def _line(line: Line, **said: str) -> dict[str, str]:
        lot = {"lot": str(line["lot"])} if "lot" in line else {}
        return {"sku": line["sku"], "uom": "EACH"} | lot | said

    async def _say(self, path: str, kind: str, head: Line, lines: Sequence[Line]) -> None:
        document = {**head, "warehouse": self.site, "lines": list(lines)}
        await self.faults.deliver(lambda: self.post.send(self.partner, path, kind, head["number"], document))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
