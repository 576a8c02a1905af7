"""wms_a.transfer_shipment and wms_a.transfer_receipt, in: goods left for another place of ours, or came from one;
wms_a.expected_transfer, out: what a dock should expect of a transfer. Lines say sku, qty, uom, lot and serials.
"""

from __future__ import annotations

from typing import Any

from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import stock_transfer_pb2 as pb

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical, transfers
from connector.mappings.model import Command, Inbound, Outbound, Reading, Writing
from connector.mappings.transfers import Arrived, Receipt

CONDITIONS = {"OK": transfers.GOOD, "DMG": transfers.DAMAGED, "QA": transfers.HOLD}


def read_shipment(document: JsonObject, reading: Reading) -> Command:
    """`expectedOn`: the day by which all of it is there, or somebody hears of it."""
    document.one_of("type", ("TRANSFER_SHIPMENT",))
    shipped_at, codes = document.instant("shippedAt"), reading.codes
    request = pb.SendTransferRequest(
        origin=reading.origin(occurred_at=shipped_at),
        number=document.text("transfer", longest=64),
        business_unit=reading.partner.business_unit,
        from_location_id=codes.location(document.text("warehouse", longest=80)),
        to_location_id=codes.location(document.text("to", longest=80)),
        sent_at=canonical.stamp(shipped_at),
        expected_on=canonical.to_day(document.day("expectedOn")),
        lines=[_part(each, reading) for each in document.objects("lines")],
    )
    if not request.lines:
        raise document.fault("lines", "a shipment has at least one line")
    return transfers.sent(request)


def read_receipt(document: JsonObject, reading: Reading) -> Command:
    """`condition` of a line: good if it is not said. A last receipt (`final`) may bring nothing."""
    document.one_of("type", ("TRANSFER_RECEIPT",))
    lines = [_arrived(each, reading) for each in document.objects("lines")]
    final = document.boolean("final")
    if not lines and not final:
        raise document.fault("lines", "a receipt that is not the last has at least one line")
    receipt = Receipt(
        number=document.text("receiptNumber", longest=64),
        transfer=document.text("transfer", longest=64),
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        received_at=document.instant("receivedAt"),
        final=final,
        lines=lines,
    )
    return transfers.received(receipt, reading)


def _arrived(line: JsonObject, reading: Reading) -> Arrived:
    if not line.has("condition"):
        return Arrived(_part(line, reading), transfers.GOOD, "")
    word = line.text("condition", longest=32)
    condition = reading.word("conditions", word, CONDITIONS, tuple(CONDITIONS.values()))
    if condition not in transfers.CONDITIONS:
        raise line.fault("condition", f"the profile's word for it means {condition}, which is none of ours")
    return Arrived(_part(line, reading), condition, word)


def _part(line: JsonObject, reading: Reading) -> pb.TransferredStock:
    unit = reading.codes.unit(line.text("uom", longest=80))
    return pb.TransferredStock(
        sku=reading.codes.item(line.text("sku", longest=80)),
        lot=line.optional_text("lot", longest=64),
        quantity=canonical.quantity(line.decimal("qty"), unit, path=f"{line.path}.qty"),
        serials=canonical.serials(line),
    )


def write(event: events_pb2.StockTransferSent, writing: Writing) -> dict[str, Any]:
    transfer, codes = event.transfer, writing.codes
    return {
        "type": "EXPECTED_TRANSFER",
        "transfer": transfer.number,
        "from": codes.location_code(transfer.from_location_id),
        "warehouse": codes.location_code(transfer.to_location_id),
        "shippedAt": canonical.iso_instant(transfer.sent_at),
        "due": canonical.iso_day(transfer.expected_on),
        "lines": [
            {
                "lineRef": position,
                "sku": codes.item_code(each.sku),
                "qty": each.quantity.value,
                "uom": codes.unit_code(each.quantity.unit),
                "lot": each.lot or None,
            }
            | canonical.named_pieces(each.serials)
            for position, each in enumerate(event.parts, start=1)
        ],
    }


SHIPMENT = Inbound("wms_a.transfer_shipment", read_shipment)
RECEIPT = Inbound("wms_a.transfer_receipt", read_receipt)
EXPECTED = Outbound("wms_a.expected_transfer", write)
