"""Procurement as it tells of purchase orders and ship notices for lines that go straight to a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock_kit.context import Cause
from crossdock_kit.events import Received
from crossdock_kit.ids import uuid7
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.consumers import drop_shipments
from fulfillment.store.unit_of_work import on

from fulfillment_cases.calls import quantity
from fulfillment_cases.warehouse import now

SUPPLIER = "SUP-NORDIC"


@dataclass(frozen=True, slots=True)
class Suppliers:
    uow: UnitOfWork
    tenant: str = "acme"

    async def hears(self, message: Any, aggregate: str) -> None:
        """What the consumer does with a fact."""
        name, at = str(uuid4()), datetime.now(UTC)
        event = Received(
            id=uuid4(),
            type=message.DESCRIPTOR.full_name,
            message=message,
            tenant=self.tenant,
            business_unit="EU01",
            aggregate_type=aggregate,
            aggregate_id=name,
            version=1,
            subject=name,
            occurred_at=at,
            recorded_at=at,
            origin=None,
            correlation_id=name,
            causation_id=name,
            transaction_ids=(),
            keys=(),
            express=False,
            traceparent="",
            cause=Cause("event", "test", self.tenant, "tester", name, name, "", at),
        )
        async with self.uow(tenants=(self.tenant,)) as work:
            await drop_shipments(on).handlers[type(message)]([event], work)

    async def ordered(self, order: str, amount: int, number: str, *, sku: str = "BOLT", on: Any = None) -> None:
        """The ERP's purchase order stands for so much of line 1 of the customer's order now."""
        line = purchase_order_pb2.PurchaseOrderLine(
            line_id=f"{number}.1",
            line_number="10",
            sku=sku,
            ordered=quantity(amount),
            drop_ship_party_id="CUS-SHOP",
            sales_line=_line(order),
            committed=quantity(amount),
            expected_on=on,
        )
        found = purchase_order_pb2.PurchaseOrder(
            purchase_order_id=number, number=number, supplier_id=SUPPLIER, lines=[line]
        )
        await self.hears(events_pb2.PurchaseOrderRevised(purchase_order=found), "purchase_order")

    def notice(self, number: str, *lines: tuple[str, int], **more: Any) -> inbound_pb2.ShipNotice:
        """So much of line 1 of each of these orders."""
        said: dict[str, Any] = {
            "ship_notice_id": str(uuid7()),
            "business_unit": "EU01",
            "number": number,
            "supplier_id": SUPPLIER,
            "shipped_at": now(),
            "carrier": "DHLF",
            "carrier_reference": f"PRO-{number}",
        }
        found = [
            inbound_pb2.ShipNoticeLine(
                line_id=str(position),
                purchase_order_number="4500000001",
                purchase_order_line_id="4500000001.1",
                line_number="10",
                sku="BOLT",
                shipped=quantity(amount),
                base_quantity="0",
                flags=["DROP_SHIP"],
                sales_line=_line(order),
                direct=quantity(amount),
            )
            for position, (order, amount) in enumerate(lines, 1)
        ]
        return inbound_pb2.ShipNotice(lines=found, **said | more)

    async def ships(self, notice: inbound_pb2.ShipNotice) -> None:
        await self.hears(events_pb2.ShipNoticeReceived(ship_notice=notice), "ship_notice")

    async def withdraws(self, notice: inbound_pb2.ShipNotice, *, replaced: bool = False) -> None:
        await self.hears(events_pb2.ShipNoticeWithdrawn(ship_notice=notice, replaced=replaced), "ship_notice")


def _line(order: str) -> purchase_order_pb2.SalesLineRef:
    """By the number that the ERP was told."""
    return purchase_order_pb2.SalesLineRef(number=order, line_number="1")
