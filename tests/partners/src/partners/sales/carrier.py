"""Carriers: they take what lies at a dock and tell where it is, by signed webhook or as X12 214 into a folder.

The truck is the only thing that they share with a warehouse: what they say of it reaches nobody but the suite.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from partners import x12
from partners.faults import Faults
from partners.journal import Journal
from partners.picking import Parcel
from partners.sales.day import SalesOrder
from partners.web import Post

PAUSE_SECONDS = 0.05
RECIPIENT = "E. Erfunden"
WAY = ("pre_transit", "in_transit", "out_for_delivery", "delivered")
X12_CODES = {"pre_transit": "XB", "in_transit": "AF", "out_for_delivery": "X6", "delivered": "D1"}


class Carrier(ABC):
    """`says` tells of an order which words come of its parcels, in which sequence. What happened is dated as it went,
    however it is told."""

    def __init__(self, partner: str, code: str, order: Callable[[str], SalesOrder | None]) -> None:
        self.partner, self.code, self._order = partner, code, order
        self.faults = Faults()
        self.parcels: list[Parcel] = []
        self.said: dict[str, list[str]] = {}
        self.arrived: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    def take(self, parcel: Parcel) -> None:
        self.parcels.append(parcel)
        task = asyncio.create_task(self._drive(parcel))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            self._failures.append(failure)

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def check(self) -> None:
        """Raises what it could not do."""
        if self._failures:
            raise self._failures[0]

    async def _drive(self, parcel: Parcel) -> None:
        order = self._order(parcel.order)
        words: Sequence[str] = order.carrier_says if order else ()
        began = datetime.now(UTC)
        happened = {word: began + timedelta(milliseconds=10 * place) for place, word in enumerate(WAY, 1)}
        for word in words:
            await asyncio.sleep(PAUSE_SECONDS)
            await self.faults.deliver(partial(self.tell, parcel, word, happened[word]))
            self.said.setdefault(parcel.shipment, []).append(word)
        self.arrived[parcel.shipment] = happened["delivered"]

    def has_delivered(self, order: str) -> bool:
        mine = [parcel for parcel in self.parcels if parcel.order == order]
        return bool(mine) and all("delivered" in self.said.get(each.shipment, ()) for each in mine)

    @abstractmethod
    async def tell(self, parcel: Parcel, word: str, at: datetime) -> None: ...

    async def prove(self, order: str) -> None:
        """Hands in who took the parcels of an order, for each of them."""
        for parcel in [each for each in self.parcels if each.order == order]:
            await self.faults.deliver(partial(self.hand_in, parcel, self.arrived[parcel.shipment]))

    async def hand_in(self, parcel: Parcel, at: datetime) -> None:
        """Most have no signature."""
        raise ValueError(f"{self.partner} proves no delivery, so nothing that has to be proven goes with it")


class ParcelCarrier(Carrier):
    """Tells by webhook, as EasyPost's trackers do: each time the word that is new."""

    def __init__(self, partner: str, code: str, order: Callable[[str], SalesOrder | None], post: Post) -> None:
        super().__init__(partner, code, order)
        self._post = post

    async def tell(self, parcel: Parcel, word: str, at: datetime) -> None:
        tracker = tracker_of(parcel, word, at, self.code)
        await self._post.send(self.partner, "trackers", "easypost.tracker", f"{parcel.tracking}/{word}", tracker)

    async def hand_in(self, parcel: Parcel, at: datetime) -> None:
        """Who took it has signed on the driver's screen."""
        proof = {
            "shipment": parcel.shipment,
            "trackingNumber": parcel.tracking,
            "kind": "signature",
            "evidence": f"pod/{parcel.tracking}",
            "deliveredAt": _iso(at),
            "receivedBy": RECIPIENT,
        }
        await self._post.send(self.partner, "proofs", "json.proof_of_delivery", parcel.tracking, proof)


def tracker_of(parcel: Parcel, word: str, at: datetime, carrier: str) -> dict[str, Any]:
    """As EasyPost writes what is new of a parcel."""
    detail = {"object": "TrackingDetail", "status": word, "datetime": _iso(at), "message": word.replace("_", " ")}
    return {
        "object": "Tracker",
        "tracking_code": parcel.tracking,
        "carrier": carrier,
        "status": word,
        "updated_at": _iso(at),
        "tracking_details": [detail],
    }


class FreightCarrier(Carrier):
    """Writes a 214 for each word into its folder."""

    def __init__(
        self, partner: str, code: str, order: Callable[[str], SalesOrder | None], journal: Journal, folder: Path
    ) -> None:
        super().__init__(partner, code, order)
        self._writes = folder / "in"
        for each in (self._writes, folder / "out"):
            each.mkdir(parents=True, exist_ok=True)
        self._journal = journal
        self._writer = x12.Writer(code, "ACME")
        self._files = 0

    async def tell(self, parcel: Parcel, word: str, at: datetime) -> None:
        date, time = at.strftime("%Y%m%d"), at.strftime("%H%M%S")
        rows = [["B10", parcel.tracking, parcel.shipment, self.code], ["LX", "1"]]
        rows.append(["AT7", X12_CODES[word], "NS", "", "", date, time, "UT"])
        content = self._writer.interchange("214", "QM", rows)
        self._files += 1
        temporary = self._writes / f"{self._files:05d}_214.edi.tmp"
        temporary.write_bytes(content)
        temporary.rename(temporary.with_suffix(""))
        self._journal.add(self.partner, "sent", "x12.214", f"{parcel.tracking}/{word}", content)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
