"""json.ship_notice, in: a supplier with an API announces a shipment: pallets, cartons and their contents."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.ship_notices import notice_keys, notice_orders

PURPOSES = {
    "shipment.announced": procurement.NOTICE_PURPOSE_ORIGINAL,
    "shipment.replaced": procurement.NOTICE_PURPOSE_REPLACE,
    "shipment.cancelled": procurement.NOTICE_PURPOSE_CANCEL,
}


def read(document: JsonObject, reading: Reading) -> Command:
    purpose = PURPOSES[document.one_of("event", tuple(PURPOSES))]
    number = document.text("number", longest=64)
    findings: list[tuple[str, str]] = []
    lines = [_line(each, reading, units) for each, units in _contents(document, findings)]
    if not lines and purpose != procurement.NOTICE_PURPOSE_CANCEL:
        raise document.fault("contents", "a shipment holds at least one thing")
    shipped_at = document.optional_instant("shippedAt")
    ship_to = document.optional_text("shipTo", longest=80)
    request = procurement.RecordShipNoticeRequest(
        origin=reading.origin(occurred_at=shipped_at),
        purpose=purpose,
        number=number,
        supplier_id=reading.partner.party_id,
        ship_to_id=reading.codes.location(ship_to) if ship_to else "",
        shipped_at=canonical.stamp(shipped_at),
        expected_on=canonical.to_day(document.optional_day("expectedOn")),
        carrier=document.optional_text("carrier", longest=80),
        bill_of_lading=document.optional_text("billOfLading", longest=64),
        carrier_reference=document.optional_text("carrierReference", longest=64),
        lines=lines,
    )
    return Command(request, notice_orders(lines), notice_keys(number, lines), len(lines), findings=tuple(findings))


def _contents(document: JsonObject, findings: list[tuple[str, str]]) -> Iterator[tuple[JsonObject, tuple[str, str]]]:
    """Every content with the SSCC of its pallet and of its carton."""
    for pallet in document.objects("pallets"):
        sscc = _sscc(pallet, findings)
        yield from ((content, (sscc, "")) for content in pallet.objects("contents"))
        yield from _cartons(pallet, sscc, findings)
    yield from _cartons(document, "", findings)
    yield from ((content, ("", "")) for content in document.objects("contents"))


def _cartons(
    holder: JsonObject, pallet: str, findings: list[tuple[str, str]]
) -> Iterator[tuple[JsonObject, tuple[str, str]]]:
    for carton in holder.objects("cartons"):
        sscc = _sscc(carton, findings)
        yield from ((content, (pallet, sscc)) for content in carton.objects("contents"))


def _sscc(unit: JsonObject, findings: list[tuple[str, str]]) -> str:
    code, found = canonical.sscc(unit.optional_text("sscc", longest=80), f"{unit.path}.sscc")
    findings.extend(found)
    return code


def _line(content: JsonObject, reading: Reading, units: tuple[str, str]) -> inbound_pb2.ShipNoticeLine:
    number = content.optional_text("line", longest=32)
    item = content.optional_text("item", longest=80)
    own = content.optional_text("buyerItem", longest=40)
    revision = content.integer("revision", 0)
    if not 0 <= revision < 2**31:
        raise content.fault("revision", f"{revision} is no revision")
    unit = reading.codes.unit(content.text("unit", longest=80))
    lot = content.optional_object("lot")
    return inbound_pb2.ShipNoticeLine(
        purchase_order_number=content.text("order", longest=64),
        line_number=number,
        sku=own or (reading.codes.optional_item(item) if item else ""),
        supplier_item=item,
        shipped=canonical.quantity(content.decimal("quantity"), unit, path=f"{content.path}.quantity"),
        lot=_lot(lot) if lot else None,
        pallet_sscc=units[0],
        carton_sscc=units[1],
        packed_on_revision=revision,
        serials=canonical.serials(content),
    )


def _lot(lot: JsonObject) -> values_pb2.Lot | None:
    return canonical.lot(lot.text("number", longest=64), lot.optional_day("expires"), lot.optional_day("made"))


MAPPING = Inbound("json.ship_notice", read)
