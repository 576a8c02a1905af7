"""`crossdock shipment show|milestones NUMBER`: where a shipment is, and what others were told of its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, cast

import grpc
import typer
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import delivery_service_pb2_grpc as pb_grpc
from crossdock.delivery.v1 import shipment_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit
from crossdock_cli.console import NOT_FOUND, fail, out, print_json

app = typer.Typer(help="Where shipments are, by their number or a tracking number.", no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="number of the shipment, or a tracking number")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]
OfTenant = Annotated[str | None, typer.Option("--tenant", help="company, where the stack serves several")]


def instant(value: Timestamp) -> str:
    return value.ToDatetime().strftime("%Y-%m-%d %H:%M")


def milestone_name(value: shipment_pb2.Milestone.ValueType) -> str:
    return shipment_pb2.Milestone.Name(value).removeprefix("MILESTONE_").lower()


def called_off(said: shipment_pb2.CallOff) -> str:
    answer = shipment_pb2.CallOffState.Name(said.state).removeprefix("CALL_OFF_STATE_").lower()
    return f"{said.command} {answer}, {instant(said.at)}: {said.reason}"


def proof(found: pb.ProofOfDelivery) -> str:
    """What proves a delivery, in one line; the hash where the evidence can be compared with it."""
    kind = pb.EvidenceKind.Name(found.kind).removeprefix("EVIDENCE_KIND_").lower()
    return " ".join(
        each for each in (kind, found.evidence_reference, instant(found.delivered_at), found.content_sha256) if each
    )


MOST_PROOFS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A shipment, what others were told of it, and what proves its delivery, the first hundred of these."""

    shipment: shipment_pb2.Shipment
    told: list[pb.MilestoneEntry]
    proofs: list[pb.ProofOfDelivery]


async def _ask(number: str, tenant: str | None) -> Asked:
    """The shipment of this number; if there is none, that of the tracking number."""
    state = stack_or_exit()
    credentials = metadata(state, tenant)
    async with channel(state, "delivery") as open_channel:
        stub = cast(Any, pb_grpc.DeliveryServiceStub)(open_channel)
        by_number, by_tracking = pb.ShipmentRef(number=number), pb.ShipmentRef(tracking_number=number)
        found = await _find(stub, by_number, credentials) or await _find(stub, by_tracking, credentials)
        if found is None:
            fail(f"no shipment {number!r}", NOT_FOUND)
        ref = pb.ShipmentRef(shipment_id=found.shipment_id)
        told = await stub.ListMilestones(pb.ListMilestonesRequest(ref=ref), metadata=credentials, timeout=SECONDS)
        request = pb.ListProofsRequest(ref=ref, page_size=MOST_PROOFS)
        proven = await stub.ListProofs(request, metadata=credentials, timeout=SECONDS)
        return Asked(found, list(told.entries), list(proven.proofs))


async def _find(stub: Any, ref: pb.ShipmentRef, credentials: Any) -> shipment_pb2.Shipment | None:
    try:
        found = await stub.GetShipment(pb.GetShipmentRequest(ref=ref), metadata=credentials, timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return None
        raise
    return cast(shipment_pb2.Shipment, found.shipment)


@app.command()
def show(number: Number, json: AsJson = False, tenant: OfTenant = None) -> None:
    """Show what is known of a shipment."""
    asked = answered(_ask(number, tenant))
    found = asked.shipment
    if json:
        print_json(MessageToDict(found) | {"proofs": [MessageToDict(each) for each in asked.proofs]})
        return
    orders = ", ".join(each.number for each in found.orders)
    carrier = " ".join(each for each in (found.carrier, found.service_level, found.tracking_number) if each)
    stage = shipment_pb2.Stage.Name(found.stage).removeprefix("STAGE_").lower()
    for heading, value in (
        ("shipment", f"{found.number}  {found.shipment_id}"),
        ("orders", orders),
        ("packages", " ".join(each.tracking_number or each.sscc or each.number for each in found.packages)),
        ("carrier", carrier),
        ("promised", instant(found.promised_by) if found.HasField("promised_by") else ""),
        ("expected", instant(found.eta) if found.HasField("eta") else ""),
        ("milestones", ", ".join(f"{milestone_name(each.milestone)} {instant(each.at)}" for each in found.milestones)),
        ("last seen", stage),
        ("attempts", str(found.attempts) if found.attempts else ""),
        ("exceptions", str(found.open_exceptions) if found.open_exceptions else ""),
        ("called off", called_off(found.call_off) if found.HasField("call_off") else ""),
        ("proven", instant(found.proven_at) if found.HasField("proven_at") else ""),
        *(("proof", proof(each)) for each in asked.proofs),
        ("heard", f"{found.update_count} updates, {found.milestone_count} told on"),
    ):
        if value:
            out.print(f"{heading:<11} {value}", highlight=False)


@app.command()
def milestones(number: Number, json: AsJson = False, tenant: OfTenant = None) -> None:
    """Show what others were told of a shipment, corrections included, in the order in which it happened."""
    entries = answered(_ask(number, tenant)).told
    if json:
        print_json([MessageToDict(each) for each in entries])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("HAPPENED", "MILESTONE", "WHAT", "CODE", "REASON", "RECORDED"):
        table.add_column(heading, no_wrap=True)
    for each in entries:
        effect = pb.MilestoneEffect.Name(each.effect).removeprefix("MILESTONE_EFFECT_").lower()
        trouble = shipment_pb2.Trouble.Name(each.trouble).removeprefix("TROUBLE_").lower() if each.trouble else ""
        name = f"{milestone_name(each.milestone)} {trouble}".strip()
        table.add_row(instant(each.at), name, effect, each.code, each.reason, instant(each.recorded_at))
    out.print(table)
