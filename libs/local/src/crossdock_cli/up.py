"""`crossdock up`: starts the stack and tells how to call it."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from crossdock_local.control import NotUp, bring_up
from crossdock_local.place import ForeignFolder

from crossdock_cli.connection import this_place
from crossdock_cli.console import FAILED, err, fail, out, print_json
from crossdock_cli.status import as_json, stack_table

EXAMPLE = """\
Call a service, for example:
  .venv/bin/buf curl --http2-prior-knowledge --protocol grpc --timeout 10s \\
    -H "Authorization: Bearer $(.venv/bin/crossdock token)" \\
    -d '{{}}' http://{address}/crossdock.ops.v1.OpsService/ListExceptions
Follow a transaction: .venv/bin/crossdock trace KEY        Stop: make down"""


def up(json: Annotated[bool, typer.Option("--json", help="for programs")] = False) -> None:
    """Start the stack (PostgreSQL, NATS, Valkey, every service) and leave it running."""
    began = time.monotonic()
    try:
        state = bring_up(this_place(), lambda step: err.print(f"starting {step} ..."))
    except (NotUp, ForeignFolder) as reason:
        fail(str(reason), FAILED)
    if json:
        print_json(as_json(state))
        return
    out.print(stack_table(state))
    out.print(f"ready in {time.monotonic() - began:.1f} s, data in {state.data}", highlight=False, soft_wrap=True)
    services = state.of_kind("service")
    if services:
        out.print(EXAMPLE.format(address=services[0].address), highlight=False, soft_wrap=True)
