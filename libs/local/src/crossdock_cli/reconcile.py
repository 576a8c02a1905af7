"""`crossdock reconcile`: compares journals, streams and inboxes of all services, and mends what they disagree about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from crossdock.ops.v1 import repair_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import answered, asker
from crossdock_cli.connection import stack_or_exit
from crossdock_cli.console import FAILED, fail, out, print_json
from crossdock_cli.moments import timestamp

SECONDS = 60.0


def findings_table(answers: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("SERVICE", "COMPARED", "EVENTS", "MISSING", "EFFECT"):
        table.add_column(heading, justify="right" if heading in {"EVENTS", "MISSING"} else "left", overflow="fold")
    for service, answer in answers.items():
        for each in answer.findings:
            table.add_row(service, each.what, str(each.compared), str(each.missing), each.effect)
    return table


async def _ask(since: str | None, reason: str, services: Sequence[str], tenant: str | None) -> dict[str, Any]:
    """What each service finds, and with a reason mends."""
    found: dict[str, Any] = {}
    async with asker(stack_or_exit(), tenant) as ask:
        for name, each in ask.repairs.items():
            if services and name not in services:
                continue
            stub: Any = each
            if reason:
                request = pb.ReconcileRequest(recorded_from=timestamp(since), reason=reason)
                found[name] = await stub.Reconcile(request, metadata=ask.credentials, timeout=SECONDS)
            else:
                check = pb.CheckStreamsRequest(recorded_from=timestamp(since))
                found[name] = await stub.CheckStreams(check, metadata=ask.credentials, timeout=SECONDS)
    return found


def reconcile(
    since: Annotated[str | None, typer.Option("--from", help="a time, or 2h, 3d; the last hour without it")] = None,
    service: Annotated[list[str] | None, typer.Option(help="only this service")] = None,
    run: Annotated[bool, typer.Option("--run", help="mend it; without this it is only shown")] = False,
    reason: Annotated[str, typer.Option(help="why; needed with --run and kept")] = "",
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show where journals, streams and inboxes disagree; with --run and a reason, mend it."""
    if run and not reason:
        fail("--run needs a --reason", FAILED)
    answers = answered(_ask(since, reason if run else "", service or (), tenant))
    if json:
        print_json({name: MessageToDict(answer) for name, answer in answers.items()})
        return
    out.print(findings_table(answers))
