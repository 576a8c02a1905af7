"""A day on which sixty-four people on four channels want one piece, all carriers fall silent for a while, and the ERP's
door loses the shipment of an order that the TMS has confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from partners.cast import DayCast
from partners.day import Day, load
from partners.journal import ISSUES, Entry
from partners.sales.asked import AskedCarrier
from partners.sales.cast import SalesCast
from partners.sales.day import Opening, SalesDay, SalesLine, SalesOrder
from partners.sales.tms import BY_TMS, Tms

BUYERS = 64
WANTED, PRICE = "S3010", "36.40"
SHOP, EDI, DESK, ERP = "shop-eu", "edi-mercato", "inside-sales", "erp-eu"
CHANNELS = {SHOP: "CUS-SHOP", EDI: "CUS-MERCATO", DESK: "CUS-FORGE", ERP: "CUS-BUILD"}
CARRIERS = {SHOP: "SWFT", EDI: "HAUL", DESK: "SWFT", ERP: "HAUL"}
NUMBERS = {SHOP: "W-64{:02d}", EDI: "PO-64{:02d}", DESK: "IS-64{:02d}", ERP: "10000064{:02d}"}
ON_THE_ROAD = {SHOP: "W-6601", EDI: "PO-6601", DESK: "IS-6601", ERP: "1000006601"}
"""Orders that fare as usual, but that nobody hears of them while they travel."""
BY_ROAD = "IS-6602"
"""What a TMS finds a carrier for, and the ERP does not hear of at first."""
LOST = 3
OVERTAKING = ("pre_transit", "out_for_delivery", "in_transit", "delivered")
ROAD = ("easypost.tracker", "x12.214")
_LONGEST_SECONDS = 330.0


def rush_day() -> Day:
    day = load()
    stock = (Opening(WANTED, "WH-EAST", Decimal(1)), Opening("S3001", "WH-EAST", Decimal(20)))
    line = SalesLine("1", "S3001", Decimal(3), "89.00")
    tendered = replace(_order(BY_ROAD, DESK, line), carrier=BY_TMS)
    orders = (*(_buyer(number) for number in range(BUYERS)), *map(_carried, ON_THE_ROAD), tendered)
    return replace(day, orders=(), events=(), strays=(), stock=(), sales=_only(day, orders, stock))


def _only(day: Day, orders: tuple[SalesOrder, ...], stock: tuple[Opening, ...]) -> SalesDay:
    return replace(day.sales, orders=orders, stock=stock, rules=(), exceptions=())


def _buyer(number: int) -> SalesOrder:
    """Who does not get it is refused, or waits where the shop has sold it already."""
    channel = list(CHANNELS)[number % len(CHANNELS)]
    nothing = {"lines": {1: {"issued": 0}}}
    lost: dict[str, object] = {"state": "cancelled", **nothing, "erp": {1: {"ordered": 0}}}
    if channel == SHOP:
        lost = {"state": "backordered", **nothing, "told": ["backordered"]}
    if channel == EDI:
        lost["confirmed"] = {1: {"quantity": 0}}
    return replace(
        _order(NUMBERS[channel].format(number), channel, SalesLine("1", WANTED, Decimal(1), PRICE)),
        otherwise=lost,
        contest="the only piece",
        no_backorder=channel != SHOP,
    )


def _carried(channel: str) -> SalesOrder:
    order = _order(ON_THE_ROAD[channel], channel, SalesLine("1", "S3001", Decimal(2), "89.00"))
    return replace(order, carrier_says=OVERTAKING) if channel in (SHOP, EDI) else order


def _order(number: str, channel: str, line: SalesLine) -> SalesOrder:
    return SalesOrder(
        number=number,
        channel=channel,
        customer=CHANNELS[channel],
        location="WH-EAST",
        carrier=CARRIERS[channel],
        scene="as ordered",
        lines=(line,),
        end={},
    )


class CarriersAway:
    """From the day's beginning until everything that is sold has left its warehouse. `ended_at` is when they spoke
    again, `words` is all that they ever said; `lost` is what the ERP's door lost, `confirmed` what the TMS had taken on
    by then."""

    def __init__(self) -> None:
        self.lost: list[str] = []
        self.confirmed: set[str] = set()
        self.issued = 0
        self.ended_at = datetime.max.replace(tzinfo=UTC)
        self._journal: Iterable[Entry] = ()
        self._asked: list[AskedCarrier] = []

    @property
    def words(self) -> list[Entry]:
        """Who is asked speaks when he is: what was known when the others had spoken may be said later."""
        return [each for each in self._journal if each.kind in ROAD and each.direction == "sent"]

    @property
    def polls_refused(self) -> int:
        return sum(each.refused for each in self._asked)

    async def __call__(self, cast: DayCast, selling: SalesCast) -> None:
        self._journal = cast.journal
        self._asked = [each for each in selling.carriers.values() if isinstance(each, AskedCarrier)]
        for each in selling.carriers.values():
            each.faults.silent = True
        cast.erp.faults.lose = lambda document: self._loses(document, selling.tms)
        wanted = len(ON_THE_ROAD) + 2
        async with asyncio.timeout(_LONGEST_SECONDS):
            while (issued := sum(e.kind in ISSUES and e.direction == "sent" for e in cast.journal)) < wanted:
                await asyncio.sleep(0.2)
        self.issued, self.ended_at = issued, datetime.now(UTC)
        for each in selling.carriers.values():
            each.faults.silent = False
        async with asyncio.timeout(_LONGEST_SECONDS):
            while not all(
                any(c.has_delivered(o) for c in selling.carriers.values()) for o in (*ON_THE_ROAD.values(), BY_ROAD)
            ):
                await asyncio.sleep(0.2)

    def _loses(self, document: Mapping[str, Any], tms: Tms) -> bool:
        if document.get("posting") != "shipment" or document.get("order") != BY_ROAD or len(self.lost) >= LOST:
            return False
        self.lost.append(document["postingId"])
        self.confirmed |= tms.taken.keys()
        return True
