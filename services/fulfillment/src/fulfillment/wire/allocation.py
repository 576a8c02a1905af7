"""An allocator's answer as a command."""

from __future__ import annotations

from crossdock.fulfillment.v1 import allocation_service_pb2 as pb
from crossdock_kit.dates_wire import instant

from fulfillment.domain.refusals import FieldMissing
from fulfillment.use_cases.commands import LineAllocated, RecordAllocation
from fulfillment.wire import values
from fulfillment.wire.ownership import ALLOCATED, may_write


def answered(request: pb.RecordAllocationRequest) -> RecordAllocation:
    may_write(request.origin, ALLOCATED)
    allocated_at = instant(request, "allocated_at")
    if allocated_at is None:
        raise FieldMissing("allocated_at")
    lines = tuple(_line(each, f"lines[{index}]") for index, each in enumerate(request.lines))
    return RecordAllocation(values.origin(request.origin), request.allocation_id, lines)


def _line(message: pb.AllocatedLine, path: str) -> LineAllocated:
    return LineAllocated(
        line_number=message.line_number,
        sku=message.sku,
        location_id=message.location_id,
        quantity=values.asked_for(message.quantity, f"{path}.quantity"),
        lot=message.lot,
    )
