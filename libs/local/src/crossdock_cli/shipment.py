"""`crossdock shipment show|milestones NUMBER`: where a shipment is, and what others were told of its way."""

from __future__ import annotations

from typing import Annotated

import typer
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import shipment_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

from crossdock_cli.console import out, print_json
from crossdock_cli.shipment_calls import ShipmentDesk, at_desk

app = typer.Typer(
    help="Where shipments are, by their number or a tracking number, and what is decided of them.", no_args_is_help=True
)
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


async def _whole(desk: ShipmentDesk, number: str) -> tuple[shipment_pb2.Shipment, list[pb.ProofOfDelivery]]:
    found = await desk.find(number)
    return found, await desk.proofs(found.shipment_id)


async def _told(desk: ShipmentDesk, number: str) -> list[pb.MilestoneEntry]:
    return await desk.told((await desk.find(number)).shipment_id)


@app.command()
def show(number: Number, json: AsJson = False, tenant: OfTenant = None) -> None:
    """Show what is known of a shipment."""
    found, proofs = at_desk(tenant, lambda desk: _whole(desk, number))
    if json:
        print_json(MessageToDict(found) | {"proofs": [MessageToDict(each) for each in proofs]})
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
        ("kept back", "until the checks of its orders are final" if found.kept_back else ""),
        ("called off", called_off(found.call_off) if found.HasField("call_off") else ""),
        ("proven", instant(found.proven_at) if found.HasField("proven_at") else ""),
        *(("proof", proof(each)) for each in proofs),
        ("heard", f"{found.update_count} updates, {found.milestone_count} told on"),
    ):
        if value:
            out.print(f"{heading:<11} {value}", highlight=False)


@app.command()
def milestones(number: Number, json: AsJson = False, tenant: OfTenant = None) -> None:
    """Show what others were told of a shipment, corrections included, in the order in which it happened."""
    entries = at_desk(tenant, lambda desk: _told(desk, number))
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
