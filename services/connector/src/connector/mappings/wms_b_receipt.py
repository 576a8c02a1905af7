"""wms_b.receipt, in: a count per article with good, broken and blocked goods apart, in cases and loose units.

Each count that is not zero becomes a line of its own, so that nothing is converted on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.receipts import arrived, condition_of, receipt_keys, receipt_orders
from connector.mappings.wms_b_lines import amounts, batch, happened

CONDITIONS = {"fit": "GOOD", "broken": "DAMAGED", "blocked": "HOLD"}


def read(document: JsonObject, reading: Reading) -> Command:
    arrival = document.object("arrival")
    number = arrival.text("no", longest=64)
    findings: list[tuple[str, str]] = []
    lines = [line for each in document.objects("goods") for line in _lines(each, reading, findings)]
    if not lines:
        raise document.fault("goods", "nothing was counted")
    received_at = happened(arrival)
    request = procurement.RecordReceiptRequest(
        origin=reading.origin(occurred_at=received_at),
        number=number,
        location_id=reading.codes.location(arrival.text("site", longest=80)),
        received_at=canonical.stamp(received_at),
        lines=lines,
        final=arrival.boolean("complete"),
    )
    return Command(request, receipt_orders(lines), receipt_keys(number, lines), len(lines), findings=tuple(findings))


def _lines(goods: JsonObject, reading: Reading, findings: list[tuple[str, str]]) -> Iterator[inbound_pb2.ReceiptLine]:
    sku = reading.codes.item(goods.text("article", longest=80))
    box, found = canonical.sscc(goods.optional_text("box", longest=80), f"{goods.path}.box")
    findings.extend(found)
    purchase = goods.optional_object("purchase") or JsonObject({}, "")
    counted = goods.object("counted")
    for word in counted.values:
        for unit, (number,) in amounts(counted, reading, sku, word):
            yield inbound_pb2.ReceiptLine(
                purchase_order_number=purchase.optional_text("po", longest=64),
                line_number=purchase.optional_text("pos", longest=32),
                ship_notice_number=goods.optional_text("notice", longest=64),
                sku=sku,
                quantity=arrived(number, unit, f"{counted.path}.{word}"),
                condition=condition_of(word[:80], CONDITIONS, reading, f"{counted.path}.{word[:80]}"),
                lot=batch(goods),
                sscc=box,
            )


MAPPING = Inbound("wms_b.receipt", read)
