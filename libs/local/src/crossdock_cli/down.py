"""`crossdock down`: ends the stack, and a demo that was kept, in order; the data stays unless it is purged."""

from __future__ import annotations

from typing import Annotated

import typer
from crossdock_local.control import NotUp, bring_down
from crossdock_local.place import Place

from crossdock_cli.connection import demo_place, this_place
from crossdock_cli.console import fail, out


def _stop(place: Place) -> bool:
    try:
        return bring_down(place)
    except NotUp as reason:
        fail(str(reason))


def down(purge: Annotated[bool, typer.Option("--purge", help="remove the data too")] = False) -> None:
    """Stop the stack. Nothing is lost: the next `up` continues on the same data."""
    places = (this_place(), demo_place())
    stopped = [place for place in places if _stop(place)]
    out.print("stopped" if stopped else "the stack was not up", highlight=False)
    for place in places if purge else ():
        if place.remove():
            out.print(f"removed {place.root}", highlight=False, soft_wrap=True)
