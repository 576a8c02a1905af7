"""json.blanket_order, in: what the ERP agreed with a supplier over a time, a change or its end, always as a whole."""

from __future__ import annotations

from crossdock.procurement.v1 import blanket_order_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.json_purchase_order import read_incoterms, read_price
from connector.mappings.model import Command, Inbound, Reading

ACTIONS = ("agree", "change", "cancel")


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("blanketOrder",))
    action = document.one_of("action", ACTIONS)
    order = document.object("blanketOrder")
    number = order.text("number", longest=64)
    version = order.optional_text("version", longest=32)
    currency = order.text("currency", longest=3)
    lines = [_line(each, reading, currency) for each in order.objects("lines")]
    if not lines:
        raise order.fault("lines", "a blanket order has at least one line")
    request = procurement.SubmitBlanketOrderRequest(
        origin=reading.origin(revision=version, occurred_at=order.instant("changedAt")),
        purpose=procurement.ORDER_PURPOSE_CANCEL if action == "cancel" else procurement.ORDER_PURPOSE_UPSERT,
        business_unit=document.optional_text("companyCode", longest=64) or reading.partner.business_unit,
        number=number,
        system_revision=version,
        supplier_id=reading.codes.party(order.text("supplier", longest=80)),
        currency=currency,
        incoterms=read_incoterms(order),
        valid_from=canonical.to_day(order.day("validFrom")),
        valid_to=canonical.to_day(order.day("validTo")),
        lines=lines,
    )
    return Command(request, (f"blanket:{number}",), (f"blanket:{number}",), len(lines))


def _line(line: JsonObject, reading: Reading, currency: str) -> blanket_order_pb2.BlanketOrderLine:
    unit = reading.codes.unit(line.text("unit", longest=80))
    return blanket_order_pb2.BlanketOrderLine(
        line_number=line.text("line", longest=32),
        sku=reading.codes.item(line.text("material", longest=80)),
        supplier_item=line.optional_text("supplierMaterial", longest=80),
        agreed=canonical.quantity(line.decimal("quantity"), unit, path=f"{line.path}.quantity"),
        price=read_price(line, reading, currency),
    )


MAPPING = Inbound("json.blanket_order", read)
