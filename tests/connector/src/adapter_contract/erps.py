"""The ERP formats that the suite is passed by. A new one joins by an entry in `ERPS`.

An entry says what of the profile is its own, writes orders and results of postings in its words, and reads back what it
is to post. `batch` is one that takes what is for it at its own times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector_samples.partners import ERP_ROUTES, http

from adapter_contract.facts import LINE, PER_CASE, SKU

VENDOR, PLANT = "V100010", "1010"
FILE = "purchase-orders"


@dataclass(frozen=True, slots=True)
class Typed:
    """An order as it was typed: its version, and how many pieces or cases of the item; None deletes the line."""

    number: str
    unit: str
    version: int = 1
    pieces: int | None = 100
    sku: str = SKU
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """What an ERP was asked to post: its kind, the identity that it may post once, and amounts in base units."""

    what: str
    identity: str
    place: str
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Erp:
    name: str
    profile: Mapping[str, Any]
    order: Callable[[Typed], tuple[str, bytes]]
    result: Callable[[str, str], tuple[str, bytes]]
    heard: Callable[[bytes], Posted]
    # Takes what is for it at its own times; its files lie in folders, where their names say what they are.
    batch: bool = False
    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)


# --- JSON, by its API and in files

_WORDS = {("party", VENDOR): "SUP-NORDIC", ("location", PLANT): "WH-EAST", ("unit", "ST"): "EA", ("unit", "KAR"): "XCS"}
_SIZES = {"ST": Decimal(1), "KAR": PER_CASE}


def _json_order(order: Typed) -> tuple[str, bytes]:
    gone = order.pieces is None
    line = {"line": LINE, "material": order.sku, "quantity": str(order.pieces or 1), "unit": "ST", "deleted": gone}
    other = {"line": "20", "material": "A1001", "quantity": "7", "unit": "ST"}
    body = {
        "documentType": "purchaseOrder",
        "action": "cancel" if order.cancelled else "release" if order.version == 1 else "change",
        "companyCode": order.unit,
        "purchaseOrder": {
            "number": order.number,
            "version": str(order.version),
            "changedAt": f"2026-11-02T08:0{order.version}:00Z",
            "orderDate": "2026-11-02",
            "supplier": VENDOR,
            "shipTo": PLANT,
            "currency": "EUR",
            "lines": [line | {"price": {"amount": "12.5", "per": "10", "unit": "ST"}}, other],
        },
    }
    return FILE, json.dumps(body).encode()


def _json_result(posting_id: str, number: str) -> tuple[str, bytes]:
    """Its number, or without one that it refuses."""
    head = {"documentType": "postingResult", "postingId": posting_id}
    posted = {"status": "posted", "number": number, "postedAt": "2026-11-10T11:00:00Z"}
    return "posting-results", json.dumps(
        head | (posted if number else {"status": "refused", "reason": "closed"})
    ).encode()


def _json_heard(content: bytes) -> Posted:
    said = json.loads(content)
    names = {"goodsReceipt": "receiptId", "stockMovement": "movementId", "postingRequest": "postingId"}
    amounts: dict[str, Decimal] = {}
    for line in said["lines"]:
        sign = -1 if line.get("direction") == "decrease" else 1
        key = line["material"]
        amounts[key] = amounts.get(key, Decimal()) + sign * Decimal(line["quantity"]) * _SIZES[line["unit"]]
    return Posted(said["documentType"], said[names[said["documentType"]]], said.get("plant", ""), amounts)


API = Erp(
    "api",
    {"transport": http(), "documents": ERP_ROUTES},
    order=_json_order,
    result=_json_result,
    heard=_json_heard,
    codes=_WORDS,
)
BATCH = Erp(
    "batch",
    {
        "transport": {"fileDrop": {"inbox": "erp-batch/in", "outbox": "erp-batch/out"}},
        "schedule": {"mode": "cron", "cron": "0 6,18 * * *"},
        "documents": ERP_ROUTES,
    },
    order=_json_order,
    result=_json_result,
    heard=_json_heard,
    batch=True,
    codes=_WORDS,
)
ERPS = (API, BATCH)
