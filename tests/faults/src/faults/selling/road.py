"""What becomes of an order outside: warehouses that label what they pack, a truck at each dock, its carrier's word.

Of some orders a TMS finds the carrier: their label is there some time before their truck, and what is called off in
between is carried by nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from partners.journal import Journal
from partners.picking import Parcel
from partners.sales.carrier import ParcelCarrier
from partners.sales.day import SalesOrder
from partners.sales.tms import Tms
from partners.web import Post
from partners.wms_a import WarehouseA

from faults import world

CODE = "SWFT"
USUAL = SalesOrder("", "", "", "", CODE, "", (), {})
"""How every order fares: all is picked, departs and is delivered."""
BY_TMS = "FR"
"""With this begins the number of an order whose carrier a TMS finds."""
SOONEST_SECONDS, LATEST_SECONDS = 2.0, 30.0
"""Between a label and its truck: those who call off in between find fulfillment away half of the time."""
PATIENCE_SECONDS = 3600.0
"""What is packed waits for its truck as long as a run may last: whoever has to be asked for one may be away."""


def found_by_tms(order: str) -> bool:
    return order.startswith(f"{BY_TMS}-")


def carrier_at(docks: Iterable[WarehouseA], post: Post) -> ParcelCarrier:
    """The one carrier, whose trucks stand at these docks."""
    carrier = ParcelCarrier(world.CARRIER, CODE, lambda _: USUAL, post)

    def takes(parcel: Parcel) -> None:
        carrier.take(parcel)

    for dock in docks:
        dock.floor.labels, dock.floor.mark = True, f"{dock.site}-"
        dock.floor.patience_seconds = PATIENCE_SECONDS
        dock.floor.carrier = lambda order: "" if found_by_tms(order) else CODE
        dock.floor.truck = takes
    return carrier


@dataclass(eq=False)
class Yard:
    """Where the trucks of the TMS come in."""

    docks: Sequence[WarehouseA]
    _awaited: set[str] = field(default_factory=set)
    """Shipments that have their label and no truck yet."""

    def expect(self, shipment: str, carrier: str, tracking: str) -> None:
        """The truck of a shipment has been sent."""
        self._awaited.add(shipment)
        seconds = Random(shipment).uniform(SOONEST_SECONDS, LATEST_SECONDS)
        asyncio.get_running_loop().call_later(seconds, self._comes, shipment, carrier, tracking)

    def _comes(self, shipment: str, carrier: str, tracking: str) -> None:
        self._awaited.discard(shipment)
        for dock in self.docks:
            dock.floor.trucks[shipment] = carrier, tracking

    def labelled(self) -> list[str]:
        """The orders of what is labelled, waits for its truck, and was not put back."""
        requests = [(dock.floor, number, said) for dock in self.docks for number, said in dock.floor.requests.items()]
        return [
            said["order"]
            for floor, number, said in requests
            if floor.shipment_of(number) in self._awaited and number not in floor.stopped
        ]


def tms_for(docks: Sequence[WarehouseA], post: Post, journal: Journal, token: str) -> tuple[Tms, Yard]:
    """Of the orders that are its own it gives each load to the one carrier."""
    yard = Yard(docks)
    return Tms(post, journal, token, found_by_tms, CODE, yard.expect), yard
