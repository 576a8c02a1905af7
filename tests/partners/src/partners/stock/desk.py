"""Inventory as its people reach it: what is shown of an item, a promise, differences booked for a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import grpc
from crossdock.common.v1.values_pb2 import Origin, Quantity
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as control_grpc
from crossdock.options.v1 import options_pb2

from partners.stock.day import StockScene
from partners.suite import Suite

PHYSICAL = {
    inventory.ACCOUNT_SELLABLE: "sellable",
    inventory.ACCOUNT_STAGED: "staged",
    inventory.ACCOUNT_QUARANTINED: "quarantined",
    inventory.ACCOUNT_DAMAGED: "damaged",
    inventory.ACCOUNT_RETURNED: "returned",
}


@dataclass(frozen=True, slots=True)
class StockDesk:
    suite: Suite
    control: Any
    business_unit: str

    async def open(self, scene: StockScene) -> None:
        """What lies there when the day begins, as its warehouse says it."""
        booked = inventory.Adjustment(
            sku=scene.sku,
            location_id=scene.location,
            business_unit=self.business_unit,
            bucket=inventory.ACCOUNT_SELLABLE,
            quantity=Quantity(value=f"{scene.opening:f}", unit="EA"),
            reason="OPENING",
        )
        system = scene.location.replace("WH-", "WMS-")
        origin = Origin(system=system, role=options_pb2.ROLE_WMS, document=f"OPENING-{scene.sku}")
        origin.occurred_at.GetCurrentTime()
        request = inventory.AdjustStockRequest(request_id=str(uuid4()), origin=origin, adjustments=[booked])
        await self.suite.call(self.suite.inventory.AdjustStock, request)

    async def lies(self, scene: StockScene, location: str = "") -> dict[str, Decimal]:
        """At its place or another, by physical bucket, of all lots; what is empty is left out."""
        answer = await self.suite.call(self.suite.inventory.GetStock, inventory.GetStockRequest(sku=scene.sku))
        found = dict[str, Decimal]()
        for each in answer.balances:
            if each.location_id == (location or scene.location) and each.account in PHYSICAL:
                bucket = PHYSICAL[each.account]
                found[bucket] = found.get(bucket, Decimal(0)) + Decimal(each.quantity.value)
        return {bucket: amount for bucket, amount in found.items() if amount}

    async def promise(self, scene: StockScene, quantity: str, number: str) -> None:
        """Somebody at the sales desk keeps so much for a customer. Raises ValueError where it is refused."""
        wanted = inventory.ReservationLine(sku=scene.sku, quantity=Quantity(value=quantity, unit="EA"))
        basket = inventory.ReservationRequest(
            request_id=str(uuid4()),
            business_unit=self.business_unit,
            channel="inside-sales",
            lines=[wanted],
            reference=number,
        )
        request = inventory.ReserveStockRequest(reservations=[basket])
        answer = await self.suite.call(self.suite.inventory.ReserveStock, request)
        if answer.results[0].WhichOneof("outcome") != "reservation":
            raise ValueError(f"{number} got no promise: {answer.results[0]}")

    async def book_differences(self, scene: StockScene, statement: str, reason: str) -> None:
        """Somebody has looked at the statement and says why the ledger is wrong."""
        request = control.BookDifferencesRequest(
            request_id=str(uuid4()),
            location_id=scene.location,
            business_unit=self.business_unit,
            number=statement,
            skus=[scene.sku],
            reason=reason,
        )
        await self.suite.call(self.control.BookDifferences, request)


@asynccontextmanager
async def at_the_stock_desk(suite: Suite, addresses: Mapping[str, str], business_unit: str) -> AsyncIterator[StockDesk]:
    async with grpc.aio.insecure_channel(addresses["inventory"]) as channel:
        yield StockDesk(suite, cast(Any, control_grpc.StockControlServiceStub)(channel), business_unit)
