"""What formats of our own say of goods that leave: releases and recalls, picks, packings, goods issues, answers.

A format says how it writes a report and how much of what a request asks for; who asserts knows no format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapter_contract.facts import AT, PER_CASE

D = Decimal
SSCC = "106141411234567897"
NAMED = {"order": "S-1", "line": "1", "ref": "0191-1"}


@dataclass(frozen=True, slots=True)
class Outbound:
    """`request` and `recall` are its kinds of what is told, `asked` reads them back in base units; each report is
    written of amounts in base units."""

    request: str
    recall: str
    asked: Callable[[dict[str, Any]], dict[str, Decimal]]
    number: Callable[[dict[str, Any]], str]
    pick: Callable[[Decimal, Decimal], tuple[str, dict[str, Any]]]
    packing: Callable[[Decimal], tuple[str, dict[str, Any]]]
    issue: Callable[[Decimal], tuple[str, dict[str, Any]]]
    answer: Callable[[Decimal, Decimal], tuple[str, dict[str, Any]]]


def a_line(**amounts: Any) -> dict[str, Any]:
    said = {name: str(value) for name, value in amounts.items()}
    return {"order": "S-1", "orderRef": "0191-1", "orderLine": "1", "sku": "A1004", "uom": "EA", **said}


def a_head(kind: str, at: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "warehouse": "WH-SOUTH", at: "2026-11-10T09:30:00Z", **more}


def a_package(amount: Decimal) -> dict[str, Any]:
    return {"sscc": SSCC, "kind": "CARTON", "weightKg": "3.2", "contents": [a_line(qty=amount) | LOT_A]}


LOT_A, LOT_B = {"lot": {"number": "L1"}}, {"batch": {"id": "L1"}}
FORMAT_A = Outbound(
    request="wms_a.pick_request",
    recall="wms_a.pick_recall",
    asked=lambda said: {line["orderLine"]: D(line["qty"]) for line in said["lines"]},
    number=lambda said: said.get("pickRequest", said["number"]),
    pick=lambda found, short: (
        "wms_a.pick",
        a_head("PICK", "pickedAt", pickNumber="R-1", lines=[a_line(qty=found, short=short) | LOT_A]),
    ),
    packing=lambda found: (
        "wms_a.packing",
        a_head("PACKING", "packedAt", shipment="R-1", packages=[a_package(found)]),
    ),
    issue=lambda found: (
        "wms_a.goods_issue",
        a_head(
            "GOODS_ISSUE",
            "issuedAt",
            issueNumber="R-1",
            shipment="SH-1",
            carrier="UPSN",
            tracking="1Z9",
            packages=[{"sscc": SSCC}],
            lines=[a_line(qty=found) | LOT_A],
        ),
    ),
    answer=lambda stopped, late: (
        "wms_a.recall_result",
        a_head(
            "PICK_RECALL_RESULT",
            "answeredAt",
            recallNumber="R-1",
            lines=[a_line(stopped=stopped, tooLate=late) | LOT_A],
        ),
    ),
)


def counted(amount: Decimal) -> dict[str, str]:
    return {"cases": str(amount // PER_CASE), "units": str(amount % PER_CASE)}


def b_row(**amounts: Decimal) -> dict[str, Any]:
    return {**NAMED, "article": "A1004", **{name: counted(value) for name, value in amounts.items()}}


def b_head(**more: Any) -> dict[str, Any]:
    return {"no": "R-1", "site": "WH-SOUTH", "at": int(AT.timestamp() * 1000), **more}


FORMAT_B = Outbound(
    request="wms_b.pick_request",
    recall="wms_b.pick_request",
    asked=lambda said: {
        each["line"]: D(each["count"]["cases"]) * PER_CASE + D(each["count"]["units"]) for each in said["goods"]
    },
    number=lambda said: said["pick"]["key"],
    pick=lambda found, short: (
        "wms_b.pick",
        {"picked": b_head(), "goods": [b_row(count=found, missing=short) | LOT_B]},
    ),
    packing=lambda found: (
        "wms_b.packing",
        {
            "packed": b_head(),
            "parcels": [{"box": SSCC, "kind": "C", "grams": "3200", "goods": [b_row(count=found) | LOT_B]}],
        },
    ),
    issue=lambda found: (
        "wms_b.goods_issue",
        {
            "left": b_head(shipment="SH-1", carrier="UPSN", track="1Z9"),
            "parcels": [{"box": SSCC}],
            "goods": [b_row(count=found) | LOT_B],
        },
    ),
    answer=lambda stopped, late: (
        "wms_b.recall_result",
        {"recalled": b_head(), "goods": [b_row(stopped=stopped, late=late) | LOT_B]},
    ),
)
