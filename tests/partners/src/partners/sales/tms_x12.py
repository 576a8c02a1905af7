"""A freight broker on X12: it is offered loads by 204, takes those of its own on by 990, and sends a carrier's truck.

What it does not take on it says nothing of, as brokers do of loads that are not theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from partners import x12
from partners.faults import Faults
from partners.journal import Journal
from partners.mailbox import Mailbox
from partners.sales.tms import Truck

PARTNER = "tms-broker"
BY_BROKER = "BROKER"
"""Stands for the carrier of an order whose carrier is found by 204."""
ORIGINAL, ACCEPTED, ORDER = "00", "A", "CO"


class Broker:
    """`mine` says of an order whether its loads are its own; `carrier` is the one that it gives them to; `taken` are
    the shipments that it has taken on, with their PRO numbers."""

    def __init__(self, journal: Journal, folder: Path, mine: Callable[[str], bool], carrier: str, truck: Truck) -> None:
        self._mine, self._carrier, self._truck = mine, carrier, truck
        self.taken: dict[str, str] = {}
        self._mailbox = Mailbox(PARTNER, folder, x12.Writer("BROKER", "ACME"), journal, Faults())

    def start(self) -> None:
        self._mailbox.start(self._hear, _key)

    async def stop(self) -> None:
        await self._mailbox.stop()

    def check(self) -> None:
        """Raises what ended the watching."""
        self._mailbox.check()

    async def _hear(self, sent: list[x12.Sent]) -> None:
        await self._mailbox.acknowledge(sent)
        for each in sent:
            if each.set_id == "204":
                await self._offered(each)

    async def _offered(self, sent: x12.Sent) -> None:
        rows = {row[0]: row for row in sent.segments[:2]}
        shipment = rows["B2"][4]
        orders = [row[1] for row in sent.segments if row[0] == "L11" and row[2] == ORDER]
        if rows["B2A"][1] != ORIGINAL or shipment in self.taken or not any(map(self._mine, orders)):
            return
        pro = self.taken[shipment] = f"PRO{len(self.taken) + 1:08d}"
        today = datetime.now(UTC).strftime("%Y%m%d")
        answer = [["B1", self._carrier, shipment, today, ACCEPTED], ["N9", "CN", pro]]
        await self._mailbox.write("990", answer, key=shipment)
        self._truck(shipment, self._carrier, pro)


def _key(sent: x12.Sent) -> str:
    head = sent.segments[0]
    return head[2] if sent.set_id == "997" else head[4]
