"""What the shipment commands ask of delivery: a shipment by any of its numbers, and what a desk decides about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from uuid import uuid4

import grpc
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import delivery_service_pb2_grpc as pb_grpc
from crossdock.delivery.v1 import shipment_pb2

from crossdock_cli.asking import LONGEST_PAGE, SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import NOT_FOUND, fail

T = TypeVar("T")
MOST_PROOFS = 100


@dataclass(frozen=True, slots=True)
class ShipmentDesk:
    """Delivery's stub, asked with these credentials."""

    stub: Any
    credentials: Any = None

    async def find(self, number: str) -> shipment_pb2.Shipment:
        """The shipment of this number; if there is none, that of the tracking number. Ends the command if there is none
        of either."""
        by_number, by_tracking = pb.ShipmentRef(number=number), pb.ShipmentRef(tracking_number=number)
        found = await self._get(by_number) or await self._get(by_tracking)
        if found is None:
            fail(f"no shipment {number!r}", NOT_FOUND)
        return found

    async def _get(self, ref: pb.ShipmentRef) -> shipment_pb2.Shipment | None:
        try:
            found = await self._call("GetShipment", pb.GetShipmentRequest(ref=ref))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return cast(shipment_pb2.Shipment, found.shipment)

    async def told(self, shipment_id: str) -> list[pb.MilestoneEntry]:
        found = await self._call("ListMilestones", pb.ListMilestonesRequest(ref=_ref(shipment_id)))
        return list(found.entries)

    async def proofs(self, shipment_id: str) -> list[pb.ProofOfDelivery]:
        """The first hundred."""
        asked = pb.ListProofsRequest(ref=_ref(shipment_id), page_size=MOST_PROOFS)
        return list((await self._call("ListProofs", asked)).proofs)

    async def cancel(self, number: str, reason: str) -> shipment_pb2.Shipment:
        found = await self.find(number)
        request = pb.CancelShipmentRequest(request_id=str(uuid4()), ref=_ref(found.shipment_id), reason=reason)
        return cast(shipment_pb2.Shipment, (await self._call("CancelShipment", request)).shipment)

    async def correct(
        self, number: str, milestone: shipment_pb2.Milestone.ValueType, reason: str
    ) -> shipment_pb2.Shipment:
        """Refused where somebody changed the shipment between the look at it and the word."""
        found = await self.find(number)
        request = pb.CorrectMilestoneRequest(
            request_id=str(uuid4()), ref=_ref(found.shipment_id), milestone=milestone, reason=reason, etag=found.etag
        )
        return cast(shipment_pb2.Shipment, (await self._call("CorrectMilestone", request)).shipment)

    async def map_code(self, meaning: pb.MapCarrierCodeRequest) -> pb.MapCarrierCodeResponse:
        request = pb.MapCarrierCodeRequest(request_id=str(uuid4()))
        request.MergeFrom(meaning)
        return cast(pb.MapCarrierCodeResponse, await self._call("MapCarrierCode", request))

    async def feeds(self) -> list[pb.CarrierFeed]:
        found: list[pb.CarrierFeed] = []
        request, more = pb.ListCarrierFeedsRequest(page_size=LONGEST_PAGE), True
        while more:
            page = await self._call("ListCarrierFeeds", request)
            found.extend(page.feeds)
            request.page_token, more = page.next_page_token, bool(page.next_page_token)
        return found

    async def _call(self, method: str, request: Any) -> Any:
        return await getattr(self.stub, method)(request, metadata=self.credentials, timeout=SECONDS)


def _ref(shipment_id: str) -> pb.ShipmentRef:
    return pb.ShipmentRef(shipment_id=shipment_id)


@asynccontextmanager
async def _desk(tenant: str | None) -> AsyncIterator[ShipmentDesk]:
    state = stack_or_exit()
    async with channel(state, "delivery") as open_channel:
        yield ShipmentDesk(cast(Any, pb_grpc.DeliveryServiceStub)(open_channel), metadata(state, tenant))


def at_desk(tenant: str | None, work: Callable[[ShipmentDesk], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with _desk(tenant) as desk:
            return await work(desk)

    return answered(ask())
