"""The RPCs: wire in, use case or query, wire out. Errors are the server's table's, permissions its interceptor's."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import grpc
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import delivery_service_pb2_grpc as pb_grpc
from crossdock_kit.paging import page_of

from delivery import queries
from delivery.ports import Snapshots, UnitOfWork
from delivery.use_cases import calling_off, correcting, planning, proving, recording, tendering
from delivery.wire import entries, feeds
from delivery.wire import shipments as wire

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Opens(UnitOfWork, Snapshots, Protocol):
    """Works that change something, and reads that do not."""


class DeliveryServicer(pb_grpc.DeliveryServiceServicer):
    def __init__(self, uow: Opens) -> None:
        self._uow = uow

    async def CreateShipment(self, request: pb.CreateShipmentRequest, context: Context) -> pb.CreateShipmentResponse:
        found = await planning.create_shipment(wire.create(request), self._uow)
        return pb.CreateShipmentResponse(shipment=wire.shipment(found))

    async def AssignCarrier(self, request: pb.AssignCarrierRequest, context: Context) -> pb.AssignCarrierResponse:
        found = await tendering.assign_carrier(wire.assign(request), self._uow)
        return pb.AssignCarrierResponse(shipment=wire.shipment(found))

    async def DeclineTender(self, request: pb.DeclineTenderRequest, context: Context) -> pb.DeclineTenderResponse:
        found = await tendering.decline_tender(wire.decline(request), self._uow)
        return pb.DeclineTenderResponse(shipment=wire.shipment(found))

    async def CancelShipment(self, request: pb.CancelShipmentRequest, context: Context) -> pb.CancelShipmentResponse:
        found = await calling_off.cancel_shipment(wire.cancel(request), self._uow)
        return pb.CancelShipmentResponse(shipment=wire.shipment(found))

    async def RecordCallOffAnswer(
        self, request: pb.RecordCallOffAnswerRequest, context: Context
    ) -> pb.RecordCallOffAnswerResponse:
        found = await calling_off.record_call_off_answer(wire.call_off_answer(request), self._uow)
        return pb.RecordCallOffAnswerResponse(shipment=wire.shipment(found))

    async def GetShipment(self, request: pb.GetShipmentRequest, context: Context) -> pb.GetShipmentResponse:
        found = await queries.get_shipment(wire.name(request.ref), self._uow)
        return pb.GetShipmentResponse(shipment=wire.shipment(found))

    async def ListShipments(self, request: pb.ListShipmentsRequest, context: Context) -> pb.ListShipmentsResponse:
        asked, page = wire.page(request)
        found, more = await queries.list_shipments(asked, self._uow)
        token = page.token((more,)) if more else ""
        return pb.ListShipmentsResponse(shipments=map(wire.shipment, found), next_page_token=token)

    async def RecordCarrierUpdates(
        self, request: pb.RecordCarrierUpdatesRequest, context: Context
    ) -> pb.RecordCarrierUpdatesResponse:
        found = await recording.record_carrier_updates(wire.updates(request), self._uow)
        about = dict.fromkeys(each for one in found for each in one.transaction_ids)
        return pb.RecordCarrierUpdatesResponse(results=map(wire.result, found), transaction_ids=about)

    async def ListMilestones(self, request: pb.ListMilestonesRequest, context: Context) -> pb.ListMilestonesResponse:
        found = await queries.list_milestones(wire.name(request.ref), self._uow)
        return pb.ListMilestonesResponse(entries=map(entries.message, found))

    async def ListTrackingUpdates(
        self, request: pb.ListTrackingUpdatesRequest, context: Context
    ) -> pb.ListTrackingUpdatesResponse:
        page = page_of(request)
        found = await queries.list_tracking_updates(wire.name(request.ref), page.after, page.size, self._uow)
        last = found[-1].scan if len(found) == page.size else None
        token = page.token((last.occurred_at.isoformat(), last.scan_id)) if last else ""
        return pb.ListTrackingUpdatesResponse(updates=map(wire.update, found), next_page_token=token)

    async def CorrectMilestone(
        self, request: pb.CorrectMilestoneRequest, context: Context
    ) -> pb.CorrectMilestoneResponse:
        found = await correcting.correct_milestone(wire.correct(request), self._uow)
        return pb.CorrectMilestoneResponse(shipment=wire.shipment(found))

    async def RecordProofOfDelivery(
        self, request: pb.RecordProofOfDeliveryRequest, context: Context
    ) -> pb.RecordProofOfDeliveryResponse:
        found = await proving.record_proof_of_delivery(wire.prove(request), self._uow)
        return wire.proven(found)

    async def ListProofs(self, request: pb.ListProofsRequest, context: Context) -> pb.ListProofsResponse:
        page = page_of(request)
        after = page.after[0] if page.after else ""
        found, more = await queries.list_proofs(wire.name(request.ref), after, page.size, self._uow)
        token = page.token((more,)) if more else ""
        return pb.ListProofsResponse(proofs=map(wire.proof, found), next_page_token=token)

    async def GetRecipient(self, request: pb.GetRecipientRequest, context: Context) -> pb.GetRecipientResponse:
        return pb.GetRecipientResponse(received_by=await queries.get_recipient(wire.name(request.ref), self._uow))

    async def ListCarrierFeeds(
        self, request: pb.ListCarrierFeedsRequest, context: Context
    ) -> pb.ListCarrierFeedsResponse:
        page = page_of(request)
        found, more = await queries.list_carrier_feeds(page.after[0] if page.after else "", page.size, self._uow)
        token = page.token((more,)) if more else ""
        return pb.ListCarrierFeedsResponse(feeds=map(feeds.message, found), next_page_token=token)

    async def MapCarrierCode(self, request: pb.MapCarrierCodeRequest, context: Context) -> pb.MapCarrierCodeResponse:
        version, waiting = await correcting.map_carrier_code(wire.mapping(request), self._uow)
        return pb.MapCarrierCodeResponse(version=version, waiting_updates=waiting)
