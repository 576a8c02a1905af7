"""A business unit of three warehouses, each with a format of its own, whose supplier answers over two channels: an X12
mailbox and a JSON portal. Loaded while the stack runs; everybody exchanges files, so only documents are played here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_samples import files
from connector_samples.calls import control
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from small_day import SmallDay

UNIT, SUPPLIER, NUMBER = "TR01", "SUP-THREE", "4500300001"
ERP, MAILBOX, PORTAL = "erp-three", "sup-three-edi", "sup-three-portal"
HOUSE_A, HOUSE_B, HOUSE_X = "WH-3A", "WH-3B", "WH-3X"
WMS = {HOUSE_A: "wms-three-a", HOUSE_B: "wms-three-b", HOUSE_X: "wms-three-x"}
LINES = {"10": ("T3001", 30, HOUSE_A), "20": ("T3002", 20, HOUSE_B), "30": ("T3003", 10, HOUSE_X)}
"""Line, item, pieces, and the warehouse that it goes to; the order's own is the first."""
NOTICES = {"10": "TH-A", "20": "TH-B", "30": "TH-X"}

MASTER_DATA = """
items: [{sku: T3001, base_unit: EA}, {sku: T3002, base_unit: EA}, {sku: T3003, base_unit: EA}]
parties: [{party_id: SUP-THREE, name: Three ways, roles: [PARTY_ROLE_SUPPLIER]}]
locations:
"""
_KIND = "kind: LOCATION_KIND_WAREHOUSE, zone: Europe/Berlin, business_unit: TR01"
_ROUTES = {
    ERP: ("json.purchase_order IN purchase-orders", "json.goods_receipt OUT", "json.order_confirmation OUT"),
    MAILBOX: ("x12.850 OUT", "x12.855 IN", "x12.856 IN"),
    PORTAL: ("json.supplier_order OUT", "json.order_response IN answers", "json.ship_notice IN ship-notices"),
    WMS[HOUSE_A]: ("wms_a.expected_receipt OUT", "wms_a.receipt IN receipts"),
    WMS[HOUSE_B]: ("wms_b.expected_receipt OUT", "wms_b.receipt IN arrivals"),
    WMS[HOUSE_X]: ("x12.943 OUT", "x12.944 IN"),
}
_EDI = {MAILBOX: "THREE", WMS[HOUSE_X]: "THREEX"}


def _system(partner: str) -> str:
    return partner.upper()


def _profile(partner: str) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "role": "ERP" if partner == ERP else "WMS" if partner in WMS.values() else "SUPPLIER",
        "businessUnit": UNIT,
        "transport": {"fileDrop": {"inbox": f"{partner}/in", "outbox": f"{partner}/out"}},
        "documents": [_route(each) for each in _ROUTES[partner]],
        "retry": {"first": "0.2s", "longest": "1s", "breakerPause": "1s"},
        "stage": "live",
    }
    if partner in _EDI:
        spec["edi"] = {"partnerId": f"ZZ:{_EDI[partner]}", "ownId": "ZZ:ACME", "version": "004010"}
    if spec["role"] == "SUPPLIER":
        spec["partyId"] = SUPPLIER
    else:
        spec["system"] = _system(partner)
    if spec["role"] == "WMS":
        spec["locations"] = [place for place, name in WMS.items() if name == partner]
    kind = {"apiVersion": "crossdock.dev/v1alpha1", "kind": "PartnerConnector"}
    return {**kind, "metadata": {"name": partner}, "spec": spec}


def _route(words: str) -> dict[str, Any]:
    kind, direction, *path = words.split()
    route: dict[str, Any] = {"kind": kind, "direction": direction}
    if path:
        route["path"] = path[0]
    return route | ({"mapping": {"zone": "UTC"}} if kind == "x12.944" else {})


def _documents() -> str:
    houses = [f"  - {{location_id: {place}, {_KIND}, system: {_system(name)}}}" for place, name in WMS.items()]
    return "\n---\n".join([MASTER_DATA + "\n".join(houses), *(json.dumps(_profile(each)) for each in _ROUTES)])


