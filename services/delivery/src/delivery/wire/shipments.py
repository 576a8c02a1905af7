"""Requests as commands, and shipments with what is known of them as messages."""

from __future__ import annotations

import hashlib

from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import shipment_pb2
from crossdock_kit.dates_wire import instant, timestamp
from crossdock_kit.paging import Page, page_of

from delivery.domain.carriage import CallOff, Carriage, Package, Terms
from delivery.domain.milestone_table import Meaning
from delivery.domain.milestones import PLACES, Milestone
from delivery.domain.refusals import FieldMissing
from delivery.domain.shipment import Shipment
from delivery.ports import KeptProof, KeptScan, ShipmentName, ShipmentPage
from delivery.use_cases import commands
from delivery.use_cases.recording import Outcome, Recorded
from delivery.wire import values

_OUTCOMES = {each: pb.UpdateOutcome.Value(f"UPDATE_OUTCOME_{each.name}") for each in Outcome}


# --- in


def create(request: pb.CreateShipmentRequest) -> commands.CreateShipment:
    values.may_write(request.origin, "packages")
    terms = Terms(
        business_unit=request.business_unit,
        number=request.number,
        orders=tuple((each.order_id, each.number) for each in request.orders),
        packages=tuple(_package(each) for each in request.packages),
        ship_from=request.ship_from,
        ship_notice=request.ship_notice,
        customer_id=request.customer_id,
        consignee_id=request.consignee_id,
        promised_by=instant(request, "promised_by"),
        express=request.express,
    )
    said = pb.CreateShipmentRequest()
    said.CopyFrom(request)
    for name in ("request_id", "origin"):
        said.ClearField(name)
    content = hashlib.sha256(said.SerializeToString(deterministic=True)).hexdigest()
    return commands.CreateShipment(values.origin(request.origin), terms, content)


def _package(message: shipment_pb2.Package) -> Package:
    return Package(message.number, message.sscc, values.plain_number(message.tracking_number))


def assign(request: pb.AssignCarrierRequest) -> commands.AssignCarrier:
    values.may_write(request.origin, "carrier")
    carriage = Carriage(
        carrier=request.carrier,
        service_level=request.service_level,
        tracking_number=values.plain_number(request.tracking_number),
    )
    return commands.AssignCarrier(values.origin(request.origin), name(request.ref), carriage, instant(request, "eta"))


def decline(request: pb.DeclineTenderRequest) -> commands.DeclineTender:
    values.may_write(request.origin, "carrier")
    return commands.DeclineTender(values.origin(request.origin), name(request.ref), request.carrier, request.reason)


def cancel(request: pb.CancelShipmentRequest) -> commands.CancelShipment:
    return commands.CancelShipment(name(request.ref), request.reason)


def call_off_answer(request: pb.RecordCallOffAnswerRequest) -> commands.RecordCallOffAnswer:
    values.may_write(request.origin, "carrier")
    origin = values.origin(request.origin)
    return commands.RecordCallOffAnswer(origin, name(request.ref), request.stopped, request.reason)


def updates(request: pb.RecordCarrierUpdatesRequest) -> commands.RecordCarrierUpdates:
    values.may_write(request.origin, "milestones")
    return commands.RecordCarrierUpdates(
        values.origin(request.origin),
        tuple(_update(each, f"updates[{index}]") for index, each in enumerate(request.updates)),
    )


def _update(message: pb.CarrierUpdate, path: str) -> commands.CarrierUpdate:
    if not (message.tracking_number or message.shipment_number):
        raise FieldMissing(f"{path}.tracking_number")
    return commands.CarrierUpdate(
        carrier=message.carrier,
        tracking_number=values.plain_number(message.tracking_number),
        shipment_number=message.shipment_number,
        vocabulary=message.vocabulary,
        code=message.code,
        reason=message.reason,
        occurred_at=values.given(message, "occurred_at"),
        estimated_at=instant(message, "estimated_at"),
        place=message.place,
        text=message.text,
        received_by=message.received_by,
        means=message.means,
    )


def correct(request: pb.CorrectMilestoneRequest) -> commands.CorrectMilestone:
    milestone = values.MILESTONE_OF[request.milestone]
    return commands.CorrectMilestone(name(request.ref), milestone, request.reason, request.etag)


def prove(request: pb.RecordProofOfDeliveryRequest) -> commands.RecordProofOfDelivery:
    values.may_write(request.origin, "proven_at")
    return commands.RecordProofOfDelivery(
        origin=values.origin(request.origin),
        name=name(request.ref),
        kind=values.EVIDENCE_KIND_OF[request.kind],
        reference=request.evidence_reference,
        content_sha256=request.content_sha256,
        delivered_at=values.given(request, "delivered_at"),
        received_by=request.received_by,
        tracking_number=values.plain_number(request.tracking_number),
    )


def mapping(request: pb.MapCarrierCodeRequest) -> commands.MapCarrierCode:
    meaning = Meaning(
        text=request.text,
        code_class=values.CLASS_OF[request.code_class],
        milestone=values.MILESTONE_OF.get(request.milestone),
        stage=values.STAGE_OF.get(request.stage),
        trouble=values.TROUBLE_OF.get(request.trouble),
        overridden=True,
    )
    return commands.MapCarrierCode(request.partner, request.vocabulary, request.code, meaning)


