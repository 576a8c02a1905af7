"""`crossdock exceptions`: what waits for somebody, over all services; and the ways to deal with it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

import typer
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import repair_service_pb2 as repair
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered, asker
from crossdock_cli.connection import stack_or_exit
from crossdock_cli.console import NOT_FOUND, fail, out, print_json

app = typer.Typer(
    help="List exceptions; assign, escalate or resolve one; retry or discard what one stands for.",
    rich_markup_mode=None,
)
Reason = Annotated[str, typer.Option(help="why; kept with the exception")]
Tenant = Annotated[str | None, typer.Option(help="company, where the stack serves several")]


def class_name(failure_class: ops.FailureClass.ValueType) -> str:
    return ops.FailureClass.Name(failure_class).removeprefix("FAILURE_CLASS_").lower()


def whose(row: ops.Exception) -> str:
    return f"{row.owner} ({row.assignee})" if row.assignee else row.owner


def exceptions_table(rows: list[ops.Exception]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("ID", "RAISED (UTC)", "SERVICE", "CLASS", "CODE", "OWNER", "KEYS", "WHAT"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        raised = row.raised_at.ToDatetime().isoformat(sep=" ", timespec="seconds")
        keys = " ".join(key for key in row.keys if key.startswith(("po:", "asn:", "receipt:")))
        table.add_row(
            row.exception_id,
            raised,
            row.service,
            class_name(row.failure_class),
            row.code,
            whose(row),
            keys,
            row.summary,
        )
    return table


async def _list(state: ops.ExceptionState.ValueType, tenant: str | None) -> list[ops.Exception]:
    async with asker(stack_or_exit(), tenant) as ask:
        return await ask.exceptions(state)


@app.callback(invoke_without_command=True)
def exceptions(
    context: typer.Context,
    resolved: Annotated[bool, typer.Option("--resolved", help="the resolved ones instead of the open ones")] = False,
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Tenant = None,
) -> None:
    """List the open exceptions of all services, the oldest first."""
    if context.invoked_subcommand is not None:
        return
    rows = answered(_list(ops.EXCEPTION_STATE_RESOLVED if resolved else ops.EXCEPTION_STATE_OPEN, tenant))
    if json:
        print_json([MessageToDict(row) for row in rows])
    elif rows:
        out.print(exceptions_table(rows))
    else:
        out.print("no exceptions")


async def _act(exception_id: str, tenant: str | None, method: str, request: Any) -> Any:
    async with asker(stack_or_exit(), tenant) as ask:
        rows = await ask.exceptions(ops.EXCEPTION_STATE_OPEN)
        service = next((row.service for row in rows if row.exception_id == exception_id), None)
        if service is None:
            fail(f"no open exception {exception_id}", NOT_FOUND)
        stub: Any = ask.repairs[service] if method == "DiscardException" else ask.stubs[service]
        return await getattr(stub, method)(request, metadata=ask.credentials, timeout=SECONDS)


@app.command()
def resolve(exception_id: str, reason: Reason, tenant: Tenant = None) -> None:
    """Close an exception. What failed is not repeated."""
    request = ops.ResolveExceptionRequest(request_id=str(uuid4()), exception_id=exception_id, reason=reason)
    answered(_act(exception_id, tenant, "ResolveException", request))
    out.print(f"resolved {exception_id}", highlight=False)


@app.command()
def assign(
    exception_id: str, to: Annotated[str, typer.Option(help="who takes it on")], reason: Reason, tenant: Tenant = None
) -> None:
    """Say who of its owner's people took an exception on."""
    request = ops.AssignExceptionRequest(request_id=str(uuid4()), exception_id=exception_id, assignee=to, reason=reason)
    answered(_act(exception_id, tenant, "AssignException", request))
    out.print(f"assigned {exception_id} to {to}", highlight=False)


@app.command()
def escalate(
    exception_id: str,
    to: Annotated[str, typer.Option(help="role or team that has to act from now on")],
    reason: Reason,
    tenant: Tenant = None,
) -> None:
    """Give an exception to another role or team."""
    request = ops.EscalateExceptionRequest(request_id=str(uuid4()), exception_id=exception_id, owner=to, reason=reason)
    answered(_act(exception_id, tenant, "EscalateException", request))
    out.print(f"escalated {exception_id} to {to}", highlight=False)


@app.command()
def retry(exception_id: str, reason: Reason, tenant: Tenant = None) -> None:
    """Try again what an exception stands for."""
    request = ops.RetryExceptionRequest(request_id=str(uuid4()), exception_id=exception_id, reason=reason)
    answer = answered(_act(exception_id, tenant, "RetryException", request))
    out.print(answer.effect or f"retried {exception_id}", highlight=False, soft_wrap=True)


@app.command()
def discard(exception_id: str, reason: Reason, tenant: Tenant = None) -> None:
    """Give up what an exception stands for: a held message, a dead delivery, a timer that rests."""
    request = repair.DiscardExceptionRequest(request_id=str(uuid4()), exception_id=exception_id, reason=reason)
    answer = answered(_act(exception_id, tenant, "DiscardException", request))
    out.print(answer.effect, highlight=False, soft_wrap=True)
