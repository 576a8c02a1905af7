"""How a warehouse of the first kind works off a pick request: it picks, packs and hands over, and reports each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from partners.faults import Faults
from partners.web import Answer, Post

Line = dict[str, Any]
ZERO = Decimal(0)


def sscc_of(serial: int) -> str:
    """A package's number with its check digit."""
    base = f"0406123{serial:010d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(base)))
    return f"{base}{-total % 10}"


@dataclass(eq=False)
class PickFloor:
    """`missing`: of these items so much is not found. `hold_back`: reports that it does not make."""

    partner: str
    site: str
    post: Post
    faults: Faults
    missing: dict[str, Decimal] = field(default_factory=dict)
    hold_back: set[str] = field(default_factory=set)
    requests: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _serials: Any = field(default_factory=lambda: count(1))

    def take(self, document: Mapping[str, Any]) -> Answer:
        self.requests[document["number"]] = document
        return 201, {"pickTask": f"T-{document['number']}"}

    async def work_off(self, document: Mapping[str, Any]) -> None:
        number = document["number"]
        picked = [self._picked(document, line) for line in document["lines"]]
        await self._say("picks", "wms_a.pick", f"P-{number}", {"pickNumber": f"P-{number}", "lines": picked}, "picked")
        found = [_without_short(line) for line in picked if Decimal(line["qty"]) > ZERO]
        if not found:
            return
        package = {"sscc": sscc_of(next(self._serials)), "kind": "CARTON", "weightKg": "3.2", "contents": found}
        packing = {"shipment": f"SH-{number}", "packages": [package]}
        await self._say("packings", "wms_a.packing", f"SH-{number}", packing, "packed")
        issue = {
            "issueNumber": f"GI-{number}",
            "shipment": f"SH-{number}",
            "carrier": "UPSN",
            "packages": [{"sscc": package["sscc"]}],
            "lines": found,
        }
        await self._say("goods-issues", "wms_a.goods_issue", f"GI-{number}", issue, "issued")

    def _picked(self, request: Mapping[str, Any], line: Mapping[str, Any]) -> Line:
        wanted = Decimal(line["qty"])
        short = min(self.missing.get(line["sku"], ZERO), wanted)
        said = {
            "order": request["order"],
            "orderRef": request["orderRef"],
            "orderLine": line["orderLine"],
            "sku": line["sku"],
            "qty": f"{wanted - short:f}",
            "uom": line["uom"],
        }
        return said | ({"short": f"{short:f}"} if short else {})

    async def _say(self, path: str, kind: str, key: str, content: Line, at: str) -> None:
        if kind in self.hold_back:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        name = {"picked": "PICK", "packed": "PACKING", "issued": "GOODS_ISSUE"}[at]
        document = {"type": name, "warehouse": self.site, f"{at}At": now} | content
        await self.faults.deliver(lambda: self.post.send(self.partner, path, kind, key, document))


def _without_short(line: Line) -> Line:
    return {name: value for name, value in line.items() if name != "short"}
