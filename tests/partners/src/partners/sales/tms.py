"""A transport management system: it is offered what a warehouse has packed, takes some of it on, and sends the truck.

What the warehouse hands to a carrier by itself it leaves alone; who is to carry its loads it decides. A load that is
called off before the truck has come it carries no further, and says so.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from partners.faults import Faults
from partners.journal import Journal
from partners.web import Answer, Door, Post

PARTNER = "tms-route"
BY_TMS = "TMS"
"""Stands for the carrier of an order whose carrier nobody knows yet."""
OFFER, SERVICE = "offer", "GROUND"
CALLED_OFF = frozenset({"withdraw_tender", "void_label", "intercept_or_return"})
TRAVELS = timedelta(hours=4)
Truck = Callable[[str, str, str], None]
"""Told to the dock: shipment, carrier, tracking number."""


class Tms:
    """`mine` says of an order whether its loads are its own; `carrier` is the one that it gives them to; `taken` are
    the shipments that it has confirmed, with their tracking numbers, `voided` those that it carries no further.
    `labelled` are the orders whose loads it has answered for, `asked` counts what was asked of it for a shipment."""

    def __init__(
        self, post: Post, journal: Journal, token: str, mine: Callable[[str], bool], carrier: str, truck: Truck
    ) -> None:
        self._post, self._mine, self._carrier, self._truck = post, mine, carrier, truck
        self.faults = Faults()
        self.taken: dict[str, str] = {}
        self.voided: set[str] = set()
        self.labelled: set[str] = set()
        self.asked: Counter[tuple[str, str]] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self.door = Door(PARTNER, token, journal, self.faults)
        self.door.accept("/load-tenders", "json.load_tender", lambda d: d["shipment"], self._offered)

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def check(self) -> None:
        """Raises what it could not do."""
        if self._failures:
            raise self._failures[0]

    async def _offered(self, document: Mapping[str, Any]) -> Answer:
        """A load may be withdrawn before its acceptance is heard, and is then asked back as a label: both are
        answered."""
        shipment, action = document["shipment"], document["action"]
        self.asked[shipment, action] += 1
        if action == OFFER and any(map(self._mine, document["orders"])) and shipment not in self.taken:
            self.taken[shipment] = f"{self._carrier}{len(self.taken) + 1:08d}"
            self._begin(self._take(document))
        if action in CALLED_OFF and shipment in self.taken:
            self.voided.add(shipment)
            self._begin(self._answer(document, "cancelled"))
        return 202, {"received": shipment}

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            self._failures.append(failure)

    async def _take(self, document: Mapping[str, Any]) -> None:
        shipment = document["shipment"]
        eta = (datetime.now(UTC) + TRAVELS).isoformat(timespec="seconds").replace("+00:00", "Z")
        number = self.taken[shipment]
        label = {"carrier": self._carrier, "serviceLevel": SERVICE, "trackingNumber": number, "eta": eta}
        await self._answer(document, "accepted", **label)
        self._truck(shipment, self._carrier, number)
        self.labelled |= set(document["orders"])

    async def _answer(self, document: Mapping[str, Any], decision: str, **facts: str) -> None:
        shipment = document["shipment"]
        named = {"shipmentId": document["shipmentId"], "shipment": shipment}
        answer = {"documentType": "tenderResponse", **named, "decision": decision, **facts}
        await self.faults.deliver(
            lambda: self._post.send(PARTNER, "tender-responses", "json.tender_response", shipment, answer)
        )
