"""`crossdock token`: a caller's token for the services of this machine's stack, to paste into other tools."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from crossdock_local.surroundings import tenants

from crossdock_cli.connection import OPERATOR, operator_token


def token(
    subject: Annotated[str, typer.Option(help="who calls")] = OPERATOR,
    tenant: Annotated[list[str] | None, typer.Option(help="whose data; default: all that the stack serves")] = None,
    permission: Annotated[list[str] | None, typer.Option(help="default: everything")] = None,
    partner: Annotated[str | None, typer.Option(help="speak as this partner")] = None,
) -> None:
    """Print a token (one hour) for calls to the stack."""
    minted = operator_token(tenant or tenants(), subject=subject, permissions=permission or ("*",), partner=partner)
    sys.stdout.write(f"{minted}\n")
