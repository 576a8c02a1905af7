"""The warehouse formats that the suite is passed by. A new one joins by an entry in `WAREHOUSES`.

An entry says what of the profile is its own, writes each report in its words and reads back what it was told. A fact
that a format has no word for is None, and its tests are not asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.codecs import x12_document
from connector_samples import files
from connector_samples.calls import control
from connector_samples.partners import EDI, http
from crossdock_edi.x12.stock_transfer import StockTransferShipment

from adapter_contract import outbound
from adapter_contract.facts import AT, LINE, LOT, NOTICE, ORDER, PER_CASE, Expectation, Goods, Report
from adapter_contract.outbound import Outbound

MILLISECONDS = int(AT.timestamp() * 1000)
INSTANT = "2026-11-10T09:30:00Z"

Written = tuple[str, bytes]
"""The path by which it comes, and its bytes."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """`profile` is what its resource says beside name, system and places."""

    name: str
    profile: Mapping[str, Any]
    receipt: Callable[[Report], Written]
    heard: Callable[[bytes], Expectation]
    statement: Callable[[Report], Written] | None = None
    gone: Callable[[Report], Written] | None = None
    hold: Callable[[Report], Written] | None = None
    counted: Callable[[Report], Written] | None = None
    outbound: Outbound | None = None
    # Its words for units and places where they are not ours: kind and code → ours.
    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)


def _in(kind: str, path: str = "", **mapping: Any) -> dict[str, Any]:
    return {"kind": kind, "direction": "IN", "path": path} | ({"mapping": mapping} if mapping else {})


def _out(kind: str, path: str = "") -> dict[str, Any]:
    return {"kind": kind, "direction": "OUT", "path": path}


# --- format A


def _a(path: str, kind: str, at: str, report: Report, lines: list[dict[str, Any]], **more: Any) -> Written:
    number = "receiptNumber" if kind == "RECEIPT" else "number"
    head = {"type": kind, number: report.number, "warehouse": report.place, at: INSTANT}
    return path, json.dumps(head | more | {"lines": lines}).encode()


def _a_states(report: Report, amount: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {"sku": goods.sku, "uom": "EACH", "condition": word, amount: str(found)} | more
        for goods in report.goods
        for word, found in (("OK", goods.good), ("DMG", goods.damaged), ("QA", goods.held))
        if found
    ]


def _a_receipt(report: Report) -> Written:
    taken_from = {"order": ORDER, "orderLine": LINE, "asn": NOTICE, "lot": {"number": LOT}}
    return _a("receipts", "RECEIPT", "receivedAt", report, _a_states(report, "qty", **taken_from), final=report.final)


def _a_statement(report: Report) -> Written:
    lines = _a_states(report, "qty", lot=LOT)
    return _a("statements", "STOCK_STATEMENT", "asOf", report, lines, complete=True, speaksOf="OK,QA")


def _a_gone(report: Report) -> Written:
    lines = [{"sku": each.sku, "uom": "EACH", "condition": "OK", "change": str(-each.good)} for each in report.goods]
    return _a("adjustments", "ADJUSTMENT", "adjustedAt", report, [each | {"reason": "AU"} for each in lines])


def _a_hold(report: Report) -> Written:
    lines = [{"sku": each.sku, "uom": "EACH", "qty": str(each.held), "decision": "HOLD"} for each in report.goods]
    return _a("quality-holds", "QUALITY_HOLD", "decidedAt", report, [each | {"reason": "lab 17"} for each in lines])


def _a_counted(report: Report) -> Written:
    return _a("counts", "COUNT", "countedAt", report, _a_states(report, "counted", lot=LOT))


def _a_heard(content: bytes) -> Expectation:
    said = json.loads(content)
    amounts: dict[str, Decimal] = {}
    for line in said["lines"]:
        size = {"EACH": Decimal(1), "XCS": PER_CASE}[line["uom"]]
        amounts[line["sku"]] = amounts.get(line["sku"], Decimal()) + Decimal(line["qty"]) * size
    withdrawn = said["action"] == "CANCEL"
    return Expectation(said["reference"], said["sequence"], said["warehouse"], said["asn"], withdrawn, amounts)


FORMAT_A = Warehouse(
    "format-a",
    {
        "transport": http(),
        "documents": [
            _out("wms_a.expected_receipt", "/expected-receipts"),
            _in("wms_a.receipt", "receipts"),
            _in("wms_a.stock_statement", "statements"),
            _in("wms_a.adjustment", "adjustments"),
            _in("wms_a.count", "counts"),
            _in("wms_a.quality_hold", "quality-holds"),
        ],
    },
    receipt=_a_receipt,
    heard=_a_heard,
    statement=_a_statement,
    gone=_a_gone,
    hold=_a_hold,
    counted=_a_counted,
    outbound=outbound.FORMAT_A,
    codes={("unit", "EACH"): "EA"},
)

# --- format B


def _counted(amount: int) -> dict[str, str]:
    cases, units = divmod(amount, int(PER_CASE)) if amount > 0 else (0, amount)
    return {"cases": str(cases), "units": str(units)}


def _b_goods(goods: Goods) -> dict[str, Any]:
    words = (("fit", goods.good), ("broken", goods.damaged), ("blocked", goods.held))
    return {
        "article": goods.sku,
        "purchase": {"po": ORDER, "pos": LINE},
        "notice": NOTICE,
        "batch": {"id": LOT},
        "counted": {word: _counted(amount) for word, amount in words},
    }


def _b_receipt(report: Report) -> Written:
    head = {"no": report.number, "site": report.place, "at": MILLISECONDS, "complete": report.final}
    return "arrivals", json.dumps({"arrival": head, "goods": [_b_goods(each) for each in report.goods]}).encode()


def _b_heard(content: bytes) -> Expectation:
    said = json.loads(content)
    amounts: dict[str, Decimal] = {}
    for each in said["goods"]:
        found = Decimal(each["count"]["cases"]) * PER_CASE + Decimal(each["count"]["units"])
        amounts[each["article"]] = amounts.get(each["article"], Decimal()) + found
    advice = said["advice"]
    return Expectation(advice["key"], advice["rev"], advice["site"], advice["notice"], advice["void"], amounts)


def _b_sheet(path: str, report: Report, *states: str) -> Written:
    """Beside its JSON it keeps its stock in files, with decimal commas and headings of its own."""
    amounts = (
        (goods.sku, word, getattr(goods, word)) for goods in report.goods for word in states if getattr(goods, word)
    )
    rows = [f"{sku};{LOT};{word};{amount},0;10.11.2026 10:30" for sku, word, amount in amounts]
    head = "Artikel;Charge;Zustand;Menge;Zeit"
    lines = [f"{head};Nummer;Lager", *(f"{row};{report.number};{report.place}" for row in rows)]
    return path, "\r\n".join(lines).encode("cp1252")


def _b_statement(report: Report) -> Written:
    return _b_sheet("stock", report, "good", "held")


def _b_count(report: Report) -> Written:
    return _b_sheet("counts", report, "good", "damaged")


_SHEET = {
    "delimiter": ";",
    "encoding": "windows-1252",
    "decimal": ",",
    "zone": "Europe/Berlin",
    "instants": "%d.%m.%Y %H:%M",
    "buckets": {"good": "SELLABLE", "held": "QUARANTINED", "damaged": "DAMAGED"},
    "columns": {
        "sku": "Artikel",
        "lot": "Charge",
        "condition": "Zustand",
        "quantity": "Menge",
        "as_of": "Zeit",
        "number": "Nummer",
        "warehouse": "Lager",
    },
}
FORMAT_B = Warehouse(
    "format-b",
    {
        "transport": http(),
        "documents": [
            _out("wms_b.expected_receipt", "/advices"),
            _in("wms_b.receipt", "arrivals"),
            _in("csv.stock_statement", "stock", complete=True, **_SHEET),
            _in("csv.stock_count", "counts", **_SHEET),
        ],
    },
    receipt=_b_receipt,
    heard=_b_heard,
    statement=_b_statement,
    counted=_b_count,
    outbound=outbound.FORMAT_B,
)

# --- a third party's warehouse on X12

_GROUPS = {"846": "IB", "944": "RE", "947": "AW"}


def _x12(set_id: str, report: Report, *segments: str) -> Written:
    place = f"N1*WH**92*{report.place}"
    said = [segments[0], place, *segments[1:]]
    return "", files.interchange(set_id, said, group=_GROUPS[set_id], sender="LOGI", control=control())


def _x12_receipt(report: Report) -> Written:
    """All that arrived, and of it what is damaged (01) or held (07)."""
    items = [segment for each in report.goods for segment in _x12_arrived(each)]
    head = f"W17*{'F' if report.final else 'P'}*20261110*{report.number}*n-1*{NOTICE}"
    total = sum(each.good + each.damaged + each.held for each in report.goods)
    return _x12("944", report, head, "G62*50*20261110*8*1030", *items, f"W14*{total}")


def _x12_arrived(goods: Goods) -> list[str]:
    whole = goods.good + goods.damaged + goods.held
    apart = [f"W13*{amount}*EA*{word}" for word, amount in (("01", goods.damaged), ("07", goods.held)) if amount]
    return [f"W07*{whole}*EA**BP*{goods.sku}***{LOT}", f"N9*PO*{ORDER}", f"N9*LI*{LINE}", *apart]


def _x12_statement(report: Report) -> Written:
    lines = [
        segment
        for place, each in enumerate(report.goods, 1)
        for segment in (f"LIN*{place}*BP*{each.sku}*LT*{LOT}", f"QTY*17*{each.good}*EA", f"QTY*QH*{each.held}*EA")
    ]
    return _x12("846", report, f"BIA*00*MM*{report.number}*20261110*1030", *lines)


def _x12_gone(report: Report) -> Written:
    lines = [f"W19*AU*{-each.good}*EA**BP*{each.sku}" for each in report.goods]
    return _x12("947", report, f"W15*20261110*{report.number}", "G62*07*20261110*8*1030", *lines)


def _x12_hold(report: Report) -> Written:
    lines = [part for each in report.goods for part in (f"W19*05*{-each.held}*EA**BP*{each.sku}", "G69*lab 17")]
    return _x12("947", report, f"W15*20261110*{report.number}", "G62*07*20261110*8*1030", *lines)


def _x12_heard(content: bytes) -> Expectation:
    [message] = x12_document.read_file(content, {})[0].messages
    said = message.document
    assert isinstance(said, StockTransferShipment)
    [version] = said.notes
    amounts: dict[str, Decimal] = {}
    for each in said.items:
        if each.item_ids:
            sku = each.item_ids[0].value
            size = {"EA": Decimal(1), "CA": PER_CASE, "CS": PER_CASE}[each.unit]
            amounts[sku] = amounts.get(sku, Decimal()) + (each.quantity or Decimal()) * size
    place = next(each.id for each in said.parties if each.role == "WH")
    return Expectation(version.description, int(version.reference), place, said.shipment, said.action == "3", amounts)


_LOCAL = {"zone": "Europe/Berlin"}
X12 = Warehouse(
    "x12",
    {
        "transport": {"fileDrop": {"inbox": "wms-x12/in", "outbox": "wms-x12/out"}},
        "edi": EDI | {"partnerId": "ZZ:LOGI"},
        "documents": [
            _out("x12.943"),
            _in("x12.944", **_LOCAL),
            _in("x12.846", complete=True, **_LOCAL),
            _in("x12.947", **_LOCAL),
        ],
    },
    receipt=_x12_receipt,
    heard=_x12_heard,
    statement=_x12_statement,
    gone=_x12_gone,
    hold=_x12_hold,
)

WAREHOUSES = (FORMAT_A, FORMAT_B, X12)
