"""Values that every message uses: origins, enums by their names."""

from __future__ import annotations

from datetime import datetime

from crossdock.common.v1 import values_pb2
from crossdock.delivery.v1 import delivery_service_pb2 as service_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock_kit.dates_wire import instant
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_overrides import owners_of
from google.protobuf.message import Message

from delivery.domain.carriage import Answer, Billing
from delivery.domain.lifecycle import State
from delivery.domain.milestones import CodeClass, Fault, Milestone, Stage, Trouble
from delivery.domain.refusals import FieldMissing, FieldNotOwned
from delivery.ports import Origin

MILESTONES = {each: shipment_pb2.Milestone.Value(f"MILESTONE_{each.name}") for each in Milestone}
STAGES = {each: shipment_pb2.Stage.Value(f"STAGE_{each.name}") for each in Stage}
TROUBLES = {each: shipment_pb2.Trouble.Value(f"TROUBLE_{each.name}") for each in Trouble}
FAULTS = {each: shipment_pb2.Fault.Value(f"FAULT_{each.name}") for each in Fault}
STATES = {each: shipment_pb2.ShipmentState.Value(f"SHIPMENT_STATE_{each.name}") for each in State}
BASES = {each: shipment_pb2.BillingBasis.Value(f"BILLING_BASIS_{each.name}") for each in Billing}
CALL_OFF_STATES = {each: shipment_pb2.CallOffState.Value(f"CALL_OFF_STATE_{each.name}") for each in Answer}
CLASSES = {each: shipment_pb2.CodeClass.Value(f"CODE_CLASS_{each.name}") for each in CodeClass}
MILESTONE_OF = {number: each for each, number in MILESTONES.items()}
STAGE_OF = {number: each for each, number in STAGES.items()}
TROUBLE_OF = {number: each for each, number in TROUBLES.items()}
CLASS_OF = {number: each for each, number in CLASSES.items()}
EVIDENCE_KINDS = {
    name.removeprefix("EVIDENCE_KIND_").lower(): number for name, number in service_pb2.EvidenceKind.items()
}
EVIDENCE_KIND_OF = {number: name for name, number in EVIDENCE_KINDS.items()}


def given(holder: Message, field: str) -> datetime:
    """An instant that the contract's rules ask for."""
    found = instant(holder, field)
    if found is None:
        raise FieldMissing(field)
    return found


def origin(message: values_pb2.Origin) -> Origin:
    occurred_at = instant(message, "occurred_at")
    return Origin(message.system, role_name(message.role), message.document, message.revision, occurred_at)


def plain_number(text: str) -> str:
    """A tracking number as it is compared: carriers print blanks into theirs, and some write small letters."""
    return "".join(text.split()).upper()


def may_write(said: values_pb2.Origin, field: str) -> None:
    """Raises FieldNotOwned where a field of the shipment belongs to another role."""
    owners = owners_of(shipment_pb2.Shipment.DESCRIPTOR, field, said.ownership)
    if said.role not in owners.writers:
        raise FieldNotOwned(owners.attribute, role_name(said.role), str(owners))
