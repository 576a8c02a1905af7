"""A transport management system: it is offered what a warehouse has packed, takes some of it on, and sends the truck.

What the warehouse hands to a carrier by itself it leaves alone; who is to carry its loads it decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from partners.faults import Faults
from partners.journal import Journal
from partners.web import Answer, Door, Post

PARTNER = "tms-route"
BY_TMS = "TMS"
"""Stands for the carrier of an order whose carrier nobody knows yet."""
OFFER, SERVICE = "offer", "GROUND"
TRAVELS = timedelta(hours=4)
Truck = Callable[[str, str, str], None]
"""Told to the dock: shipment, carrier, tracking number."""


class Tms:
    """`mine` says of an order whether its loads are its own; `carrier` is the one that it gives them to; `taken` are
    the shipments that it has confirmed, with their tracking numbers."""

    def __init__(
        self, post: Post, journal: Journal, token: str, mine: Callable[[str], bool], carrier: str, truck: Truck
    ) -> None:
        self._post, self._mine, self._carrier, self._truck = post, mine, carrier, truck
        self.faults = Faults()
        self.taken: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.door = Door(PARTNER, token, journal, self.faults)
        self.door.accept("/load-tenders", "json.load_tender", lambda d: d["shipment"], self._offered)

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    async def _offered(self, document: Mapping[str, Any]) -> Answer:
        shipment = document["shipment"]
        if document["action"] == OFFER and any(map(self._mine, document["orders"])) and shipment not in self.taken:
            self.taken[shipment] = f"{self._carrier}{len(self.taken) + 1:08d}"
            task = asyncio.create_task(self._take(document))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return 202, {"received": shipment}

    async def _take(self, document: Mapping[str, Any]) -> None:
        shipment = document["shipment"]
        answer = {
            "documentType": "tenderResponse",
            "shipmentId": document["shipmentId"],
            "shipment": shipment,
            "decision": "accepted",
            "carrier": self._carrier,
            "serviceLevel": SERVICE,
            "trackingNumber": self.taken[shipment],
            "eta": (datetime.now(UTC) + TRAVELS).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        await self.faults.deliver(
            lambda: self._post.send(PARTNER, "tender-responses", "json.tender_response", shipment, answer)
        )
        self._truck(shipment, self._carrier, self.taken[shipment])
