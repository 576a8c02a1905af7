"""`crossdock down`: ends the stack in order; the data stays unless it is purged."""

from __future__ import annotations

from typing import Annotated

import typer
from crossdock_local.control import NotUp, bring_down

from crossdock_cli.connection import demo_place, this_place
from crossdock_cli.console import fail, out


def down(purge: Annotated[bool, typer.Option("--purge", help="remove the data too")] = False) -> None:
    """Stop the stack. Nothing is lost: the next `up` continues on the same data."""
    place = this_place()
    try:
        stopped = bring_down(place)
        stopped = bring_down(demo_place()) or stopped
    except NotUp as reason:
        fail(str(reason))
    out.print("stopped" if stopped else "the stack was not up", highlight=False)
    if purge:
        place.remove()
        demo_place().remove()
        out.print(f"removed {place.root}", highlight=False, soft_wrap=True)
