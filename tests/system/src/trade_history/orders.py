"""Orders that stand in fulfillment before the history begins: one at the dock, one that waits for stock, and one that
counts on a supplier."""

from __future__ import annotations

from connector_samples.rig import a_cause
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine
from crossdock_kit.testing import FixedClock
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.allocating import ask
from fulfillment.domain.handling import Place, Reported, issue
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Shipment
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment_cases.trade import ITEMS, D, blank, hear_held, hear_short, line

from trade_history import AT, ROAD_ORDER


async def orders_that_wait(engine: Engine) -> None:
    at_the_dock = _placed(ROAD_ORDER, "S-ROAD", "BOLT")
    hear_held(at_the_dock)
    issued = Reported("", "S-ROAD", "1", "BOLT", "EA", D(10), D(0))
    issue(Place(at_the_dock, at_the_dock.lines[1], "WH-EAST", "shipment-a"), issued)
    backordered = _placed("0191-short", "S-SHORT", "NUT")
    hear_short(backordered, NUT=0)
    counting = _placed("0191-sand", "S-SAND", "SAND", "KGM")
    hear_short(counting, SAND=0)
    with caused_by(a_cause()):
        async with FulfillmentUnitOfWork(UnitOfWork(engine, lambda: None, FixedClock(AT)))() as work:
            await work.put_shipment(Shipment("shipment-a", "WH-EAST", "SH-a", "EU01"))
            for order in (at_the_dock, backordered, counting):
                work.sales_orders.add(order)
                await work.put(order)


def _placed(order_id: str, number: str, sku: str, unit: str = "EA") -> SalesOrder:
    order = blank(order_id, number=number)
    order.append((line("1", 10, sku, unit),), ITEMS)
    order.submit(1, whole=True)
    order.accept()
    ask(order, 1)
    return order
