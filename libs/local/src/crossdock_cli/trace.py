"""`crossdock trace KEY`: the timeline of a transaction, put together from all services."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from crossdock.ops.v1 import ops_service_pb2 as ops
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from crossdock_cli.asking import answered, asker
from crossdock_cli.connection import stack_or_exit
from crossdock_cli.console import NOT_FOUND, fail, out, print_json
from crossdock_cli.exceptions import whose

# Times to compare and ids to copy.
SHOWN = ("po:", "asn:", "receipt:", "order:", "shipment:", "tracking:", "invoice:", "payment:")
UNBROKEN = frozenset({"TIME", "WAITED", "TOOK", "TRACE"})


def milliseconds(span: Duration) -> str:
    taken: timedelta = span.ToTimedelta()
    return f"{taken.total_seconds() * 1000:.0f} ms"


def timeline_table(steps: list[ops.Step]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("TIME", "SERVICE", "STEP", "KEYS", "TRY", "OUTCOME", "WAITED", "TOOK", "TRACE"):
        table.add_column(heading, overflow="fold", no_wrap=heading in UNBROKEN)
    for step in steps:
        at = step.at.ToDatetime().strftime("%H:%M:%S.%f")[:-3]
        outcome = f"{step.outcome} {step.reason}".strip()
        keys = " ".join(key for key in step.keys if key.startswith(SHOWN))
        waited = milliseconds(step.waited) if step.HasField("waited") else ""
        took = milliseconds(step.took) if step.HasField("took") else ""
        row = (at, step.service, f"{step.kind} {step.name}", keys, str(step.attempt), outcome, waited, took)
        table.add_row(*row, step.trace_id)
    return table


def told(raised: ops.Exception) -> list[ops.Step]:
    """What became of an exception, as rows of the timeline: who did it, for whom, and why."""
    return [
        ops.Step(
            service=raised.service,
            kind="exception",
            name=raised.code,
            keys=raised.keys,
            at=done.at,
            actor=done.by,
            attempt=1,
            outcome=f"{done.what} by {done.by} for {done.assignee or done.owner}:",
            reason=done.why,
        )
        for done in raised.history
    ]


def in_order(steps: list[ops.Step], exceptions: list[ops.Exception]) -> list[ops.Step]:
    """The timeline with what became of its exceptions in between."""
    rows = [*steps, *(row for each in exceptions for row in told(each))]
    return sorted(rows, key=lambda row: row.at.ToNanoseconds())


def transactions_table(matches: list[ops.TransactionMatch]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("TRANSACTION", "TYPE", "ROOT", "FIRST SEEN"):
        table.add_column(heading, no_wrap=True)
    for match in matches:
        seen = match.first_seen_at.ToDatetime().isoformat(sep=" ", timespec="seconds")
        table.add_row(match.transaction_id, match.type, match.root_key, f"{seen} UTC")
    return table


def chosen(key: str, matches: list[ops.TransactionMatch]) -> list[ops.TransactionMatch]:
    """A transaction's own id names it alone, though other steps carry it as their correlation id."""
    return [match for match in matches if match.transaction_id == key] or matches


async def _look(key: str, tenant: str | None) -> dict[str, Any]:
    state = stack_or_exit()
    async with asker(state, tenant) as ask:
        matches = await ask.apart(chosen(key, await ask.transactions(key)))
        steps, exceptions = list[ops.Step](), list[ops.Exception]()
        if len(matches) == 1:
            steps = await ask.timeline(matches[0].transaction_id)
            for state_of in (ops.EXCEPTION_STATE_OPEN, ops.EXCEPTION_STATE_RESOLVED):
                exceptions += await ask.exceptions(state_of, matches[0].transaction_id)
    return {"matches": matches, "steps": steps, "exceptions": exceptions}


def trace(
    key: Annotated[
        str, typer.Argument(help="PO, order or shipment number, ASN, SKU, receipt, transaction or correlation id")
    ],
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Show the timeline of the transaction that a key names; a key that names several lists them."""
    found = answered(_look(key, tenant))
    matches, steps, exceptions = found["matches"], found["steps"], found["exceptions"]
    if not matches:
        fail(f"no service knows {key!r}", NOT_FOUND)
    if json:
        rows = {name: [MessageToDict(each) for each in part] for name, part in found.items()}
        print_json({"transactions": rows["matches"], "steps": rows["steps"], "exceptions": rows["exceptions"]})
        return
    if len(matches) > 1:
        out.print(f"{key} names {len(matches)} transactions; trace one of them:", highlight=False)
        out.print(transactions_table(matches))
        return
    root = matches[0]
    heading = f"{root.type} {root.root_key}  transaction {root.transaction_id}  (times in UTC)"
    out.print(heading.strip(), highlight=False)
    out.print(timeline_table(in_order(steps, exceptions)))
    for each in (each for each in exceptions if each.state == ops.EXCEPTION_STATE_OPEN):
        out.print(f"open exception {each.code} for {whose(each)}: {each.summary}", highlight=False, soft_wrap=True)
