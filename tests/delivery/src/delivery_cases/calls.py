"""Calls as warehouses, carriers and desks make them, and what they leave behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from crossdock.common.v1 import values_pb2 as common
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import shipment_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.database import Engine, transaction
from google.protobuf.timestamp_pb2 import Timestamp

from delivery_cases.road import at

if TYPE_CHECKING:
    from crossdock.delivery.v1 import delivery_service_pb2_grpc as pb_grpc

SECONDS = 30.0
_numbers = count(1)


def unique(prefix: str) -> str:
    """A number that no other test of this run uses."""
    return f"{prefix}-{next(_numbers)}-{uuid4().hex[:6]}".upper()


def instant(value: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(value)
    return message


def origin(role: Any = options_pb2.ROLE_CARRIER, system: str = "acme-truck") -> common.Origin:
    return common.Origin(system=system, role=role, document=uuid4().hex)


def planned(number: str, *tracking: str, **more: Any) -> pb.CreateShipmentRequest:
    said: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin(options_pb2.ROLE_WMS, "WMS-EAST"),
        "business_unit": "EU01",
        "number": number,
        "orders": [shipment_pb2.OrderReference(order_id=f"order-{number}", number=f"SO-{number}")],
        "packages": [
            shipment_pb2.Package(number=str(index), tracking_number=each) for index, each in enumerate(tracking, 1)
        ],
        "ship_from": "WH-EAST",
        "customer_id": "CUS-SHOP",
    }
    return pb.CreateShipmentRequest(**said | more)


def word(code: str, hours: float, tracking: str = "", vocabulary: str = "x12_214", **more: Any) -> pb.CarrierUpdate:
    said: dict[str, Any] = {"carrier": "SCAC", "occurred_at": instant(at(hours)), "tracking_number": tracking}
    return pb.CarrierUpdate(vocabulary=vocabulary, code=code, **said | more)


@dataclass
class Caller:
    """One tenant's caller on a running server."""

    stub: pb_grpc.DeliveryServiceAsyncStub
    engine: Engine
    tenant: str

    async def create(self, number: str, *tracking: str, **more: Any) -> shipment_pb2.Shipment:
        return (await self.stub.CreateShipment(planned(number, *tracking, **more), timeout=SECONDS)).shipment

    async def assign(self, number: str, tracking: str, carrier: str = "SCAC", **more: Any) -> shipment_pb2.Shipment:
        request = pb.AssignCarrierRequest(
            request_id=str(uuid4()),
            origin=origin(options_pb2.ROLE_TMS, "TMS-EU"),
            ref=pb.ShipmentRef(number=number),
            carrier=carrier,
            service_level="GROUND",
            tracking_number=tracking,
            **more,
        )
        return (await self.stub.AssignCarrier(request, timeout=SECONDS)).shipment

    async def decline(self, number: str, reason: str) -> shipment_pb2.Shipment:
        request = pb.DeclineTenderRequest(
            request_id=str(uuid4()),
            origin=origin(options_pb2.ROLE_TMS, "TMS-EU"),
            ref=pb.ShipmentRef(number=number),
            reason=reason,
        )
        return (await self.stub.DeclineTender(request, timeout=SECONDS)).shipment

    async def cancel(self, number: str, reason: str = "wrong address") -> shipment_pb2.Shipment:
        request = pb.CancelShipmentRequest(request_id=str(uuid4()), ref=pb.ShipmentRef(number=number), reason=reason)
        return (await self.stub.CancelShipment(request, timeout=SECONDS)).shipment

    async def answer(self, number: str, *, stopped: bool, reason: str = "") -> shipment_pb2.Shipment:
        request = pb.RecordCallOffAnswerRequest(
            request_id=str(uuid4()),
            origin=origin(options_pb2.ROLE_TMS, "TMS-EU"),
            ref=pb.ShipmentRef(number=number),
            stopped=stopped,
            reason=reason,
        )
        return (await self.stub.RecordCallOffAnswer(request, timeout=SECONDS)).shipment

    async def record(self, *updates: pb.CarrierUpdate, **more: Any) -> list[str]:
        """The outcome of each update, by its name."""
        said: dict[str, Any] = {"request_id": str(uuid4()), "origin": origin()} | more
        answered = await self.stub.RecordCarrierUpdates(
            pb.RecordCarrierUpdatesRequest(updates=updates, **said), timeout=SECONDS
        )
        prefix = "UPDATE_OUTCOME_"
        return [pb.UpdateOutcome.Name(each.outcome).removeprefix(prefix).lower() for each in answered.results]

    async def shipment(self, number: str) -> shipment_pb2.Shipment:
        ref = pb.ShipmentRef(number=number)
        return (await self.stub.GetShipment(pb.GetShipmentRequest(ref=ref), timeout=SECONDS)).shipment

    async def milestones(self, number: str) -> list[tuple[str, str]]:
        """What others were told, in the order in which it happened."""
        request = pb.ListMilestonesRequest(ref=pb.ShipmentRef(number=number))
        found = await self.stub.ListMilestones(request, timeout=SECONDS)
        return [(_milestone(each.milestone), _effect(each.effect)) for each in found.entries]

    async def correct(self, number: str, milestone: Any, reason: str, etag: str = "") -> shipment_pb2.Shipment:
        request = pb.CorrectMilestoneRequest(
            request_id=str(uuid4()),
            ref=pb.ShipmentRef(number=number),
            milestone=milestone,
            reason=reason,
            etag=etag,
        )
        return (await self.stub.CorrectMilestone(request, timeout=SECONDS)).shipment

    async def prove(self, number: str, hours: float, reference: str = "photo/1", **more: Any) -> shipment_pb2.Shipment:
        return (await self.proof(pb.ShipmentRef(number=number), hours, reference, **more)).shipment

    async def proof(
        self, ref: pb.ShipmentRef, hours: float, reference: str = "photo/1", **more: Any
    ) -> pb.RecordProofOfDeliveryResponse:
        said: dict[str, Any] = {"origin": origin(options_pb2.ROLE_POD, "pod-app"), "received_by": "Kim Doe"} | more
        request = pb.RecordProofOfDeliveryRequest(
            request_id=str(uuid4()),
            ref=ref,
            kind=pb.EVIDENCE_KIND_PHOTO,
            evidence_reference=reference,
            content_sha256="ab" * 32,
            delivered_at=instant(at(hours)),
            **said,
        )
        return await self.stub.RecordProofOfDelivery(request, timeout=SECONDS)

    async def facts(self, shipment_id: str) -> list[str]:
        """Names of the shipment's facts in their order; a gap in their versions is an error."""
        rows = await self.fetch(
            "SELECT type, version FROM journal WHERE aggregate = $1 ORDER BY version", f"shipment/{shipment_id}"
        )
        assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
        return [row["type"].rpartition(".")[2] for row in rows]

    async def exceptions(self, key: str) -> list[tuple[str, str, bool]]:
        """Code, owner and whether it is open, of those with this key or subject, oldest first."""
        rows = await self.fetch(
            "SELECT code, owner, resolved_at IS NULL AS open FROM exception"
            " WHERE keys @> ARRAY[$1] OR subject = $1 ORDER BY raised_at, exception_id",
            key,
        )
        return [(row["code"], row["owner"], row["open"]) for row in rows]

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        async with transaction(self.engine, [self.tenant]) as tx:
            return await tx.driver.fetch(sql, *arguments)


def reached(found: shipment_pb2.Shipment) -> list[str]:
    return [_milestone(each.milestone) for each in found.milestones]


def _milestone(value: shipment_pb2.Milestone.ValueType) -> str:
    return shipment_pb2.Milestone.Name(value).removeprefix("MILESTONE_").lower()


def _effect(value: pb.MilestoneEffect.ValueType) -> str:
    return pb.MilestoneEffect.Name(value).removeprefix("MILESTONE_EFFECT_").lower()