def name(ref: pb.ShipmentRef) -> ShipmentName:
    if not (ref.shipment_id or ref.number or ref.tracking_number):
        raise FieldMissing("ref.number")
    return ShipmentName(ref.shipment_id, ref.number, values.plain_number(ref.tracking_number))


def page(request: pb.ListShipmentsRequest) -> tuple[ShipmentPage, Page]:
    asked = page_of(request)
    after = asked.after[0] if asked.after else ""
    milestone = values.MILESTONE_OF.get(request.milestone)
    return ShipmentPage(milestone, request.order_number, request.carrier, asked.size, after), asked


# --- out


def shipment(found: Shipment) -> shipment_pb2.Shipment:
    terms, carriage, told = found.terms, found.carriage, found.told
    return shipment_pb2.Shipment(
        shipment_id=found.shipment_id,
        business_unit=terms.business_unit,
        number=terms.number,
        orders=orders(found),
        packages=[
            shipment_pb2.Package(number=each.number, sscc=each.sscc, tracking_number=each.tracking_number)
            for each in terms.packages
        ],
        ship_from=terms.ship_from,
        ship_notice=terms.ship_notice,
        customer_id=terms.customer_id,
        consignee_id=terms.consignee_id,
        promised_by=timestamp(terms.promised_by),
        carrier=carriage.carrier if carriage else "",
        service_level=carriage.service_level if carriage else "",
        tracking_number=carriage.tracking_number if carriage else "",
        stage=values.STAGES[found.stage],
        milestones=_reached(found),
        eta=timestamp(told.eta),
        open_exceptions=len(told.exceptions),
        proven_at=timestamp(found.proven_at),
        update_count=found.update_count,
        milestone_count=found.milestone_count,
        etag=found.etag,
        created_at=timestamp(found.created_at),
        updated_at=timestamp(found.updated_at or found.created_at),
        state=values.STATES[found.state],
        billing_basis=values.BASES[found.billing],
        billed_at=timestamp(found.billed_at),
        attempts=found.attempts,
        kept_back=found.kept_back,
        call_off=call_off(found.called_off) if found.called_off else None,
    )


def call_off(found: CallOff) -> shipment_pb2.CallOff:
    return shipment_pb2.CallOff(
        command=found.command,
        reason=found.reason,
        at=timestamp(found.at),
        state=values.CALL_OFF_STATES[found.answer],
    )


def _reached(found: Shipment) -> list[shipment_pb2.ReachedMilestone]:
    at = {each: found.told.reached[each].at for each in PLACES if each in found.told.reached}
    if found.told.delayed_since is not None:
        at[Milestone.DELAYED] = found.told.delayed_since
    return [
        shipment_pb2.ReachedMilestone(milestone=values.MILESTONES[each], at=timestamp(instant))
        for each, instant in at.items()
    ]


def orders(found: Shipment) -> list[shipment_pb2.OrderReference]:
    return [shipment_pb2.OrderReference(order_id=order_id, number=number) for order_id, number in found.terms.orders]


def result(recorded: Recorded) -> pb.UpdateResult:
    return pb.UpdateResult(
        update_id=recorded.scan.scan_id, outcome=_OUTCOMES[recorded.outcome], shipment_id=recorded.shipment_id
    )


def proven(found: Shipment | None) -> pb.RecordProofOfDeliveryResponse:
    if found is None:
        return pb.RecordProofOfDeliveryResponse(waits=True)
    return pb.RecordProofOfDeliveryResponse(shipment=shipment(found))


def proof(kept: KeptProof) -> pb.ProofOfDelivery:
    evidence = kept.evidence
    return pb.ProofOfDelivery(
        kind=values.EVIDENCE_KINDS[evidence.kind],
        evidence_reference=evidence.reference,
        content_sha256=evidence.content_sha256,
        delivered_at=timestamp(kept.delivered_at),
        received_at=timestamp(kept.received_at),
        recipient_id=evidence.recipient_id,
    )


def update(kept: KeptScan) -> pb.TrackingUpdate:
    scan, meaning = kept.scan, kept.scan.meaning
    return pb.TrackingUpdate(
        update_id=scan.scan_id,
        reported_by=scan.reported_by,
        said=pb.CarrierUpdate(
            carrier=scan.carrier,
            tracking_number=scan.tracking_number,
            shipment_number=scan.shipment_number,
            vocabulary=scan.vocabulary,
            code=scan.code,
            reason=scan.reason,
            occurred_at=timestamp(scan.occurred_at),
            estimated_at=timestamp(scan.estimated_at),
            place=scan.place,
            text=scan.text,
        ),
        code_class=values.CLASSES[meaning.code_class],
        milestone=values.MILESTONES[meaning.milestone] if meaning.milestone else shipment_pb2.MILESTONE_UNSPECIFIED,
        stage=values.STAGES[meaning.stage] if meaning.stage else shipment_pb2.STAGE_UNSPECIFIED,
        trouble=values.TROUBLES[meaning.trouble] if meaning.trouble else shipment_pb2.TROUBLE_UNSPECIFIED,
        fault=values.FAULTS[scan.fault],
        table_version=meaning.version,
        overridden=meaning.overridden,
        voided=scan.voided,
        received_at=timestamp(kept.received_at),
    )
