"""The system that keeps master data: it says in documents of its own what everybody else goes by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from partners.faults import Faults
from partners.web import Post

PARTNER = "mdm-core"
_ITEM = {"sku": "number", "description": "description", "category": "category", "base_unit": "baseUnit", "gtin": "gtin"}
_PACKAGING = {"unit": "unit", "base_quantity": "quantity", "gtin": "gtin"}


@dataclass(eq=False)
class Mdm:
    post: Post
    faults: Faults = field(default_factory=Faults)

    async def teach(self, rows: Mapping[str, Any], number: str) -> None:
        """Says items and codes that are written down as in the day's files. Raises KeyError for what it does not know
        to say."""
        document = {
            "documentType": "masterData",
            "changedAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "items": [_item(each) for each in rows["items"]],
            "codes": list(_codes(rows.get("crosswalk", {}))),
        }
        await self.faults.deliver(lambda: self.post.send(PARTNER, "master-data", "json.master_data", number, document))


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {_ITEM[name]: value for name, value in row.items() if name != "packaging"}
    packaging = [{_PACKAGING[name]: value for name, value in each.items()} for each in row.get("packaging", ())]
    return plain | {"packaging": packaging}


def _codes(by_partner: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for partner, entries in by_partner.items():
        for each in entries:
            yield {
                "partner": partner,
                "kind": each["kind"].removeprefix("CODE_KIND_").lower(),
                "list": each.get("list", ""),
                "code": each["partner_code"],
                "means": each["canonical"],
            }
