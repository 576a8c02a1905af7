"""Profiles of the partners that the tests speak for, as resources say them."""

from __future__ import annotations

from typing import Any

EDI = {"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME"}
EDI_ROUTES = [
    {"kind": "x12.850", "direction": "OUT"},
    {"kind": "x12.860", "direction": "OUT"},
    {"kind": "x12.997", "direction": "OUT"},
    {"kind": "x12.855", "direction": "IN"},
    {"kind": "x12.865", "direction": "IN"},
    {"kind": "x12.856", "direction": "IN"},
    {"kind": "x12.997", "direction": "IN"},
]
ERP_ROUTES = [
    {"kind": "json.purchase_order", "direction": "IN", "path": "purchase-orders"},
    {"kind": "json.blanket_order", "direction": "IN", "path": "blanket-orders"},
    {"kind": "json.compliance_certificate", "direction": "IN", "path": "certificates"},
    {"kind": "json.order_confirmation", "direction": "OUT", "path": "/order-confirmations"},
    {"kind": "json.goods_receipt", "direction": "OUT", "path": "/goods-receipts"},
    {"kind": "json.posting_request", "direction": "OUT", "path": "/posting-requests"},
    {"kind": "json.posting_result", "direction": "IN", "path": "posting-results"},
    {"kind": "json.payment_status", "direction": "IN", "path": "payments"},
    {"kind": "json.stock_movement", "direction": "OUT", "path": "/stock-movements"},
]
WMS_ROUTES = [
    {"kind": "wms_a.expected_receipt", "direction": "OUT", "path": "/expected-receipts"},
    {"kind": "wms_a.receipt", "direction": "IN", "path": "receipts"},
    {"kind": "wms_a.pick_request", "direction": "OUT", "path": "/pick-requests"},
    {"kind": "wms_a.pick", "direction": "IN", "path": "picks"},
    {"kind": "wms_a.return_receipt", "direction": "IN", "path": "return-receipts"},
    {"kind": "wms_a.count", "direction": "IN", "path": "counts"},
    {"kind": "wms_a.adjustment", "direction": "IN", "path": "adjustments"},
    {"kind": "wms_a.stock_statement", "direction": "IN", "path": "statements"},
    {"kind": "wms_a.put_away", "direction": "IN", "path": "put-aways"},
    {"kind": "wms_a.quality_hold", "direction": "IN", "path": "quality-holds"},
]


def edi_supplier(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "role": "SUPPLIER",
        "partyId": "SUP-NORDIC",
        "transport": {"fileDrop": {"inbox": "sup-nordic/in", "outbox": "sup-nordic/out"}},
        "edi": EDI,
        "documents": EDI_ROUTES,
        "timers": {"functionalAck": "60s"},
    }
    return spec | changes


def http(url: str = "http://127.0.0.1:9") -> dict[str, Any]:
    return {"http": {"url": url, "webhookSecret": "hook", "credentials": "key"}}
