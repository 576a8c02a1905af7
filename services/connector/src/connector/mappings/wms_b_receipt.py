"""wms_b.receipt, in: a count per article with good, broken and blocked goods apart, in cases and loose units.

Each count that is not zero becomes a line of its own, so that nothing is converted on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.receipts import condition_of, receipt_keys, receipt_orders
from connector.mappings.wms_b_expected_receipt import CASE

CONDITIONS = {"fit": "GOOD", "broken": "DAMAGED", "blocked": "HOLD"}


def read(document: JsonObject, reading: Reading) -> Command:
    arrival = document.object("arrival")
    number = arrival.text("no", longest=64)
    findings: list[tuple[str, str]] = []
    lines = [line for each in document.objects("goods") for line in _lines(each, reading, findings)]
    if not lines:
        raise document.fault("goods", "nothing was counted")
    received_at = arrival.optional_epoch("at")
    if received_at is None:
        raise arrival.fault("at", "is missing")
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
    conditions = reading.partner.table("conditions", CONDITIONS)
    counted = goods.object("counted")
    for word in conditions:
        count = counted.optional_object(word)
        for unit, number in _counts(count, reading, sku) if count else ():
            yield inbound_pb2.ReceiptLine(
                purchase_order_number=purchase.optional_text("po", longest=64),
                line_number=purchase.optional_text("pos", longest=32),
                ship_notice_number=goods.optional_text("notice", longest=64),
                sku=sku,
                quantity=canonical.quantity(number, unit, path=f"{counted.path}.{word}"),
                condition=condition_of(word, conditions, f"{counted.path}.{word}"),
                lot=_batch(goods.optional_object("batch")),
                sscc=box,
            )


def _counts(count: JsonObject, reading: Reading, sku: str) -> Iterator[tuple[str, Decimal]]:
    cases, units = count.decimal("cases", Decimal(0)), count.decimal("units", Decimal(0))
    if cases:
        yield CASE, cases
    if units:
        yield reading.codes.packing(sku).base_unit, units


def _batch(batch: JsonObject | None) -> values_pb2.Lot | None:
    if batch is None:
        return None
    return canonical.lot(batch.optional_text("id", longest=64), _day(batch, "bestBeforeMs"), _day(batch, "madeMs"))


def _day(batch: JsonObject, name: str) -> date | None:
    found = batch.optional_epoch(name)
    return found.date() if found else None


MAPPING = Inbound("wms_b.receipt", read)
