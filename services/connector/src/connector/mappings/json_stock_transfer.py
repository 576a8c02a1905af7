"""json.stock_transfer, out: the ERP posts what left one of our plants for another, and each receipt of it there, once,
and answers with its number.

What exceeds or lacks is said by item: the transfer's state and what of it is missing so far, never what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

Told = events_pb2.StockTransferSent | events_pb2.StockTransferReceived


def write(event: Told, writing: Writing) -> dict[str, Any]:
    transfer, codes = event.transfer, writing.codes
    receipt = event.number if isinstance(event, events_pb2.StockTransferReceived) else None
    return {
        "documentType": "stockTransfer",
        "step": "sent" if receipt is None else "received",
        "transferId": event.transfer_id,
        "reference": transfer.number,
        "receipt": receipt,
        "companyCode": transfer.business_unit,
        "fromPlant": codes.location_code(transfer.from_location_id) if transfer.from_location_id else None,
        "toPlant": codes.location_code(transfer.to_location_id),
        "occurredAt": canonical.iso_instant(_happened(event)),
        "expectedOn": canonical.iso_day(transfer.expected_on),
        "state": canonical.lower_name(pb.TransferState.Name(transfer.state), "TRANSFER_STATE_"),
        "lines": _lines(event.parts, writing),
        "missing": [
            {
                "material": codes.item_code(each.sku),
                "quantity": each.missing.value,
                "unit": codes.unit_code(each.missing.unit),
            }
            for each in transfer.lines
            if each.missing.value not in {"", "0"}
        ],
    }


def _happened(event: Told) -> Timestamp:
    """A last receipt may bring nothing, and moves what is missing then."""
    return event.movements[-1].occurred_at if event.movements else event.transfer.sent_at


def _lines(parts: Iterable[pb.TransferredStock], writing: Writing) -> list[dict[str, Any]]:
    codes = writing.codes
    return [
        {
            "item": position,
            "material": codes.item_code(each.sku),
            "quantity": each.quantity.value,
            "unit": codes.unit_code(each.quantity.unit),
            "lot": each.lot or None,
        }
        | canonical.named_pieces(each.serials)
        for position, each in enumerate(parts, start=1)
    ]


MAPPING = Outbound("json.stock_transfer", write)
