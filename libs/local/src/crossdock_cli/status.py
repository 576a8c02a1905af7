"""`crossdock status`: which processes run, where they listen, how often they were restarted, and where the data is."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer
from crossdock_local.health import is_serving
from crossdock_local.state import ProcessState, StackState
from rich.table import Table

from crossdock_cli.connection import stack_or_exit
from crossdock_cli.console import FAILED, out, print_json


def as_json(state: StackState) -> dict[str, Any]:
    return asdict(state)


def stack_table(state: StackState) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("NAME", "KIND", "STATE", "ADDRESS", "PID", "RESTARTS"):
        table.add_column(heading, no_wrap=True)
    for process in state.processes:
        table.add_row(
            process.name, process.kind, process.state, _addresses(process), str(process.pid), str(process.restarts)
        )
    return table


def _addresses(process: ProcessState) -> str:
    further = [f"{name} {address}" for name, address in process.listeners.items()]
    return ", ".join(part for part in (process.address, *further) if part)


async def _ask_health(state: StackState) -> None:
    """Puts what each service itself answers in the place of what the supervisor knows."""
    services = state.of_kind("service")
    answers = await asyncio.gather(*(is_serving(service.address) for service in services), return_exceptions=True)
    for service, answer in zip(services, answers, strict=True):
        if isinstance(answer, ConnectionError):
            service.state = "no answer"
        elif isinstance(answer, BaseException):
            raise answer
        else:
            service.state = "serving" if answer else "not serving"


def status(json: Annotated[bool, typer.Option("--json", help="for programs")] = False) -> None:
    """Show the stack. Exit code 0 if every part works, 1 if one does not, 3 if the stack is not up."""
    state = stack_or_exit()
    asyncio.run(_ask_health(state))
    if json:
        print_json(as_json(state))
    else:
        out.print(stack_table(state))
        out.print(f"data in {state.data}, tenants {', '.join(state.tenants)}", highlight=False, soft_wrap=True)
    if any(process.state not in {"ready", "serving"} for process in state.processes):
        raise typer.Exit(FAILED)
