"""json.goods_receipt, out: the ERP posts what a warehouse received, once per receipt, and answers with its number."""

from __future__ import annotations

from typing import Any

from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.GoodsReceived, writing: Writing) -> dict[str, Any]:
    receipt = event.receipt
    return {
        "documentType": "goodsReceipt",
        "receiptId": event.receipt_id,
        "companyCode": receipt.business_unit,
        "warehouseReceipt": event.number,
        "system": receipt.system,
        "plant": writing.codes.location_code(event.location_id),
        "receivedAt": canonical.iso_instant(receipt.received_at),
        "lines": [_line(position, line, writing) for position, line in enumerate(receipt.lines, start=1)],
    }


def _line(position: int, line: inbound_pb2.ReceiptLine, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    return {
        "item": position,
        "order": line.purchase_order_number,
        "line": line.line_number,
        "material": codes.item_code(line.sku),
        "quantity": line.quantity.value,
        "unit": codes.unit_code(line.quantity.unit),
        "baseQuantity": line.base_quantity,
        "baseUnit": codes.unit_code(line.base_unit) if line.base_unit else "",
        "condition": _condition(line),
        "missingCertificates": list(line.missing_certificates) or None,
        "lot": line.lot.number or None,
        "lotExpires": canonical.iso_day(line.lot.expires_on),
        "shipNotice": line.ship_notice_number or None,
    } | canonical.named_pieces(line.serials)


def _condition(line: inbound_pb2.ReceiptLine) -> str:
    """Good goods that lack a certificate are no stock for sale in the ERP either, until it is told of their release."""
    held = line.condition == inbound_pb2.CONDITION_GOOD and line.missing_certificates
    condition = inbound_pb2.CONDITION_HOLD if held else line.condition
    return canonical.lower_name(inbound_pb2.Condition.Name(condition), "CONDITION_")


MAPPING = Outbound("json.goods_receipt", write)
