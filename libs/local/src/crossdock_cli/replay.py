"""`crossdock replay`: starts again what has no finished effect, over all services; first it shows what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import uuid4

import typer
from crossdock.ops.v1 import repair_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import answered, asker
from crossdock_cli.connection import stack_or_exit
from crossdock_cli.console import FAILED, NOT_FOUND, fail, out, print_json
from crossdock_cli.moments import timestamp

SECONDS = 60.0
Answers = dict[str, Any]


def items_table(answers: Answers) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("SERVICE", "DECISION", "WHAT", "WHY", "SUBJECT"):
        table.add_column(heading, overflow="fold")
    for service, answer in answers.items():
        for item in answer.items:
            decision = pb.ReplayDecision.Name(item.decision).removeprefix("REPLAY_DECISION_").lower()
            table.add_row(service, decision, item.what, item.why, item.subject)
    return table


async def _ask(selection: pb.Selection, reason: str | None, services: Sequence[str], tenant: str | None) -> Answers:
    """The plan of each service, or with a reason its run."""
    found: Answers = {}
    async with asker(stack_or_exit(), tenant) as ask:
        for name, each in ask.repairs.items():
            if services and name not in services:
                continue
            stub: Any = each
            if reason is None:
                request = pb.PlanReplayRequest(selection=selection)
                found[name] = await stub.PlanReplay(request, metadata=ask.credentials, timeout=SECONDS)
            else:
                run = pb.ReplayRequest(request_id=str(uuid4()), selection=selection, reason=reason)
                found[name] = await stub.Replay(run, metadata=ask.credentials, timeout=SECONDS)
    return found


def replay(  # noqa: PLR0913, PLR0917  each is one condition
    key: Annotated[str, typer.Argument(help="business key (PO number, ASN, SKU ...) or transaction id")] = "",
    partner: Annotated[str, typer.Option(help="work with this partner")] = "",
    kind: Annotated[list[str] | None, typer.Option("--type", help="event type, or kind of delivery or timer")] = None,
    since: Annotated[str | None, typer.Option("--from", help="a time, or 2h, 3d")] = None,
    until: Annotated[str | None, typer.Option("--to", help="a time, or 2h, 3d")] = None,
    service: Annotated[list[str] | None, typer.Option(help="only this service")] = None,
    run: Annotated[bool, typer.Option("--run", help="do it; without this it is only shown")] = False,
    reason: Annotated[str, typer.Option(help="why; needed with --run and kept")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show what a replay would do item by item; with --run and a reason, do it."""
    if not (key or partner or kind or since):
        fail("name a key, --partner, --type or --from", FAILED)
    if run and not reason:
        fail("--run needs a --reason", FAILED)
    selection = pb.Selection(
        key=key, partner=partner, types=kind or [], recorded_from=timestamp(since), recorded_to=timestamp(until)
    )
    answers = answered(_ask(selection, reason if run else None, service or (), tenant))
    if json:
        print_json({name: MessageToDict(answer) for name, answer in answers.items()})
        return
    if not any(answer.items for answer in answers.values()):
        fail("no service has work that this means", NOT_FOUND)
    out.print(items_table(answers))
    if any(answer.more for answer in answers.values()):
        out.print("there is more than one call takes: narrow it, or run it again", highlight=False)
