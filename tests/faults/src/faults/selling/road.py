"""What becomes of an order outside: warehouses that label what they pack, a truck at each dock, its carrier's word."""

from __future__ import annotations

from collections.abc import Iterable

from partners.picking import Parcel
from partners.sales.carrier import ParcelCarrier
from partners.sales.day import SalesOrder
from partners.web import Post
from partners.wms_a import WarehouseA

from faults import world

CODE = "SWFT"
USUAL = SalesOrder("", "", "", "", CODE, "", (), {})
"""How every order fares: all is picked, departs and is delivered."""


def carrier_at(docks: Iterable[WarehouseA], post: Post) -> ParcelCarrier:
    """The one carrier, whose trucks stand at these docks."""
    carrier = ParcelCarrier(world.CARRIER, CODE, lambda _: USUAL, post)

    def takes(parcel: Parcel) -> None:
        carrier.take(parcel)

    for dock in docks:
        dock.floor.labels, dock.floor.mark = True, f"{dock.site}-"
        dock.floor.carrier = lambda _: CODE
        dock.floor.truck = takes
    return carrier
