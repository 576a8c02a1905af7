"""json.allocation_result, in: from where, and from which lots, the lines of an order are served that was asked about.

What of the question it does not name is not allocated; an empty list allocates nothing.
"""

from __future__ import annotations

from crossdock.fulfillment.v1 import allocation_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading

MOST_LINES = 400
"""As the contract takes them: more than a part of an order has lines."""


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("allocationResult",))
    allocation_id = document.text("allocationId", longest=128)
    allocated_at = document.instant("allocatedAt")
    if not document.has("lines"):
        raise document.fault("lines", "is missing")
    lines = list(document.objects("lines"))
    if len(lines) > MOST_LINES:
        raise document.fault("lines", f"has more than {MOST_LINES} lines")
    request = allocation_service_pb2.RecordAllocationRequest(
        origin=reading.origin(occurred_at=allocated_at),
        allocation_id=allocation_id,
        lines=[_line(each, reading) for each in lines],
        allocated_at=canonical.stamp(allocated_at),
    )
    return Command(request, (), (f"allocation:{allocation_id}",), len(lines))


def _line(line: JsonObject, reading: Reading) -> allocation_service_pb2.AllocatedLine:
    codes = reading.codes
    unit = codes.unit(line.text("unit", longest=80))
    quantity = line.decimal("quantity")
    if quantity <= 0:
        raise line.fault("quantity", "must be more than zero")
    return allocation_service_pb2.AllocatedLine(
        line_number=line.text("line", longest=32),
        sku=codes.item(line.text("material", longest=80)),
        location_id=codes.location(line.text("location", longest=80)),
        quantity=canonical.quantity(quantity, unit, path=f"{line.path}.quantity"),
        lot=line.optional_text("lot", longest=64),
    )


MAPPING = Inbound("json.allocation_result", read)
