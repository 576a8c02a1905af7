"""Reports as a warehouse makes them: lines picked, packed and handed over at one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.v1 import warehouse_pb2, warehouse_service_pb2
from crossdock.options.v1 import options_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from fulfillment_cases.calls import SECONDS, origin, quantity

_serials = count(1)


def sscc() -> str:
    """A number with its check digit that no other test of this run uses."""
    base = f"0061414{next(_serials):010d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(base)))
    return f"{base}{-total % 10}"


def reported(
    order: str,
    sku: str,
    amount: float | str,
    *,
    line: str = "1",
    short: float | str = 0,
    lot: str = "",
    unit: str = "EA",
) -> warehouse_service_pb2.ReportedLine:
    return warehouse_service_pb2.ReportedLine(
        order_number=order,
        line_number=line,
        sku=sku,
        quantity=quantity(amount, unit),
        short=quantity(short, unit) if short else None,
        lot=common.Lot(number=lot) if lot else None,
    )


def stopped(
    order: str, sku: str, amount: float, *, too_late: float = 0, line: str = "1"
) -> warehouse_service_pb2.RecalledLine:
    """Of what was asked back."""
    late = quantity(too_late) if too_late else None
    return warehouse_service_pb2.RecalledLine(
        order_number=order, line_number=line, sku=sku, stopped=quantity(amount), too_late=late
    )


@dataclass(frozen=True, slots=True)
class Site:
    """One place; `system` is the WMS that speaks for it."""

    stub: Any
    location_id: str
    system: str = ""

    def head(self, number: str) -> dict[str, Any]:
        said = origin(options_pb2.ROLE_WMS, self.system or self.location_id)
        return {
            "request_id": str(uuid4()),
            "origin": said,
            "business_unit": "EU01",
            "number": number,
            "location_id": self.location_id,
        }

    async def pick(self, number: str, *lines: warehouse_service_pb2.ReportedLine) -> Any:
        request = warehouse_service_pb2.RecordPickRequest(**self.head(number), picked_at=now(), lines=lines)
        return await self.stub.RecordPick(request, timeout=SECONDS)

    def packing(
        self, number: str, *lines: warehouse_service_pb2.ReportedLine
    ) -> warehouse_service_pb2.RecordPackingRequest:
        """One package for each line."""
        packages = [
            warehouse_pb2.Package(
                sscc=sscc(), packaging="XCT", gross_weight=quantity("2.5", "KGM"), contents=[_in(each)]
            )
            for each in lines
        ]
        return warehouse_service_pb2.RecordPackingRequest(**self.head(number), packed_at=now(), packages=packages)

    async def pack(self, number: str, *lines: warehouse_service_pb2.ReportedLine) -> Any:
        return await self.stub.RecordPacking(self.packing(number, *lines), timeout=SECONDS)

    async def recall(self, number: str, *lines: warehouse_service_pb2.RecalledLine) -> Any:
        request = warehouse_service_pb2.RecordRecallRequest(**self.head(number), answered_at=now(), lines=lines)
        return await self.stub.RecordRecall(request, timeout=SECONDS)

    async def issue(self, number: str, shipment: str, *lines: warehouse_service_pb2.ReportedLine) -> Any:
        request = warehouse_service_pb2.RecordGoodsIssueRequest(
            **self.head(number), shipment_number=shipment, issued_at=now(), lines=lines, carrier="UPSN"
        )
        return await self.stub.RecordGoodsIssue(request, timeout=SECONDS)


def _in(line: warehouse_service_pb2.ReportedLine) -> warehouse_pb2.PackedLine:
    return warehouse_pb2.PackedLine(
        order_number=line.order_number,
        line_number=line.line_number,
        sku=line.sku,
        quantity=line.quantity,
        lot=line.lot if line.HasField("lot") else None,
    )


def now() -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC))
    return stamp