@dataclass(frozen=True, slots=True)
class ThreeHouses:
    """The unit on a running stack: what each partner says, and what lies in its folder."""

    day: SmallDay

    async def open(self, file: Path) -> None:
        file.write_text(_documents())
        said = await self.day.crossdock("load", str(file))
        assert said.code == 0, said.err

    async def says(self, partner: str, content: bytes | dict[str, Any], path: str = "") -> connector.Document:
        """A document that is understood, or waits for what is not known yet."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        document = await self.day.submit(partner, raw, path=path)
        assert document.state not in {
            connector.DOCUMENT_STATE_REFUSED,
            connector.DOCUMENT_STATE_EXCEPTION,
        }, f"{document.reason} {document.messages} {document.findings}"
        return document

    async def hears(self, partner: str, kind: str, count: int = 1, of: str = "") -> list[bytes]:
        """So many documents of a kind in which this stands, oldest first; more than that would be one too many."""

        async def look() -> list[bytes]:
            return [each for each in self.lying(partner, kind) if of.encode() in each]

        found: list[bytes] = await self.day.until(look, lambda lying: len(lying) >= count)
        assert len(found) == count, f"{partner} was told {len(found)} times by {kind}"
        return found

    def lying(self, partner: str, kind: str) -> list[bytes]:
        """All of a kind that lies in its folder, oldest first."""
        folder = self.day.stage.transport / partner / "out"
        found = (each for each in folder.glob(f"{kind.removeprefix('x12.')}*") if each.suffix != ".tmp")
        return [each.read_bytes() for each in sorted(found, key=lambda each: each.stat().st_mtime_ns)]

    async def order(self) -> procurement.GetPurchaseOrderResponse:
        found: procurement.GetPurchaseOrderResponse = await self.day.suite.purchase_order(NUMBER, UNIT)
        return found

    async def stands(self, state: str) -> procurement.GetPurchaseOrderResponse:
        """The order, once it has come to this."""

        async def look() -> str:
            said = await self.day.crossdock("po", "show", NUMBER, "--business-unit", UNIT, "--json")
            return str(said.json["purchaseOrder"]["state"]) if said.code == 0 else said.err

        await self.day.until(look, lambda found: found == f"PURCHASE_ORDER_STATE_{state}")
        return await self.order()


def ordered() -> dict[str, Any]:
    """One order, whose lines go to three warehouses: the first to the order's own place, which it need not repeat."""
    lines = [
        {
            "line": number,
            "material": sku,
            "quantity": str(pieces),
            "unit": "EA",
            "price": {"amount": "2.50"},
            **({"shipTo": place} if place != HOUSE_A else {}),
        }
        for number, (sku, pieces, place) in LINES.items()
    ]
    order = {
        "number": NUMBER,
        "version": "1",
        "changedAt": "2026-11-02T08:00:00Z",
        "orderDate": "2026-11-02",
        "supplier": SUPPLIER,
        "shipTo": HOUSE_A,
        "currency": "EUR",
        "lines": lines,
    }
    return {"documentType": "purchaseOrder", "action": "release", "companyCode": UNIT, "purchaseOrder": order}


def confirmed_by_mailbox(*numbers: str) -> bytes:
    rows = [f"BAK*00*AC*{NUMBER}*20261102****TH-1*20261102"]
    for number in numbers:
        sku, pieces, _ = LINES[number]
        rows += [f"PO1*{number}*{pieces}*EA*2.5*PE*BP*{sku}", f"ACK*IA*{pieces}*EA*068*20261110"]
    return files.interchange("855", [*rows, f"CTT*{len(numbers)}"], control=control(), sender="THREE")


def confirmed_by_portal(*numbers: str) -> dict[str, Any]:
    said = {"event": "order.answered", "order": NUMBER, "answeredAt": "2026-11-02T09:00:00Z", "revision": 1}
    return said | {"lines": [_accepted(each) for each in numbers]}


def _accepted(number: str) -> dict[str, Any]:
    amount = {"quantity": str(LINES[number][1]), "unit": "EA"}
    return {"line": number, "ordered": amount, "parts": [{"status": "accepted", "date": "2026-11-10", **amount}]}


def announced_by_mailbox(number: str) -> bytes:
    sku, pieces, place = LINES[number]
    rows = [
        f"BSN*00*{NOTICES[number]}*20261109*1200*0001",
        "DTM*011*20261109*120000",
        "DTM*017*20261110",
        "HL*1**S",
        f"N1*ST**92*{place}",
        "HL*2*1*O",
        f"PRF*{NUMBER}",
        "HL*3*2*I",
        f"LIN*{number}*BP*{sku}",
        f"SN1**{pieces}*EA",
        "CTT*3",
    ]
    return files.interchange("856", rows, control=control(), sender="THREE")


def announced_by_portal(number: str) -> dict[str, Any]:
    sku, pieces, place = LINES[number]
    content = {"order": NUMBER, "line": number, "buyerItem": sku, "quantity": str(pieces), "unit": "EA", "revision": 1}
    return {
        "event": "shipment.announced",
        "number": NOTICES[number],
        "shippedAt": "2026-11-09T12:00:00Z",
        "expectedOn": "2026-11-10",
        "shipTo": place,
        "contents": [content],
    }


def received_at_a(number: str, pieces: int) -> dict[str, Any]:
    line = {"order": NUMBER, "orderLine": number, "asn": NOTICES[number], "sku": LINES[number][0], "uom": "EA"}
    counted = [line | {"qty": str(pieces), "condition": "OK"}]
    head = {"type": "RECEIPT", "receiptNumber": "RA-1", "warehouse": HOUSE_A, "receivedAt": "2026-11-10T09:30:00Z"}
    return head | {"final": True, "lines": counted}


def received_at_b(number: str, pieces: int) -> dict[str, Any]:
    """The truck is not empty yet."""
    none = {"cases": "0", "units": "0"}
    goods = {
        "article": LINES[number][0],
        "purchase": {"po": NUMBER, "pos": number},
        "notice": NOTICES[number],
        "counted": {"fit": none | {"units": str(pieces)}, "broken": none, "blocked": none},
    }
    return {"arrival": {"no": "RB-1", "site": HOUSE_B, "at": 1794303000000, "complete": False}, "goods": [goods]}


def received_at_x(number: str, pieces: int) -> bytes:
    rows = [
        f"W17*F*20261110*RX-1*n-1*{NOTICES[number]}",
        f"N1*WH**92*{HOUSE_X}",
        "G62*50*20261110*8*1030",
        f"W07*{pieces}*EA**BP*{LINES[number][0]}",
        f"N9*PO*{NUMBER}",
        f"N9*LI*{number}",
        f"W14*{pieces}",
    ]
    return files.interchange("944", rows, group="RE", control=control(), sender="THREEX")
