"""What the partners of a region write, each in its own format and codes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from load_profile import Region

DAY, INSTANT = "2026-11-02", "2026-11-02T08:00:00Z"
LINES = 2


@dataclass(frozen=True, slots=True)
class Transaction:
    """An order of some lines, from one supplier to one warehouse."""

    region: Region
    number: str
    supplier: int
    warehouse: int
    items: Sequence[int]

    @property
    def key(self) -> str:
        return f"PO-{self.region.name.upper()}-{self.number}"


def plant(region: Region, number: int) -> str:
    return f"{1000 + number}" if region.own_codes else region.site(number)


def vendor(region: Region, number: int) -> str:
    return f"V{100_000 + number}" if region.own_codes else region.party(number)


def purchase_order(of: Transaction) -> bytes:
    """From the region's ERP."""
    unit = "ST" if of.region.own_codes else "EA"
    lines = [
        {
            "line": str(10 * position),
            "material": of.region.item(item),
            "quantity": "100",
            "unit": unit,
            "price": {"amount": "2.50", "per": "1", "unit": unit},
        }
        for position, item in enumerate(of.items, 1)
    ]
    order = {
        "number": of.key,
        "version": "1",
        "changedAt": INSTANT,
        "orderDate": DAY,
        "supplier": vendor(of.region, of.supplier),
        "shipTo": plant(of.region, of.warehouse),
        "currency": of.region.currency,
        "lines": lines,
    }
    head = {"documentType": "purchaseOrder", "action": "release", "companyCode": of.region.business_unit}
    return _json(head | {"purchaseOrder": order})


def receipt(of: Transaction) -> bytes:
    """From the warehouse: all of it, each line with its lot."""
    lines = [
        {
            "lineNo": position,
            "sku": of.region.item(item),
            "qty": "100",
            "uom": "EA",
            "condition": "OK",
            "order": of.key,
            "orderLine": str(10 * position),
            "lot": {"number": of.key},
        }
        for position, item in enumerate(of.items, 1)
    ]
    head = {"type": "RECEIPT", "receiptNumber": f"RC-{of.key}", "warehouse": of.region.site(of.warehouse)}
    return _json(head | {"receivedAt": INSTANT, "final": True, "lines": lines})


def certificates(of: Transaction) -> list[bytes]:
    """From the supplier, for the lot of each line, where the region's goods need them."""
    file = {"mediaType": "application/pdf", "content": base64.b64encode(b"%PDF-1.4 analysis").decode()}
    return [
        _json(
            {
                "documentType": "complianceCertificate",
                "number": f"{kind}-{of.key}-{position}",
                "certificateType": kind,
                "buyerItem": of.region.item(item),
                "lot": of.key,
                "file": file,
            }
        )
        for kind in of.region.certificates
        for position, item in enumerate(of.items, 1)
    ]


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body).encode()
