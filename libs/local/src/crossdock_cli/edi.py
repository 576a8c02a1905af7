"""`crossdock edi`: the command line of the EDI library, which needs no stack: show, check, ack, convert.

Knows nothing of EDI: whatever stands behind `edi` is the library's own, its help and its exit codes included.
"""

from __future__ import annotations

import typer

# The library explains itself, so `--help` is its argument too.
AS_THEY_STAND = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def edi(context: typer.Context) -> None:
    """Show, check, answer or convert a file of X12 or EDIFACT: `crossdock edi check FILE...`."""
    # All its segments and sets are a third of the time that every other command takes to start.
    from crossdock_edi.command_line import main  # noqa: PLC0415

    raise typer.Exit(main(context.args, program="crossdock edi"))
