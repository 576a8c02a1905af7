"""`crossdock shipment cancel|correct|map`: a desk calls one off, takes a milestone back, says what a code means."""

from __future__ import annotations

from typing import Annotated

import typer
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import shipment_pb2
from google.protobuf.json_format import MessageToDict

from crossdock_cli.console import out, print_json
from crossdock_cli.enum_words import value_of, words
from crossdock_cli.shipment import AsJson, Number, OfTenant, called_off, milestone_name
from crossdock_cli.shipment_calls import at_desk

MILESTONE, CLASS, STAGE, TROUBLE = "MILESTONE_", "CODE_CLASS_", "STAGE_", "TROUBLE_"
BESIDE_ITS_PLACE = (0, shipment_pb2.MILESTONE_DELAYED, shipment_pb2.MILESTONE_EXCEPTION)
"""What is no place that a shipment has reached, so nothing that could be taken back."""
NO_MEANING = (0, shipment_pb2.CODE_CLASS_UNMAPPED)
MEANT = (0, shipment_pb2.MILESTONE_EXCEPTION)
Reason = Annotated[str, typer.Option(help="why; kept with the shipment")]
REACHED = ", ".join(words(shipment_pb2.Milestone, MILESTONE, BESIDE_ITS_PLACE))


def cancel(number: Number, reason: Reason, json: AsJson = False, tenant: OfTenant = None) -> None:
    """Have a shipment carried no further: its offer is withdrawn, its label voided, or what is on the road stopped.
    Whoever carries it answers; asked twice it is asked once."""
    found = at_desk(tenant, lambda desk: desk.cancel(number, reason))
    if json:
        print_json(MessageToDict(found))
        return
    out.print(f"{found.number}: {called_off(found.call_off)}", highlight=False, soft_wrap=True)


def correct(
    number: Number,
    milestone: Annotated[str, typer.Argument(help=f"what it did not reach: {REACHED}")],
    reason: Reason,
    json: AsJson = False,
    tenant: OfTenant = None,
) -> None:
    """Take a milestone back that was wrong, with every later one. What carriers say from then on counts again."""
    wrong = value_of(shipment_pb2.Milestone, MILESTONE, milestone, BESIDE_ITS_PLACE)
    found = at_desk(tenant, lambda desk: desk.correct(number, wrong, reason))
    if json:
        print_json(MessageToDict(found))
        return
    holds = ", ".join(milestone_name(each.milestone) for each in found.milestones) or "nothing"
    out.print(f"{found.number}: {milestone_name(wrong)} is taken back; it has reached {holds}", highlight=False)


def map_code(  # noqa: PLR0913  one parameter for each option
    partner: Annotated[str, typer.Argument(help="who says the code")],
    vocabulary: Annotated[str, typer.Argument(help="x12_214, edifact_iftsta, easypost, ups, ...")],
    code: Annotated[str, typer.Argument(help="the code as it is said")],
    *,
    of_class: Annotated[
        str, typer.Option("--class", help=f"what it is: {', '.join(words(shipment_pb2.CodeClass, CLASS, NO_MEANING))}")
    ],
    milestone: Annotated[
        str, typer.Option(help=f"reached or foretold: {', '.join(words(shipment_pb2.Milestone, MILESTONE, MEANT))}")
    ] = "",
    stage: Annotated[str, typer.Option(help=f"where it is: {', '.join(words(shipment_pb2.Stage, STAGE))}")] = "",
    trouble: Annotated[
        str, typer.Option(help=f"what is wrong: {', '.join(words(shipment_pb2.Trouble, TROUBLE))}")
    ] = "",
    text: Annotated[str, typer.Option(help="in the partner's words")] = "",
    json: AsJson = False,
    tenant: OfTenant = None,
) -> None:
    """Say what a partner's code means, before the table that all share. What was kept without meaning is read again."""
    meaning = pb.MapCarrierCodeRequest(
        partner=partner,
        vocabulary=vocabulary,
        code=code,
        code_class=value_of(shipment_pb2.CodeClass, CLASS, of_class, NO_MEANING),
        milestone=value_of(shipment_pb2.Milestone, MILESTONE, milestone, MEANT),
        stage=value_of(shipment_pb2.Stage, STAGE, stage),
        trouble=value_of(shipment_pb2.Trouble, TROUBLE, trouble),
        text=text,
    )
    done = at_desk(tenant, lambda desk: desk.map_code(meaning))
    if json:
        print_json(MessageToDict(done, always_print_fields_with_no_presence=True))
        return
    waited = f"; {done.waiting_updates} that waited for it are read again" if done.waiting_updates else ""
    out.print(f"{partner} {vocabulary} {code}: version {done.version}{waited}", highlight=False, soft_wrap=True)
