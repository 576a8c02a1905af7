"""json.return_request, in: a customer wants to send goods of its order back, and is told under which number it may.

A channel asks for orders of its own alone. Customer service and the ERP name the order by its channel, or by our id.
"""

from __future__ import annotations

from crossdock.fulfillment.v1 import fulfillment_service_pb2, return_service_pb2
from crossdock.options.v1 import options_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.return_requests import MOST_LINES, wished


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("returnRequest",))
    lines = [_line(each, reading) for each in document.objects("lines")]
    if not 0 < len(lines) <= MOST_LINES:
        raise document.fault("lines", f"a return has 1 to {MOST_LINES} lines")
    order = _order(document, reading)
    number = document.text("return", longest=64)
    return wished(order, number, lines, document.optional_text("reason", longest=200), reading)


def _order(document: JsonObject, reading: Reading) -> fulfillment_service_pb2.OrderRef:
    if reading.partner.role == options_pb2.ROLE_CHANNEL:
        return fulfillment_service_pb2.OrderRef(channel=reading.partner.name, number=document.text("order", longest=64))
    order_id = document.optional_text("orderRef", longest=64)
    if order_id:
        return fulfillment_service_pb2.OrderRef(order_id=order_id)
    return fulfillment_service_pb2.OrderRef(
        channel=document.optional_text("channel", longest=64), number=document.text("order", longest=64)
    )


def _line(line: JsonObject, reading: Reading) -> return_service_pb2.WantedBack:
    unit = reading.codes.unit(line.text("unit", longest=80))
    return return_service_pb2.WantedBack(
        line_number=line.text("line", longest=32),
        quantity=canonical.quantity(line.decimal("quantity"), unit, path=f"{line.path}.quantity"),
    )


MAPPING = Inbound("json.return_request", read)
